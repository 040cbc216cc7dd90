-- name: lock_reader
-- One answer at a time is counted for a member; whether they are frozen, and since when counts hold. No row: no member any more.
SELECT member_is_frozen(practice, member) AS frozen,
    coalesce((SELECT max(ended_at) FROM freezes f WHERE f.practice = m.practice AND f.member = m.member), '-infinity') AS since
FROM members m WHERE practice = :practice AND member = :reader FOR NO KEY UPDATE

-- name: take
-- Notes what is disclosed; what was before stays as it is. The kinds of what is new.
INSERT INTO disclosures (practice, reader, kind, taken, at, resealing)
SELECT :practice, :reader, k.kind, t.taken, :now, :resealing
FROM unnest(:kinds::smallint[]) AS k (kind), unnest(:taken::uuid[]) AS t (taken)
ON CONFLICT DO NOTHING
RETURNING kind

-- name: spend
-- Notes what a session opened, each once, and answers how much there is.
UPDATE sessions SET contacts = ARRAY(SELECT DISTINCT unnest(contacts || :contacts::bigint[])),
    reasons = ARRAY(SELECT DISTINCT unnest(reasons || :reasons::bigint[]))
WHERE token_hash = :session RETURNING cardinality(contacts) AS contacts, cardinality(reasons) AS reasons

-- name: unspend
-- Takes back what a session opened to seal it anew, and did.
UPDATE sessions SET contacts = array_remove(contacts, :mark::bigint), reasons = array_remove(reasons, :mark::bigint)
WHERE token_hash = :session

-- name: tell_names
-- Counts names of far days that a session is told, apart while somebody has just shown to be there; how many there are of that kind.
UPDATE sessions SET far_names = far_names + CASE WHEN :proved THEN 0 ELSE :names::int END,
    far_names_proved = far_names_proved + CASE WHEN :proved THEN :names::int ELSE 0 END
WHERE token_hash = :session
RETURNING CASE WHEN :proved THEN far_names_proved ELSE far_names END

-- name: refuse
-- Counts what a session was refused because nobody has shown to be there, and answers how often.
UPDATE sessions SET refused = refused + 1 WHERE token_hash = :session RETURNING refused

-- name: tally
-- What a reader was disclosed within a minute, an hour and a day; cards that were handed out to be sealed anew are counted apart.
SELECT count(*) FILTER (WHERE kind = 2 AND at > :now::timestamptz - interval '1 minute') AS reasons_minute,
    count(*) FILTER (WHERE kind IN (1, 2) AND at > :now::timestamptz - interval '1 hour') AS opened_hour,
    count(*) FILTER (WHERE kind IN (1, 2)) AS opened_day,
    count(*) FILTER (WHERE kind = 3 AND NOT resealing AND at > :now::timestamptz - interval '1 hour') AS cards_hour,
    count(*) FILTER (WHERE kind = 3 AND NOT resealing) AS cards_day,
    count(*) FILTER (WHERE kind = 4) AS unopened_day
FROM disclosures
WHERE practice = :practice AND reader = :reader AND at > greatest(:now::timestamptz - interval '24 hours', :since)

-- name: give_back
-- What was read of an appointment to be sealed anew, and was: it counts no more.
DELETE FROM disclosures WHERE practice = :practice AND reader = :reader AND kind IN (1, 2) AND taken = :taken AND resealing

-- name: take_in
-- Cards that were handed out to be sealed anew, and lie under present keys by now, whoever did it, or are gone: they count no more.
-- By the seeds as they stand, of any unit, the reader's or not; a unit that nobody is in has none, and no present keys.
DELETE FROM disclosures d WHERE d.practice = :practice AND d.reader = :reader AND d.kind = 3 AND d.resealing
    AND NOT EXISTS (
        SELECT FROM cards c WHERE c.practice = d.practice AND c.card = d.taken AND (
            c.epoch < (SELECT max(e.epoch) FROM epoch_seeds e WHERE e.practice = c.practice AND e.unit = c.unit)
        ) IS NOT FALSE
    )

-- name: in_hand
-- How many cards a reader was handed within a day that still lie under older keys.
SELECT count(*) FROM disclosures
WHERE practice = :practice AND reader = :reader AND kind = 3 AND resealing
    AND at > greatest(:now::timestamptz - interval '24 hours', :since)

-- name: cards_told
-- Those of some cards that a reader has been told.
SELECT taken FROM disclosures
WHERE practice = :practice AND reader = :reader AND kind = 3 AND taken = ANY (:cards::uuid[])

