-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the notifier publishes, is handed, sends and keeps. It has a role of its own (database/roles.py), which reads what is due
-- within 35 days and never an agenda, an envelope, an account. No row here says when somebody booked; nothing joins a handle to an
-- appointment but the two secrets that lie sealed in it.

-- ---------------------------------------------------------------- its keys, public parts

-- One notifier an instance: what practices compare by four words before an owner signs it into the roster.
CREATE TABLE notifier_root (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    pk bytea NOT NULL CHECK (octet_length(pk) = 32)
);

CREATE TABLE day_keys (
    day date PRIMARY KEY,
    pk bytea NOT NULL CHECK (octet_length(pk) = 1216),
    sig bytea NOT NULL CHECK (octet_length(sig) = 64)
);

-- Until and with `until`; a new one is published before the old one ends.
CREATE TABLE code_keys (
    since date PRIMARY KEY,
    until date NOT NULL CHECK (until >= since),
    pk bytea NOT NULL CHECK (octet_length(pk) = 1216),
    sig bytea NOT NULL CHECK (octet_length(sig) = 64)
);

-- ---------------------------------------------------------------- the inbox, written by the server beside bookings and acts

-- A handle whose messages were replaced: those of a lower set are void, wherever they lie.
CREATE TABLE inbox_sets (
    h bytea PRIMARY KEY CHECK (octet_length(h) = 16),
    message_set integer NOT NULL CHECK (message_set > 1)
);

-- A handle that somebody took away: capsule and messages go.
CREATE TABLE inbox_deletions (
    h bytea PRIMARY KEY CHECK (octet_length(h) = 16)
);

-- Somebody wants no more messages: a token that only who got one can derive. The notifier judges it.
CREATE TABLE inbox_objections (
    stop bytea PRIMARY KEY CHECK (octet_length(stop) = 16)
);

-- ---------------------------------------------------------------- cold: nothing due within 35 days; the notifier may not read it

CREATE TABLE cold_capsules (
    h bytea PRIMARY KEY CHECK (octet_length(h) = 16),
    key_day date NOT NULL,
    capsule bytea NOT NULL CHECK (octet_length(capsule) = 1648),
    del_hash bytea NOT NULL CHECK (octet_length(del_hash) = 32),
    write_hash bytea NOT NULL CHECK (octet_length(write_hash) = 32),
    message_set integer NOT NULL
);
CREATE INDEX cold_capsules_key_day ON cold_capsules (key_day);

CREATE TABLE cold_messages (
    h bytea NOT NULL CHECK (octet_length(h) = 16),
    mid bytea NOT NULL CHECK (octet_length(mid) = 16),
    send_day date NOT NULL,
    message_set integer NOT NULL,
    bytes bytea NOT NULL CHECK (octet_length(bytes) = 220),
    PRIMARY KEY (h, mid)
);
CREATE INDEX cold_messages_send_day ON cold_messages (send_day);

-- ---------------------------------------------------------------- hot: a message is due within 35 days

CREATE TABLE hot_capsules (
    h bytea PRIMARY KEY CHECK (octet_length(h) = 16),
    key_day date NOT NULL,
    capsule bytea NOT NULL CHECK (octet_length(capsule) = 1648),
    del_hash bytea NOT NULL CHECK (octet_length(del_hash) = 32),
    write_hash bytea NOT NULL CHECK (octet_length(write_hash) = 32),
    message_set integer NOT NULL
);
CREATE INDEX hot_capsules_key_day ON hot_capsules (key_day);

-- lease_until: somebody is sending this one; past it, it may be taken again. tries: how often it was taken.
CREATE TABLE hot_messages (
    h bytea NOT NULL CHECK (octet_length(h) = 16),
    mid bytea NOT NULL CHECK (octet_length(mid) = 16),
    send_day date NOT NULL,
    message_set integer NOT NULL,
    bytes bytea NOT NULL CHECK (octet_length(bytes) = 220),
    lease_until timestamptz,
    tries smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (h, mid)
) WITH (fillfactor = 80);
CREATE INDEX hot_messages_send_day ON hot_messages (send_day);

-- ---------------------------------------------------------------- what became of a message, by channel

CREATE TYPE message_result AS ENUM ('sent', 'delivered', 'undelivered', 'dropped');

-- bytes: the message, which readers of the appointment open to tell which one it was. Kept 30 days after key_day.
CREATE TABLE settled_messages (
    h bytea NOT NULL CHECK (octet_length(h) = 16),
    mid bytea NOT NULL CHECK (octet_length(mid) = 16),
    channel text NOT NULL CHECK (channel IN ('sms', 'mail', 'none')),
    send_day date NOT NULL,
    key_day date NOT NULL,
    message_set integer NOT NULL,
    bytes bytea NOT NULL CHECK (octet_length(bytes) = 220),
    result message_result NOT NULL,
    reason text,
    PRIMARY KEY (h, mid, channel)
) WITH (fillfactor = 80);
CREATE INDEX settled_messages_key_day ON settled_messages (key_day);

