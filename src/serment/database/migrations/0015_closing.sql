-- An agenda is closed from a day on, and whoever has the practice's rules in front of them learns that they changed.

-- last_date: the last day of the site's calendar on which it opens; null: no end. What stands after it stays until staff decide.
ALTER TABLE agendas ADD COLUMN last_date date;

-- Name and place in the list change no slot, but a desk that shows them reads the version too.
DROP TRIGGER agendas_rules ON agendas;
CREATE TRIGGER agendas_rules
    BEFORE UPDATE OF site, practitioner, unit, name, works_on_holidays, active, last_date, position ON agendas
    FOR EACH ROW EXECUTE FUNCTION agenda_changed();
