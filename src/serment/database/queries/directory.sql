-- The public directory: towns, the import of the register, and the search.

-- name: empty_towns
-- Makes room for the towns of the package; the same transaction fills the table again.
DELETE FROM towns;

-- name: spread_postcodes
-- One row a postcode and town, after the towns were filled in.
INSERT INTO town_postcodes (postcode, code)
SELECT postcode, code FROM towns, unnest(postcodes) AS postcode
ORDER BY postcode, code;

-- name: empty_postcodes
-- Makes room for the postcodes of the package's towns.
DELETE FROM town_postcodes;

-- ------------------------------------------------------------------------------------------------ import

-- name: lock_import
-- One import at a time: a second one waits.
SELECT pg_advisory_xact_lock(6075993842);

-- name: create_arrivals
-- Where the rows of the file land before they are compared; gone with the transaction.
CREATE TEMPORARY TABLE arrivals (
    entry uuid NOT NULL, digest bytea NOT NULL, rpps text NOT NULL, profession text NOT NULL, structure text NOT NULL,
    specialty text NOT NULL, title text NOT NULL, family_name text NOT NULL, given_name text NOT NULL,
    mode text NOT NULL, site_name text NOT NULL, address text NOT NULL, postcode text NOT NULL,
    town_code text NOT NULL, town text NOT NULL, phone text NOT NULL,
    family_folded text NOT NULL, given_folded text NOT NULL, name_words text[] NOT NULL
) ON COMMIT DROP;

-- name: create_spared
-- The numbers of persons one of whose rows was refused: nothing of theirs is closed.
CREATE TEMPORARY TABLE spared (rpps text NOT NULL) ON COMMIT DROP;

-- name: gather_places
-- The most peopled town of each postcode, for rows whose town code is empty or unknown.
CREATE TEMPORARY TABLE places_by_postcode ON COMMIT DROP AS
SELECT DISTINCT ON (postcode) postcode, code, latitude, longitude
FROM town_postcodes JOIN towns USING (code)
ORDER BY postcode, population DESC, code;

-- name: gather_specialties
-- Per activity: its specialties over all its rows.
CREATE TEMPORARY TABLE gathered ON COMMIT DROP AS
SELECT entry, array_agg(DISTINCT specialty ORDER BY specialty) FILTER (WHERE specialty <> '') AS specialties
FROM arrivals GROUP BY entry;

-- name: choose_arrivals
-- One row an activity: which of its rows speaks, its specialties, and the coordinates of its town. Where its rows differ,
-- the smallest digest speaks, whatever the order of the file. Narrow: most of it says what is known already.
CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
SELECT DISTINCT ON (a.entry)
       a.entry, a.digest,
       CASE WHEN a.profession <> '10' THEN ARRAY['P' || a.profession] || coalesce(g.specialties, '{}')
            ELSE coalesce(g.specialties, '{P10}') END AS specialties,
       coalesce(t.code, p.code, a.town_code) AS town_code,
       coalesce(t.latitude, p.latitude) AS latitude, coalesce(t.longitude, p.longitude) AS longitude
FROM gathered g
JOIN arrivals a ON a.entry = g.entry
LEFT JOIN towns t ON t.code = a.town_code
LEFT JOIN places_by_postcode p ON p.postcode = a.postcode
ORDER BY a.entry, a.digest;

-- name: find_changed
-- The entries of which the file now says something else, or which it lists again.
CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
SELECT e.entry
FROM directory_entries e JOIN chosen m USING (entry)
WHERE e.digest <> m.digest OR e.specialties <> m.specialties OR e.closed_on IS NOT NULL
   OR e.town_code <> m.town_code OR e.latitude IS DISTINCT FROM m.latitude OR e.longitude IS DISTINCT FROM m.longitude;

-- name: find_closed
-- The open entries that the file no longer lists, but for persons one of whose rows was refused.
CREATE TEMPORARY TABLE closed ON COMMIT DROP AS
SELECT e.entry FROM directory_entries e
WHERE e.closed_on IS NULL
  AND NOT EXISTS (SELECT FROM chosen m WHERE m.entry = e.entry)
  AND NOT EXISTS (SELECT FROM spared s WHERE s.rpps = e.rpps);

-- name: count_open
-- How many entries are open now.
SELECT count(*) FROM directory_entries WHERE closed_on IS NULL;

