-- name: read_practice_row
-- What a practice asks of who books online, as JSON.
SELECT jsonb_build_object('booking_check', booking_check)::text FROM practices WHERE practice = :practice

-- name: put_practice_row
-- Writes what a practice asks of who books online.
UPDATE practices SET booking_check = :booking_check WHERE practice = :practice

-- name: read_resource
-- One room or device, as JSON.
SELECT (to_jsonb(r) - 'practice')::text FROM resources r WHERE practice = :practice AND resource = :id

-- name: count_resources
-- How many rooms and devices a practice has.
SELECT count(*) FROM resources WHERE practice = :practice

-- name: put_resource
-- Writes a room or a device.
INSERT INTO resources SELECT * FROM jsonb_populate_record(NULL::resources, :row::jsonb)
ON CONFLICT (practice, resource) DO UPDATE SET site = excluded.site, kind = excluded.kind, name = excluded.name

-- name: drop_resource
-- Deletes a room or a device.
DELETE FROM resources WHERE practice = :practice AND resource = :id

-- name: count_resource_uses
-- How many appointments still to end, and holds, take a room or a device.
SELECT count(*) FROM resource_spans WHERE practice = :practice AND resource = :id AND upper(during) > :now

-- name: read_agenda
-- One agenda, as JSON.
SELECT (to_jsonb(a) - 'practice' - 'rules_version' - 'free_version')::text FROM agendas a
WHERE practice = :practice AND agenda = :id

-- name: put_agenda
-- Writes an agenda: whose it is, where and in which unit only when it is new; no row where the id is another practice's.
INSERT INTO agendas (practice, agenda, site, practitioner, unit, name, active, last_date, works_on_holidays, position)
SELECT r.practice, r.agenda, r.site, r.practitioner, r.unit, r.name, r.active, r.last_date, r.works_on_holidays, r.position
FROM jsonb_populate_record(NULL::agendas, :row::jsonb) r
WHERE NOT EXISTS (SELECT FROM agendas o WHERE o.agenda = r.agenda AND o.practice <> r.practice)
ON CONFLICT (practice, agenda) DO UPDATE SET name = excluded.name, active = excluded.active,
    last_date = excluded.last_date, works_on_holidays = excluded.works_on_holidays, position = excluded.position

-- name: lock_offers
-- Waits for who is taking a time of a visit type that an agenda offers, and lets nobody take one until the transaction ends.
SELECT v.visit_type FROM visit_types v JOIN visit_type_agendas f USING (practice, visit_type)
WHERE f.practice = :practice AND f.agenda = :agenda ORDER BY v.visit_type FOR UPDATE OF v

-- name: drop_agenda
-- Deletes an agenda that never opened and where nobody has an appointment, with its single dates; no row for another.
WITH bare AS (
    SELECT practice, agenda FROM agendas a WHERE practice = :practice AND agenda = :id
        AND NOT EXISTS (SELECT FROM openings o WHERE o.practice = a.practice AND o.agenda = a.agenda)
        AND NOT EXISTS (SELECT FROM spans s WHERE s.practice = a.practice AND s.agenda = a.agenda)
        AND NOT EXISTS (SELECT FROM appointments p WHERE p.practice = a.practice AND p.agenda = a.agenda)
), dates AS (
    DELETE FROM opening_exceptions e USING bare WHERE e.practice = bare.practice AND e.agenda = bare.agenda
), away AS (
    DELETE FROM absences b USING bare WHERE b.practice = bare.practice AND b.agenda = bare.agenda
), offers AS (
    DELETE FROM visit_type_agendas f USING bare WHERE f.practice = bare.practice AND f.agenda = bare.agenda
), hints AS (
    DELETE FROM next_free n USING bare WHERE n.practice = bare.practice AND n.agenda = bare.agenda
)
DELETE FROM agendas a USING bare WHERE a.practice = bare.practice AND a.agenda = bare.agenda

-- name: count_agendas
-- How many agendas a practice has.
SELECT count(*) FROM agendas WHERE practice = :practice

-- name: note_agendas
-- Tells every desk of the practice that there is an agenda more or less: each reads the versions of its own.
UPDATE agendas SET rules_version = rules_version + 1 WHERE practice = :practice

-- name: offer_here
-- Offers some visit types on an agenda; how many of them there are.
INSERT INTO visit_type_agendas (practice, visit_type, agenda)
SELECT practice, visit_type, :agenda FROM visit_types WHERE practice = :practice AND visit_type = ANY (:visit_types::uuid[])

-- name: read_site
-- One site, as JSON.
SELECT (to_jsonb(s) - 'practice' - 'town' - 'latitude' - 'longitude')::text FROM sites s
WHERE practice = :practice AND site = :id

-- name: put_site
-- Writes a site.
INSERT INTO sites SELECT * FROM jsonb_populate_record(NULL::sites, :row::jsonb)
ON CONFLICT (practice, site) DO UPDATE SET name = excluded.name, address = excluded.address, postcode = excluded.postcode,
    town = excluded.town, town_code = excluded.town_code, latitude = excluded.latitude, longitude = excluded.longitude,
    timezone = excluded.timezone, holiday_region = excluded.holiday_region, access_fr = excluded.access_fr,
    access_en = excluded.access_en, phone = excluded.phone, word = excluded.word, confirms = excluded.confirms,
    reminds_week = excluded.reminds_week, reminds_eve = excluded.reminds_eve

-- name: drop_site
-- Deletes a site.
DELETE FROM sites WHERE practice = :practice AND site = :id

-- name: agendas_at
-- The agendas of a site with their units.
SELECT agenda, unit FROM agendas WHERE practice = :practice AND site = :site

-- name: count_needs
-- How many agendas, rooms and devices a site has; how many agendas a practitioner has.
SELECT (SELECT count(*) FROM agendas WHERE practice = :practice AND (site = :id OR practitioner = :id))
    + (SELECT count(*) FROM resources WHERE practice = :practice AND site = :id)

-- name: count_sites
-- How many sites a practice has.
SELECT count(*) FROM sites WHERE practice = :practice

-- name: read_practitioner
-- One practitioner, as JSON.
SELECT (to_jsonb(w) - 'practice' - 'slug' - 'rpps' - 'claim'
    || jsonb_build_object('number', coalesce(w.rpps, w.claim, '')))::text
FROM practitioners w WHERE practice = :practice AND practitioner = :id

-- name: put_practitioner
-- Writes a practitioner; page and register number only of a new one.
INSERT INTO practitioners SELECT * FROM jsonb_populate_record(NULL::practitioners, :row::jsonb)
ON CONFLICT (practice, practitioner) DO UPDATE SET title = excluded.title, given_name = excluded.given_name,
    family_name = excluded.family_name, specialty = excluded.specialty, about_fr = excluded.about_fr,
    about_en = excluded.about_en, new_patients = excluded.new_patients

-- name: drop_practitioner
-- Deletes a practitioner.
DELETE FROM practitioners WHERE practice = :practice AND practitioner = :id

-- name: count_practitioners
-- How many practitioners a practice has.
SELECT count(*) FROM practitioners WHERE practice = :practice

-- name: has_number
-- Whether a practitioner of the practice bears or claims a register number.
SELECT EXISTS (SELECT FROM practitioners WHERE practice = :practice AND (rpps = :number OR claim = :number))
