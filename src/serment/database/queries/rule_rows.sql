-- name: lock_agenda
-- Locks one agenda of a practice, so that two changes of its hours queue up; its unit.
SELECT unit FROM agendas WHERE practice = :practice AND agenda = :agenda FOR UPDATE

-- name: lock_practice
-- Locks a practice, so that two changes of its visit types, rooms or texts queue up.
SELECT practice FROM practices WHERE practice = :practice FOR UPDATE

-- name: read_rows
-- The rules of a practice as its desk edits them, for the agendas of some units: one JSON text, one snapshot.
WITH mine AS (SELECT * FROM agendas WHERE practice = :practice AND unit = ANY (:units::uuid[]))
SELECT jsonb_build_object(
    'practice', (SELECT jsonb_build_object('booking_check', booking_check) FROM practices WHERE practice = :practice),
    'openings', coalesce((SELECT jsonb_agg(to_jsonb(o) - 'practice' ORDER BY o.start_minute, o.opening)
        FROM openings o JOIN mine USING (practice, agenda)), '[]'),
    'exceptions', coalesce((SELECT jsonb_agg(to_jsonb(e) - 'practice' ORDER BY e.on_date, e.exception)
        FROM opening_exceptions e JOIN mine USING (practice, agenda) WHERE e.on_date >= :since::date), '[]'),
    'absences', coalesce((SELECT jsonb_agg(to_jsonb(b) - 'practice' ORDER BY b.since, b.absence)
        FROM absences b JOIN mine USING (practice, agenda) WHERE b.until >= :since::date), '[]'),
    'visit_types', coalesce((SELECT jsonb_agg(to_jsonb(v) - 'practice' || jsonb_build_object(
        'agendas', coalesce((SELECT jsonb_agg(f.agenda ORDER BY f.agenda) FROM visit_type_agendas f
            JOIN mine USING (practice, agenda) WHERE f.practice = v.practice AND f.visit_type = v.visit_type), '[]'),
        'resources', coalesce((SELECT jsonb_agg(k.kind ORDER BY k.kind) FROM visit_type_resources k
            WHERE k.practice = v.practice AND k.visit_type = v.visit_type), '[]'))
        ORDER BY v.position, v.visit_type)
        FROM visit_types v WHERE v.practice = :practice AND (
            EXISTS (SELECT FROM visit_type_agendas f JOIN mine USING (practice, agenda)
                WHERE f.practice = v.practice AND f.visit_type = v.visit_type)
            OR NOT EXISTS (SELECT FROM visit_type_agendas f
                WHERE f.practice = v.practice AND f.visit_type = v.visit_type))), '[]'),
    'resources', coalesce((SELECT jsonb_agg(to_jsonb(r) - 'practice' ORDER BY r.kind, r.name, r.resource)
        FROM resources r WHERE r.practice = :practice), '[]'),
    'agendas', coalesce((SELECT jsonb_agg(to_jsonb(a) - 'practice' - 'rules_version' - 'free_version'
        ORDER BY a.position, a.agenda) FROM mine a), '[]'),
    'sites', coalesce((SELECT jsonb_agg(to_jsonb(s) - 'practice' - 'town' - 'latitude' - 'longitude' ORDER BY s.name, s.site)
        FROM sites s WHERE s.practice = :practice), '[]'),
    'practitioners', coalesce((SELECT jsonb_agg(to_jsonb(w) - 'practice' - 'slug' - 'rpps' - 'claim'
            || jsonb_build_object('number', coalesce(w.rpps, w.claim, ''))
        ORDER BY w.family_name, w.given_name, w.practitioner)
        FROM practitioners w WHERE w.practice = :practice AND (w.practitioner IN (SELECT practitioner FROM mine)
            OR NOT EXISTS (SELECT FROM agendas a WHERE a.practice = w.practice AND a.practitioner = w.practitioner))),
        '[]'))::text

-- name: put_opening
-- Writes an opening; no row is touched where the id is another agenda's.
INSERT INTO openings SELECT * FROM jsonb_populate_record(NULL::openings, :row::jsonb)
ON CONFLICT (practice, opening) DO UPDATE SET first_date = excluded.first_date, last_date = excluded.last_date,
    start_minute = excluded.start_minute, end_minute = excluded.end_minute, rrule = excluded.rrule,
    week_parity = excluded.week_parity, visit_types = excluded.visit_types
WHERE openings.agenda = excluded.agenda

-- name: drop_opening
-- Deletes an opening.
DELETE FROM openings WHERE practice = :practice AND opening = :id

-- name: put_exception
-- Writes a date that differs; no row is touched where the id is another agenda's.
INSERT INTO opening_exceptions SELECT * FROM jsonb_populate_record(NULL::opening_exceptions, :row::jsonb)
ON CONFLICT (practice, exception) DO UPDATE SET opening = excluded.opening, on_date = excluded.on_date,
    kind = excluded.kind, start_minute = excluded.start_minute, end_minute = excluded.end_minute,
    visit_types = excluded.visit_types
WHERE opening_exceptions.agenda = excluded.agenda

-- name: drop_exception
-- Deletes a date that differs.
DELETE FROM opening_exceptions WHERE practice = :practice AND exception = :id

-- name: put_absence
-- Writes an absence; no row is touched where the id is another agenda's.
INSERT INTO absences SELECT * FROM jsonb_populate_record(NULL::absences, :row::jsonb)
ON CONFLICT (practice, absence) DO UPDATE SET since = excluded.since, until = excluded.until
WHERE absences.agenda = excluded.agenda

-- name: drop_absence
-- Deletes an absence.
DELETE FROM absences WHERE practice = :practice AND absence = :id

