-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What has run out goes (docs/decisions/0070). The reason goes the day after its visit, the appointment three months later.

-- hash_rs: of the sealed reason once that was erased: the signature covers it, and whoever reads the rest still checks it.
ALTER TABLE appointments
    ADD COLUMN hash_rs bytea CHECK (octet_length(hash_rs) = 32),
    ADD CHECK ((hash_rs IS NOT NULL) = (octet_length(body_rs) = 0));

-- Whose reason still stands: to come, and a day or two of the past.
CREATE INDEX appointments_with_reason ON appointments (start) WHERE hash_rs IS NULL;

-- What a day's rounds erased, by period; gone into the ledger, as one entry, when the day (UTC) is over.
CREATE TABLE erasures (
    day date NOT NULL,
    what text NOT NULL,
    erased bigint NOT NULL CHECK (erased > 0),
    PRIMARY KEY (day, what)
);

-- Such an entry names no practice, reader or record: what was erased, and how much of each.
ALTER TABLE ledger
    ADD COLUMN erased_on date,
    ADD COLUMN erased_what text[],
    ADD COLUMN erased_rows bigint[],
    ALTER COLUMN practice DROP NOT NULL,
    ALTER COLUMN purpose DROP NOT NULL,
    ALTER COLUMN parts DROP NOT NULL,
    ALTER COLUMN records DROP NOT NULL,
    ADD CHECK (CASE WHEN erased_on IS NULL
        THEN num_nulls(practice, purpose, parts, records) = 0 AND num_nonnulls(erased_what, erased_rows) = 0
        ELSE num_nonnulls(practice, reader, purpose, parts, records) = 0
            AND cardinality(erased_what) > 0 AND cardinality(erased_what) = cardinality(erased_rows) END);
