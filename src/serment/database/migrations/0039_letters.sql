-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Letters of art. 34 GDPR (docs/decisions/0075): sealed by an owner's browser to the key of one patient's link, read on that
-- appointment's page, gone with it.

-- pkh: of the patient's key that it is sealed to; whoever is given a new link has another. head, signer_kid, sig: who sealed it.
CREATE TABLE letters (
    practice uuid NOT NULL,
    record uuid NOT NULL,
    incident uuid NOT NULL,
    pkh bytea NOT NULL CHECK (octet_length(pkh) = 32),
    sealed bytea NOT NULL CHECK (octet_length(sealed) IN (2160, 3184, 5232, 9328, 17520)),
    head bytea NOT NULL CHECK (octet_length(head) = 32),
    signer_kid bytea NOT NULL CHECK (octet_length(signer_kid) = 16),
    sig bytea NOT NULL CHECK (octet_length(sig) = 64),
    PRIMARY KEY (practice, record, incident),
    FOREIGN KEY (practice, record) REFERENCES appointments ON DELETE CASCADE
);
CREATE INDEX letters_of_an_incident ON letters (practice, incident);

ALTER TABLE message_counts DROP CONSTRAINT message_counts_kind_check,
    ADD CHECK (kind IN ('booked', 'moved', 'cancelled', 'reminder', 'letter', 'code'));

-- told: whom the letter reached, in counts, as an owner's browser last saw it; null while nobody looked.
ALTER TABLE dossiers ADD COLUMN told jsonb;
