-- What has been taken or freed is noted for the search hint, whoever takes or frees it, and the hint's rebuild can be
-- interrupted. The register's import writes less.

-- One row a span placed or freed, in the transaction that does it, gone within a second: whoever makes the hint anew
-- deletes it with the same commit. Rows are only ever added and deleted, so two bookings never wait for each other here.
-- A span that takes a room is noted for every agenda that may want that room. visit_type: for daily quotas.
CREATE TABLE next_free_marks (
    practice uuid NOT NULL,
    agenda uuid NOT NULL,
    mark uuid NOT NULL DEFAULT gen_random_uuid(),
    visit_type uuid,
    taken boolean NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (practice, agenda, mark)
);

CREATE FUNCTION mark_span_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO next_free_marks (practice, agenda, visit_type, taken, since, until)
    VALUES (NEW.practice, NEW.agenda, NEW.visit_type, true, lower(NEW.during), upper(NEW.during));
    RETURN NULL;
END $$;

CREATE FUNCTION mark_span_freed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO next_free_marks (practice, agenda, visit_type, taken, since, until)
    VALUES (OLD.practice, OLD.agenda, OLD.visit_type, false, lower(OLD.during), upper(OLD.during));
    RETURN NULL;
END $$;

CREATE TRIGGER spans_placed AFTER INSERT OR UPDATE OF practice, agenda, visit_type, during ON spans
    FOR EACH ROW EXECUTE FUNCTION mark_span_placed();
CREATE TRIGGER spans_freed AFTER DELETE OR UPDATE OF practice, agenda, visit_type, during ON spans
    FOR EACH ROW EXECUTE FUNCTION mark_span_freed();

CREATE FUNCTION mark_resource(of_practice uuid, of_resource uuid, during tstzrange, is_taken boolean) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO next_free_marks (practice, agenda, taken, since, until)
    SELECT DISTINCT a.practice, a.agenda, is_taken, lower(during), upper(during)
    FROM resources r
    JOIN visit_type_resources k ON k.practice = r.practice AND k.kind = r.kind
    JOIN visit_type_agendas o ON o.practice = k.practice AND o.visit_type = k.visit_type
    JOIN agendas a ON a.practice = o.practice AND a.agenda = o.agenda AND a.site = r.site
    WHERE r.practice = of_practice AND r.resource = of_resource
$$;

CREATE FUNCTION mark_resource_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_resource(NEW.practice, NEW.resource, NEW.during, true);
    RETURN NULL;
END $$;

CREATE FUNCTION mark_resource_freed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_resource(OLD.practice, OLD.resource, OLD.during, false);
    RETURN NULL;
END $$;

CREATE TRIGGER resource_spans_placed AFTER INSERT OR UPDATE ON resource_spans
    FOR EACH ROW EXECUTE FUNCTION mark_resource_placed();
CREATE TRIGGER resource_spans_freed AFTER DELETE OR UPDATE ON resource_spans
    FOR EACH ROW EXECUTE FUNCTION mark_resource_freed();

-- How far `serment rebuild next-free` has come: every agenda up to this one is done. No row: none is under way.
CREATE TABLE next_free_rebuild (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    practice uuid NOT NULL,
    agenda uuid NOT NULL
);

-- Two million names enter this index many at a time instead of one by one; a search reads at most a megabyte besides.
ALTER INDEX directory_entries_names SET (fastupdate = on, gin_pending_list_limit = 1024);
-- No search reads it.
DROP INDEX directory_entries_family;
