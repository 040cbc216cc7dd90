-- The notifier's statements, all of them: run under its own role, which may do these and no more (database/roles.py).

-- name: publish_root
-- The root of the notifier that serves this database: the first one that came stands.
WITH written AS (
    INSERT INTO notifier_root (pk) VALUES (:pk) ON CONFLICT DO NOTHING RETURNING pk
)
SELECT pk FROM written UNION ALL SELECT pk FROM notifier_root LIMIT 1

-- name: read_root
-- The root of the notifier that serves this database.
SELECT pk FROM notifier_root

-- name: read_day_keys
-- The days whose key is published.
SELECT day, pk FROM day_keys

-- name: publish_day_key
-- Publishes one day's key.
INSERT INTO day_keys (day, pk, sig) VALUES (:day, :pk, :sig) ON CONFLICT DO NOTHING

-- name: withdraw_day_key
-- Takes away the keys of this day and those before it, which are over: nobody can seal to them any more.
DELETE FROM day_keys WHERE day <= :day

-- name: publish_code_key
-- Publishes a code key; the one that stands for these days.
WITH written AS (
    INSERT INTO code_keys (since, until, pk, sig) VALUES (:since, :until, :pk, :sig) ON CONFLICT DO NOTHING RETURNING pk
)
SELECT pk FROM written UNION ALL SELECT pk FROM code_keys WHERE since = :since LIMIT 1

-- name: withdraw_code_keys
-- Takes away code keys that are over.
DELETE FROM code_keys WHERE until < :today

-- name: take_inbox
-- Empties the inbox; the handles with a message due by tomorrow.
SELECT h FROM notifier_take_inbox(:most) AS taken (h)

-- name: hand_over
-- Brings out of the cold what is due within 35 days; the handles with a message due by tomorrow.
SELECT h FROM notifier_hand_over(:most) AS due (h)

-- name: give_back
-- Puts back into the cold what has nothing due within 35 days.
SELECT notifier_give_back(:handles)

-- name: read_idle
-- Handles that lie hot, a page after another, and whether nothing of theirs is due within 35 days: of batches that broke off before
-- they gave back.
SELECT c.h, NOT EXISTS (SELECT FROM hot_messages m WHERE m.h = c.h AND m.send_day <= current_date + 35) AS idle
FROM (SELECT h FROM hot_capsules WHERE h > :after_h ORDER BY h LIMIT :most) c ORDER BY c.h

-- name: expire_cold
-- Forgets cold capsules whose day is over.
SELECT notifier_expire_cold()

-- name: read_due
-- Where the messages stand that go by a day, a page after another: nothing is opened for this.
SELECT m.h, m.mid, m.send_day, c.key_day
FROM hot_messages m JOIN hot_capsules c ON c.h = m.h
WHERE m.send_day <= :day AND (m.h, m.mid) > (:after_h, :after_mid)
ORDER BY m.h, m.mid LIMIT :most

-- name: read_due_of
-- The same, of some handles alone.
SELECT m.h, m.mid, m.send_day, c.key_day
FROM hot_messages m JOIN hot_capsules c ON c.h = m.h
WHERE m.h = ANY (:handles) AND m.send_day <= :day

-- name: read_sealed
-- Some messages with their capsules, to be opened.
SELECT m.h, m.mid, m.send_day, m.message_set, m.bytes, c.key_day, c.capsule
FROM unnest(:handles::bytea[], :mids::bytea[]) AS w (h, mid)
JOIN hot_messages m ON m.h = w.h AND m.mid = w.mid
JOIN hot_capsules c ON c.h = m.h

-- name: claim
-- Leases some messages to whoever sends them now; those that come back are leased, the others are gone, void, or somebody else's.
-- By channel, what is settled already.
WITH wanted AS (
    SELECT m.h, m.mid FROM unnest(:handles::bytea[], :mids::bytea[]) AS w (h, mid)
    JOIN hot_messages m ON m.h = w.h AND m.mid = w.mid
    WHERE m.lease_until IS NULL OR m.lease_until <= :now
    ORDER BY m.h, m.mid FOR UPDATE OF m SKIP LOCKED
)
UPDATE hot_messages m SET lease_until = :until, tries = least(m.tries + 1, 32000)
FROM wanted w, hot_capsules c
WHERE m.h = w.h AND m.mid = w.mid AND c.h = m.h AND c.message_set = m.message_set
RETURNING m.h, m.mid, m.send_day, m.message_set, m.bytes, m.tries, m.sms_failed, m.mail_failed, c.key_day, c.capsule,
    ARRAY(SELECT s.channel FROM settled_messages s WHERE s.h = m.h AND s.mid = m.mid) AS settled

-- name: read_held
-- Of some messages those that still stand, and until when somebody leases them.
SELECT m.h, m.mid, m.lease_until FROM unnest(:handles::bytea[], :mids::bytea[]) AS w (h, mid)
JOIN hot_messages m ON m.h = w.h AND m.mid = w.mid

