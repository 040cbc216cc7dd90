-- name: read_cards
-- The cards of these ids that lie in these units.
SELECT card, unit, epoch, rev, month, bytes FROM cards
WHERE practice = :practice AND card = ANY (:cards::uuid[]) AND unit = ANY (:units::uuid[])
ORDER BY card

-- name: lock_cards
-- The cards of these ids as they stand, locked in one order for everybody.
SELECT card, unit, epoch, rev, month, bytes FROM cards
WHERE practice = :practice AND card = ANY (:cards::uuid[]) ORDER BY card FOR UPDATE

-- name: add_cards
-- New cards; an id that somebody else used meanwhile is left out of what is answered.
INSERT INTO cards (practice, card, unit, epoch, rev, month, bytes)
SELECT :practice, c.card, c.unit, c.epoch, c.rev, c.month, c.bytes
FROM unnest(:cards::uuid[], :units::uuid[], :epochs::int[], :revs::int[], :months::int[], :bytes::bytea[])
    AS c (card, unit, epoch, rev, month, bytes)
ON CONFLICT DO NOTHING
RETURNING card

-- name: change_cards
-- The next revision of cards that are locked.
UPDATE cards SET epoch = c.epoch, rev = c.rev, month = c.month, bytes = c.bytes
FROM unnest(:cards::uuid[], :units::uuid[], :epochs::int[], :revs::int[], :months::int[], :bytes::bytea[])
    AS c (card, unit, epoch, rev, month, bytes)
WHERE cards.practice = :practice AND cards.card = c.card AND cards.unit = c.unit AND cards.rev = c.rev - 1

-- name: erase_card
-- Deletes one card at the revision that was seen, and remembers that somebody did.
WITH gone AS (
    DELETE FROM cards WHERE practice = :practice AND card = :card AND unit = ANY (:units::uuid[]) AND rev = :rev
    RETURNING practice, card
)
INSERT INTO erased_cards (practice, card, day) SELECT practice, card, :day FROM gone ON CONFLICT DO NOTHING

-- name: read_behind
-- Some cards of a unit under older keys than the present ones, the oldest first; those after one that was told before.
SELECT card, unit, epoch, rev, month, bytes FROM cards
WHERE practice = :practice AND unit = :unit AND epoch < :epoch AND month >= :month
    AND (:after_card::uuid IS NULL OR (epoch, card) > (:after_epoch::int, :after_card::uuid))
ORDER BY epoch, card LIMIT :most

-- name: count_behind
-- How many rows of a unit lie under older keys than the present ones.
SELECT (SELECT count(*) FROM cards
        WHERE practice = :practice AND unit = :unit AND epoch < :epoch AND month >= :month) AS cards,
    (SELECT count(*) FROM index_entries
        WHERE practice = :practice AND unit = :unit AND epoch < :epoch AND month >= :month) AS entries,
    (SELECT count(*) FROM index_pages
        WHERE practice = :practice AND unit = :unit AND epoch < :epoch AND month >= :month) AS pages

-- name: expire_cards
-- Deletes cards whose month is over; some at a time, so that nobody waits for long.
DELETE FROM cards WHERE (practice, card) IN (SELECT practice, card FROM cards WHERE month < :month LIMIT :most)
