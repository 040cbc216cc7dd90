-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who took which sealed bytes, written down before they leave (spec/ledger.md). Numbered within seconds by the job that
-- publishes the tree; what is numbered is never changed, and deleted after twelve months: the tree keeps a salted hash.
-- reader: a member of the practice, null for the patient's link. parts: a sum, id 1, ct 2, rs 4, card 8, index 16.
CREATE TABLE ledger (
    line uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    leaf bigint UNIQUE CHECK (leaf >= 0),
    salt bytea NOT NULL CHECK (octet_length(salt) = 32),
    at timestamptz NOT NULL CHECK (date_trunc('second', at) = at),
    practice uuid NOT NULL,
    reader uuid,
    purpose smallint NOT NULL CHECK (purpose BETWEEN 1 AND 6),
    parts smallint NOT NULL CHECK (parts BETWEEN 1 AND 31),
    records uuid[] NOT NULL CHECK (cardinality(records) > 0)
);
CREATE INDEX ledger_unnumbered ON ledger (line) WHERE leaf IS NULL;
CREATE INDEX ledger_of_a_practice ON ledger (practice, at);
CREATE INDEX ledger_of_a_record ON ledger USING gin (records);
