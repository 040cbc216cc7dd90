-- name: count_taken
-- What left of a practice within a scope: counts of distinct records, by part; entries by purpose. Names: patients of the
-- units whose index was read, beside those whose card was.
WITH scoped AS MATERIALIZED (
    SELECT at, purpose, parts, records FROM ledger
    WHERE practice = :practice AND at BETWEEN :since AND :until
        AND (cardinality(:readers::uuid[]) = 0 AND NOT :links OR reader = ANY (:readers::uuid[]) OR :links AND reader IS NULL)
        AND (cardinality(:purposes::smallint[]) = 0 OR purpose = ANY (:purposes::smallint[]))
), taken AS MATERIALIZED (
    SELECT DISTINCT p.bit, r.record
    FROM scoped s CROSS JOIN LATERAL unnest(s.records) AS r (record) JOIN (VALUES (1), (2), (4), (8), (16)) AS p (bit) ON s.parts & p.bit <> 0
)
SELECT (SELECT count(*) FROM scoped) AS entries,
    (SELECT min(at) FROM scoped) AS first,
    (SELECT max(at) FROM scoped) AS last,
    (SELECT count(DISTINCT record) FROM taken WHERE bit < 8) AS appointments,
    (SELECT count(*) FROM taken WHERE bit = 8) AS cards,
    (SELECT count(*) FROM cards c JOIN taken t ON t.bit = 16 AND t.record = c.unit
        WHERE c.practice = :practice AND NOT EXISTS (SELECT FROM taken o WHERE o.bit = 8 AND o.record = c.card)) AS names,
    coalesce((SELECT jsonb_object_agg(bit, many) FROM (SELECT bit, count(*) AS many FROM taken GROUP BY bit) b), '{}')::text AS by_part,
    coalesce((SELECT jsonb_object_agg(purpose, many) FROM (SELECT purpose, count(*) AS many FROM scoped GROUP BY purpose) b), '{}')::text
        AS by_purpose

-- name: read_entries
-- The entries of a scope that have their number, in order, some at a time.
SELECT leaf, salt, at, practice, reader, purpose, parts, records FROM ledger
WHERE practice = :practice AND at BETWEEN :since AND :until AND leaf >= :after
    AND (cardinality(:readers::uuid[]) = 0 AND NOT :links OR reader = ANY (:readers::uuid[]) OR :links AND reader IS NULL)
    AND (cardinality(:purposes::smallint[]) = 0 OR purpose = ANY (:purposes::smallint[]))
ORDER BY leaf LIMIT :most

-- name: count_unnumbered
-- How many entries of a scope have no number yet.
SELECT count(*) FROM ledger
WHERE practice = :practice AND at BETWEEN :since AND :until AND leaf IS NULL
    AND (cardinality(:readers::uuid[]) = 0 AND NOT :links OR reader = ANY (:readers::uuid[]) OR :links AND reader IS NULL)
    AND (cardinality(:purposes::smallint[]) = 0 OR purpose = ANY (:purposes::smallint[]))

-- name: practices_taken_from
-- Practices of which anything left within a scope.
SELECT DISTINCT practice FROM ledger
WHERE at BETWEEN :since AND :until
    AND (cardinality(:readers::uuid[]) = 0 AND NOT :links OR reader = ANY (:readers::uuid[]) OR :links AND reader IS NULL)
    AND (cardinality(:purposes::smallint[]) = 0 OR purpose = ANY (:purposes::smallint[]))
ORDER BY practice

-- name: undrafted
-- Freezes of late that have no dossier yet, from after one on, some at a time.
SELECT f.practice, f.member, f.at, f.why, f.asked FROM freezes f
WHERE f.at > :now::timestamptz - :days::int * interval '1 day'
    AND NOT EXISTS (SELECT FROM dossiers d WHERE d.practice = f.practice AND d.frozen = f.member AND d.frozen_at = f.at)
    AND (:after_at::timestamptz IS NULL OR (f.at, f.practice, f.member) > (:after_at, :after_practice::uuid, :after_member::uuid))
ORDER BY f.at, f.practice, f.member LIMIT :most

-- name: controller
-- What a practice says of itself, to begin a form with: name, the address of its first site, its zone, its specialties.
SELECT c.name,
    (SELECT address || ', ' || postcode || ' ' || town FROM sites s WHERE s.practice = c.practice ORDER BY s.name, s.site LIMIT 1) AS address,
    coalesce((SELECT timezone FROM sites s WHERE s.practice = c.practice ORDER BY s.name, s.site LIMIT 1), 'UTC') AS timezone,
    ARRAY(SELECT DISTINCT specialty FROM practitioners p WHERE p.practice = c.practice ORDER BY 1) AS specialties