-- name: settle
-- What became of a message on its channels; the last one takes it out of the queue. Once settled it stays so.
WITH written AS (
    INSERT INTO settled_messages (h, mid, channel, send_day, key_day, message_set, bytes, result, reason)
    SELECT :h, :mid, o.channel, :send_day, :key_day, :message_set, :bytes, o.result::message_result, o.reason
    FROM unnest(:channels::text[], :results::text[], :reasons::text[]) AS o (channel, result, reason)
    ON CONFLICT DO NOTHING
    RETURNING channel, result, reason
), counted AS (
    INSERT INTO message_counts AS c (day, channel, kind, outcome, messages)
    SELECT :today, w.channel, :kind, coalesce(w.reason, w.result::text), count(*) FROM written w GROUP BY 2, 4
    ON CONFLICT (day, channel, kind, outcome) DO UPDATE SET messages = c.messages + excluded.messages
), awaited AS (
    INSERT INTO awaited_receipts (receipt, h, mid, channel, until)
    SELECT r.tag, :h, :mid, r.channel, :receipts_until
    FROM unnest(:receipt_tags::bytea[], :receipt_channels::text[]) AS r (tag, channel)
    ON CONFLICT DO NOTHING
)
DELETE FROM hot_messages WHERE h = :h AND mid = :mid AND :last

-- name: free
-- Gives a lease back before its time: a try that failed by these channels; by none of them, no try.
UPDATE hot_messages SET lease_until = NULL,
    tries = CASE WHEN cardinality(:failed::text[]) = 0 THEN greatest(tries - 1, 0) ELSE tries END,
    sms_failed = least(sms_failed + ('sms' = ANY (:failed::text[]))::int, 32000),
    mail_failed = least(mail_failed + ('mail' = ANY (:failed::text[]))::int, 32000)
WHERE h = :h AND mid = :mid

