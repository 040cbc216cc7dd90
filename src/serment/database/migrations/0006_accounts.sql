-- The ways into a staff account: passkeys, a printed code, machines that are known.

-- unlocks_version: raised with every change of the account's ways in; who writes names the one they saw.
-- asks_second: a password alone opens a session only on a known machine. Accounts that came with the installation of a
-- demonstration, whose passwords stand on the screen, do without.
ALTER TABLE accounts
    ADD COLUMN unlocks_version integer NOT NULL DEFAULT 1,
    ADD COLUMN asks_second boolean NOT NULL DEFAULT false;

-- A printed code's row is found by the hash of what the code gives: who reads the table signs in nowhere by it.
UPDATE unlocks SET credential = sha256(credential) WHERE method = 3 AND octet_length(credential) = 16;
CREATE UNIQUE INDEX unlocks_found ON unlocks (credential) WHERE method IN (1, 3);

-- The public half of a passkey, as COSE bytes. label: how its owner tells it from another.
CREATE TABLE passkeys (
    account uuid NOT NULL,
    credential bytea NOT NULL CHECK (octet_length(credential) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    label text NOT NULL,
    PRIMARY KEY (account, credential)
);

-- A machine whose browser holds a key that it cannot give away. ECDSA on P-256, the uncompressed point.
CREATE TABLE devices (
    account uuid NOT NULL,
    device uuid NOT NULL,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 65),
    label text NOT NULL,
    PRIMARY KEY (account, device)
);

-- Challenges that were answered rightly: none counts twice. Swept when they are past their end.
CREATE TABLE spent_challenges (
    challenge bytea PRIMARY KEY CHECK (octet_length(challenge) = 32),
    expires_at timestamptz NOT NULL
);
