-- name: book
-- Turns a live hold into an appointment, a request where its visit type or the practice asks for one, with all that was sealed; no
-- row if the hold, its slot or the roster's head is another. One statement: all of it stands or nothing. Of a request no message goes.
WITH present AS (
    SELECT head FROM roster_events WHERE practice = :practice ORDER BY seq DESC LIMIT 1
), kept AS (
    UPDATE spans SET hold_until = NULL, hold_token = NULL, extensions = 0
    WHERE practice = :practice AND record = :record AND hold_until > :now AND hold_token = :hold_token
        AND agenda = :agenda AND visit_type = :visit_type AND start = :start AND minutes = :minutes
        AND NOT on_request AND NOT :ask_first AND (SELECT head FROM present) = :head
    RETURNING 'booked' AS status, overbooked
), requested AS (
    DELETE FROM spans
    WHERE practice = :practice AND record = :record AND hold_until > :now AND hold_token = :hold_token
        AND agenda = :agenda AND visit_type = :visit_type AND start = :start AND minutes = :minutes
        AND (on_request OR :ask_first) AND (SELECT head FROM present) = :head
    RETURNING 'requested' AS status, overbooked
), taken AS (
    SELECT * FROM kept UNION ALL SELECT * FROM requested
), spent AS (
    INSERT INTO spent_checks (tag, month) SELECT s.tag, :check_month FROM taken, unnest(:check_tags::bytea[]) AS s (tag)
), written AS (
    INSERT INTO appointments (practice, record, unit, agenda, start, minutes, visit_type, status, overbooked, rev,
        sealed_slot, body_id, body_ct, body_rs, sig, writer, writer_kid, head, booking_pk, patient_pk, row_token_hash,
        act_tag, page)
    SELECT :practice, :record, :unit, :agenda, :start, :minutes, :visit_type, status, overbooked, 1,
        :sealed_slot, :body_id, :body_ct, :body_rs, :sig, :writer, :writer_kid, :head, :booking_pk, :patient_pk,
        :row_token_hash, :act_tag, :page
    FROM taken
    RETURNING status
), wrapped AS (
    INSERT INTO stanzas (practice, record, rev, kid, bytes)
    SELECT :practice, :record, 1, s.kid, s.bytes
    FROM taken, unnest(:kids::bytea[], :stanzas::bytea[]) AS s (kid, bytes)
), capsule AS (
    INSERT INTO inbox_capsules (h, key_day, capsule, del_hash, write_hash)
    SELECT c.h, c.key_day, c.capsule, c.del_hash, c.write_hash
    FROM taken, unnest(:h::bytea[], :key_day::date[], :capsule::bytea[], :del_hash::bytea[], :write_hash::bytea[])
        AS c (h, key_day, capsule, del_hash, write_hash)
), messages AS (
    INSERT INTO inbox_messages (h, mid, send_day, message_set, bytes)
    SELECT m.h, m.mid, m.send_day, 1, m.bytes
    FROM taken, unnest(:message_h::bytea[], :mids::bytea[], :send_days::date[], :messages::bytea[])
        AS m (h, mid, send_day, bytes)
    WHERE status = 'booked'
)
SELECT status FROM written

-- name: read_written
-- What was stored under a record, to tell a repeated request from another one.
SELECT rev, sig, status, row_token_hash, body_id, body_ct, body_rs FROM appointments
WHERE practice = :practice AND record = :record

