-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Linked software: programs at the practice with keys of their own (spec/agent.md). What they may open is said by the signed
-- roster; here is who they are, how they log in, and what owners chose beside it.

-- cursor_due, cursor_last: SHA-256 of the feed's cursor expected next and of the one answered last. era: of the database when it
-- was answered. first_until: so long what an owner's browser wraps for a new grant is told at the pace of a first window.
CREATE TABLE connectors (
    practice uuid NOT NULL,
    connector uuid NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'granted', 'frozen', 'revoked')),
    why text NOT NULL DEFAULT '' CHECK (why IN ('', 'clone')),
    kem_pk bytea NOT NULL CHECK (octet_length(kem_pk) = 1216),
    kem_kid bytea NOT NULL CHECK (octet_length(kem_kid) = 16),
    sign_pk bytea NOT NULL CHECK (octet_length(sign_pk) = 32),
    login_x bytea NOT NULL CHECK (octet_length(login_x) = 48),
    login_y bytea NOT NULL CHECK (octet_length(login_y) = 48),
    jwt_sig bytea NOT NULL CHECK (octet_length(jwt_sig) = 64),
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    in_place_of uuid,
    name text NOT NULL DEFAULT '',
    inbound text NOT NULL DEFAULT 'busy' CHECK (inbound IN ('none', 'busy', 'sealed')),
    stale_minutes integer NOT NULL DEFAULT 15 CHECK (stale_minutes BETWEEN 5 AND 1440),
    cursor_due bytea NOT NULL CHECK (octet_length(cursor_due) = 32),
    cursor_last bytea CHECK (octet_length(cursor_last) = 32),
    resync boolean NOT NULL DEFAULT false,
    era integer NOT NULL,
    paired_at timestamptz NOT NULL,
    first_until timestamptz,
    seen_at timestamptz,
    over_since timestamptz,
    PRIMARY KEY (practice, connector),
    UNIQUE (practice, kem_kid),
    UNIQUE (practice, sign_pk),
    UNIQUE (practice, code_hash)
);
ALTER TABLE connectors ALTER COLUMN kem_pk SET STORAGE EXTERNAL;

-- The agendas whose appointments are told to a connector, and whose time it may take. alive_at: when it last said that its source
-- answered.
CREATE TABLE connector_agendas (
    practice uuid NOT NULL,
    connector uuid NOT NULL,
    agenda uuid NOT NULL,
    alive_at timestamptz,
    PRIMARY KEY (practice, connector, agenda),
    FOREIGN KEY (practice, connector) REFERENCES connectors ON DELETE CASCADE,
    FOREIGN KEY (practice, agenda) REFERENCES agendas ON DELETE CASCADE
);
CREATE INDEX connectors_of_an_agenda ON connector_agendas (practice, agenda);

CREATE TABLE pairing_codes (
    practice uuid NOT NULL,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    in_place_of uuid,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (practice, code_hash)
);

-- jkt: the thumbprint of the key whose proofs a token is good with.
CREATE TABLE agent_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    practice uuid NOT NULL,
    connector uuid NOT NULL,
    jkt bytea NOT NULL CHECK (octet_length(jkt) = 32),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (practice, connector) REFERENCES connectors ON DELETE CASCADE
);
CREATE INDEX agent_tokens_of_a_connector ON agent_tokens (practice, connector);
CREATE INDEX agent_tokens_over ON agent_tokens (expires_at);

-- What was shown once and is not taken a second time; kept until its time would be over anyway.
CREATE TABLE agent_proofs (
    shown bytea PRIMARY KEY CHECK (octet_length(shown) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX agent_proofs_over ON agent_proofs (expires_at);