-- name: count_chosen
-- How many activities the file lists.
SELECT count(*) FROM chosen;

-- name: find_added
-- The entries that were not known before.
CREATE TEMPORARY TABLE added ON COMMIT DROP AS
SELECT m.entry FROM chosen m WHERE NOT EXISTS (SELECT FROM directory_entries e WHERE e.entry = m.entry);

-- name: merge_news
-- All that the file says of what was added or changed.
CREATE TEMPORARY TABLE merged ON COMMIT DROP AS
SELECT DISTINCT ON (a.entry)
       a.entry, a.rpps, a.profession, a.structure, m.specialties, a.title, a.family_name, a.given_name, a.family_folded,
       a.given_folded, a.name_words, a.mode, a.site_name, a.address, a.postcode, m.town_code, a.town, a.phone, m.latitude,
       m.longitude, a.digest
FROM (SELECT entry FROM changed UNION ALL SELECT entry FROM added) news
JOIN chosen m USING (entry)
JOIN arrivals a ON a.entry = m.entry AND a.digest = m.digest
ORDER BY a.entry;

-- name: withdraw_offers
-- Takes changed and closed entries out of the search by place.
DELETE FROM directory_offers o
USING (SELECT entry FROM changed UNION ALL SELECT entry FROM closed) gone
JOIN directory_entries e USING (entry), unnest(e.specialties) AS s
WHERE o.town_code = e.town_code AND o.specialty = s AND o.entry = e.entry;

-- name: close_entries
-- Marks what the file no longer lists.
UPDATE directory_entries e SET closed_on = :today FROM closed c WHERE c.entry = e.entry;

-- name: change_entries
-- Takes over what the file now says of known entries.
UPDATE directory_entries e
SET specialties = m.specialties, title = m.title, family_name = m.family_name, given_name = m.given_name,
    family_folded = m.family_folded, given_folded = m.given_folded, name_words = m.name_words, mode = m.mode,
    site_name = m.site_name, address = m.address, postcode = m.postcode, town_code = m.town_code, town = m.town,
    phone = m.phone, latitude = m.latitude, longitude = m.longitude, digest = m.digest, closed_on = NULL
FROM changed c JOIN merged m USING (entry)
WHERE e.entry = c.entry;

-- name: add_entries
-- Adds the entries that were not known before, by name: whoever bears one stands together on the disk.
INSERT INTO directory_entries (entry, rpps, profession, structure, specialties, title, family_name, given_name,
                               family_folded, given_folded, name_words, mode, site_name, address, postcode, town_code,
                               town, phone, latitude, longitude, digest)
SELECT m.entry, m.rpps, m.profession, m.structure, m.specialties, m.title, m.family_name, m.given_name,
       m.family_folded, m.given_folded, m.name_words, m.mode, m.site_name, m.address, m.postcode, m.town_code,
       m.town, m.phone, m.latitude, m.longitude, m.digest
FROM added JOIN merged m USING (entry)
ORDER BY m.family_folded, m.given_folded, m.entry;

-- name: add_offers
-- Puts added and changed entries into the search by place.
INSERT INTO directory_offers (town_code, specialty, entry)
SELECT m.town_code, s, m.entry
FROM (SELECT entry FROM changed UNION ALL SELECT entry FROM added) news
JOIN merged m USING (entry), unnest(m.specialties) AS s
WHERE m.latitude IS NOT NULL
ORDER BY m.town_code, s, m.entry
ON CONFLICT DO NOTHING;

-- name: add_words
-- Learns the words of added and changed names.
INSERT INTO directory_words (word, shortened)
SELECT word, ARRAY(SELECT word UNION SELECT left(word, n - 1) || substr(word, n + 1)
                   FROM generate_series(1, length(word)) AS n WHERE length(word) >= 4)
FROM (SELECT DISTINCT word
      FROM (SELECT entry FROM changed UNION ALL SELECT entry FROM added) news
      JOIN merged m USING (entry), unnest(m.name_words) AS word) words
ON CONFLICT DO NOTHING;

-- name: add_label
-- Learns what the register calls a code.
INSERT INTO directory_labels (code, label) VALUES (:code, :label)
ON CONFLICT (code) DO UPDATE SET label = excluded.label WHERE directory_labels.label <> excluded.label;

-- ------------------------------------------------------------------------------------------------ search

