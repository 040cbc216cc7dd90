-- The ground: practices and their rules, spans that cannot overlap, sealed appointments, rosters, members.
-- practice comes first in every key: one practice lives on one shard, and no key crosses practices.
-- Nothing here carries a creation time, a serial or a time-ordered id beside what a patient sealed (SECURITY.md; tests/leaks reads it).

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The instance's name, fixed at installation: it is part of every envelope's context. secret_tag: by what the database
-- knows the server's secret again, which lies outside it.
CREATE TABLE instance (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    name text NOT NULL CHECK (name <> ''),
    secret_tag bytea CHECK (octet_length(secret_tag) = 32)
);

-- ---------------------------------------------------------------- practices and their rules

CREATE TABLE practices (
    practice uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    fingerprint bytea CHECK (octet_length(fingerprint) = 20),
    accepts_bookings boolean NOT NULL DEFAULT false
);

CREATE TABLE sites (
    practice uuid NOT NULL,
    site uuid NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    postcode text NOT NULL,
    town text NOT NULL,
    town_code text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    timezone text NOT NULL,
    holiday_region text NOT NULL,
    access_fr text NOT NULL DEFAULT '',
    access_en text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    PRIMARY KEY (practice, site)
);

CREATE TABLE units (
    practice uuid NOT NULL,
    unit uuid NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (practice, unit)
);

CREATE TABLE practitioners (
    practice uuid NOT NULL,
    practitioner uuid NOT NULL,
    slug text NOT NULL UNIQUE,
    rpps text,
    title text NOT NULL DEFAULT '',
    given_name text NOT NULL,
    family_name text NOT NULL,
    specialty text NOT NULL,
    about_fr text NOT NULL DEFAULT '',
    about_en text NOT NULL DEFAULT '',
    new_patients boolean NOT NULL DEFAULT true,
    PRIMARY KEY (practice, practitioner)
);
CREATE INDEX practitioners_rpps ON practitioners (rpps) WHERE rpps IS NOT NULL;

-- One practitioner at one site.
CREATE TABLE agendas (
    practice uuid NOT NULL,
    agenda uuid NOT NULL,
    site uuid NOT NULL,
    practitioner uuid NOT NULL,
    unit uuid NOT NULL,
    name text NOT NULL DEFAULT '',
    works_on_holidays boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT true,
    position integer NOT NULL DEFAULT 0,
    -- Raised by the triggers below with every change of a rule this agenda's slots depend on, whoever writes it: what a
    -- process has parsed is good while the version it read stands. free_version: the rules next_free was made from.
    rules_version bigint NOT NULL DEFAULT 1,
    free_version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (practice, agenda),
    UNIQUE (agenda)
);
CREATE INDEX agendas_free_stale ON agendas (practice, agenda) WHERE free_version < rules_version;

-- A recurring opening in the site's wall-clock time. end_minute over 1440 runs past midnight.
CREATE TABLE openings (
    practice uuid NOT NULL,
    opening uuid NOT NULL,
    agenda uuid NOT NULL,
    first_date date NOT NULL,
    last_date date,
    start_minute integer NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
    end_minute integer NOT NULL CHECK (end_minute > start_minute AND end_minute <= start_minute + 1440),
    rrule text NOT NULL DEFAULT '',
    week_parity text NOT NULL DEFAULT 'all' CHECK (week_parity IN ('all', 'odd', 'even')),
    visit_types uuid[],
    PRIMARY KEY (practice, opening)
);
CREATE INDEX openings_agenda ON openings (practice, agenda);

-- One date of an agenda that differs: an opening closed or replaced that day, or an extra one.
CREATE TABLE opening_exceptions (
    practice uuid NOT NULL,
    exception uuid NOT NULL,
    agenda uuid NOT NULL,
    opening uuid,
    on_date date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('closed', 'replaced', 'extra')),
    start_minute integer,
    end_minute integer,
    visit_types uuid[],
    CHECK ((kind = 'closed') = (start_minute IS NULL) AND (start_minute IS NULL) = (end_minute IS NULL)),
    CHECK ((kind = 'extra') = (opening IS NULL)),
    PRIMARY KEY (practice, exception)
);
CREATE INDEX opening_exceptions_agenda ON opening_exceptions (practice, agenda, on_date);

-- Wall-clock times of the site; until is exclusive.
CREATE TABLE absences (
    practice uuid NOT NULL,
    absence uuid NOT NULL,
    agenda uuid NOT NULL,
    since timestamp NOT NULL,
    until timestamp NOT NULL,
    CHECK (until > since),
    PRIMARY KEY (practice, absence)
);
CREATE INDEX absences_agenda ON absences (practice, agenda, until);