-- A receipt that a provider may still send: its own identifier under the notifier's key, so that a list of the provider joins nothing.
CREATE TABLE awaited_receipts (
    receipt bytea PRIMARY KEY CHECK (octet_length(receipt) = 16),
    h bytea NOT NULL CHECK (octet_length(h) = 16),
    mid bytea NOT NULL CHECK (octet_length(mid) = 16),
    channel text NOT NULL CHECK (channel IN ('sms', 'mail')),
    until date NOT NULL
);
CREATE INDEX awaited_receipts_until ON awaited_receipts (until);

-- All that a host sees of messages.
CREATE TABLE message_counts (
    day date NOT NULL,
    channel text NOT NULL CHECK (channel IN ('sms', 'mail', 'none')),
    kind text NOT NULL CHECK (kind IN ('booked', 'moved', 'cancelled', 'reminder', 'code')),
    outcome text NOT NULL,
    messages integer NOT NULL,
    PRIMARY KEY (day, channel, kind, outcome)
);

-- ---------------------------------------------------------------- addresses, as keyed tags of 80 bits (notifier/numbers.py)

CREATE TABLE objections (
    address_tag bytea PRIMARY KEY CHECK (octet_length(address_tag) = 10)
);

-- Whose objection a message's token is: the hash of the token beside the tags of the addresses the message went to. It outlives the
-- day's key, since people object to a message days after it came.
CREATE TABLE stop_links (
    stop_hash bytea NOT NULL CHECK (octet_length(stop_hash) = 32),
    address_tag bytea NOT NULL CHECK (octet_length(address_tag) = 10),
    until date NOT NULL,
    PRIMARY KEY (stop_hash, address_tag)
);
CREATE INDEX stop_links_until ON stop_links (until);

CREATE TABLE address_days (
    address_tag bytea NOT NULL CHECK (octet_length(address_tag) = 10),
    day date NOT NULL,
    messages smallint NOT NULL DEFAULT 0,
    codes smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (address_tag, day)
);
CREATE INDEX address_days_day ON address_days (day);

-- How many of an address's proofs still count, by the month they were signed in.
CREATE TABLE address_proofs (
    address_tag bytea NOT NULL CHECK (octet_length(address_tag) = 10),
    month date NOT NULL,
    proofs smallint NOT NULL,
    PRIMARY KEY (address_tag, month)
);

-- ---------------------------------------------------------------- phone checks: ten minutes of relayed bytes, in no dump and no log

CREATE UNLOGGED TABLE phone_checks (
    q bytea PRIMARY KEY CHECK (octet_length(q) = 16),
    ask bytea NOT NULL CHECK (octet_length(ask) = 2160),
    asked boolean NOT NULL DEFAULT true,
    code bytea CHECK (octet_length(code) = 1392),
    tries smallint NOT NULL DEFAULT 0,
    reply bytea CHECK (octet_length(reply) = 1052),
    until timestamptz NOT NULL
);
CREATE INDEX phone_checks_until ON phone_checks (until);

-- ---------------------------------------------------------------- what the notifier may have done, and not read

