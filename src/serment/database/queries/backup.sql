-- name: read_cluster
-- What a restore must know of the cluster.
SELECT current_setting('server_version_num')::int AS version, c.timeline_id AS timeline, i.bytes_per_wal_segment AS segment_bytes
FROM pg_control_checkpoint() c, pg_control_init() i

-- name: read_slot
-- How far the log was sent, and whether PostgreSQL threw it away since.
SELECT restart_lsn::text AS place, restart_lsn IS NULL OR wal_status = 'lost' AS lost
FROM pg_replication_slots WHERE slot_name = :slot::name

-- name: read_waiting
-- How much of the log a slot keeps, and how much it may.
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS bytes, current_setting('max_slot_wal_keep_size') AS most
FROM pg_replication_slots WHERE slot_name = :slot::name

-- name: make_slot
-- Keeps the log from now on, until it was sent; where it begins.
SELECT lsn::text FROM pg_create_physical_replication_slot(:slot::name, true)

-- name: drop_slot
-- Forgets a slot: its log is gone, or nobody sends it any more.
SELECT pg_drop_replication_slot(:slot::name)

-- name: read_flushed
-- How far the log is on disk.
SELECT pg_current_wal_flush_lsn()::text

-- name: read_wal
-- A stretch of one segment of the log.
SELECT pg_read_binary_file(:file::text, :begin::bigint, :length::bigint, false)

-- name: advance_slot
-- The log before this place was sent.
SELECT pg_replication_slot_advance(:slot::name, :place::text::pg_lsn)

-- name: raise_era
-- After a restore: what somebody read before may not have been, or not yet. Drawn by chance: of two restores of one backup
-- neither has the other's.
UPDATE instance SET era = 2 + floor(random() * 2147483645)::integer RETURNING era

-- name: end_sessions
-- After a restore: whoever signed out since would be signed in again.
DELETE FROM sessions

-- name: count_rows
-- What a restored database holds, for whoever looks at a drill.
SELECT (SELECT count(*) FROM practices) AS practices, (SELECT count(*) FROM appointments) AS appointments,
    (SELECT count(*) FROM ledger) AS entries, (SELECT max(number) FROM serment_migrations) AS migrations

-- name: mark_erased
-- By what it shows that cards were erased by hand since.
SELECT count(*)::text || ' ' || coalesce(bit_xor(uuid_hash_extended(card, 0)), 0)::text FROM erased_cards

-- name: read_erased
-- Which cards were erased by hand.
SELECT practice, card FROM erased_cards

-- name: erase_again
-- Erases these cards, and remembers them.
WITH gone AS (
    DELETE FROM cards c USING unnest(:practices::uuid[], :cards::uuid[]) AS e (practice, card)
    WHERE c.practice = e.practice AND c.card = e.card
    RETURNING c.practice, c.card
)
INSERT INTO erased_cards (practice, card, day) SELECT practice, card, current_date FROM gone ON CONFLICT DO NOTHING
