-- name: read_rules
-- All that the slots of one agenda depend on, as one JSON text from one snapshot, with the version it was read at.
SELECT a.practice, a.rules_version, jsonb_build_object(
    'practice', a.practice, 'agenda', a.agenda, 'unit', a.unit, 'site', a.site, 'practitioner', a.practitioner,
    'works_on_holidays', a.works_on_holidays, 'active', a.active AND p.accepts_bookings,
    'last_date', a.last_date,
    'zone', s.timezone, 'holiday_region', s.holiday_region, 'latitude', s.latitude, 'longitude', s.longitude,
    'specialty', coalesce(w.specialty, ''),
    'openings', coalesce((SELECT jsonb_agg(jsonb_build_object(
        'opening', o.opening, 'first_date', o.first_date, 'last_date', o.last_date, 'start_minute', o.start_minute,
        'end_minute', o.end_minute, 'rrule', o.rrule, 'week_parity', o.week_parity, 'visit_types', o.visit_types)
        ORDER BY o.opening) FROM openings o WHERE o.practice = a.practice AND o.agenda = a.agenda), '[]'),
    'changes', coalesce((SELECT jsonb_agg(jsonb_build_object(
        'change', e.exception, 'on_date', e.on_date, 'kind', e.kind, 'opening', e.opening,
        'start_minute', e.start_minute, 'end_minute', e.end_minute, 'visit_types', e.visit_types)
        ORDER BY e.exception) FROM opening_exceptions e WHERE e.practice = a.practice AND e.agenda = a.agenda), '[]'),
    'absences', coalesce((SELECT jsonb_agg(jsonb_build_object(
        'absence', b.absence, 'since', b.since, 'until', b.until) ORDER BY b.since)
        FROM absences b WHERE b.practice = a.practice AND b.agenda = a.agenda), '[]'),
    'visit_types', coalesce((SELECT jsonb_agg(jsonb_build_object(
        'visit_type', v.visit_type, 'minutes', v.minutes, 'name_fr', v.name_fr, 'name_en', v.name_en,
        'buffer_before_minutes', v.buffer_before_minutes, 'buffer_after_minutes', v.buffer_after_minutes,
        'step_minutes', v.step_minutes, 'notice_minutes', v.notice_minutes, 'horizon_days', v.horizon_days,
        'who', v.who, 'accepted', v.accepted, 'place', v.place, 'daily_quota', v.daily_quota, 'silent', v.silent,
        'colour', v.colour, 'position', v.position, 'instructions_fr', v.instructions_fr,
        'instructions_en', v.instructions_en,
        'resource_kinds', coalesce((SELECT jsonb_agg(k.kind) FROM visit_type_resources k
            WHERE k.practice = v.practice AND k.visit_type = v.visit_type), '[]'))
        ORDER BY v.position, v.visit_type)
        FROM visit_type_agendas f JOIN visit_types v USING (practice, visit_type)
        WHERE f.practice = a.practice AND f.agenda = a.agenda), '[]'),
    'resources', coalesce((SELECT jsonb_agg(jsonb_build_object('resource', r.resource, 'kind', r.kind)
        ORDER BY r.resource) FROM resources r WHERE r.practice = a.practice AND r.site = a.site), '[]')
)::text AS rules
FROM agendas a
JOIN practices p USING (practice)
JOIN sites s USING (practice, site)
LEFT JOIN practitioners w USING (practice, practitioner)
WHERE a.agenda = :agenda