-- name: rewrite
-- The next revision of an appointment, whole; its row is locked and its new time taken already. Who confirmed that they
-- come has confirmed a time and a place with a link of theirs: that stays where all three do. Another link is another person's.
WITH moved AS (
    UPDATE appointments SET agenda = :agenda, start = :start, minutes = :minutes, visit_type = :visit_type,
        status = :status, confirmed = confirmed AND agenda = :agenda AND start = :start
            AND patient_pk IS NOT DISTINCT FROM :patient_pk, overbooked = :overbooked, rev = :rev, acts = 0,
        sealed_slot = :sealed_slot, body_id = :body_id, body_ct = :body_ct, body_rs = :body_rs, hash_rs = NULL, sig = :sig,
        writer = :writer, writer_kid = :writer_kid, head = :head, booking_pk = :booking_pk,
        patient_pk = :patient_pk, row_token_hash = coalesce(:row_token_hash, row_token_hash), act_tag = :act_tag,
        page = :page
    WHERE practice = :practice AND record = :record AND rev = :rev - 1
        AND (SELECT head FROM roster_events WHERE practice = :practice ORDER BY seq DESC LIMIT 1) = :head
    RETURNING 1
), unwrapped AS (
    DELETE FROM stanzas WHERE practice = :practice AND record = :record AND rev < :rev AND EXISTS (SELECT FROM moved)
), undone AS (
    DELETE FROM acts WHERE practice = :practice AND record = :record AND rev < :rev AND EXISTS (SELECT FROM moved)
), wrapped AS (
    INSERT INTO stanzas (practice, record, rev, kid, bytes)
    SELECT :practice, :record, :rev, s.kid, s.bytes
    FROM moved, unnest(:kids::bytea[], :stanzas::bytea[]) AS s (kid, bytes)
), capsule AS (
    INSERT INTO inbox_capsules (h, key_day, capsule, del_hash, write_hash)
    SELECT c.h, c.key_day, c.capsule, c.del_hash, c.write_hash
    FROM moved, unnest(:h::bytea[], :key_day::date[], :capsule::bytea[], :del_hash::bytea[], :write_hash::bytea[])
        AS c (h, key_day, capsule, del_hash, write_hash)
), messages AS (
    INSERT INTO inbox_messages (h, mid, send_day, message_set, bytes)
    SELECT m.h, m.mid, m.send_day, 1, m.bytes
    FROM moved, unnest(:message_h::bytea[], :mids::bytea[], :send_days::date[], :messages::bytea[])
        AS m (h, mid, send_day, bytes)
)
SELECT count(*) FROM moved

-- name: read_sealed
-- One appointment with the sealed groups asked for, the hashes of all three, its acts and the stanzas of some kids. An erased
-- reason does not come.
SELECT p.practice, p.unit, p.record, p.rev, p.agenda, p.start, p.minutes, p.visit_type, p.sealed_slot, p.status,
    p.confirmed, p.overbooked, p.sig, p.head, p.booking_pk, p.patient_pk, p.writer, p.writer_kid,
    CASE WHEN 1 = ANY (:groups::int[]) THEN p.body_id END AS body_id,
    CASE WHEN 2 = ANY (:groups::int[]) THEN p.body_ct END AS body_ct,
    CASE WHEN 3 = ANY (:groups::int[]) THEN nullif(p.body_rs, '') END AS body_rs,
    sha256(p.body_id) AS hash_id, sha256(p.body_ct) AS hash_ct, coalesce(p.hash_rs, sha256(p.body_rs)) AS hash_rs,
    a.ns, a.kinds, a.signer_kids, a.sigs, s.kids, s.stanzas
FROM appointments p,
LATERAL (SELECT array_agg(n ORDER BY n) AS ns, array_agg(kind ORDER BY n) AS kinds,
        array_agg(signer_kid ORDER BY n) AS signer_kids, array_agg(sig ORDER BY n) AS sigs
    FROM acts WHERE practice = p.practice AND record = p.record AND rev = p.rev) a,
LATERAL (SELECT array_agg(kid ORDER BY kid) AS kids, array_agg(bytes ORDER BY kid) AS stanzas
    FROM stanzas WHERE practice = p.practice AND record = p.record AND rev = p.rev
        AND (:kids::bytea[] IS NULL OR kid = ANY (:kids::bytea[]))) s
WHERE p.practice = :practice AND p.record = :record

-- name: read_sealed_feed
-- Some appointments for a linked program, with the groups of its mask and its own stanza of the present revision; without that stanza
-- nothing sealed. An erased reason does not come.
SELECT p.record, p.unit, p.agenda, p.start, p.minutes, p.visit_type, p.status, p.confirmed, p.overbooked, p.rev, s.bytes AS stanza,
    p.sealed_slot, p.sig, p.head, p.booking_pk, p.patient_pk, p.writer, p.writer_kid,
    CASE WHEN :mask & 1 > 0 THEN p.body_id END AS body_id, CASE WHEN :mask & 2 > 0 THEN p.body_ct END AS body_ct,
    CASE WHEN :mask & 4 > 0 THEN nullif(p.body_rs, '') END AS body_rs,
    sha256(p.body_id) AS hash_id, sha256(p.body_ct) AS hash_ct, coalesce(p.hash_rs, sha256(p.body_rs)) AS hash_rs