FROM practices c WHERE c.practice = :practice

-- name: practice_by_slug
-- The practice that an address names.
SELECT practice FROM practices WHERE slug = :slug

-- name: open
-- Opens a dossier; one that stands stays as it is.
INSERT INTO dossiers (practice, incident, rev, origin, opened_at, found_at, frozen, frozen_at, since, until, readers, links,
    purposes, figures, form)
VALUES (:practice, :incident, 1, :origin, :opened_at, :found_at, :frozen, :frozen_at, :since, :until, :readers, :links, :purposes,
    :figures, :form)
ON CONFLICT DO NOTHING

-- name: read_dossier
-- One dossier.
SELECT d.*, c.name AS practice_name, c.slug,
    (SELECT count(*) FROM letters l WHERE l.practice = d.practice AND l.incident = d.incident) AS letters
FROM dossiers d JOIN practices c USING (practice)
WHERE d.practice = :practice AND d.incident = :incident

-- name: lock_dossier
-- The same, kept from others until the transaction ends. Its letters are not counted here: who waited would count those of before.
SELECT d.*, c.name AS practice_name, c.slug
FROM dossiers d JOIN practices c USING (practice)
WHERE d.practice = :practice AND d.incident = :incident FOR UPDATE OF d

-- name: count_letters
-- How many letters of an incident lie at appointments; in a statement after the one that locks the dossier.
SELECT count(*) FROM letters WHERE practice = :practice AND incident = :incident

-- name: read_dossiers
-- All dossiers of a practice, or of all of them, or of one incident: the latest first.
SELECT d.*, c.name AS practice_name, c.slug,
    (SELECT count(*) FROM letters l WHERE l.practice = d.practice AND l.incident = d.incident) AS letters
FROM dossiers d JOIN practices c USING (practice)
WHERE (:practice::uuid IS NULL OR d.practice = :practice) AND (:incident::uuid IS NULL OR d.incident = :incident)
ORDER BY d.found_at DESC, d.incident, d.practice LIMIT :most

-- name: write_form
-- Keeps what was written.
UPDATE dossiers SET form = :form, found_at = :found_at, rev = rev + 1 WHERE practice = :practice AND incident = :incident

-- name: write_scope
-- Sets another scope, with its figures.
UPDATE dossiers SET since = :since, until = :until, readers = :readers, links = :links, purposes = :purposes, figures = :figures,
    rev = rev + 1
WHERE practice = :practice AND incident = :incident

-- name: write_letter
-- Keeps the letter of art. 34.
UPDATE dossiers SET letter = :letter, rev = rev + 1 WHERE practice = :practice AND incident = :incident

-- name: write_told
-- Keeps whom the letter reached, in counts; no other revision of what people write.
UPDATE dossiers SET told = :told WHERE practice = :practice AND incident = :incident

-- name: decide
-- Enters the decision, with its reason and author.
UPDATE dossiers SET decision = :decision, reason = :reason, decided_by = :decided_by, decided_at = :now, rev = rev + 1
WHERE practice = :practice AND incident = :incident

-- name: note_sent
-- Notes when a notice went; the first word stands.
UPDATE dossiers SET initial_at = coalesce(initial_at, :initial_at), complete_at = coalesce(complete_at, :complete_at), rev = rev + 1
WHERE practice = :practice AND incident = :incident

-- name: last_line
-- The last line of a dossier's custody.
SELECT nth, chain FROM custody WHERE practice = :practice AND incident = :incident ORDER BY nth DESC LIMIT 1

-- name: add_line
-- Adds one.
INSERT INTO custody (practice, incident, nth, line, chain) VALUES (:practice, :incident, :nth, :line, :chain)

-- name: read_custody
-- All lines, in order.
SELECT nth, line, chain FROM custody WHERE practice = :practice AND incident = :incident ORDER BY nth

-- name: expire
-- Deletes dossiers that were closed before a time, some at a time: by the server's own times, since the time of finding is typed.
DELETE FROM dossiers d USING (
    SELECT practice, incident FROM dossiers
    WHERE greatest(opened_at, decided_at, complete_at) < :before AND (complete_at IS NOT NULL OR decision = false)
    LIMIT :most FOR UPDATE
) gone
WHERE d.practice = gone.practice AND d.incident = gone.incident
RETURNING d.practice, d.incident

-- name: expire_custody
-- Deletes the custody of a dossier that is gone.
DELETE FROM custody WHERE practice = :practice AND incident = :incident
