-- name: note
-- Writes an entry down. It is kept once the statement is, and only then may bytes leave.
INSERT INTO ledger (salt, at, practice, reader, purpose, parts, records)
VALUES (:salt, :at, :practice, :reader, :purpose, :parts, :records)

-- name: note_erasure
-- Writes down what a day's rounds erased.
INSERT INTO ledger (salt, at, erased_on, erased_what, erased_rows) VALUES (:salt, :at, :day, :what, :rows)

-- name: take_numbering
-- Whether this connection may number and publish until it lets go: of several servers one does.
SELECT pg_try_advisory_lock(hashtextextended('serment.ledger', 0))

-- name: leave_numbering
-- Lets another server number and publish.
SELECT pg_advisory_unlock(hashtextextended('serment.ledger', 0))

-- name: number_entries
-- Numbers entries that have none, some at a time, from the first number that is free; how many.
WITH fresh AS (
    SELECT line, row_number() OVER (ORDER BY at, line) - 1 AS nth
    FROM (SELECT line, at FROM ledger WHERE leaf IS NULL LIMIT :most) waiting
), begin AS (
    SELECT greatest(coalesce(max(leaf) + 1, 0), :size) AS leaf FROM ledger
)
UPDATE ledger l SET leaf = begin.leaf + fresh.nth FROM fresh, begin WHERE l.line = fresh.line

-- name: read_numbered
-- Entries by number, from one on, some at a time.
SELECT leaf, salt, at, practice, reader, purpose, parts, records, erased_on, erased_what, erased_rows FROM ledger
WHERE leaf >= :since ORDER BY leaf LIMIT :most

-- name: has_before
-- Whether entries below a number are still there.
SELECT EXISTS (SELECT FROM ledger WHERE leaf < :leaf)

-- name: read_of_record
-- Who took a part of one record, a line for each day at its site, reader, purpose and parts; the newest first.
WITH place AS (
    SELECT s.timezone FROM appointments p JOIN agendas a USING (practice, agenda) JOIN sites s USING (practice, site)
    WHERE p.practice = :practice AND p.record = :record
)
SELECT (l.at AT TIME ZONE place.timezone)::date AS day, l.reader, l.purpose, l.parts,
    count(*) AS times, min(l.at) AS first, max(l.at) AS last
FROM ledger l, place
WHERE l.practice = :practice AND l.records @> ARRAY[:record]
GROUP BY 1, 2, 3, 4 ORDER BY last DESC, l.parts LIMIT :most

-- name: erase
-- Deletes numbered entries from before a time: of the oldest numbers, some at a time; how many.
DELETE FROM ledger l
USING (SELECT line, at FROM ledger WHERE leaf IS NOT NULL ORDER BY leaf LIMIT :most) oldest
WHERE l.line = oldest.line AND oldest.at < :before

-- name: plan_anew
-- Has this transaction's statements planned for the values they are asked with: which index serves depends on the filter.
SET LOCAL plan_cache_mode = force_custom_plan

-- name: read_zone
-- The clock that a practice's days are told by: its first site's.
SELECT timezone FROM sites WHERE practice = :practice ORDER BY site LIMIT 1

-- name: read_lines
-- Who took what in a practice's days, the newest first, from after one line on: some lines, and fewer where they name many
-- records. Filters that are null let everything through; `by_link` tells patients' links from members.
SELECT line, at, reader, purpose, parts, records
FROM (
    SELECT *, sum(cardinality(records)) OVER (ORDER BY at DESC, line DESC) - cardinality(records) AS named
    FROM (
        SELECT line, at, reader, purpose, parts, records FROM ledger
        WHERE practice = :practice
            AND at >= :first::date::timestamp AT TIME ZONE :zone AND at < (:last::date + 1)::timestamp AT TIME ZONE :zone
            AND (:member::uuid IS NULL OR reader = :member) AND (:by_link::boolean IS NULL OR (reader IS NULL) = :by_link)
            AND (:record::uuid IS NULL OR records @> ARRAY[:record::uuid]) AND parts & :parts > 0
            AND (:after_at::timestamptz IS NULL OR (at, line) < (:after_at, :after_line::uuid))
        ORDER BY at DESC, line DESC LIMIT :most
    ) page
) counted
WHERE named < :records_most ORDER BY at DESC, line DESC

-- name: read_figures
-- How often and of how many records each part left in a practice's days: a row a reader and part, a row a day and part.
WITH mine AS (
    SELECT reader, (at AT TIME ZONE :zone)::date AS day, parts & :parts AS parts, records, at FROM ledger
    WHERE practice = :practice
        AND at >= :first::date::timestamp AT TIME ZONE :zone AND at < (:last::date + 1)::timestamp AT TIME ZONE :zone
        AND (:member::uuid IS NULL OR reader = :member) AND (:by_link::boolean IS NULL OR (reader IS NULL) = :by_link)
        AND (:record::uuid IS NULL OR records @> ARRAY[:record::uuid]) AND parts & :parts > 0
), part AS (
    SELECT 1 << nth AS part FROM generate_series(0, 4) nth
), told AS (
    SELECT grouping(reader) = 1 AS by_day, reader, day, part, count(*) AS times, 0 AS taken, max(at) AS last
    FROM mine JOIN part ON parts & part > 0 GROUP BY GROUPING SETS ((reader, part), (day, part))
    UNION ALL
    SELECT grouping(reader) = 1, reader, day, part, 0, count(DISTINCT record), NULL
    FROM (SELECT DISTINCT reader, day, parts, record FROM mine, unnest(CASE WHEN :record::uuid IS NULL THEN records
        ELSE ARRAY[:record::uuid] END) record) taken
    JOIN part ON parts & part > 0 GROUP BY GROUPING SETS ((reader, part), (day, part))
)
SELECT by_day, reader, day, part, sum(times)::bigint AS times, sum(taken)::bigint AS taken, max(last) AS last
FROM told GROUP BY by_day, reader, day, part ORDER BY by_day, day DESC, last DESC, reader, part

-- name: read_places
-- When and with whom the appointments of some records are, in units that the caller is in. Cards are none.
SELECT record, agenda, start FROM appointments
WHERE practice = :practice AND record = ANY(:records::uuid[]) AND unit = ANY(:units::uuid[])

-- name: count_by_day
-- For the host: how many lines, by days of UTC, members' and links' apart.
SELECT (at AT TIME ZONE 'UTC')::date AS day, count(reader) AS members, count(*) - count(reader) AS links
FROM ledger WHERE at >= :since AND practice IS NOT NULL GROUP BY 1 ORDER BY 1

-- name: count_by_practice
-- For the host: how many lines of each practice since a time, members' and links' apart.
SELECT c.slug, counted.members, counted.links FROM (
    SELECT practice, count(reader) AS members, count(*) - count(reader) AS links
    FROM ledger WHERE at >= :since AND practice IS NOT NULL GROUP BY practice
) counted LEFT JOIN practices c USING (practice) ORDER BY counted.members + counted.links DESC, c.slug
