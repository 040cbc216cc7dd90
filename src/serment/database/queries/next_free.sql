-- name: due
-- Agendas with a hint to look at again: its time has come, or a change has marked it.
SELECT practice, agenda, array_agg(visit_type) AS visit_types FROM (
    SELECT practice, agenda, visit_type FROM next_free WHERE recheck_at <= :now ORDER BY recheck_at LIMIT :most
) AS late GROUP BY practice, agenda

-- name: stale
-- Agendas whose rules changed since their hints were made.
SELECT practice, agenda FROM agendas WHERE free_version < rules_version LIMIT :most

-- name: mark_made
-- Notes for which rules an agenda's hints were made.
UPDATE agendas SET free_version = :version WHERE practice = :practice AND agenda = :agenda AND free_version < :version

-- name: drop_other
-- Deletes the hints of visit types an agenda no longer offers to everybody.
DELETE FROM next_free WHERE practice = :practice AND agenda = :agenda AND visit_type <> ALL (:visit_types::uuid[])

-- name: lock_hints
-- Locks the hints of one agenda before its time is read: a booking that marks them meanwhile waits, and marks them after.
SELECT visit_type FROM next_free WHERE practice = :practice AND agenda = :agenda ORDER BY visit_type FOR UPDATE

-- name: keep
-- Writes the hints of one agenda.
INSERT INTO next_free AS n (practice, agenda, visit_type, main, specialty, place, next_at, recheck_at)
SELECT :practice, :agenda, h.visit_type, h.main, :specialty, point(:longitude, :latitude), h.next_at, h.recheck_at
FROM unnest(:visit_types::uuid[], :mains::boolean[], :next_ats::timestamptz[], :recheck_ats::timestamptz[])
    AS h (visit_type, main, next_at, recheck_at)
ON CONFLICT (practice, agenda, visit_type) DO UPDATE SET main = excluded.main, specialty = excluded.specialty,
    place = excluded.place, next_at = excluded.next_at, recheck_at = excluded.recheck_at
