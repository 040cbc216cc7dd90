-- name: read_pages
-- The months of a unit's index, in order, without what was sealed.
SELECT month, epoch, version, octet_length(bytes) AS size FROM index_pages
WHERE practice = :practice AND unit = :unit AND month >= :since ORDER BY month

-- name: read_page
-- One month as it stands, sealed.
SELECT month, epoch, version, bytes FROM index_pages
WHERE practice = :practice AND unit = :unit AND month = :month

-- name: read_entries
-- Entries that no page has gathered yet, in the order of their ids, which says nothing.
SELECT entry, month, epoch, bytes FROM index_entries
WHERE practice = :practice AND unit = :unit AND month >= :since AND (:after::uuid IS NULL OR entry > :after::uuid)
ORDER BY entry LIMIT :most

-- name: read_state
-- A mark that is the same while nothing of a unit's index has changed.
SELECT sha256(convert_to(
    coalesce((SELECT string_agg(month || ' ' || version || ' ' || epoch, ',' ORDER BY month) FROM index_pages
        WHERE practice = :practice AND unit = :unit), '')
    || '/' || coalesce((SELECT string_agg(entry::text, ',' ORDER BY entry) FROM index_entries
        WHERE practice = :practice AND unit = :unit), ''), 'UTF8'))

-- name: add_entries
-- Appends entries; what stands already stays.
INSERT INTO index_entries (practice, entry, unit, epoch, month, bytes)
SELECT :practice, e.entry, :unit, :epoch, e.month, e.bytes
FROM unnest(:entries::uuid[], :months::int[], :bytes::bytea[]) AS e (entry, month, bytes)
ON CONFLICT DO NOTHING

-- name: stored_entries
-- What stands under some ids.
SELECT entry, unit, month, bytes FROM index_entries WHERE practice = :practice AND entry = ANY (:entries::uuid[])

-- name: lock_page
-- The page of a month, locked for its next version.
SELECT version, epoch, bytes FROM index_pages
WHERE practice = :practice AND unit = :unit AND month = :month FOR UPDATE

-- name: add_page
-- A month's first page; nothing where another browser was first.
INSERT INTO index_pages (practice, unit, month, epoch, version, bytes)
VALUES (:practice, :unit, :month, :epoch, :version, :bytes)
ON CONFLICT DO NOTHING

-- name: change_page
-- The next version of a page that is locked.
UPDATE index_pages SET epoch = :epoch, version = :version, bytes = :bytes
WHERE practice = :practice AND unit = :unit AND month = :month AND version = :version - 1

-- name: drop_entries
-- Deletes the entries a page has gathered.
DELETE FROM index_entries
WHERE practice = :practice AND unit = :unit AND month = :month AND entry = ANY (:entries::uuid[])

-- name: expire_pages
-- Deletes the pages of months that are over.
DELETE FROM index_pages WHERE month < :month

-- name: expire_entries
-- Deletes entries whose month is over; some at a time.
DELETE FROM index_entries WHERE (practice, entry) IN
    (SELECT practice, entry FROM index_entries WHERE month < :month LIMIT :most)