CREATE TABLE visit_types (
    practice uuid NOT NULL,
    visit_type uuid NOT NULL,
    name_fr text NOT NULL,
    name_en text NOT NULL,
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
    buffer_before_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_before_minutes BETWEEN 0 AND 240),
    buffer_after_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_after_minutes BETWEEN 0 AND 240),
    step_minutes integer NOT NULL DEFAULT 5 CHECK (step_minutes BETWEEN 1 AND 1440),
    notice_minutes integer NOT NULL DEFAULT 0 CHECK (notice_minutes BETWEEN 0 AND 527040),
    horizon_days integer NOT NULL DEFAULT 90 CHECK (horizon_days BETWEEN 1 AND 400),
    who text NOT NULL DEFAULT 'anyone' CHECK (who IN ('anyone', 'known', 'staff')),
    accepted text NOT NULL DEFAULT 'at_once' CHECK (accepted IN ('at_once', 'on_request')),
    place text NOT NULL DEFAULT 'site' CHECK (place IN ('site', 'video')),
    daily_quota integer CHECK (daily_quota > 0),
    silent boolean NOT NULL DEFAULT false,
    colour smallint NOT NULL DEFAULT 1 CHECK (colour BETWEEN 1 AND 8),
    position integer NOT NULL DEFAULT 0,
    instructions_fr text NOT NULL DEFAULT '',
    instructions_en text NOT NULL DEFAULT '',
    questions jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (practice, visit_type)
);

CREATE TABLE visit_type_agendas (
    practice uuid NOT NULL,
    visit_type uuid NOT NULL,
    agenda uuid NOT NULL,
    PRIMARY KEY (practice, agenda, visit_type)
);

-- A room or a device. A visit type needs one resource of each kind it names.
CREATE TABLE resources (
    practice uuid NOT NULL,
    resource uuid NOT NULL,
    site uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (practice, resource)
);

CREATE TABLE visit_type_resources (
    practice uuid NOT NULL,
    visit_type uuid NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (practice, visit_type, kind)
);

-- ---------------------------------------------------------------- the version of an agenda's rules

CREATE FUNCTION agenda_rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE agendas SET rules_version = rules_version + 1
    WHERE (practice, agenda) IN (SELECT practice, agenda FROM changed);
    RETURN NULL;
END $$;

CREATE FUNCTION practice_rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE agendas SET rules_version = rules_version + 1 WHERE practice IN (SELECT practice FROM changed);
    RETURN NULL;
END $$;

CREATE FUNCTION agenda_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rules_version := OLD.rules_version + 1;
    RETURN NEW;
END $$;

CREATE TRIGGER agendas_rules BEFORE UPDATE OF site, practitioner, unit, works_on_holidays, active ON agendas
    FOR EACH ROW EXECUTE FUNCTION agenda_changed();

-- A statement's trigger sees its rows only if it is bound to one event. An update is seen by both sides: a row may move
-- from one agenda to another.
DO $$
DECLARE
    rule record;
    seen record;
BEGIN
    FOR rule IN SELECT * FROM (VALUES
        ('openings', 'agenda_rules_changed'), ('opening_exceptions', 'agenda_rules_changed'),
        ('absences', 'agenda_rules_changed'), ('visit_type_agendas', 'agenda_rules_changed'),
        ('visit_types', 'practice_rules_changed'), ('resources', 'practice_rules_changed'),
        ('visit_type_resources', 'practice_rules_changed'), ('sites', 'practice_rules_changed'),
        ('practitioners', 'practice_rules_changed'), ('practices', 'practice_rules_changed')
    ) AS rules (of_table, calls)
    LOOP
        FOR seen IN SELECT * FROM (VALUES
            ('INSERT', 'NEW'), ('UPDATE', 'OLD'), ('UPDATE', 'NEW'), ('DELETE', 'OLD')
        ) AS sides (event, side)
        LOOP
            EXECUTE format(
                'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s TABLE AS changed'
                ' FOR EACH STATEMENT EXECUTE FUNCTION %I()',
                lower(rule.of_table || '_rules_' || seen.event || '_' || seen.side),
                seen.event, rule.of_table, seen.side, rule.calls);
        END LOOP;
    END LOOP;
END $$;

-- ---------------------------------------------------------------- time that is taken