FROM appointments p
LEFT JOIN stanzas s ON s.practice = p.practice AND s.record = p.record AND s.rev = p.rev AND s.kid = :kid
WHERE p.practice = :practice AND p.unit = :unit AND p.agenda = ANY (:agendas::uuid[]) AND p.record = ANY (:records::uuid[])

-- name: read_sealed_list
-- The appointments of some agendas between two instants, with group id and the caller's own stanzas alone; the sealed part
-- is left out for what the caller knows at this rev. Where an earlier answer broke off, those after its last one.
SELECT p.practice, p.unit, p.record, p.rev, p.agenda, p.start, p.minutes, p.visit_type, p.sealed_slot, p.status,
    p.confirmed, p.overbooked, p.sig, p.head, p.booking_pk, p.patient_pk, p.writer, p.writer_kid,
    CASE WHEN k.record IS NULL THEN p.body_id END AS body_id, NULL::bytea AS body_ct, NULL::bytea AS body_rs,
    CASE WHEN k.record IS NULL THEN sha256(p.body_id) END AS hash_id,
    CASE WHEN k.record IS NULL THEN sha256(p.body_ct) END AS hash_ct,
    CASE WHEN k.record IS NULL THEN coalesce(p.hash_rs, sha256(p.body_rs)) END AS hash_rs,
    a.ns, a.kinds, a.signer_kids, a.sigs, s.kids, s.stanzas, k.record IS NOT NULL AS known, p.acts
FROM (SELECT DISTINCT unnest(:agendas::uuid[]) AS agenda) g,
LATERAL (SELECT * FROM appointments WHERE practice = :practice AND agenda = g.agenda AND start >= :since AND start < :until
        AND (:after_record::uuid IS NULL OR (start, record) > (:after_start::timestamptz, :after_record::uuid))
    OFFSET 0) p
LEFT JOIN unnest(:known_records::uuid[], :known_revs::int[]) AS k (record, rev) ON k.record = p.record AND k.rev = p.rev
LEFT JOIN LATERAL (SELECT array_agg(n ORDER BY n) AS ns, array_agg(kind ORDER BY n) AS kinds,
        array_agg(signer_kid ORDER BY n) AS signer_kids, array_agg(sig ORDER BY n) AS sigs
    FROM acts WHERE practice = p.practice AND record = p.record AND rev = p.rev) a ON p.acts > 0
LEFT JOIN LATERAL (SELECT array_agg(kid) AS kids, array_agg(bytes) AS stanzas
    FROM stanzas WHERE practice = p.practice AND record = p.record AND rev = p.rev
        AND kid = ANY (:kids::bytea[])) s ON k.record IS NULL
WHERE p.unit = ANY (:units::uuid[])
ORDER BY p.start, p.record
LIMIT :most

-- name: read_unopened
-- The booked appointments to come of some units that nobody has opened yet (they have a stanza to one of these public keys), in order
-- of time, with group id and these stanzas alone; how many there are in all, those after a place.
WITH standing AS (
    SELECT p.record, p.start, count(*) OVER () AS standing
    FROM (SELECT agenda FROM agendas WHERE practice = :practice AND unit = ANY (:units::uuid[])) g,
    LATERAL (SELECT * FROM appointments WHERE practice = :practice AND agenda = g.agenda AND start >= :since OFFSET 0) p
    WHERE p.unit = ANY (:units::uuid[]) AND p.status = 'booked'
        AND (:after_record::uuid IS NULL OR (p.start, p.record) > (:after_start::timestamptz, :after_record::uuid))
        AND EXISTS (SELECT FROM stanzas WHERE practice = p.practice AND record = p.record AND rev = p.rev
            AND kid = ANY (:kids::bytea[]) AND octet_length(bytes) = 1250)
    ORDER BY p.start, p.record
    LIMIT :most
)
SELECT p.practice, p.unit, p.record, p.rev, p.agenda, p.start, p.minutes, p.visit_type, p.sealed_slot, p.status,
    p.confirmed, p.overbooked, p.sig, p.head, p.booking_pk, p.patient_pk, p.writer, p.writer_kid,
    p.body_id, NULL::bytea AS body_ct, NULL::bytea AS body_rs,
    sha256(p.body_id) AS hash_id, sha256(p.body_ct) AS hash_ct, coalesce(p.hash_rs, sha256(p.body_rs)) AS hash_rs,
    a.ns, a.kinds, a.signer_kids, a.sigs, s.kids, s.stanzas, n.standing
