-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Breaches as the GDPR has them (docs/decisions/0065). One incident may lie in several practices: a dossier for each, since each
-- answers for its own. Nothing here names a patient: what left is counts, and the scope that finds its entries in the ledger.

-- since to until, readers (members; none: everybody), links (patients' links alone), purposes (none: all): the scope.
-- figures: counts of the ledger's entries within it, as they were when the scope was set; entries go after a year, these stay.
-- form: what owners write (domain/incident.Form). letter: of art. 34. decision: whether to notify, null while nobody decided.
-- frozen, frozen_at: the freeze that opened it.
CREATE TABLE dossiers (
    practice uuid NOT NULL,
    incident uuid NOT NULL,
    rev integer NOT NULL CHECK (rev >= 1),
    origin text NOT NULL CHECK (origin IN ('freeze', 'owner', 'host')),
    opened_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    frozen uuid,
    frozen_at timestamptz,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until >= since),
    readers uuid[] NOT NULL,
    links boolean NOT NULL,
    purposes smallint[] NOT NULL,
    figures jsonb NOT NULL,
    form jsonb NOT NULL,
    letter jsonb NOT NULL DEFAULT '{}',
    decision boolean,
    reason text NOT NULL DEFAULT '',
    decided_by uuid,
    decided_at timestamptz,
    initial_at timestamptz,
    complete_at timestamptz,
    PRIMARY KEY (practice, incident),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK ((origin = 'freeze') = (frozen IS NOT NULL) AND (frozen IS NULL) = (frozen_at IS NULL))
);
CREATE UNIQUE INDEX dossiers_one_a_freeze ON dossiers (practice, frozen, frozen_at) WHERE frozen IS NOT NULL;
CREATE INDEX dossiers_of_an_incident ON dossiers (incident);

-- Who did what to a dossier, each line hashed with the one before: SHA-256 of the hash before in hex, a line feed, and the line.
CREATE TABLE custody (
    practice uuid NOT NULL,
    incident uuid NOT NULL,
    nth integer NOT NULL CHECK (nth >= 1),
    line text NOT NULL CHECK (line <> '' AND line !~ '[\n\r]'),
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    PRIMARY KEY (practice, incident, nth)
);

-- A line is never written over, and goes only with its dossier.
CREATE FUNCTION custody_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT FROM dossiers WHERE practice = OLD.practice AND incident = OLD.incident) THEN
        RAISE EXCEPTION 'a line of custody stays as it is';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER custody_stays BEFORE UPDATE OR DELETE ON custody FOR EACH ROW EXECUTE FUNCTION custody_stays();
