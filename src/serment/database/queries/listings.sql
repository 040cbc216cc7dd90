-- What the public pages say of practices, sites and practitioners. Nothing here touches an appointment.

-- name: practitioner_by_slug
-- One practitioner with their practice, for their public page.
SELECT p.practice, p.practitioner, p.slug, p.title, p.given_name, p.family_name, p.specialty, p.about_fr, p.about_en,
       p.new_patients, h.slug AS practice_slug, h.name AS practice_name, h.accepts_bookings,
       h.vouched AND p.claim IS NULL AS vouched
FROM practitioners p JOIN practices h USING (practice)
WHERE p.slug = :slug;

-- name: agendas_of_practitioner
-- Where a practitioner receives: each active agenda with its site, until its last day.
SELECT a.agenda, a.name AS agenda_name, s.name AS site_name, s.address, s.postcode, s.town, s.timezone,
       s.access_fr, s.access_en, s.phone, s.latitude, s.longitude
FROM agendas a JOIN sites s USING (practice, site)
WHERE a.practice = :practice AND a.practitioner = :practitioner AND a.active
    AND (a.last_date IS NULL OR a.last_date >= (:now AT TIME ZONE s.timezone)::date)
ORDER BY a.position, a.agenda;

-- name: visit_types_of_agendas
-- The visit types that patients may see on these agendas, in the practice's order.
SELECT va.agenda, v.visit_type, v.name_fr, v.name_en, v.minutes, v.who, v.accepted, v.place,
       v.instructions_fr, v.instructions_en
FROM visit_type_agendas va JOIN visit_types v USING (practice, visit_type)
WHERE va.practice = ANY (:practices::uuid[]) AND va.agenda = ANY (:agendas::uuid[]) AND v.who <> 'staff'
ORDER BY va.agenda, v.position, v.visit_type;

-- name: practice_by_slug
-- One practice, for its link.
SELECT practice, slug, name, fingerprint, accepts_bookings, vouched FROM practices WHERE slug = :slug;

-- name: sites_of_practice
-- Where the practice is: the sites at which somebody receives still.
SELECT name, address, postcode, town, phone FROM sites s WHERE practice = :practice AND EXISTS (SELECT FROM agendas a
    WHERE a.practice = s.practice AND a.site = s.site AND a.active AND (a.last_date IS NULL OR a.last_date >= (:now AT TIME ZONE s.timezone)::date))
ORDER BY name, site;

-- name: practitioners_of_practice
-- Who receives there still.
SELECT slug, title, given_name, family_name, specialty FROM practitioners w
WHERE practice = :practice AND EXISTS (SELECT FROM agendas a JOIN sites s USING (practice, site)
    WHERE a.practice = w.practice AND a.practitioner = w.practitioner AND a.active AND (a.last_date IS NULL OR a.last_date >= (:now AT TIME ZONE s.timezone)::date))
ORDER BY family_name, given_name, practitioner;

-- name: agendas_listed
-- What a search result says of each agenda found. Who claims a number waits for the host's word, as a new practice does.
SELECT a.practice, a.agenda, p.slug, p.title, p.given_name, p.family_name, p.specialty, p.new_patients,
       s.name AS site_name, s.address, s.postcode, s.town, s.timezone, s.latitude, s.longitude,
       h.accepts_bookings AND h.listed AND p.claim IS NULL AS accepts_bookings, h.vouched,
       EXISTS (SELECT FROM visit_type_agendas va JOIN visit_types v USING (practice, visit_type)
               WHERE va.practice = a.practice AND va.agenda = a.agenda AND v.place = 'video' AND v.who = 'anyone') AS video
FROM agendas a
JOIN practitioners p USING (practice, practitioner)
JOIN sites s USING (practice, site)
JOIN practices h USING (practice)
WHERE a.practice = ANY (:practices::uuid[]) AND a.agenda = ANY (:agendas::uuid[]);

-- name: agendas_of_rpps
-- The agendas of practitioners found by name in the directory.
SELECT a.practice, a.agenda
FROM practitioners p JOIN agendas a USING (practice, practitioner) JOIN sites s USING (practice, site)
WHERE p.rpps = ANY (:rpps::text[]) AND a.active AND (a.last_date IS NULL OR a.last_date >= (:now AT TIME ZONE s.timezone)::date);

-- name: earliest_around
-- The agendas of some specialties inside a box, those with the earliest free time first: the first of each cell of the
-- map, in the order of the index, then the first of these.
SELECT n.practice, n.agenda, n.visit_type, n.next_at, n.place[0] AS longitude, n.place[1] AS latitude
FROM unnest(:specialties::text[]) AS wanted (specialty),
generate_series(floor(:south::float8 * 10)::integer, floor(:north::float8 * 10)::integer) AS row_of_cells,
generate_series(floor(:west::float8 * 10)::integer, floor(:east::float8 * 10)::integer) AS column_of_cells,
LATERAL (SELECT * FROM next_free
    WHERE main AND specialty = wanted.specialty AND cell = row_of_cells * 10000 + column_of_cells
        AND place <@ box(point(:west::float8, :south::float8), point(:east::float8, :north::float8))
    ORDER BY next_at, agenda LIMIT :most) n
ORDER BY n.next_at, n.agenda
LIMIT :most;

-- name: nearest_around
-- The agendas of some specialties inside a box, those nearest to its middle first, as degrees go.
SELECT n.practice, n.agenda, n.visit_type, n.next_at, n.place[0] AS longitude, n.place[1] AS latitude
FROM (SELECT point((:west::float8 + :east::float8) / 2, (:south::float8 + :north::float8) / 2) AS middle) here,
unnest(:specialties::text[]) AS wanted (specialty),
LATERAL (SELECT * FROM next_free
    WHERE main AND specialty = wanted.specialty
        AND place <@ box(point(:west::float8, :south::float8), point(:east::float8, :north::float8))
    ORDER BY place <-> here.middle LIMIT :most) n
ORDER BY n.place <-> here.middle, n.agenda
LIMIT :most;

-- name: free_of
-- The first free time of some agendas.
SELECT practice, agenda, visit_type, next_at FROM next_free WHERE main AND agenda = ANY (:agendas::uuid[]);
