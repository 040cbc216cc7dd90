-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the notifier takes out of the inbox and out of the cold is named by a list of handles, and every big table is read by that
-- list alone. Plans for joins were made from counts of the inbox, which is empty whenever PostgreSQL counts it: a thousand bookings
-- were then compared with a thousand others, took eight seconds, and were given up after five.

-- As before (0011), but for how rows are found.
CREATE OR REPLACE FUNCTION notifier_hand_over(most integer) RETURNS SETOF bytea
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
    FROM taken t JOIN hot_capsules c ON c.h = ANY (due) AND c.h = t.h AND c.message_set = t.message_set
    WHERE NOT EXISTS (SELECT FROM settled_messages s WHERE s.h = ANY (due) AND s.h = t.h AND s.mid = t.mid)
    ORDER BY random()
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT DISTINCT h FROM hot_messages WHERE h = ANY (due) AND send_day <= current_date + 1;
END $$;

-- As before (0011). Lists of rows are joined by hashes: no join here is of a whole table, and none should go pair by pair.
CREATE OR REPLACE FUNCTION notifier_take_inbox(most integer) RETURNS SETOF bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_nestloop = off AS $$
DECLARE
    fresh bytea[];
    known bytea[];
    changed bytea[];
    gone bytea[];
BEGIN
    PERFORM hold_messages_still(true);
    fresh := ARRAY(SELECT h FROM inbox_capsules LIMIT most);
    -- Whoever writes a handle that lies elsewhere already wrote it for nothing: the first one stands.
    known := ARRAY(
        SELECT h FROM hot_capsules WHERE h = ANY (fresh) UNION ALL SELECT h FROM cold_capsules WHERE h = ANY (fresh)
    );
    DELETE FROM inbox_messages WHERE h = ANY (known) AND message_set = 1;
    WITH taken AS (DELETE FROM inbox_capsules WHERE h = ANY (fresh) RETURNING *)
    INSERT INTO cold_capsules (h, key_day, capsule, del_hash, write_hash, message_set)
    SELECT h, key_day, capsule, del_hash, write_hash, message_set FROM taken
    WHERE h <> ALL (known)
    ORDER BY random();

    changed := ARRAY(SELECT s.h FROM inbox_sets s WHERE NOT EXISTS (SELECT FROM inbox_capsules c WHERE c.h = s.h) LIMIT most);
    WITH sets AS (DELETE FROM inbox_sets WHERE h = ANY (changed) RETURNING *),
    cold AS (
        UPDATE cold_capsules c SET message_set = s.message_set FROM sets s
        WHERE c.h = ANY (changed) AND c.h = s.h AND c.message_set < s.message_set
    )
    UPDATE hot_capsules c SET message_set = s.message_set FROM sets s
    WHERE c.h = ANY (changed) AND c.h = s.h AND c.message_set < s.message_set;
    DELETE FROM cold_messages m USING cold_capsules c
    WHERE m.h = ANY (changed) AND c.h = ANY (changed) AND c.h = m.h AND m.message_set < c.message_set;
    DELETE FROM hot_messages m USING hot_capsules c
    WHERE m.h = ANY (changed) AND c.h = ANY (changed) AND c.h = m.h AND m.message_set < c.message_set;

    -- Those of a set that is not applied yet wait for it.
    WITH present AS MATERIALIZED (
        SELECT h, message_set FROM cold_capsules WHERE h = ANY (fresh || changed)
        UNION ALL SELECT h, message_set FROM hot_capsules WHERE h = ANY (fresh || changed)
    ), taken AS (
        DELETE FROM inbox_messages m USING present p
        WHERE m.h = ANY (fresh || changed) AND m.h = p.h AND m.message_set <= p.message_set
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
