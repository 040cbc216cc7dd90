-- name: find_by_token
-- The record a row token opens.
SELECT practice, record FROM appointments WHERE row_token_hash = :row_token_hash

-- name: lock
-- Locks one appointment and reads its clear part with the public keys and the hash that changes are checked against.
SELECT p.practice, p.record, p.unit, p.agenda, p.start, p.minutes, p.visit_type, p.status, p.confirmed, p.overbooked,
    p.was_request, p.rev, p.acts, p.sealed_slot, p.sig, p.booking_pk, p.patient_pk, p.head, p.row_token_hash
FROM appointments p WHERE p.practice = :practice AND p.record = :record FOR UPDATE

-- name: read
-- The clear part of one appointment.
SELECT practice, record, unit, agenda, start, minutes, visit_type, status, rev, row_token_hash
FROM appointments WHERE practice = :practice AND record = :record

-- name: read_requests
-- The requests of some units that nobody has answered, from an instant on, the earliest first.
SELECT p.record, p.agenda, p.start, p.minutes, p.visit_type
FROM agendas g,
LATERAL (SELECT * FROM appointments WHERE practice = :practice AND agenda = g.agenda AND start >= :since
        AND status = 'requested' OFFSET 0) p
WHERE g.practice = :practice AND p.unit = ANY (:units::uuid[])
ORDER BY p.start, p.record
LIMIT :most

-- name: mark
-- Stores what became of an appointment.
UPDATE appointments SET status = :status, confirmed = :confirmed, acts = :acts, overbooked = :overbooked,
    was_request = :was_request
WHERE practice = :practice AND record = :record

-- name: add_act
-- Stores a signed act.
INSERT INTO acts (practice, record, rev, n, kind, signer_kid, sig)
VALUES (:practice, :record, :rev, :n, :kind, :signer_kid, :sig)

-- name: read_act
-- One stored act, to tell a repeated request from another one.
SELECT kind, sig FROM acts WHERE practice = :practice AND record = :record AND rev = :rev AND n = :n

-- name: read_place
-- What a patient is told beside an appointment: the practice, the site, the practitioner and the visit type.
SELECT jsonb_build_object(
    'practice', jsonb_build_object('practice', c.practice, 'slug', c.slug, 'name', c.name,
        'fingerprint', encode(c.fingerprint, 'base64')),
    'site', jsonb_build_object('site', s.site, 'name', s.name, 'address', s.address, 'postcode', s.postcode,
        'town', s.town, 'latitude', s.latitude, 'longitude', s.longitude, 'timezone', s.timezone,
        'access_fr', s.access_fr, 'access_en', s.access_en, 'phone', s.phone,
        'word', s.word, 'confirms', s.confirms, 'reminds_week', s.reminds_week, 'reminds_eve', s.reminds_eve),
    'practitioner', jsonb_build_object('practitioner', w.practitioner, 'slug', w.slug, 'title', w.title,
        'given_name', w.given_name, 'family_name', w.family_name, 'specialty', w.specialty),
    'visit_type', jsonb_build_object('visit_type', v.visit_type, 'name_fr', v.name_fr, 'name_en', v.name_en,
        'minutes', v.minutes, 'place', v.place, 'accepted', v.accepted, 'silent', v.silent,
        'instructions_fr', v.instructions_fr, 'instructions_en', v.instructions_en, 'questions', v.questions))::text
FROM agendas a
JOIN practices c USING (practice)
JOIN sites s USING (practice, site)
JOIN practitioners w USING (practice, practitioner)
JOIN visit_types v ON v.practice = a.practice AND v.visit_type = :visit_type
WHERE a.practice = :practice AND a.agenda = :agenda
