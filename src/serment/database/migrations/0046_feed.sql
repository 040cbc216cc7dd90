-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a linked program is still to be told (spec/agent.md, section 4): one row for a program and an appointment, without a time or
-- an order of its own.

-- due: something of it is to be told. told: it was handed out, and has not been taken back. first: an owner's browser wrapped it for a
-- new grant. handed: in the answer that waits to be acknowledged, 1 as an appointment, 2 as one that is gone.
CREATE TABLE connector_feed (
    practice uuid NOT NULL,
    connector uuid NOT NULL,
    record uuid NOT NULL,
    start timestamptz NOT NULL,
    due boolean NOT NULL DEFAULT true,
    told boolean NOT NULL DEFAULT false,
    first boolean NOT NULL DEFAULT false,
    handed smallint NOT NULL DEFAULT 0 CHECK (handed BETWEEN 0 AND 2),
    PRIMARY KEY (practice, connector, record),
    FOREIGN KEY (practice, connector) REFERENCES connectors ON DELETE CASCADE,
    FOREIGN KEY (practice, record) REFERENCES appointments ON DELETE CASCADE
);
CREATE INDEX connector_feed_due ON connector_feed (practice, connector, start) WHERE due AND handed = 0;
CREATE INDEX connector_feed_told ON connector_feed (practice, connector, start) WHERE due AND handed = 0 AND told;
CREATE INDEX connector_feed_handed ON connector_feed (practice, connector) WHERE handed > 0;
CREATE INDEX connector_feed_of_a_record ON connector_feed (practice, record);

-- Whatever changes an appointment, whoever writes it, is to be told to the programs of the agenda it stands in and of the one it stood in.
CREATE FUNCTION appointment_to_be_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO connector_feed AS f (practice, connector, record, start)
    SELECT DISTINCT NEW.practice, a.connector, NEW.record, NEW.start FROM connector_agendas a
    WHERE a.practice = NEW.practice
        AND a.agenda IN (NEW.agenda, CASE WHEN TG_OP = 'UPDATE' THEN OLD.agenda ELSE NEW.agenda END)
    ON CONFLICT (practice, connector, record) DO UPDATE SET start = excluded.start, due = true, handed = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER appointments_told
    AFTER INSERT OR UPDATE OF agenda, start, minutes, visit_type, status, confirmed, overbooked, rev ON appointments
    FOR EACH ROW EXECUTE FUNCTION appointment_to_be_told();

-- 5: an appointment told to a linked program, 6: one of its first window. 7: the feed.
ALTER TABLE disclosures DROP CONSTRAINT disclosures_kind_check, ADD CHECK (kind BETWEEN 1 AND 6);
ALTER TABLE ledger DROP CONSTRAINT ledger_purpose_check, ADD CHECK (purpose BETWEEN 1 AND 7);