-- name: entries_near
-- The open entries of some specialties around a place, nearest town first, then by name. Distances in kilometres.
-- Towns are tried in order of distance and the reading stops with the last entry wanted.
WITH near AS MATERIALIZED (
    SELECT code, d.kilometres
    FROM towns, LATERAL (SELECT kilometres_between(latitude, longitude, :latitude, :longitude) AS kilometres) d
    WHERE latitude BETWEEN :south AND :north AND longitude BETWEEN :west AND :east
      AND d.kilometres <= :kilometres
    ORDER BY d.kilometres, code
)
SELECT e.entry, e.rpps, e.profession, e.specialties, e.title, e.family_name, e.given_name, e.site_name, e.address,
       e.postcode, e.town, e.phone, e.latitude, e.longitude, near.kilometres, p.slug, p.practice, p.practitioner
FROM (
    SELECT n.kilometres, f.entry, f.family_folded, f.given_folded
    FROM near n CROSS JOIN LATERAL (
        SELECT DISTINCT e.entry, e.family_folded, e.given_folded
        FROM directory_offers o JOIN directory_entries e USING (entry)
        WHERE o.town_code = n.code AND o.specialty = ANY (:specialties::text[])
    ) f
    ORDER BY n.kilometres, f.family_folded, f.given_folded, f.entry
    LIMIT :most OFFSET :skip
) near
JOIN directory_entries e USING (entry)
LEFT JOIN LATERAL page_of(e.rpps) p ON true
ORDER BY near.kilometres, e.family_folded, e.given_folded, e.entry;

-- name: words_like
-- The words of names that a typed word may mean: itself, a longer one, one slip away. Each way is bounded, the surest first;
-- longer ones are read length by length, which ends with the last one wanted.
SELECT word, min(rank) AS rank FROM (
    (SELECT word, 0 AS rank FROM directory_words WHERE word = :typed)
    UNION ALL
    (SELECT longer.word, 1 FROM generate_series(length(:typed) + 1, :letters) AS letters,
     LATERAL (SELECT word FROM directory_words
         WHERE length(word) = letters AND word ~>=~ :typed AND word ~<~ (:typed || '~') ORDER BY word LIMIT :most) longer
     LIMIT :most)
    UNION ALL
    (SELECT word, 2 FROM directory_words WHERE shortened && :shortened::text[]
     ORDER BY similarity(word, :typed) DESC, word LIMIT :most)
) found
GROUP BY word ORDER BY rank, word LIMIT :most;

-- name: words_alike
-- The words of names that look like a typed word, for one that is no name, no beginning of one and no slip away.
SELECT word, 3 AS rank FROM directory_words
WHERE length(:typed) >= 5 AND word % :typed AND similarity(word, :typed) >= 0.4
ORDER BY similarity(word, :typed) DESC, word LIMIT :most;

-- name: entries_called
-- The open entries whose family name, whole, or whose first or second given name is one of some words, as typed first. Each
-- word is read in the order of an index, :reach at most, however many bear it.
WITH found AS MATERIALIZED (
    (SELECT f.* FROM unnest(:words::text[]) AS wanted (word), LATERAL (
         SELECT entry, rpps, family_folded, given_folded, latitude, longitude FROM directory_entries
         WHERE closed_on IS NULL AND family_folded = wanted.word
         ORDER BY latitude LIMIT :reach) f
     LIMIT :reach)
    UNION
    (SELECT f.* FROM unnest(:words::text[]) AS wanted (word), LATERAL (
         SELECT entry, rpps, family_folded, given_folded, latitude, longitude FROM directory_entries
         WHERE closed_on IS NULL AND split_part(given_folded, ' ', 1) = wanted.word
         ORDER BY latitude LIMIT :reach) f
     LIMIT :reach)
    UNION
    (SELECT f.* FROM unnest(:words::text[]) AS wanted (word), LATERAL (
         SELECT entry, rpps, family_folded, given_folded, latitude, longitude FROM directory_entries
         WHERE closed_on IS NULL AND given_folded LIKE '% %' AND split_part(given_folded, ' ', 2) = wanted.word
         ORDER BY latitude LIMIT :reach) f
     LIMIT :reach)
), best AS MATERIALIZED (
    SELECT f.entry, :typed = ANY (string_to_array(f.given_folded, ' ') || f.family_folded) AS as_typed,
           f.family_folded = :typed AS family_as_typed,
           NULL::float8 AS kilometres, p.slug, p.practice, p.practitioner
    FROM found f
    LEFT JOIN LATERAL page_of(f.rpps) p ON true
    ORDER BY as_typed DESC, family_as_typed DESC, p.slug IS NULL, f.family_folded, f.given_folded, f.entry
    LIMIT :most
)
SELECT e.entry, e.rpps, e.profession, e.specialties, e.title, e.family_name, e.given_name, e.site_name, e.address,
       e.postcode, e.town, e.phone, e.latitude, e.longitude, b.kilometres, b.slug, b.practice, b.practitioner