-- Holds and live appointments block their agenda, buffers included. Two spans of one record may overlap (a move within
-- one's own time); two records never. A marked overbooking stands outside the constraint, still read as busy.
CREATE TABLE spans (
    practice uuid NOT NULL,
    span uuid NOT NULL,
    agenda uuid NOT NULL,
    record uuid NOT NULL,
    visit_type uuid NOT NULL,
    start timestamptz NOT NULL,
    minutes integer NOT NULL,
    during tstzrange NOT NULL CHECK (NOT isempty(during)),
    overbooked boolean NOT NULL DEFAULT false,
    hold_until timestamptz,
    hold_token bytea CHECK (octet_length(hold_token) = 32),
    extensions smallint NOT NULL DEFAULT 0,
    -- The visit type's rule when the time was held: a request that is sent keeps no span until it is accepted.
    on_request boolean NOT NULL DEFAULT false,
    CHECK ((hold_until IS NULL) = (hold_token IS NULL)),
    PRIMARY KEY (practice, span),
    CONSTRAINT spans_never_overlap
        EXCLUDE USING gist (practice WITH =, agenda WITH =, during WITH &&, record WITH <>) WHERE (NOT overbooked)
);
-- A record has at most one hold and at most one standing span, whatever its requests race for.
-- The record comes first: an index that begins with the practice is a tempting way to read all of a practice's rows, and
-- plans made while the tables are small are kept.
CREATE UNIQUE INDEX spans_one_hold ON spans (record, practice) WHERE hold_until IS NOT NULL;
CREATE UNIQUE INDEX spans_one_stand ON spans (record, practice) WHERE hold_until IS NULL;
-- The constraint's index holds all spans but these: reading busy time takes both.
CREATE INDEX spans_overbooked ON spans (practice, agenda) WHERE overbooked;
CREATE INDEX spans_hold_until ON spans (hold_until) WHERE hold_until IS NOT NULL;

CREATE TABLE resource_spans (
    practice uuid NOT NULL,
    span uuid NOT NULL,
    resource uuid NOT NULL,
    record uuid NOT NULL,
    during tstzrange NOT NULL,
    PRIMARY KEY (practice, span, resource),
    FOREIGN KEY (practice, span) REFERENCES spans ON DELETE CASCADE,
    CONSTRAINT resource_spans_never_overlap
        EXCLUDE USING gist (practice WITH =, resource WITH =, during WITH &&, record WITH <>)
);

-- ---------------------------------------------------------------- sealed appointments

CREATE TABLE appointments (
    practice uuid NOT NULL,
    record uuid NOT NULL,
    unit uuid NOT NULL,
    agenda uuid NOT NULL,
    start timestamptz NOT NULL,
    minutes integer NOT NULL,
    visit_type uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('requested', 'booked', 'arrived', 'waiting', 'seen', 'no_show', 'cancelled', 'refused')),
    confirmed boolean NOT NULL DEFAULT false,
    overbooked boolean NOT NULL DEFAULT false,
    rev integer NOT NULL CHECK (rev >= 1),
    acts integer NOT NULL DEFAULT 0,
    sealed_slot bytea NOT NULL CHECK (octet_length(sealed_slot) = 44),
    body_id bytea NOT NULL,
    body_ct bytea NOT NULL,
    body_rs bytea NOT NULL,
    sig bytea NOT NULL CHECK (octet_length(sig) = 64),
    writer smallint NOT NULL CHECK (writer IN (1, 2, 3)),
    writer_kid bytea CHECK (octet_length(writer_kid) = 16),
    head bytea NOT NULL CHECK (octet_length(head) = 32),
    booking_pk bytea NOT NULL CHECK (octet_length(booking_pk) = 32),
    patient_pk bytea CHECK (octet_length(patient_pk) = 1216),
    row_token_hash bytea CHECK (octet_length(row_token_hash) = 32),
    act_tag bytea CHECK (octet_length(act_tag) = 32),
    page bytea CHECK (octet_length(page) = 60),
    PRIMARY KEY (practice, record)
);
CREATE INDEX appointments_agenda_start ON appointments (agenda, start);
CREATE UNIQUE INDEX appointments_row_token ON appointments (row_token_hash) WHERE row_token_hash IS NOT NULL;
ALTER TABLE appointments ALTER COLUMN body_id SET STORAGE EXTERNAL, ALTER COLUMN body_ct SET STORAGE EXTERNAL,
    ALTER COLUMN body_rs SET STORAGE EXTERNAL, ALTER COLUMN patient_pk SET STORAGE EXTERNAL;