-- name: settle_day
-- What is left of a day whose key goes: nobody can open it any more.
WITH gone AS (
    DELETE FROM hot_messages m USING hot_capsules c WHERE c.h = m.h AND c.key_day <= :day
    RETURNING m.h, m.mid, m.send_day, c.key_day, m.message_set, m.bytes
), written AS (
    INSERT INTO settled_messages (h, mid, channel, send_day, key_day, message_set, bytes, result, reason)
    SELECT h, mid, 'none', send_day, key_day, message_set, bytes, 'dropped', 'key_gone' FROM gone
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT count(*) FROM written

-- name: forget_day
-- The capsules of a day that is over.
DELETE FROM hot_capsules WHERE key_day <= :day

-- name: forget_old
-- What became of messages is kept for 30 days after their day, and receipts no longer than they are awaited.
WITH receipts AS (DELETE FROM awaited_receipts WHERE until < :today),
days AS (DELETE FROM address_days WHERE day < :today),
sms AS (DELETE FROM sms_days WHERE day < :counts_since),
links AS (DELETE FROM stop_links WHERE until < :today),
proofs AS (DELETE FROM address_proofs WHERE month < :proofs_since),
counts AS (DELETE FROM message_counts WHERE day < :counts_since)
DELETE FROM settled_messages WHERE key_day < :settled_since

-- name: receive
-- A receipt: what a provider says became of a message. Told once.
WITH awaited AS (
    DELETE FROM awaited_receipts WHERE receipt = :tag RETURNING h, mid, channel
)
UPDATE settled_messages s SET result = :result::message_result, reason = :reason
FROM awaited a WHERE s.h = a.h AND s.mid = a.mid AND s.channel = a.channel AND s.result = 'sent'

-- name: read_objections
-- Tokens of people who want no more messages.
SELECT stop FROM inbox_objections LIMIT :most

-- name: object_by_token
-- The addresses that a message with this token went to want no more, or want them again; a token nobody was sent changes nothing.
-- Taken back is what this token said and nothing else: another's objection stands, and so does an answer to the provider.
WITH judged AS (
    DELETE FROM inbox_objections WHERE stop = :stop RETURNING again
), addressed AS (
    SELECT address_tag, again FROM judged, stop_links WHERE stop_hash = :stop_hash
), taken_back AS (
    DELETE FROM objections o USING addressed a WHERE a.again AND o.address_tag = a.address_tag AND o.stop_hash = :stop_hash
)
INSERT INTO objections (address_tag, stop_hash) SELECT address_tag, :stop_hash FROM addressed WHERE NOT again ON CONFLICT DO NOTHING

-- name: object
-- This address wants no more messages: said to the provider, so no token takes it back.
INSERT INTO objections (address_tag) VALUES (:tag) ON CONFLICT DO NOTHING

-- name: link_objection
-- Before a message goes: the tokens it carries lead back to the address it goes to.
INSERT INTO stop_links AS s (stop_hash, address_tag, until) SELECT stop_hash, :tag, :until FROM unnest(:stop_hashes::bytea[]) AS w (stop_hash)
ON CONFLICT (stop_hash, address_tag) DO UPDATE SET until = excluded.until WHERE s.until < excluded.until

-- name: may_send
-- One more message to this address today, if it did not object and has not had its number; counted before it is sent.
WITH allowed AS (
    SELECT 1 WHERE NOT EXISTS (SELECT FROM objections WHERE address_tag = :tag)
), counted AS (
    INSERT INTO address_days AS d (address_tag, day, messages) SELECT :tag, :today, :counted::int FROM allowed
    ON CONFLICT (address_tag, day) DO UPDATE SET messages = d.messages + :counted::int WHERE d.messages + :counted::int <= :most
    RETURNING 1
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM allowed) THEN 'objected'
    WHEN NOT EXISTS (SELECT FROM counted) THEN 'too_many_today' END

-- name: read_counts
-- All that a host sees of messages: counts by day, channel, kind and outcome.
SELECT day, channel, kind, outcome, messages FROM message_counts WHERE day >= :since ORDER BY day, channel, kind, outcome

-- name: count_sms
-- One more SMS today, if the day has not had its number; counted before it goes.
INSERT INTO sms_days AS d (day, sms) SELECT :today, 1 WHERE :most > 0
ON CONFLICT (day) DO UPDATE SET sms = d.sms + 1 WHERE d.sms < :most

-- name: uncount_sms
-- It certainly did not go.
UPDATE sms_days SET sms = sms - 1 WHERE day = :day

-- name: read_sms_of
-- How many SMS went on a day, codes apart.
SELECT sms FROM sms_days WHERE day = :day

-- name: read_states
-- How many messages wait, and what became of those that no longer do, receipts included.
SELECT 'waiting' AS state, NULL AS channel, NULL AS reason, count(*) AS messages FROM hot_messages HAVING count(*) > 0
UNION ALL
SELECT result::text, channel, reason, count(*) FROM settled_messages GROUP BY 1, 2, 3
ORDER BY 1, 2, 3

-- name: read_rights
-- What this connection may do that a notifier may not, to be said in words.
SELECT current_user AS who, (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS almighty,
    ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname = ANY (:forbidden::text[])
            AND has_any_column_privilege(c.oid, 'SELECT') ORDER BY 1) AS readable,
    now() AS clock

-- name: take_asks
-- Phone checks that somebody asks for, each handed out once.
UPDATE phone_checks p SET asked = false
FROM (SELECT q FROM phone_checks WHERE asked AND until > :now LIMIT :most FOR UPDATE SKIP LOCKED) w
WHERE p.q = w.q RETURNING p.q, p.ask

-- name: allow_code
-- One more code to this address, if it has not had its number today, all of today's are not spent, and signatures are left to it;
-- counted before it is sent.
INSERT INTO address_days AS d (address_tag, day, codes) SELECT :tag, :today, 1
WHERE (SELECT coalesce(sum(codes), 0) FROM address_days WHERE day = :today) < :all_most
    AND (SELECT coalesce(sum(proofs), 0) FROM address_proofs WHERE address_tag = :tag AND month >= :live_since) < :proofs_most
ON CONFLICT (address_tag, day) DO UPDATE SET codes = d.codes + 1 WHERE d.codes < :most

-- name: count_code
-- What became of one, for the host's counts.
INSERT INTO message_counts AS c (day, channel, kind, outcome, messages) VALUES (:today, :channel, 'code', :outcome, 1)
ON CONFLICT (day, channel, kind, outcome) DO UPDATE SET messages = c.messages + 1

-- name: read_codes
-- Codes that were typed for some checks.
SELECT q, code FROM phone_checks WHERE q = ANY (:qs::bytea[]) AND code IS NOT NULL

-- name: answer_nothing
-- A code was judged and proves nothing.
UPDATE phone_checks SET code = NULL, tries = :tries WHERE q = :q AND code = :code

-- name: read_live_proofs
-- How many signatures of an address still count.
SELECT coalesce(sum(proofs), 0)::int FROM address_proofs WHERE address_tag = :tag AND month >= :live_since

-- name: answer_proofs
-- The signatures, counted in the same statement: both or nothing, and never more than an address may have.
WITH before AS (
    SELECT coalesce(sum(proofs), 0) AS proofs FROM address_proofs
    WHERE address_tag = :tag AND month >= :live_since AND month <> :month
), counted AS (
    INSERT INTO address_proofs AS p (address_tag, month, proofs)
    SELECT :tag, :month, :proofs::int FROM before b
    WHERE b.proofs + :proofs::int <= :proofs_most
        AND EXISTS (SELECT FROM phone_checks WHERE q = :q AND code = :code AND reply IS NULL)
    ON CONFLICT (address_tag, month) DO UPDATE SET proofs = p.proofs + :proofs::int
        WHERE p.proofs + :proofs::int + (SELECT b.proofs FROM before b) <= :proofs_most
    RETURNING 1
)
UPDATE phone_checks SET reply = :reply, code = NULL, tries = :tries WHERE q = :q AND EXISTS (SELECT FROM counted)
