-- name: put
-- A block stands as this version says, in an agenda of a linked program that may take its time; no row where a later version is known.
INSERT INTO busy_blocks AS b (practice, connector, block, agenda, during, version, standing, keep_until)
SELECT c.practice, c.connector, :block, :agenda, tstzrange(:since, :until), :version, true, :until
FROM connectors c JOIN connector_agendas a USING (practice, connector)
WHERE c.practice = :practice AND c.connector = :connector AND c.inbound <> 'none' AND a.agenda = :agenda
ON CONFLICT (practice, connector, block) DO UPDATE SET agenda = excluded.agenda, during = excluded.during,
    version = excluded.version, standing = true, keep_until = excluded.keep_until
WHERE b.version < excluded.version
RETURNING version, standing

-- name: delete
-- A block stands no more from this version on; one that was never put is noted too. No row where a later version is known.
INSERT INTO busy_blocks AS b (practice, connector, block, version, standing, keep_until)
VALUES (:practice, :connector, :block, :version, false, :keep_until)
ON CONFLICT (practice, connector, block) DO UPDATE SET version = excluded.version, standing = false
WHERE b.version < excluded.version
RETURNING version, standing

-- name: read
-- What stands of a block.
SELECT version, standing FROM busy_blocks WHERE practice = :practice AND connector = :connector AND block = :block

-- name: count_standing
-- How many blocks stand in an agenda.
SELECT count(*) FROM busy_blocks WHERE practice = :practice AND agenda = :agenda AND standing

-- name: queue
-- Waits until no other block is placed in this agenda; until the transaction's end.
SELECT pg_advisory_xact_lock(hashtextextended('busy/' || :agenda::uuid, 0));

-- name: drop_outside
-- Takes away what a linked program took in agendas that are its no more, all of it where it may take no time.
DELETE FROM busy_blocks b USING connectors c
WHERE b.practice = :practice AND b.connector = :connector AND c.practice = b.practice AND c.connector = b.connector
    AND (c.inbound = 'none' OR b.agenda <> ALL (:agendas::uuid[]))

-- name: read_between
-- The blocks of some agendas between two instants, each with the appointments it lies over.
SELECT b.block, b.agenda, lower(b.during) AS since, upper(b.during) AS until, ARRAY(
    SELECT s.record FROM spans s WHERE s.practice = b.practice AND s.agenda = b.agenda AND s.hold_until IS NULL
        AND tstzrange(s.start, s.start + make_interval(mins => s.minutes)) && b.during AND s.during && b.during ORDER BY s.start
) AS records
FROM busy_blocks b
WHERE b.practice = :practice AND b.agenda = ANY (:agendas::uuid[]) AND b.standing AND b.during && tstzrange(:since, :until)
ORDER BY b.agenda, lower(b.during), b.block

-- name: note_alive
-- The source of these agendas answered just now.
UPDATE connector_agendas SET alive_at = :now WHERE practice = :practice AND connector = :connector AND agenda = ANY (:agendas::uuid[])

-- name: read_silent
-- Which of some agendas have a linked program that takes their time and was not heard of for longer than its practice wants.
SELECT DISTINCT a.agenda FROM connector_agendas a JOIN connectors c USING (practice, connector)
WHERE a.practice = :practice AND a.agenda = ANY (:agendas::uuid[]) AND c.state IN ('granted', 'frozen') AND c.inbound <> 'none'
    AND (a.alive_at IS NULL OR a.alive_at < :now::timestamptz - make_interval(mins => c.stale_minutes))
ORDER BY a.agenda

-- name: expire
-- Forgets blocks that are over.
DELETE FROM busy_blocks WHERE keep_until <= :now
