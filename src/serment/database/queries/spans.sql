-- name: read_fingerprint
-- Which spans touch [since, until) of an agenda and of some resources, as numbers, with the version of its rules. The two
-- halves of the union are the two indexes: the constraint's, and the one of what is overbooked.
-- A span's id is random and its time never changes, so equal numbers mean equal busy time; a block's changes with its version.
SELECT a.rules_version, taken.spans, taken.mark, coalesce(elsewhere.mark, 0) AS block_mark, coalesce(used.mark, 0) AS resource_mark
FROM agendas a,
LATERAL (SELECT count(*) AS spans, bit_xor(uuid_hash_extended(s.span, 0)) AS mark
    FROM (SELECT * FROM spans WHERE NOT overbooked AND practice = a.practice AND agenda = a.agenda
            AND during && tstzrange(:since, :until)
        UNION ALL
        SELECT * FROM spans WHERE overbooked AND practice = a.practice AND agenda = a.agenda
            AND during && tstzrange(:since, :until)) s
    WHERE s.hold_until IS NULL OR s.hold_until > :now) taken,
LATERAL (SELECT bit_xor(uuid_hash_extended(b.block, b.version)) AS mark FROM busy_blocks b
    WHERE b.standing AND b.practice = a.practice AND b.agenda = a.agenda AND b.during && tstzrange(:since, :until)) elsewhere,
LATERAL (SELECT bit_xor(uuid_hash_extended(s.span, 0)) AS mark
    FROM resource_spans r JOIN spans s USING (practice, span)
    WHERE cardinality(:resources::uuid[]) > 0
        AND r.practice = a.practice AND r.resource = ANY (:resources::uuid[])
        AND r.during && tstzrange(:since, :until)
        AND (s.hold_until IS NULL OR s.hold_until > :now)) used
WHERE a.agenda = :agenda

-- name: read_taken
-- The spans that touch [since, until) of an agenda and of some resources, with the version of the agenda's rules.
SELECT a.rules_version, taken.*, elsewhere.*, used.*
FROM agendas a,
LATERAL (SELECT count(*) AS spans, coalesce(bit_xor(uuid_hash_extended(s.span, 0)), 0) AS mark,
        array_agg(lower(s.during)) AS sinces, array_agg(upper(s.during)) AS untils, array_agg(s.record) AS records,
        array_agg(s.start) FILTER (WHERE s.visit_type = :visit_type) AS visit_starts,
        array_agg(s.record) FILTER (WHERE s.visit_type = :visit_type) AS visit_records
    FROM (SELECT * FROM spans WHERE NOT overbooked AND practice = a.practice AND agenda = a.agenda
            AND during && tstzrange(:since, :until)
        UNION ALL
        SELECT * FROM spans WHERE overbooked AND practice = a.practice AND agenda = a.agenda
            AND during && tstzrange(:since, :until)) s
    WHERE s.hold_until IS NULL OR s.hold_until > :now) taken,
LATERAL (SELECT coalesce(bit_xor(uuid_hash_extended(b.block, b.version)), 0) AS block_mark,
        array_agg(lower(b.during)) AS block_sinces, array_agg(upper(b.during)) AS block_untils, array_agg(b.block) AS blocks
    FROM busy_blocks b
    WHERE b.standing AND b.practice = a.practice AND b.agenda = a.agenda AND b.during && tstzrange(:since, :until)) elsewhere,
LATERAL (SELECT coalesce(bit_xor(uuid_hash_extended(s.span, 0)), 0) AS resource_mark,
        array_agg(r.resource) AS used_resources, array_agg(lower(r.during)) AS used_sinces,
        array_agg(upper(r.during)) AS used_untils, array_agg(r.record) AS used_records
    FROM resource_spans r JOIN spans s USING (practice, span)
    WHERE cardinality(:resources::uuid[]) > 0
        AND r.practice = a.practice AND r.resource = ANY (:resources::uuid[])
        AND r.during && tstzrange(:since, :until)
        AND (s.hold_until IS NULL OR s.hold_until > :now)) used
WHERE a.agenda = :agenda

-- name: queue_for_quota
-- Waits until nobody else is placing a visit of this type on this day of this agenda; until the transaction's end.
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'quota', :agenda::uuid, :visit_type::uuid, :day::date), 0));

-- name: queue_for_overbooking
-- Waits until nobody else is placing a span on this agenda, and lets nobody until the transaction's end.
SELECT pg_advisory_xact_lock(hashtextextended('overbooking/' || :agenda::uuid, 0));

