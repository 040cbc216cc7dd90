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
