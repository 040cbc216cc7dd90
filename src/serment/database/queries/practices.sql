-- name: read_agenda_page
-- What a booking page needs to know of one agenda, as JSON; no row unless its practice takes bookings.
SELECT jsonb_build_object(
    'agenda', a.agenda, 'unit', a.unit,
    'check', CASE WHEN EXISTS (SELECT FROM notifier_root) THEN c.booking_check ELSE 'none' END,
    'practice', jsonb_build_object('practice', c.practice, 'slug', c.slug, 'name', c.name,
        'fingerprint', encode(c.fingerprint, 'base64')),
    'site', to_jsonb(s) - 'practice' - 'town_code' - 'holiday_region',
    'practitioner', to_jsonb(w) - 'practice' - 'rpps',
    'visit_types', coalesce((SELECT jsonb_agg(to_jsonb(v) - 'practice' - 'daily_quota' ORDER BY v.position, v.visit_type)
        FROM visit_type_agendas f JOIN visit_types v USING (practice, visit_type)
        WHERE f.practice = a.practice AND f.agenda = a.agenda AND v.who <> 'staff'), '[]'))::text
FROM agendas a
JOIN practices c USING (practice)
JOIN sites s USING (practice, site)
JOIN practitioners w USING (practice, practitioner)
WHERE a.agenda = :agenda AND a.active AND c.accepts_bookings
    AND (a.last_date IS NULL OR a.last_date >= (:now AT TIME ZONE s.timezone)::date)

-- name: asks_check
-- Whether a practice asks who books online for a checked number or address, and this notifier serves the instance.
SELECT EXISTS (SELECT FROM practices WHERE practice = :practice AND booking_check <> 'none')
    AND EXISTS (SELECT FROM notifier_root WHERE pk = :notifier)

-- name: read_practice_page
-- A practice with its sites, practitioners and agendas, as JSON.
SELECT jsonb_build_object(
    'practice', c.practice, 'slug', c.slug, 'name', c.name, 'fingerprint', encode(c.fingerprint, 'base64'),
    'accepts_bookings', c.accepts_bookings,
    'sites', coalesce((SELECT jsonb_agg(to_jsonb(s) - 'practice' - 'town_code' - 'holiday_region' ORDER BY s.name)
        FROM sites s WHERE s.practice = c.practice), '[]'),
    'practitioners', coalesce((SELECT jsonb_agg(to_jsonb(w) - 'practice' - 'rpps' ORDER BY w.family_name, w.given_name)
        FROM practitioners w WHERE w.practice = c.practice), '[]'),
    'agendas', coalesce((SELECT jsonb_agg(jsonb_build_object('agenda', a.agenda, 'site', a.site,
        'practitioner', a.practitioner, 'unit', a.unit, 'name', a.name,
        'visit_types', coalesce((SELECT jsonb_agg(f.visit_type) FROM visit_type_agendas f
            WHERE f.practice = a.practice AND f.agenda = a.agenda), '[]')) ORDER BY a.position, a.agenda)
        FROM agendas a JOIN sites s USING (practice, site) WHERE a.practice = c.practice AND a.active
            AND (a.last_date IS NULL OR a.last_date >= (:now AT TIME ZONE s.timezone)::date)), '[]'),
    'visit_types', coalesce((SELECT jsonb_agg(to_jsonb(v) - 'practice' - 'daily_quota' ORDER BY v.position, v.visit_type)
        FROM visit_types v WHERE v.practice = c.practice AND v.who <> 'staff'), '[]'))::text
FROM practices c WHERE c.slug = :slug

-- name: read_house
-- All that a practice's desk needs to know of its own rules, as JSON.
SELECT jsonb_build_object(
    'practice', c.practice, 'slug', c.slug, 'name', c.name, 'fingerprint', encode(c.fingerprint, 'base64'),
    'sites', coalesce((SELECT jsonb_agg(to_jsonb(s) - 'practice' ORDER BY s.name)
        FROM sites s WHERE s.practice = c.practice), '[]'),
    'units', coalesce((SELECT jsonb_agg(to_jsonb(u) - 'practice' ORDER BY u.name)
        FROM units u WHERE u.practice = c.practice), '[]'),
    'practitioners', coalesce((SELECT jsonb_agg(to_jsonb(w) - 'practice' ORDER BY w.family_name, w.given_name)
        FROM practitioners w WHERE w.practice = c.practice), '[]'),
    'agendas', coalesce((SELECT jsonb_agg(jsonb_build_object('agenda', a.agenda, 'site', a.site,
        'practitioner', a.practitioner, 'unit', a.unit, 'name', a.name, 'active', a.active,
        'last_date', a.last_date, 'works_on_holidays', a.works_on_holidays, 'position', a.position,
        'visit_types', coalesce((SELECT jsonb_agg(f.visit_type) FROM visit_type_agendas f
            WHERE f.practice = a.practice AND f.agenda = a.agenda), '[]')) ORDER BY a.position, a.agenda)
        FROM agendas a WHERE a.practice = c.practice), '[]'),
    'visit_types', coalesce((SELECT jsonb_agg(to_jsonb(v) - 'practice' ORDER BY v.position, v.visit_type)
        FROM visit_types v WHERE v.practice = c.practice), '[]'),
    'resources', coalesce((SELECT jsonb_agg(to_jsonb(r) - 'practice' ORDER BY r.kind, r.name)
        FROM resources r WHERE r.practice = c.practice), '[]'),
    'members', coalesce((SELECT jsonb_agg(jsonb_build_object('member', m.member, 'name', m.name) ORDER BY m.name)
        FROM members m WHERE m.practice = c.practice), '[]'))::text
FROM practices c WHERE c.practice = :practice

-- name: read_agendas
-- The agendas of a practice with their units and zones.
SELECT a.agenda, a.unit, s.timezone, s.holiday_region, a.rules_version
FROM agendas a JOIN sites s USING (practice, site)
WHERE a.practice = :practice AND a.agenda = ANY (:agendas::uuid[])

-- name: read_agendas_of_units
-- The agendas of some units, at the version of their rules.
SELECT agenda, rules_version FROM agendas WHERE practice = :practice AND unit = ANY (:units::uuid[]) AND active

-- name: read_holds
-- The live holds of some agendas between two instants.
SELECT agenda, lower(during) AS since, upper(during) AS until, start, minutes, visit_type FROM spans
WHERE practice = :practice AND agenda = ANY (:agendas::uuid[]) AND during && tstzrange(:since, :until)
    AND hold_until > :now
ORDER BY agenda, lower(during)

-- name: read_used
-- Which rooms and devices the visits of some agendas take between two instants.
SELECT s.record, r.resource FROM spans s JOIN resource_spans r USING (practice, span)
WHERE s.practice = :practice AND s.agenda = ANY (:agendas::uuid[]) AND s.during && tstzrange(:since, :until)
ORDER BY s.record, r.resource