FROM standing n JOIN appointments p ON p.practice = :practice AND p.record = n.record,
LATERAL (SELECT array_agg(n ORDER BY n) AS ns, array_agg(kind ORDER BY n) AS kinds,
        array_agg(signer_kid ORDER BY n) AS signer_kids, array_agg(sig ORDER BY n) AS sigs
    FROM acts WHERE practice = p.practice AND record = p.record AND rev = p.rev) a,
LATERAL (SELECT array_agg(kid) AS kids, array_agg(bytes) AS stanzas
    FROM stanzas WHERE practice = p.practice AND record = p.record AND rev = p.rev AND kid = ANY (:kids::bytea[])) s
ORDER BY p.start, p.record

-- name: read_sealed_some
-- Some appointments in the order of their ids, with group id, the patient's key and the stanzas of some kids.
SELECT p.practice, p.unit, p.record, p.rev, p.agenda, p.start, p.minutes, p.visit_type, p.sealed_slot, p.status,
    p.confirmed, p.overbooked, p.sig, p.head, p.booking_pk, p.patient_pk, p.writer, p.writer_kid,
    p.body_id, NULL::bytea AS body_ct, NULL::bytea AS body_rs,
    sha256(p.body_id) AS hash_id, sha256(p.body_ct) AS hash_ct, coalesce(p.hash_rs, sha256(p.body_rs)) AS hash_rs,
    a.ns, a.kinds, a.signer_kids, a.sigs, s.kids, s.stanzas
FROM appointments p,
LATERAL (SELECT array_agg(n ORDER BY n) AS ns, array_agg(kind ORDER BY n) AS kinds,
        array_agg(signer_kid ORDER BY n) AS signer_kids, array_agg(sig ORDER BY n) AS sigs
    FROM acts WHERE practice = p.practice AND record = p.record AND rev = p.rev) a,
LATERAL (SELECT array_agg(kid) AS kids, array_agg(bytes) AS stanzas
    FROM stanzas WHERE practice = p.practice AND record = p.record AND rev = p.rev AND kid = ANY (:kids::bytea[])) s
WHERE p.practice = :practice AND p.record = ANY (:records::uuid[]) AND p.unit = ANY (:units::uuid[])
ORDER BY p.record

-- name: lock_for_stanzas
-- Locks the appointments whose stanzas change, in one order for everybody.
SELECT record, rev, head, unit, patient_pk FROM appointments
WHERE practice = :practice AND record = ANY (:records::uuid[]) ORDER BY record FOR SHARE

-- name: add_stanzas
-- Adds stanzas; what stands already stays as it is.
INSERT INTO stanzas (practice, record, rev, kid, bytes)
SELECT :practice, s.record, s.rev, s.kid, s.bytes
FROM unnest(:records::uuid[], :revs::int[], :kids::bytea[], :stanzas::bytea[]) AS s (record, rev, kid, bytes)
ON CONFLICT DO NOTHING

-- name: read_stanzas
-- The stored bytes of some stanzas.
SELECT t.record, t.rev, t.kid, t.bytes
FROM unnest(:records::uuid[], :revs::int[], :kids::bytea[]) AS s (record, rev, kid)
JOIN stanzas t ON t.practice = :practice AND t.record = s.record AND t.rev = s.rev AND t.kid = s.kid

-- name: drop_stanzas
-- Deletes stanzas to public keys or under former record keys, each only beside a stored one under its unit's record key.
DELETE FROM stanzas t
USING unnest(:records::uuid[], :revs::int[], :kids::bytea[], :record_kids::bytea[]) AS s (record, rev, kid, record_kid)
WHERE t.practice = :practice AND t.record = s.record AND t.rev = s.rev AND t.kid = s.kid
    AND (octet_length(t.bytes) = 1250 OR t.kid = ANY (:former::bytea[])) AND s.kid <> s.record_kid
    AND EXISTS (SELECT FROM stanzas r WHERE r.practice = :practice AND r.record = s.record AND r.rev = s.rev
        AND r.kid = s.record_kid AND octet_length(r.bytes) = 142)
RETURNING t.record, t.kid
