-- A marked overbooking and an ordinary span of one agenda are placed one after the other, whoever places them.

-- The exclusion constraint leaves overbookings out, and a statement looks at the database as it was when it began: two at once
-- would miss each other. Ordinary spans share a lock, so they never wait for one another; an overbooking takes it alone. What a
-- function asks after waiting is answered by what stands then. A row that may not be placed is passed over, as the constraint does.
CREATE FUNCTION span_beside_overbooking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_agenda bigint := hashtextextended('overbooking/' || NEW.agenda, 0);
BEGIN
    IF NEW.overbooked THEN
        PERFORM pg_advisory_xact_lock(of_agenda);
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(of_agenda);
    IF EXISTS (SELECT FROM spans o WHERE o.overbooked AND o.practice = NEW.practice AND o.agenda = NEW.agenda
            AND o.record <> NEW.record AND o.during && NEW.during) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER spans_beside_overbooking BEFORE INSERT ON spans
    FOR EACH ROW EXECUTE FUNCTION span_beside_overbooking();