-- name: look_back
-- Notes a member who opened contacts or reasons of so many visits long over, but for whom it was noted of late. While no owner has
-- seen it the number grows: the most within so many days.
WITH opened AS (
    SELECT count(DISTINCT d.taken)::int AS files
    FROM disclosures d JOIN appointments p ON p.practice = d.practice AND p.record = d.taken
    WHERE d.practice = :practice AND d.reader = :reader AND d.kind IN (1, 2)
        AND d.at > :now::timestamptz - :days::int * interval '1 day' AND p.start < d.at - :over_days::int * interval '1 day'
), grown AS (
    UPDATE look_backs l SET files = greatest(l.files, o.files) FROM opened o
    WHERE l.practice = :practice AND l.member = :reader AND l.seen_at IS NULL
)
INSERT INTO look_backs (practice, member, at, files)
SELECT :practice, :reader, :now, o.files FROM opened o
WHERE o.files >= :files AND NOT EXISTS (SELECT FROM look_backs l WHERE l.practice = :practice AND l.member = :reader
    AND (l.seen_at IS NULL OR l.at > :now::timestamptz - :quiet_days::int * interval '1 day'))
ON CONFLICT DO NOTHING

-- name: see_look_backs
-- Notes that an owner has seen it.
UPDATE look_backs SET seen_at = :now, seen_by = :seen_by WHERE practice = :practice AND member = :member AND seen_at IS NULL

-- name: read_look_backs
-- Whose are told in a practice, the latest first: unseen ones, and those seen within some days.
SELECT member, at, files, seen_at, seen_by FROM look_backs
WHERE practice = :practice AND (seen_at IS NULL OR seen_at > :now::timestamptz - :days::int * interval '1 day')
ORDER BY at DESC

-- name: has_look_backs
-- Whether it was noted of a member, who may be gone.
SELECT EXISTS (SELECT FROM look_backs WHERE practice = :practice AND member = :member)

-- name: count_look_backs
-- Of how many no owner has seen it yet, members or gone.
SELECT count(DISTINCT member) FROM look_backs WHERE practice = :practice AND seen_at IS NULL

-- name: ask_foreign
-- Notes ids that a reader asked for in vain. What they were served once, and is deleted or out of their reach by now, is none.
INSERT INTO foreign_asks (practice, reader, asked, at)
SELECT :practice, :reader, a.asked, :now FROM unnest(:asked::uuid[]) AS a (asked)
WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.records @> ARRAY[a.asked] AND l.practice = :practice AND l.reader = :reader)
ON CONFLICT (practice, reader, asked) DO UPDATE SET at = excluded.at

-- name: count_foreign
-- How many different ones within some days.
SELECT count(*) FROM foreign_asks
WHERE practice = :practice AND reader = :reader AND at > greatest(:now::timestamptz - :days::int * interval '1 day', :since)

-- name: cards_of_others
-- Those of some cards that lie where this member is not.
SELECT card FROM cards
WHERE card = ANY (:cards::uuid[]) AND (practice <> :practice OR unit <> ALL (:units::uuid[]))

-- name: freeze
-- Stops a member, who may be stopped already, and ends the sessions of their account.
WITH stopped AS (
    INSERT INTO freezes (practice, member, at, why, asked) VALUES (:practice, :reader, :now, :why, :asked)
    ON CONFLICT DO NOTHING
)
DELETE FROM sessions s USING members m
WHERE m.practice = :practice AND m.member = :reader AND s.account = m.account

-- name: unfreeze
-- Lets a member go on.
UPDATE freezes SET ended_at = :now, ended_by = :ended_by
WHERE practice = :practice AND member = :member AND ended_at IS NULL

-- name: read_freezes
-- Who was stopped in a practice, the latest first: those that hold, and those that ended within some days.
SELECT member, at, why, asked, ended_at, ended_by FROM freezes
WHERE practice = :practice AND (ended_at IS NULL OR ended_at > :now::timestamptz - :days::int * interval '1 day')
ORDER BY at DESC

-- name: count_frozen
-- How many members of a practice are stopped.
SELECT count(*) FROM freezes JOIN members USING (practice, member) WHERE practice = :practice AND ended_at IS NULL

-- name: read_frozen
-- Where an account's members are stopped.
SELECT m.practice, m.member FROM members m WHERE m.account = :account AND member_is_frozen(m.practice, m.member)

-- name: expire_disclosures
-- Deletes what no window looks at any more: after that a reading counts anew.
DELETE FROM disclosures WHERE at < CASE WHEN kind = 4 THEN :now::timestamptz - interval '2 days' ELSE :before END

-- name: expire_look_backs
-- Deletes them with the disclosures that they counted.
DELETE FROM look_backs WHERE at < :before

-- name: expire_foreign
-- Deletes asks that no window looks at any more.
DELETE FROM foreign_asks WHERE at < :before

-- name: expire_freezes
-- Deletes what ended twelve months ago.
DELETE FROM freezes WHERE ended_at < :before

-- name: tally_told
-- How many appointments were new to a linked program within a minute, an hour and a day, those of its first window apart.
SELECT count(*) FILTER (WHERE kind = 5 AND at > :now::timestamptz - interval '1 minute') AS minute,
    count(*) FILTER (WHERE kind = 5 AND at > :now::timestamptz - interval '1 hour') AS hour,
    count(*) FILTER (WHERE kind = 5) AS day,
    count(*) FILTER (WHERE kind = 6 AND at > :now::timestamptz - interval '1 minute') AS first_minute
FROM disclosures
WHERE practice = :practice AND reader = :reader AND at > :now::timestamptz - interval '24 hours'