-- Writers of replacements hold it shared, whoever moves rows alone: a replacement finds its capsule where it looked.
CREATE FUNCTION hold_messages_still(alone boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(x'5345524d4e4f5449'::bigint);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(x'5345524d4e4f5449'::bigint);
    END IF;
END $$;

-- Out of the cold: every handle of which a message is due within 35 days, with all its messages, in random order.
-- Returns those of which one is due by tomorrow: new work for whoever sends. Repeatable; a crash moves none or all.
CREATE FUNCTION notifier_hand_over(most integer) RETURNS SETOF bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    due bytea[];
BEGIN
    PERFORM hold_messages_still(true);
    due := ARRAY(SELECT DISTINCT h FROM (
        SELECT h FROM cold_messages WHERE send_day <= current_date + 35 ORDER BY send_day LIMIT most
    ) near);
    WITH taken AS (DELETE FROM cold_capsules WHERE h = ANY (due) RETURNING *)
    INSERT INTO hot_capsules (h, key_day, capsule, del_hash, write_hash, message_set)
    SELECT h, key_day, capsule, del_hash, write_hash, message_set FROM taken ORDER BY random();
    -- A message without a capsule anywhere opens to nobody: it goes with this.
    WITH taken AS (DELETE FROM cold_messages WHERE h = ANY (due) RETURNING *)
    INSERT INTO hot_messages (h, mid, send_day, message_set, bytes)
    SELECT t.h, t.mid, t.send_day, t.message_set, t.bytes
    FROM taken t JOIN hot_capsules c ON c.h = t.h AND c.message_set = t.message_set
    WHERE NOT EXISTS (SELECT FROM settled_messages s WHERE s.h = t.h AND s.mid = t.mid)
    ORDER BY random()
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT DISTINCT h FROM hot_messages WHERE h = ANY (due) AND send_day <= current_date + 1;
END $$;

-- The inbox empties in random order, many rows at once: neither place nor transaction says what came together. What a set voids
-- and what was taken away goes. Answers like notifier_hand_over, which ends it.
CREATE FUNCTION notifier_take_inbox(most integer) RETURNS SETOF bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    fresh bytea[];
    changed bytea[];
    gone bytea[];
BEGIN
    PERFORM hold_messages_still(true);
    fresh := ARRAY(SELECT h FROM inbox_capsules LIMIT most);
    -- Whoever writes a handle that lies elsewhere already wrote it for nothing: the first one stands.
    DELETE FROM inbox_messages WHERE h IN (
        SELECT h FROM hot_capsules WHERE h = ANY (fresh) UNION ALL SELECT h FROM cold_capsules WHERE h = ANY (fresh)
    ) AND message_set = 1;
    WITH taken AS (DELETE FROM inbox_capsules WHERE h = ANY (fresh) RETURNING *)
    INSERT INTO cold_capsules (h, key_day, capsule, del_hash, write_hash, message_set)
    SELECT h, key_day, capsule, del_hash, write_hash, message_set FROM taken t
    WHERE NOT EXISTS (SELECT FROM hot_capsules c WHERE c.h = t.h)
    ORDER BY random()
    ON CONFLICT DO NOTHING;

    changed := ARRAY(SELECT s.h FROM inbox_sets s WHERE NOT EXISTS (SELECT FROM inbox_capsules c WHERE c.h = s.h) LIMIT most);
    WITH sets AS (DELETE FROM inbox_sets WHERE h = ANY (changed) RETURNING *),
    cold AS (UPDATE cold_capsules c SET message_set = s.message_set FROM sets s WHERE c.h = s.h AND c.message_set < s.message_set)
    UPDATE hot_capsules c SET message_set = s.message_set FROM sets s WHERE c.h = s.h AND c.message_set < s.message_set;
    DELETE FROM cold_messages m USING cold_capsules c
    WHERE m.h = ANY (changed) AND c.h = m.h AND m.message_set < c.message_set;
    DELETE FROM hot_messages m USING hot_capsules c
    WHERE m.h = ANY (changed) AND c.h = m.h AND m.message_set < c.message_set;

    -- Those of a set that is not applied yet wait for it.
    WITH present AS (
        SELECT h, message_set FROM cold_capsules WHERE h = ANY (fresh || changed)
        UNION ALL SELECT h, message_set FROM hot_capsules WHERE h = ANY (fresh || changed)
    ), taken AS (
        DELETE FROM inbox_messages m USING present p WHERE m.h = p.h AND m.message_set <= p.message_set
        RETURNING m.*, m.message_set = p.message_set AS stands
    )
    INSERT INTO cold_messages (h, mid, send_day, message_set, bytes)
    SELECT h, mid, send_day, message_set, bytes FROM taken WHERE stands
    ORDER BY random()
    ON CONFLICT DO NOTHING;

    gone := ARRAY(SELECT h FROM inbox_deletions LIMIT most);
    DELETE FROM inbox_deletions WHERE h = ANY (gone);
    DELETE FROM inbox_capsules WHERE h = ANY (gone);
    DELETE FROM inbox_messages WHERE h = ANY (gone);
    DELETE FROM inbox_sets WHERE h = ANY (gone);
    DELETE FROM cold_capsules WHERE h = ANY (gone);
    DELETE FROM cold_messages WHERE h = ANY (gone);
    DELETE FROM hot_capsules WHERE h = ANY (gone);
    DELETE FROM hot_messages WHERE h = ANY (gone);
    RETURN QUERY SELECT * FROM notifier_hand_over(most);
END $$;

-- Back into the cold: of these handles, those of which nothing is due within 35 days any more.
CREATE FUNCTION notifier_give_back(handles bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    idle bytea[];
BEGIN
    PERFORM hold_messages_still(true);
    idle := ARRAY(SELECT h FROM unnest(handles) AS g (h)
        WHERE NOT EXISTS (SELECT FROM hot_messages m WHERE m.h = g.h AND m.send_day <= current_date + 35));
    WITH taken AS (DELETE FROM hot_capsules WHERE h = ANY (idle) RETURNING *)
    INSERT INTO cold_capsules (h, key_day, capsule, del_hash, write_hash, message_set)
    SELECT h, key_day, capsule, del_hash, write_hash, message_set FROM taken ORDER BY random();
    WITH taken AS (DELETE FROM hot_messages WHERE h = ANY (idle) RETURNING *)
    INSERT INTO cold_messages (h, mid, send_day, message_set, bytes)
    SELECT h, mid, send_day, message_set, bytes FROM taken ORDER BY random();
END $$;

-- Cold capsules whose day is over. Those of the hot table are the notifier's own to delete, with its keys.
CREATE FUNCTION notifier_expire_cold() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (DELETE FROM cold_capsules WHERE key_day < current_date RETURNING h)
    DELETE FROM cold_messages m USING gone WHERE m.h = gone.h
$$;

REVOKE ALL ON FUNCTION notifier_hand_over(integer), notifier_take_inbox(integer), notifier_give_back(bytea[]),
    notifier_expire_cold() FROM PUBLIC;
