-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The sentinel: what each member's credential was shown for the first time, what it asked for without right, and when it was
-- stopped. Counted in the database, so that all server processes count as one, and a restart forgets nothing.

-- proved_until: for five minutes from signing in the session shows that somebody is there, with password, passkey or code.
ALTER TABLE sessions ADD COLUMN proved_until timestamptz;

-- What was disclosed to a reader, once for each record and kind (1 contact, 2 reason, 3 card, 4 identity in the list of what
-- no desk has opened). resealing: read to be sealed anew; gone once that has happened. Swept.
CREATE TABLE disclosures (
    practice uuid NOT NULL,
    reader uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    taken uuid NOT NULL,
    at timestamptz NOT NULL,
    resealing boolean NOT NULL,
    PRIMARY KEY (practice, reader, kind, taken)
);
CREATE INDEX disclosures_of_late ON disclosures (practice, reader, at);
CREATE INDEX disclosures_swept ON disclosures (at);

-- Ids that a reader asked for and that were never theirs. Swept.
CREATE TABLE foreign_asks (
    practice uuid NOT NULL,
    reader uuid NOT NULL,
    asked uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice, reader, asked)
);

-- A member who is served nothing until an owner has looked at it. ended_by: that owner.
CREATE TABLE freezes (
    practice uuid NOT NULL,
    member uuid NOT NULL,
    at timestamptz NOT NULL,
    why text NOT NULL CHECK (why IN ('foreign', 'opened', 'cards')),
    asked integer NOT NULL CHECK (asked > 0),
    ended_at timestamptz,
    ended_by uuid,
    PRIMARY KEY (practice, member, at),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX freezes_one_at_a_time ON freezes (practice, member) WHERE ended_at IS NULL;

CREATE FUNCTION member_is_frozen(of_practice uuid, of_member uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM freezes WHERE practice = of_practice AND member = of_member AND ended_at IS NULL)
$$;

-- Whose card an id is, whatever the practice: asking for another's is counted.
CREATE INDEX cards_by_id ON cards (card);
