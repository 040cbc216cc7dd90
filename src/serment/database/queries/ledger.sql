-- name: note
-- Writes an entry down. It is kept once the statement is, and only then may bytes leave.
INSERT INTO ledger (salt, at, practice, reader, purpose, parts, records)
VALUES (:salt, :at, :practice, :reader, :purpose, :parts, :records)

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
SELECT leaf, salt, at, practice, reader, purpose, parts, records FROM ledger
WHERE leaf >= :since ORDER BY leaf LIMIT :most
