-- Patient cards and the sealed search index of each unit: spec/rdv1.md section 6. Sealed in the practice's browsers.
-- No column leads from a card to an appointment. `month` (yyyymm) is when a row falls; whole months fall together.

CREATE TABLE cards (
    practice uuid NOT NULL,
    card uuid NOT NULL,
    unit uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch >= 1),
    rev integer NOT NULL CHECK (rev >= 1),
    month integer NOT NULL CHECK (month BETWEEN 200001 AND 999912),
    bytes bytea NOT NULL CHECK (octet_length(bytes) IN (1052, 2076, 4124)),
    PRIMARY KEY (practice, card)
);
-- What an epoch left behind, oldest key first.
CREATE INDEX cards_epoch ON cards (practice, unit, epoch);
CREATE INDEX cards_month ON cards (month);

-- Appended by browsers, gathered into the page of their month by the next merge.
CREATE TABLE index_entries (
    practice uuid NOT NULL,
    entry uuid NOT NULL,
    unit uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch >= 1),
    month integer NOT NULL CHECK (month BETWEEN 200001 AND 999912),
    bytes bytea NOT NULL CHECK (octet_length(bytes) = 284),
    PRIMARY KEY (practice, entry)
);
CREATE INDEX index_entries_unit ON index_entries (practice, unit, entry);
CREATE INDEX index_entries_month ON index_entries (month);

-- One page a unit and month. The size is 28 bytes over a multiple of 64 KiB, 64 of them at most.
CREATE TABLE index_pages (
    practice uuid NOT NULL,
    unit uuid NOT NULL,
    month integer NOT NULL CHECK (month BETWEEN 200001 AND 999912),
    epoch integer NOT NULL CHECK (epoch >= 1),
    version integer NOT NULL CHECK (version >= 1),
    bytes bytea NOT NULL CHECK (octet_length(bytes) % 65536 = 28 AND octet_length(bytes) BETWEEN 65564 AND 4194332),
    PRIMARY KEY (practice, unit, month)
);
CREATE INDEX index_pages_month ON index_pages (month);
ALTER TABLE cards ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE index_pages ALTER COLUMN bytes SET STORAGE EXTERNAL;