CREATE TABLE stanzas (
    practice uuid NOT NULL,
    record uuid NOT NULL,
    rev integer NOT NULL,
    kid bytea NOT NULL CHECK (octet_length(kid) = 16),
    bytes bytea NOT NULL CHECK (octet_length(bytes) IN (142, 1250)),
    PRIMARY KEY (practice, record, rev, kid)
);
ALTER TABLE stanzas ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- What was done to an appointment without re-sealing it: cancel, confirm, undo. n counts from 1 within a revision.
CREATE TABLE acts (
    practice uuid NOT NULL,
    record uuid NOT NULL,
    rev integer NOT NULL,
    n integer NOT NULL,
    kind smallint NOT NULL,
    signer_kid bytea NOT NULL CHECK (octet_length(signer_kid) = 16),
    sig bytea NOT NULL CHECK (octet_length(sig) = 64),
    PRIMARY KEY (practice, record, rev, n)
);

-- ---------------------------------------------------------------- rosters, seeds, members

CREATE TABLE roster_events (
    practice uuid NOT NULL,
    seq integer NOT NULL,
    event bytea NOT NULL,
    sig bytea NOT NULL CHECK (octet_length(sig) = 64),
    head bytea NOT NULL CHECK (octet_length(head) = 32),
    PRIMARY KEY (practice, seq)
);

CREATE TABLE epoch_seeds (
    practice uuid NOT NULL,
    unit uuid NOT NULL,
    epoch integer NOT NULL,
    kid bytea NOT NULL CHECK (octet_length(kid) = 16),
    bytes bytea NOT NULL,
    PRIMARY KEY (practice, unit, epoch, kid)
);

CREATE TABLE previous_seeds (
    practice uuid NOT NULL,
    unit uuid NOT NULL,
    epoch integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (practice, unit, epoch)
);

-- A staff account. find_row = HMAC(D(S,"find"), find); auth = HMAC(D(S,"auth"), find || auth): S lies outside the database.
CREATE TABLE accounts (
    account uuid PRIMARY KEY,
    find_row bytea NOT NULL UNIQUE CHECK (octet_length(find_row) = 32),
    auth bytea NOT NULL CHECK (octet_length(auth) = 32)
);

CREATE TABLE unlocks (
    account uuid NOT NULL,
    method smallint NOT NULL,
    credential bytea NOT NULL,
    version integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (account, method, credential)
);

CREATE TABLE members (
    practice uuid NOT NULL,
    member uuid NOT NULL,
    account uuid NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (practice, member)
);
CREATE INDEX members_account ON members (account);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    account uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Failed passwords, counted by row whether the row exists or not; swept, bounded in number.
CREATE TABLE password_failures (
    find_row bytea PRIMARY KEY,
    failures integer NOT NULL,
    closed_until timestamptz
);

-- ---------------------------------------------------------------- the notifier's inbox

-- Written with a booking, emptied by the notifier in shuffled batches. No time, no record, no practice.
CREATE TABLE inbox_capsules (
    h bytea PRIMARY KEY CHECK (octet_length(h) = 16),
    key_day date NOT NULL,
    capsule bytea NOT NULL CHECK (octet_length(capsule) = 1648),
    del_hash bytea NOT NULL CHECK (octet_length(del_hash) = 32),
    write_hash bytea NOT NULL CHECK (octet_length(write_hash) = 32),
    message_set integer NOT NULL DEFAULT 1
);

CREATE TABLE inbox_messages (
    h bytea NOT NULL CHECK (octet_length(h) = 16),
    mid bytea NOT NULL CHECK (octet_length(mid) = 16),
    send_day date NOT NULL,
    message_set integer NOT NULL,
    bytes bytea NOT NULL CHECK (octet_length(bytes) = 220),
    PRIMARY KEY (h, mid)
);

-- ---------------------------------------------------------------- the search hint

-- The next free time of an agenda for a visit type anyone may book. A hint: only the constraint on spans decides.
-- recheck_at: when the passing of time alone may change it (notice, horizon).
CREATE TABLE next_free (
    practice uuid NOT NULL,
    agenda uuid NOT NULL,
    visit_type uuid NOT NULL,
    main boolean NOT NULL,
    specialty text NOT NULL,
    place point NOT NULL,
    -- A tenth of a degree each way. The earliest of a crowded place are read cell by cell, in order, not all and sorted.
    cell integer NOT NULL GENERATED ALWAYS AS (floor(place[1] * 10)::integer * 10000 + floor(place[0] * 10)::integer) STORED,
    next_at timestamptz,
    recheck_at timestamptz NOT NULL,
    PRIMARY KEY (practice, agenda, visit_type)
) WITH (fillfactor = 80);
CREATE INDEX next_free_earliest ON next_free (specialty, cell, next_at, agenda) WHERE main;
CREATE INDEX next_free_nearest ON next_free USING gist (specialty, place) WHERE main;
CREATE INDEX next_free_recheck ON next_free (recheck_at);
