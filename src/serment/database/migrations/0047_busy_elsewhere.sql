-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Time that is taken in the practice's own software: who is there, nobody here knows (spec/agent.md, section 5).

-- Beside the constraint: a block takes time out of what is offered and refuses nothing that stands. standing: false for one that was
-- deleted, kept so that a late lower version does not bring it back. keep_until: when it is over, or forgotten.
CREATE TABLE busy_blocks (
    practice uuid NOT NULL,
    connector uuid NOT NULL,
    block uuid NOT NULL,
    agenda uuid,
    during tstzrange CHECK (NOT isempty(during)),
    version bigint NOT NULL CHECK (version > 0),
    standing boolean NOT NULL,
    keep_until timestamptz NOT NULL,
    CHECK (NOT standing OR (agenda IS NOT NULL AND during IS NOT NULL)),
    PRIMARY KEY (practice, connector, block),
    FOREIGN KEY (practice, connector) REFERENCES connectors ON DELETE CASCADE
);
CREATE INDEX busy_blocks_of_an_agenda ON busy_blocks USING gist (practice, agenda, during) WHERE standing;
CREATE INDEX busy_blocks_over ON busy_blocks (keep_until);

CREATE FUNCTION mark_busy_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.standing THEN
        INSERT INTO next_free_marks (practice, agenda, taken, since, until)
        VALUES (OLD.practice, OLD.agenda, false, lower(OLD.during), upper(OLD.during));
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.standing THEN
        INSERT INTO next_free_marks (practice, agenda, taken, since, until)
        VALUES (NEW.practice, NEW.agenda, true, lower(NEW.during), upper(NEW.during));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER busy_blocks_marked AFTER INSERT OR UPDATE OR DELETE ON busy_blocks
    FOR EACH ROW EXECUTE FUNCTION mark_busy_elsewhere();