FROM best b JOIN directory_entries e USING (entry)
ORDER BY b.as_typed DESC, b.family_as_typed DESC, b.slug IS NULL, e.family_folded, e.given_folded, e.entry;

-- name: entries_called_around
-- The same inside a box; as typed first, then the nearest. A statement of its own: the plan for a box that may be anything
-- reads all who bear a name.
WITH found AS MATERIALIZED (
    (SELECT f.* FROM unnest(:words::text[]) AS wanted (word), LATERAL (
         SELECT entry, rpps, family_folded, given_folded, latitude, longitude FROM directory_entries
         WHERE closed_on IS NULL AND family_folded = wanted.word AND latitude BETWEEN :south AND :north
            AND longitude BETWEEN :west AND :east
         ORDER BY latitude LIMIT :reach) f
     LIMIT :reach)
    UNION
    (SELECT f.* FROM unnest(:words::text[]) AS wanted (word), LATERAL (
         SELECT entry, rpps, family_folded, given_folded, latitude, longitude FROM directory_entries
         WHERE closed_on IS NULL AND split_part(given_folded, ' ', 1) = wanted.word AND latitude BETWEEN :south AND :north
            AND longitude BETWEEN :west AND :east
         ORDER BY latitude LIMIT :reach) f
     LIMIT :reach)
    UNION
    (SELECT f.* FROM unnest(:words::text[]) AS wanted (word), LATERAL (
         SELECT entry, rpps, family_folded, given_folded, latitude, longitude FROM directory_entries
         WHERE closed_on IS NULL AND given_folded LIKE '% %' AND split_part(given_folded, ' ', 2) = wanted.word AND latitude BETWEEN :south AND :north
            AND longitude BETWEEN :west AND :east
         ORDER BY latitude LIMIT :reach) f
     LIMIT :reach)
), best AS MATERIALIZED (
    SELECT f.entry, :typed = ANY (string_to_array(f.given_folded, ' ') || f.family_folded) AS as_typed,
           f.family_folded = :typed AS family_as_typed,
           d.kilometres, p.slug, p.practice, p.practitioner
    FROM found f
    CROSS JOIN LATERAL (SELECT kilometres_between(f.latitude, f.longitude, :latitude, :longitude) AS kilometres) d
    LEFT JOIN LATERAL page_of(f.rpps) p ON true
    ORDER BY as_typed DESC, family_as_typed DESC, d.kilometres NULLS LAST, p.slug IS NULL, f.family_folded,
             f.given_folded, f.entry
    LIMIT :most
)
SELECT e.entry, e.rpps, e.profession, e.specialties, e.title, e.family_name, e.given_name, e.site_name, e.address,
       e.postcode, e.town, e.phone, e.latitude, e.longitude, b.kilometres, b.slug, b.practice, b.practitioner
FROM best b JOIN directory_entries e USING (entry)
ORDER BY b.as_typed DESC, b.family_as_typed DESC, b.kilometres NULLS LAST, b.slug IS NULL, e.family_folded,
         e.given_folded, e.entry;

