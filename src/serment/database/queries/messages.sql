-- The server's side of messages: it keeps ciphertext, and what became of it.

-- name: read_notifier
-- The notifier's root and its code keys that are good today; no row where no notifier serves this instance.
SELECT r.pk AS root, coalesce(jsonb_agg(jsonb_build_object('since', k.since, 'until', k.until,
        'pk', translate(encode(k.pk, 'base64'), E'\n', ''), 'sig', translate(encode(k.sig, 'base64'), E'\n', '')) ORDER BY k.since DESC) FILTER (WHERE k.since IS NOT NULL),
        '[]') AS code_keys
FROM notifier_root r LEFT JOIN code_keys k ON k.since <= :today AND k.until >= :today
GROUP BY r.pk

-- name: published_until
-- The last day that a notifier's key is published for; NULL where no notifier serves this instance.
SELECT (SELECT max(day) FROM day_keys) FROM notifier_root

-- name: read_day_keys
-- The signed keys of some days.
SELECT day, pk, sig FROM day_keys WHERE day = ANY (:days::date[])

-- name: hold_still
-- Nobody moves messages while this transaction looks where they lie and writes beside them.
SELECT hold_messages_still(false)

-- name: read_capsules
-- Where capsules stand: the hashes that steering them is checked against, and the set that a replacement follows.
SELECT w.h, c.write_hash, c.del_hash, greatest(c.message_set, s.message_set) AS message_set, g.h IS NOT NULL AS gone
FROM unnest(:handles::bytea[]) AS w (h)
JOIN LATERAL (
    SELECT write_hash, del_hash, message_set FROM inbox_capsules i WHERE i.h = w.h
    UNION ALL SELECT write_hash, del_hash, message_set FROM hot_capsules i WHERE i.h = w.h
    UNION ALL SELECT write_hash, del_hash, message_set FROM cold_capsules i WHERE i.h = w.h
    LIMIT 1
) c ON true
LEFT JOIN inbox_sets s ON s.h = w.h
LEFT JOIN inbox_deletions g ON g.h = w.h

-- name: lock_sets
-- One replacement of a handle at a time.
SELECT pg_advisory_xact_lock(hashtextextended(encode(h, 'hex'), 0)) FROM unnest(:handles::bytea[]) AS w (h) ORDER BY h

-- name: void
-- What the notifier has not taken yet of earlier sets: the same reminder may come again under its own id.
DELETE FROM inbox_messages m USING unnest(:handles::bytea[], :sets::int[]) AS w (h, message_set)
WHERE m.h = w.h AND m.message_set < w.message_set

-- name: replace
-- The next set of a handle's messages, left for the notifier.
WITH changed AS (
    INSERT INTO inbox_sets AS s (h, message_set) SELECT * FROM unnest(:handles::bytea[], :sets::int[])
    ON CONFLICT (h) DO UPDATE SET message_set = excluded.message_set WHERE s.message_set < excluded.message_set
)
INSERT INTO inbox_messages (h, mid, send_day, message_set, bytes)
SELECT * FROM unnest(:message_h::bytea[], :mids::bytea[], :send_days::date[], :message_sets::int[], :messages::bytea[])

-- name: delete
-- Leaves it to the notifier to take these away.
INSERT INTO inbox_deletions (h) SELECT unnest(:handles::bytea[]) ON CONFLICT DO NOTHING

-- name: read_messages
-- What stands under some handles, and what became of it, wherever it lies.
SELECT m.h, m.mid, m.send_day, m.message_set, m.bytes, m.channel, m.result, m.reason, m.seen_to
FROM (
    SELECT h, mid, send_day, message_set, bytes, NULL AS channel, 'planned' AS result, NULL AS reason, false AS seen_to
    FROM inbox_messages WHERE h = ANY (:handles::bytea[])
    UNION ALL SELECT h, mid, send_day, message_set, bytes, NULL, 'planned', NULL, false
    FROM cold_messages WHERE h = ANY (:handles::bytea[])
    UNION ALL SELECT h, mid, send_day, message_set, bytes, NULL, 'planned', NULL, false
    FROM hot_messages WHERE h = ANY (:handles::bytea[])
    UNION ALL SELECT h, mid, send_day, message_set, bytes, channel, result::text, reason, seen_to
    FROM settled_messages WHERE h = ANY (:handles::bytea[])
) m
ORDER BY m.h, m.send_day, m.mid, m.channel

-- name: see_to
-- Somebody saw to these messages, on whatever channel they failed, or did not after all.
UPDATE settled_messages SET seen_to = :seen WHERE h = :h AND mid = ANY (:mids::bytea[])

-- name: object
-- Somebody wants no more messages, or wants them again; the notifier judges the token.
INSERT INTO inbox_objections (stop, again) SELECT :stop, :again
WHERE (SELECT count(*) FROM inbox_objections) < :most OR EXISTS (SELECT FROM inbox_objections WHERE stop = :stop)
ON CONFLICT (stop) DO UPDATE SET again = excluded.again

-- name: find_by_act
-- The appointment of a message's link: its clear part, the sealed word, the site's zone, whether a letter waits there.
SELECT p.practice, p.record, p.rev, p.start, p.status, p.confirmed, p.page, s.timezone AS zone,
    EXISTS (SELECT FROM letters l WHERE l.practice = p.practice AND l.record = p.record) AS letter
FROM appointments p JOIN agendas a USING (practice, agenda) JOIN sites s USING (practice, site)
WHERE p.act_tag = ANY (:tags::bytea[])
