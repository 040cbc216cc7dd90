-- name: erase_reasons
-- Empties the sealed reasons of visits that are over since noon (UTC) of the day after the site's day, the oldest first, some at a
-- time, and keeps their hashes; how many. Who is writing one at this moment keeps it until the next time.
WITH over AS (
    SELECT p.practice, p.record
    FROM appointments p JOIN agendas g USING (practice, agenda) JOIN sites s USING (practice, site)
    WHERE p.hash_rs IS NULL AND p.start < :now::timestamptz - interval '12 hours'
        AND :now::timestamptz >= ((p.start AT TIME ZONE s.timezone)::date + :days::int + time '12:00') AT TIME ZONE 'UTC'
    ORDER BY p.start LIMIT :most
    FOR UPDATE OF p SKIP LOCKED
)
UPDATE appointments p SET hash_rs = sha256(p.body_rs), body_rs = '' FROM over
WHERE p.practice = over.practice AND p.record = over.record

-- name: erase_appointments
-- Deletes appointments from before an instant with all that belongs to them, some at a time; how many.
WITH old AS (
    SELECT p.practice, p.record
    FROM agendas g,
    LATERAL (SELECT practice, record FROM appointments WHERE agenda = g.agenda AND start < :before ORDER BY start LIMIT :most) p
    LIMIT :most
), freed AS (
    DELETE FROM spans s USING old WHERE s.practice = old.practice AND s.record = old.record
), unwrapped AS (
    DELETE FROM stanzas s USING old WHERE s.practice = old.practice AND s.record = old.record
), undone AS (
    DELETE FROM acts a USING old WHERE a.practice = old.practice AND a.record = old.record
)
DELETE FROM appointments p USING old WHERE p.practice = old.practice AND p.record = old.record

-- name: note_erased
-- Adds to what a day's rounds erased.
INSERT INTO erasures (day, what, erased) VALUES (:day, :what, :erased)
ON CONFLICT (day, what) DO UPDATE SET erased = erasures.erased + excluded.erased

-- name: take_day_over
-- What was erased on the first day that is over, taken out to be entered in the ledger.
DELETE FROM erasures WHERE day = (SELECT min(day) FROM erasures WHERE day < :today) RETURNING day, what, erased

-- name: forget_erased_cards
-- Forgets which cards were erased by hand before a day, some at a time: no backup holds them any more; how many.
DELETE FROM erased_cards WHERE (practice, card) IN
    (SELECT practice, card FROM erased_cards WHERE day < :before LIMIT :most)
