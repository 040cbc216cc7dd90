-- name: lock_cursor
-- A linked program's place in its feed, locked, and whether the database was restored since.
SELECT c.cursor_due, c.cursor_last, c.resync, c.era <> i.era AS restored, i.era, c.kem_kid
FROM connectors c, instance i WHERE c.practice = :practice AND c.connector = :connector AND c.state = 'granted' FOR UPDATE OF c

-- name: advance
-- A new answer is being made: the cursor asked with was the present one, the next is named.
UPDATE connectors SET cursor_last = :last, cursor_due = :due, resync = :resync, seen_at = :now, era = (SELECT era FROM instance)
WHERE practice = :practice AND connector = :connector

-- name: acknowledge
-- What the last answer held was written down: told no more until it changes, and the program's stanzas of it go. What it wraps lies
-- with the program from now on.
WITH taken AS (
    UPDATE connector_feed SET handed = 0, due = handed = 2, told = handed = 1, first = false
    WHERE practice = :practice AND connector = :connector AND handed > 0
    RETURNING record, told
)
DELETE FROM stanzas s USING taken t WHERE s.practice = :practice AND s.record = t.record AND s.kid = :kid AND t.told

-- name: begin_anew
-- Everything that was ever told is told once more.
UPDATE connector_feed SET due = true, handed = 0 WHERE practice = :practice AND connector = :connector AND (told OR handed > 0)

-- name: read_changed
-- What was told before and has changed, in or after the window, or in no agenda that is granted any more; `gone`: not in the window.
-- Some of it, locked.
SELECT f.record, g.agenda IS NULL OR f.start >= g.until AS gone
FROM connector_feed f JOIN appointments p USING (practice, record)
LEFT JOIN unnest(:agendas::uuid[], :sinces::timestamptz[], :untils::timestamptz[]) AS g (agenda, since, until) ON g.agenda = p.agenda
WHERE f.practice = :practice AND f.connector = :connector AND f.due AND f.handed = 0 AND f.told
    AND f.start >= coalesce(g.since, :since::timestamptz)
LIMIT :most FOR UPDATE OF f

-- name: read_new
-- What was not told yet, lies in the window and has a stanza to be opened with; of a first window or not. Some of it, soonest first, locked.
SELECT f.record, false AS gone
FROM connector_feed f JOIN appointments p USING (practice, record)
JOIN unnest(:agendas::uuid[], :sinces::timestamptz[], :untils::timestamptz[]) AS g (agenda, since, until) ON g.agenda = p.agenda
WHERE f.practice = :practice AND f.connector = :connector AND f.due AND f.handed = 0 AND NOT f.told AND f.first = :first
    AND f.start >= :since AND f.start < :until AND f.start >= g.since AND f.start < g.until
    AND EXISTS (SELECT FROM stanzas s WHERE s.practice = p.practice AND s.record = p.record AND s.rev = p.rev AND s.kid = :kid)
ORDER BY f.start LIMIT :most FOR UPDATE OF f

-- name: hand
-- Notes what an answer holds.
UPDATE connector_feed f SET handed = CASE WHEN h.gone THEN 2 ELSE 1 END, told = told OR NOT h.gone
FROM unnest(:records::uuid[], :gone::boolean[]) AS h (record, gone)
WHERE f.practice = :practice AND f.connector = :connector AND f.record = h.record

-- name: read_handed
-- What the last answer held and has not changed since.
SELECT record, handed = 2 AS gone FROM connector_feed WHERE practice = :practice AND connector = :connector AND handed > 0

-- name: place
-- An owner's browser wrapped appointments for linked programs: what they were not told yet is to be told.
INSERT INTO connector_feed AS f (practice, connector, record, start, first)
SELECT c.practice, c.connector, p.record, p.start, coalesce(c.first_until > :now, false)
FROM unnest(:records::uuid[], :kids::bytea[]) AS w (record, kid)
JOIN connectors c ON c.practice = :practice AND c.kem_kid = w.kid AND c.state = 'granted'
JOIN appointments p ON p.practice = :practice AND p.record = w.record
JOIN connector_agendas a ON a.practice = c.practice AND a.connector = c.connector AND a.agenda = p.agenda
ON CONFLICT (practice, connector, record) DO UPDATE SET first = excluded.first WHERE NOT f.told

-- name: follow_agendas
-- A linked program's agendas changed: what it was told of others is gone for it, and what was sealed to it in new ones is to be told.
WITH left_out AS (
    UPDATE connector_feed f SET due = true, handed = 0 FROM appointments p
    WHERE f.practice = :practice AND f.connector = :connector AND f.told AND p.practice = f.practice AND p.record = f.record
        AND p.agenda <> ALL (:agendas::uuid[])
)
INSERT INTO connector_feed (practice, connector, record, start)
SELECT p.practice, :connector, p.record, p.start FROM appointments p
JOIN connectors c ON c.practice = p.practice AND c.connector = :connector
WHERE p.practice = :practice AND p.agenda = ANY (:agendas::uuid[]) AND p.start >= :since
    AND EXISTS (SELECT FROM stanzas s WHERE s.practice = p.practice AND s.record = p.record AND s.rev = p.rev AND s.kid = c.kem_kid)
ON CONFLICT DO NOTHING

-- name: zones
-- The zone of each of some agendas, with its unit.
SELECT a.agenda, a.unit, s.timezone FROM agendas a JOIN sites s USING (practice, site)
WHERE a.practice = :practice AND a.agenda = ANY (:agendas::uuid[]) ORDER BY a.agenda