-- name: entries_named
-- The open entries whose names hold a word of each group; whose names hold the words as typed first, then the nearest.
-- Words beyond those typed are empty, groups beyond them repeat the first one. :reach bounds what is looked at for names that thousands bear.
WITH found AS MATERIALIZED (
    SELECT entry, rpps, family_folded, given_folded, latitude, longitude,
           (:one = ANY (name_words))::integer + (:two = ANY (name_words))::integer
               + (:three = ANY (name_words))::integer + (:four = ANY (name_words))::integer AS as_typed
    FROM directory_entries
    WHERE closed_on IS NULL AND name_words && :first::text[]
      AND name_words && :second::text[] AND name_words && :third::text[] AND name_words && :fourth::text[]
    LIMIT :reach
), best AS MATERIALIZED (
    SELECT f.entry, f.as_typed, f.family_folded IN (:one, :two, :three, :four) AS family_as_typed, d.kilometres, p.slug,
           p.practice, p.practitioner
    FROM found f
    CROSS JOIN LATERAL (SELECT kilometres_between(f.latitude, f.longitude, :latitude, :longitude) AS kilometres) d
    LEFT JOIN LATERAL page_of(f.rpps) p ON true
    ORDER BY f.as_typed DESC, family_as_typed DESC, d.kilometres NULLS LAST, p.slug IS NULL, f.family_folded,
             f.given_folded, f.entry
    LIMIT :most
)
SELECT e.entry, e.rpps, e.profession, e.specialties, e.title, e.family_name, e.given_name, e.site_name, e.address,
       e.postcode, e.town, e.phone, e.latitude, e.longitude, b.kilometres, b.slug, b.practice, b.practitioner
FROM best b JOIN directory_entries e USING (entry)
ORDER BY b.as_typed DESC, b.family_as_typed DESC, b.kilometres NULLS LAST, b.slug IS NULL, e.family_folded,
         e.given_folded, e.entry;

-- name: entries_of_rpps
-- Where the register says that a practitioner receives.
SELECT e.entry, e.rpps, e.profession, e.specialties, e.title, e.family_name, e.given_name, e.site_name, e.address,
       e.postcode, e.town, e.phone, e.latitude, e.longitude, NULL::float8 AS kilometres, p.slug, p.practice, p.practitioner
FROM directory_entries e
LEFT JOIN LATERAL page_of(e.rpps) p ON true
WHERE e.rpps = :rpps AND e.closed_on IS NULL
ORDER BY e.entry
LIMIT :most;

-- name: towns_like
-- The towns that a typed name may mean: so called; beginning so, or one slip of the finger apart (these must have ten
-- times the people to come first). The most peopled first within each.
SELECT code, name, postcodes, department, region, latitude, longitude, placed_exactly, population FROM (
    SELECT DISTINCT ON (code) t.*, ways.rank, ways.weight
    FROM (
        (SELECT code, CASE WHEN folded = :typed THEN 0 ELSE 1 END AS rank, population::real AS weight
         FROM towns WHERE folded ~>=~ :typed AND folded ~<~ (:typed || '~')
         ORDER BY folded <> :typed, population DESC, code LIMIT :most)
        UNION ALL
        (SELECT code, 1, population / 10.0 FROM towns WHERE shortened && :shortened::text[]
         ORDER BY population DESC, code LIMIT :most)
    ) ways JOIN towns t USING (code)
    ORDER BY code, rank, weight DESC
) found
ORDER BY rank, weight DESC, population DESC, code
LIMIT :most;

-- name: towns_alike
-- More towns, where few begin as typed: a later word begins so, the most peopled first; or, where none is known, the name
-- looks like it.
SELECT code, name, postcodes, department, region, latitude, longitude, placed_exactly, population FROM (
    SELECT DISTINCT ON (code) t.*, ways.rank, ways.weight
    FROM (
        (SELECT code, 2 AS rank, population::real AS weight FROM towns WHERE folded LIKE :inside
         ORDER BY population DESC, code LIMIT :most)
        UNION ALL
        (SELECT code, 3, similarity(folded, :typed) FROM towns
         WHERE cardinality(:known::text[]) = 0 AND folded % :typed
         ORDER BY similarity(folded, :typed) DESC, population DESC, code LIMIT :most)
    ) ways JOIN towns t USING (code)
    WHERE code <> ALL (:known::text[])
    ORDER BY code, rank, weight DESC
) found
ORDER BY rank, weight DESC, population DESC, code
LIMIT :most;

-- name: towns_of_postcode
-- The towns whose postcodes begin so, the most peopled first.
SELECT DISTINCT t.code, t.name, t.postcodes, t.department, t.region, t.latitude, t.longitude, t.placed_exactly,
       t.population
FROM town_postcodes p JOIN towns t USING (code)
WHERE p.postcode LIKE :start
ORDER BY t.population DESC, t.code
LIMIT :most;

-- name: town_by_code
-- One town.
SELECT code, name, postcodes, department, region, latitude, longitude, placed_exactly, population
FROM towns WHERE code = :code;