-- name: read_standing
-- The appointments of an agenda that are still to come, requests too, as a change of hours must know them.
SELECT record, unit, agenda, start, minutes, visit_type, status, rev, acts FROM appointments
WHERE agenda = :agenda AND practice = :practice AND start > :since
    AND status IN ('requested', 'booked', 'arrived', 'waiting')
ORDER BY start, record

-- name: count_holds
-- How many people are booking on an agenda right now.
SELECT count(*) FROM spans WHERE practice = :practice AND agenda = :agenda AND hold_until > :now

-- name: read_type_ids
-- The ids of a practice's visit types.
SELECT visit_type FROM visit_types WHERE practice = :practice

-- name: read_visit_type
-- One visit type with its agendas and the kinds of resources it takes, as JSON.
SELECT (to_jsonb(v) - 'practice' || jsonb_build_object(
    'agendas', coalesce((SELECT jsonb_agg(f.agenda ORDER BY f.agenda) FROM visit_type_agendas f
        WHERE f.practice = v.practice AND f.visit_type = v.visit_type), '[]'),
    'resources', coalesce((SELECT jsonb_agg(k.kind ORDER BY k.kind) FROM visit_type_resources k
        WHERE k.practice = v.practice AND k.visit_type = v.visit_type), '[]')))::text
FROM visit_types v WHERE v.practice = :practice AND v.visit_type = :id

-- name: put_visit_type
-- Writes a visit type; its agendas and resources are written beside it.
INSERT INTO visit_types SELECT * FROM jsonb_populate_record(NULL::visit_types, :row::jsonb)
ON CONFLICT (practice, visit_type) DO UPDATE SET name_fr = excluded.name_fr, name_en = excluded.name_en,
    minutes = excluded.minutes, buffer_before_minutes = excluded.buffer_before_minutes,
    buffer_after_minutes = excluded.buffer_after_minutes, step_minutes = excluded.step_minutes,
    notice_minutes = excluded.notice_minutes, horizon_days = excluded.horizon_days, who = excluded.who,
    accepted = excluded.accepted, place = excluded.place, daily_quota = excluded.daily_quota, silent = excluded.silent,
    colour = excluded.colour, position = excluded.position, instructions_fr = excluded.instructions_fr,
    instructions_en = excluded.instructions_en, questions = excluded.questions

-- name: unlink_agendas
-- Takes a visit type off the agendas that are not among some.
DELETE FROM visit_type_agendas WHERE practice = :practice AND visit_type = :id AND agenda <> ALL (:agendas::uuid[])

-- name: link_agendas
-- Offers a visit type on some agendas.
INSERT INTO visit_type_agendas (practice, visit_type, agenda)
SELECT :practice, :id, unnest(:agendas::uuid[]) ON CONFLICT DO NOTHING

-- name: unlink_resources
-- Takes kinds of resources off a visit type that are not among some.
DELETE FROM visit_type_resources WHERE practice = :practice AND visit_type = :id AND kind <> ALL (:kinds::text[])

-- name: link_resources
-- Says which kinds of resources a visit type takes.
INSERT INTO visit_type_resources (practice, visit_type, kind)
SELECT :practice, :id, unnest(:kinds::text[]) ON CONFLICT DO NOTHING

-- name: lock_visit_type
-- Waits for who is taking a time of this visit type, and lets nobody take one until the transaction ends.
SELECT visit_type FROM visit_types WHERE practice = :practice AND visit_type = :id FOR UPDATE

-- name: lock_resource
-- Waits for who is taking this room or device, and lets nobody take it until the transaction ends.
SELECT resource FROM resources WHERE practice = :practice AND resource = :id FOR UPDATE

-- name: count_uses
-- How many appointments and holds name a visit type. A hold that ended this minute may be becoming an appointment.
SELECT (SELECT count(*) FROM appointments p JOIN agendas USING (practice, agenda)
        WHERE p.practice = :practice AND p.visit_type = :id)
    + (SELECT count(*) FROM spans WHERE practice = :practice AND visit_type = :id AND hold_until > :now::timestamptz - interval '1 minute')

-- name: drop_visit_type
-- Deletes a visit type.
DELETE FROM visit_types WHERE practice = :practice AND visit_type = :id

-- name: forget_type_in_openings
-- Takes a visit type off the openings reserved for it.
UPDATE openings SET visit_types = array_remove(visit_types, :id)
WHERE practice = :practice AND visit_types @> ARRAY[:id::uuid]

-- name: forget_type_in_exceptions
-- Takes a visit type off the single dates reserved for it.
UPDATE opening_exceptions SET visit_types = array_remove(visit_types, :id)
WHERE practice = :practice AND visit_types @> ARRAY[:id::uuid]

-- name: units_in_need
-- The units on whose agendas a visit is offered that takes a kind of room or device.
SELECT DISTINCT a.unit FROM visit_type_resources k
JOIN visit_type_agendas f USING (practice, visit_type) JOIN agendas a USING (practice, agenda)
WHERE k.practice = :practice AND k.kind = :kind

-- name: read_units
-- The units whose agendas use some row of a practice: those that offer a visit type, those of a practitioner.
SELECT DISTINCT a.unit FROM agendas a WHERE a.practice = :practice AND (
    a.practitioner = :id OR EXISTS (SELECT FROM visit_type_agendas f
        WHERE f.practice = a.practice AND f.agenda = a.agenda AND f.visit_type = :id))

-- name: read_agenda_units
-- The units of some agendas of a practice.
SELECT agenda, unit FROM agendas WHERE practice = :practice AND agenda = ANY (:agendas::uuid[])
