-- name: lock_claim
-- One opening at a time for a register number, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(:claim, 7105993842))

-- name: lock_slugs
-- One choice of links at a time, until the transaction ends: two practices of one name at once get two.
SELECT pg_advisory_xact_lock(7105993843)

-- name: claimed_elsewhere
-- Whether a register number is borne, or claimed, in another practice that takes bookings.
SELECT EXISTS (SELECT FROM practitioners w JOIN practices c USING (practice)
    WHERE (w.rpps = :claim OR w.claim = :claim) AND w.practice <> :practice AND c.accepts_bookings)

-- name: slug_taken
-- Whether a link is a practice's, or a page a practitioner's.
SELECT EXISTS (SELECT FROM practices WHERE slug = :slug) OR EXISTS (SELECT FROM practitioners WHERE slug = :slug)

-- name: add_practice
-- Stores a practice that takes no bookings yet; touches no row if there is one of that id or link.
INSERT INTO practices (practice, slug, name, fingerprint, accepts_bookings, listed, vouched)
VALUES (:practice, :slug, :name, :fingerprint, false, false, false) ON CONFLICT DO NOTHING

-- name: add_unit
-- Stores its first unit.
INSERT INTO units (practice, unit, name) VALUES (:practice, :unit, :name)

-- name: read_opened
-- What stands of a practice being opened: its link, its town, whether it takes bookings.
SELECT c.slug, c.name, c.fingerprint, c.accepts_bookings, c.listed,
    (SELECT s.town FROM sites s WHERE s.practice = c.practice ORDER BY s.name, s.site LIMIT 1) AS town,
    (SELECT count(*) FROM openings o WHERE o.practice = c.practice) AS openings,
    (SELECT count(*) FROM visit_types v WHERE v.practice = c.practice AND v.who <> 'staff') AS visit_types
FROM practices c WHERE c.practice = :practice

-- name: read_first_agenda
-- The agenda a practice was opened with, and what its rules begin from.
SELECT a.agenda, a.unit, w.specialty, s.timezone
FROM agendas a JOIN practitioners w USING (practice, practitioner) JOIN sites s USING (practice, site)
WHERE a.practice = :practice ORDER BY a.position, a.agenda LIMIT 1

-- name: read_claims
-- The register's numbers claimed in a practice. In order: two practices that claim the same ones never wait for each other.
SELECT claim FROM practitioners WHERE practice = :practice AND claim IS NOT NULL ORDER BY claim

-- name: count_unopened
-- How many practices of an account were begun and take no bookings.
SELECT count(*) FROM members m JOIN practices c USING (practice) WHERE m.account = :account AND NOT c.accepts_bookings

-- name: drop_openings
-- Makes room for other first hours.
DELETE FROM openings WHERE practice = :practice

-- name: drop_visit_type_agendas
-- Makes room for other first visit types.
DELETE FROM visit_type_agendas WHERE practice = :practice

-- name: drop_visit_types
-- Makes room for other first visit types.
DELETE FROM visit_types WHERE practice = :practice

-- name: add_opening
-- Stores first weekly hours.
INSERT INTO openings (practice, opening, agenda, first_date, start_minute, end_minute, rrule)
VALUES (:practice, :opening, :agenda, :first_date, :start_minute, :end_minute, :rrule)

-- name: add_visit_type
-- Stores a first visit type, as its template says it.
INSERT INTO visit_types (practice, visit_type, name_fr, name_en, minutes, buffer_before_minutes, buffer_after_minutes,
    step_minutes, notice_minutes, horizon_days, who, accepted, place, daily_quota, silent, colour, position,
    instructions_fr, instructions_en, questions)
VALUES (:practice, :visit_type, :name_fr, :name_en, :minutes, :buffer_before_minutes, :buffer_after_minutes,
    :step_minutes, :notice_minutes, :horizon_days, :who, :accepted, :place, :daily_quota, :silent, :colour, :position,
    :instructions_fr, :instructions_en, :questions)

-- name: offer_visit_type
-- Offers a visit type on an agenda.
INSERT INTO visit_type_agendas (practice, visit_type, agenda) VALUES (:practice, :visit_type, :agenda)

-- name: take_bookings
-- Opens a practice's door; once open it stays as it is.
UPDATE practices SET accepts_bookings = true, listed = :listed WHERE practice = :practice AND NOT accepts_bookings

-- name: accept_claims
-- The register's numbers claimed in a practice are its practitioners' from now on.
UPDATE practitioners SET rpps = claim, claim = NULL WHERE practice = :practice AND claim IS NOT NULL

-- name: list_practice
-- Shows a practice in the public search, as one whose identity the host has checked.
UPDATE practices SET listed = true, vouched = true WHERE slug = :slug AND accepts_bookings RETURNING practice

-- name: read_unlisted
-- What waits for the host's word: practices that take bookings and that it has not checked, with whom they say they are; and
-- who came to a checked practice under a number of the register.
SELECT c.slug, c.name, w.title, w.given_name, w.family_name, w.specialty, coalesce(w.claim, w.rpps) AS claim, s.address, s.postcode, s.town
FROM practices c JOIN practitioners w USING (practice)
CROSS JOIN LATERAL (SELECT address, postcode, town FROM sites s WHERE s.practice = c.practice ORDER BY s.name, s.site LIMIT 1) s
WHERE c.accepts_bookings AND (NOT c.vouched OR w.claim IS NOT NULL) ORDER BY c.slug, w.family_name, w.practitioner

-- name: town_codes
-- The town of each of these entries of the directory, and whether their bearer can be booked here already.
SELECT e.entry, e.town_code,
    EXISTS (SELECT FROM practitioners w JOIN practices c USING (practice)
        WHERE (w.rpps = e.rpps OR w.claim = e.rpps) AND c.accepts_bookings) AS taken
FROM directory_entries e WHERE e.entry = ANY (:entries::uuid[])
