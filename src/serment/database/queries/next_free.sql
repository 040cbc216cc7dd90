-- name: wanted
-- Agendas with something to look at: what was taken or freed, a hint whose time has come, rules that changed. From an agenda
-- on, and round again from the first: whoever asks begins somewhere else each time, so none waits for ever.
SELECT * FROM (
    (SELECT DISTINCT practice, agenda FROM next_free_marks
     WHERE (practice, agenda) >= (:from_practice::uuid, :from_agenda::uuid) ORDER BY practice, agenda LIMIT :most)
    UNION
    (SELECT practice, agenda FROM next_free WHERE recheck_at <= :now ORDER BY recheck_at LIMIT :most)
    UNION
    (SELECT practice, agenda FROM agendas
     WHERE free_version < rules_version AND (practice, agenda) >= (:from_practice::uuid, :from_agenda::uuid)
     ORDER BY practice, agenda LIMIT :most)
    UNION
    (SELECT DISTINCT practice, agenda FROM next_free_marks
     WHERE (practice, agenda) < (:from_practice::uuid, :from_agenda::uuid) ORDER BY practice, agenda LIMIT :most)
    UNION
    (SELECT practice, agenda FROM agendas
     WHERE free_version < rules_version AND (practice, agenda) < (:from_practice::uuid, :from_agenda::uuid)
     ORDER BY practice, agenda LIMIT :most)
) AS found
ORDER BY (practice, agenda) < (:from_practice::uuid, :from_agenda::uuid), practice, agenda LIMIT :most

-- name: claim
-- Whether the hints of an agenda are the caller's to make, until the transaction's end: nobody waits, nobody doubles work.
SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws('/', 'next_free', :agenda::uuid), 0))

-- name: take_marks
-- Deletes what was noted of an agenda, and says whether its hints are due: something noted touches one of them (a start
-- taken, buffers included, or a time freed before it; a visit counted for a daily quota), or their time has come, or the
-- rules are newer. No row for an agenda that is no more. What is noted later than this statement begins stays noted.
WITH taken AS (
    DELETE FROM next_free_marks WHERE practice = :practice AND agenda = :agenda
    RETURNING visit_type, taken, since, until
)
SELECT a.rules_version, a.free_version < a.rules_version AS newer_rules, EXISTS (
    SELECT FROM next_free n
    JOIN visit_types v USING (practice, visit_type)
    WHERE n.practice = :practice AND n.agenda = :agenda AND (n.recheck_at <= :now OR EXISTS (
        SELECT FROM taken t WHERE CASE
            WHEN NOT t.taken THEN n.next_at IS NULL OR n.next_at > t.since
            ELSE n.next_at > t.since - make_interval(mins => v.minutes + v.buffer_after_minutes)
                    AND n.next_at < t.until + make_interval(mins => v.buffer_before_minutes)
                OR v.daily_quota IS NOT NULL AND t.visit_type = n.visit_type
            END))
) AS touched
FROM agendas a WHERE a.practice = :practice AND a.agenda = :agenda

-- name: mark_made
-- Notes for which rules an agenda's hints were made.
UPDATE agendas SET free_version = :version WHERE practice = :practice AND agenda = :agenda AND free_version < :version

-- name: drop_other
-- Deletes the hints of visit types an agenda does not offer to everybody.
DELETE FROM next_free WHERE practice = :practice AND agenda = :agenda AND visit_type <> ALL (:visit_types::uuid[])

-- name: keep
-- Writes the hints of one agenda; those that say the same already are left alone.
INSERT INTO next_free AS n (practice, agenda, visit_type, main, specialty, place, next_at, recheck_at)
SELECT :practice, :agenda, h.visit_type, h.main, :specialty, point(:longitude, :latitude), h.next_at, h.recheck_at
FROM unnest(:visit_types::uuid[], :mains::boolean[], :next_ats::timestamptz[], :recheck_ats::timestamptz[])
    AS h (visit_type, main, next_at, recheck_at)
ON CONFLICT (practice, agenda, visit_type) DO UPDATE SET main = excluded.main, specialty = excluded.specialty,
    place = excluded.place, next_at = excluded.next_at, recheck_at = excluded.recheck_at
WHERE (n.main, n.specialty, n.place[0], n.place[1], n.next_at, n.recheck_at) IS DISTINCT FROM
    (excluded.main, excluded.specialty, excluded.place[0], excluded.place[1], excluded.next_at, excluded.recheck_at)

-- name: begin_rebuild
-- Begins a rebuild before the first agenda, unless one is under way.
INSERT INTO next_free_rebuild (practice, agenda) VALUES ('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000')
ON CONFLICT DO NOTHING

-- name: count_rebuilt
-- How many agendas there are, and how many of them the rebuild under way has behind it.
SELECT count(*) AS agendas, count(*) FILTER (WHERE (a.practice, a.agenda) <= (r.practice, r.agenda)) AS done
FROM next_free_rebuild r CROSS JOIN agendas a

-- name: next_to_rebuild
-- The agendas that follow; the rebuild's place is locked, so that two who rebuild share the work and double none.
WITH here AS MATERIALIZED (SELECT practice, agenda FROM next_free_rebuild FOR UPDATE)
SELECT a.practice, a.agenda FROM here CROSS JOIN LATERAL (
    SELECT practice, agenda FROM agendas WHERE (practice, agenda) > (here.practice, here.agenda)
    ORDER BY practice, agenda LIMIT :most) a
ORDER BY a.practice, a.agenda

-- name: rebuilt_to
-- Notes how far the rebuild has come.
UPDATE next_free_rebuild SET practice = :practice, agenda = :agenda

-- name: end_rebuild
-- Every agenda is done.
DELETE FROM next_free_rebuild

-- name: drop_orphans
-- Deletes hints of agendas that are no more.
DELETE FROM next_free n WHERE NOT EXISTS (SELECT FROM agendas a WHERE a.practice = n.practice AND a.agenda = n.agenda)
