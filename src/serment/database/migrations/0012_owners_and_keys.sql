-- Whose key an account is, when a member was last here, and invitations that every owner can answer.

-- sign_pk: the Ed25519 key that signed the account's first change of its ways in, and signs every later one. Null until then.
ALTER TABLE accounts ADD COLUMN sign_pk bytea CHECK (octet_length(sign_pk) = 32);

-- Members had theirs in the roster all along: after 97 bytes of frame and a length stand, in a kind 2, id (4 + 16), X-Wing
-- key (4 + 1216) and Ed25519 key (4 + 32); in a kind 1 the instance's name and the root's key come before (spec/roster.md, section 2).
UPDATE accounts a SET sign_pk = e.sign_pk
FROM members m JOIN LATERAL (
    SELECT substring(event FROM 106 + shift FOR 16) AS member, substring(event FROM 1346 + shift FOR 32) AS sign_pk
    FROM (SELECT event, CASE get_byte(event, 64) WHEN 1 THEN 40 + get_byte(event, 104) ELSE 0 END AS shift
          FROM roster_events WHERE practice = m.practice AND get_byte(event, 64) IN (1, 2)) AS named
) e ON e.member = uuid_send(m.member)
WHERE a.account = m.account;

-- seen: the last day (UTC) on which the member signed in. A day and no time, written over by the next one: it is what
-- suspends whoever stays away, and no more of anybody's presence is kept.
ALTER TABLE members ADD COLUMN seen date NOT NULL DEFAULT current_date;
ALTER TABLE members ALTER COLUMN seen DROP DEFAULT;

DROP FUNCTION member_is_served(uuid, boolean, date, timestamptz);

-- Whether a member is dormant: thirty days have passed since the last one on which they signed in.
CREATE FUNCTION member_is_dormant(last_seen date, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT (at AT TIME ZONE 'UTC')::date - last_seen >= 30
$$;

-- Whether a member is served. A last day lasts until it is over at every site of the practice.
CREATE FUNCTION member_is_served(of_practice uuid, is_suspended boolean, last_day date, last_seen date, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT is_suspended AND NOT member_is_dormant(last_seen, at) AND (last_day IS NULL OR EXISTS (
        SELECT FROM sites WHERE practice = of_practice AND (at AT TIME ZONE timezone)::date <= last_day))
$$;

-- The link's secret for the other owners of the moment, sealed to the X-Wing key of each kid (spec/roster.md, section 7): who
-- invited may be away when the answer comes.
ALTER TABLE invitations
    ADD COLUMN owner_kids bytea[] NOT NULL DEFAULT '{}',
    ADD COLUMN sealed bytea[] NOT NULL DEFAULT '{}',
    ADD CHECK (cardinality(owner_kids) = cardinality(sealed));