-- name: place_hold
-- Places a hold where nothing stands, taking expired holds out of its way; no row if the time or the record is taken (here, or in the
-- practice's own software, unless staff want it so), or the agenda's rules are no longer those the offer was made from. Overbooked spans lie outside the constraint: a trigger
-- looks for them. The visit type's row is kept from being deleted until the hold stands.
-- A record that is an appointment already is held only with its own token (a move). The delete comes first because the
-- insert reads it, and the constraint does not see what the same transaction deleted.
WITH here AS (
    DELETE FROM spans WHERE NOT overbooked AND practice = :practice AND agenda = :agenda
        AND during && tstzrange(:since, :until) AND (hold_until <= :now) IS TRUE
    RETURNING 1
), beside AS (
    DELETE FROM spans WHERE overbooked AND practice = :practice AND agenda = :agenda
        AND during && tstzrange(:since, :until) AND (hold_until <= :now) IS TRUE
    RETURNING 1
), elsewhere AS (
    DELETE FROM spans WHERE practice = :practice AND record = :record AND hold_until IS NOT NULL
        AND (hold_until <= :now) IS TRUE AND (agenda = :agenda AND during && tstzrange(:since, :until)) IS FALSE
    RETURNING 1
), gone AS (
    SELECT FROM here UNION ALL SELECT FROM beside UNION ALL SELECT FROM elsewhere
)
INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during, overbooked, hold_until,
    hold_token, on_request)
SELECT :practice, gen_random_uuid(), :agenda, :record, :visit_type, :start, :minutes,
    tstzrange(:since, :until), :overbooked, :hold_until, :hold_token, :on_request
FROM (SELECT count(*) FROM gone) AS after_the_delete, agendas a JOIN visit_types v ON v.practice = a.practice
WHERE a.practice = :practice AND a.agenda = :agenda AND a.rules_version = :rules_version AND v.visit_type = :visit_type
    AND NOT EXISTS (SELECT FROM appointments p WHERE p.practice = :practice AND p.record = :record AND NOT :may_move)
    AND (:over_block OR NOT EXISTS (SELECT FROM busy_blocks b WHERE b.practice = :practice AND b.agenda = :agenda AND b.standing
        AND b.during && tstzrange(:since, :until)))
FOR KEY SHARE OF v
ON CONFLICT DO NOTHING
RETURNING span

-- name: lock_resources
-- Keeps rooms and devices from being deleted or moved until the transaction ends.
SELECT resource FROM resources WHERE practice = :practice AND resource = ANY (:resources::uuid[])
ORDER BY resource FOR KEY SHARE

-- name: clear_resources
-- Takes expired holds on some resources out of the way.
DELETE FROM spans s USING resource_spans r
WHERE r.practice = :practice AND r.resource = ANY (:resources::uuid[]) AND r.during && tstzrange(:since, :until)
    AND s.practice = r.practice AND s.span = r.span AND s.hold_until <= :now

-- name: place_resources
-- Takes resources with a span; fewer rows than resources mean that another was quicker.
INSERT INTO resource_spans (practice, span, resource, record, during)
SELECT :practice, :span, resource, :record, tstzrange(:since, :until) FROM unnest(:resources::uuid[]) AS resource
ON CONFLICT DO NOTHING

-- name: read_record
-- What stands under a record: its hold, and whether it is an appointment.
SELECT s.span, s.agenda, s.visit_type, s.start, s.minutes, s.hold_until, s.hold_token, s.extensions, s.on_request,
    s.overbooked, EXISTS (SELECT FROM appointments p WHERE p.practice = :practice AND p.record = :record) AS appointment
FROM (SELECT) AS one
LEFT JOIN spans s ON s.practice = :practice AND s.record = :record AND s.hold_until IS NOT NULL

-- name: lock_hold
-- Locks a record's hold.
SELECT span, agenda, visit_type, start, minutes, during, hold_until, extensions, on_request, overbooked
FROM spans
WHERE practice = :practice AND record = :record AND hold_until IS NOT NULL AND hold_token = :hold_token
FOR UPDATE

-- name: extend_hold
-- Keeps a hold for longer.
UPDATE spans SET hold_until = :hold_until, extensions = :extensions
WHERE practice = :practice AND span = :span

-- name: release_hold
-- Lets a hold go, and no time that stands: whoever waited for a hold to stand finds no row.
DELETE FROM spans
WHERE practice = :practice AND record = :record AND hold_until IS NOT NULL AND hold_token = :hold_token

-- name: free_record
-- Frees the standing time of a record.
DELETE FROM spans WHERE practice = :practice AND record = :record AND hold_until IS NULL

-- name: clear_expired
-- Takes expired holds of an agenda out of the way of a span.
DELETE FROM spans
WHERE practice = :practice AND agenda = :agenda AND during && tstzrange(:since, :until) AND hold_until <= :now

-- name: stand
-- Takes time for a record for good; no row if somebody stands there, a marked overbooking included, unless this one is
-- marked itself.
INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during, overbooked)
SELECT :practice, gen_random_uuid(), :agenda, :record, :visit_type, :start, :minutes,
    tstzrange(:since, :until), :overbooked
ON CONFLICT DO NOTHING
RETURNING span

-- name: keep_hold
-- A hold becomes standing time. The old standing span of its record must be gone before.
UPDATE spans SET hold_until = NULL, hold_token = NULL, extensions = 0
WHERE practice = :practice AND span = :span

-- name: expire_holds
-- Deletes holds past their limit, a bounded number at a time.
WITH late AS (
    SELECT practice, span FROM spans WHERE hold_until <= :now LIMIT :most FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM spans s USING late WHERE s.practice = late.practice AND s.span = late.span
    RETURNING 1
)
SELECT count(*) FROM gone
