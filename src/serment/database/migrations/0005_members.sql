-- Members who are suspended or leave on a day, invitations, and how old a unit's keys are.

-- suspended: nothing is served to them in this practice until an owner takes it back; their keys stay in the roster until
-- an owner removes them. until: a locum's last day; afterwards they are as suspended. Both are the server's word, at once
-- and without keys.
ALTER TABLE members ADD COLUMN suspended boolean NOT NULL DEFAULT false, ADD COLUMN until date;
CREATE UNIQUE INDEX members_one_of_account ON members (practice, account);

-- Whether a member is served. A last day lasts until it is over at every site of the practice.
CREATE FUNCTION member_is_served(of_practice uuid, is_suspended boolean, last_day date, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT is_suspended AND (last_day IS NULL OR EXISTS (
        SELECT FROM sites WHERE practice = of_practice AND (at AT TIME ZONE timezone)::date <= last_day))
$$;

-- Found by the hash of what the link's secret derives; answered once, by an account and its public keys under an
-- authenticator that the server cannot make. Deleted when the owner signs the member in, revokes it, or after its day.
CREATE TABLE invitations (
    practice uuid NOT NULL,
    invitation uuid NOT NULL,
    member uuid NOT NULL,
    inviter uuid NOT NULL,
    find_hash bytea NOT NULL UNIQUE CHECK (octet_length(find_hash) = 32),
    role smallint NOT NULL CHECK (role IN (1, 2, 3)),
    units uuid[] NOT NULL,
    in_place_of uuid,
    name text NOT NULL,
    until date,
    expires_on date NOT NULL,
    account uuid,
    kem_pk bytea CHECK (octet_length(kem_pk) = 1216),
    sign_pk bytea CHECK (octet_length(sign_pk) = 32),
    tag bytea CHECK (octet_length(tag) = 32),
    CHECK ((account IS NULL) = (kem_pk IS NULL) AND (account IS NULL) = (sign_pk IS NULL) AND (account IS NULL) = (tag IS NULL)),
    PRIMARY KEY (practice, invitation),
    UNIQUE (practice, member)
);

-- In which month a unit's present keys were made: a reminder asks for new ones after a year. No more is kept of it.
CREATE TABLE epoch_months (
    practice uuid NOT NULL,
    unit uuid NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (practice, unit)
);
