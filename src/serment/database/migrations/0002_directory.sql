-- The public directory: towns, and practitioners as the official register lists them. Nothing here is about a patient.
-- No key crosses to practices: a register entry becomes bookable when a practitioner of a practice names its RPPS number.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE towns (
    code text PRIMARY KEY,
    name text NOT NULL,
    folded text NOT NULL,
    postcodes text[] NOT NULL,
    department text NOT NULL,
    region text NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    placed_exactly boolean NOT NULL,
    population integer NOT NULL DEFAULT 0,
    -- folded, and what remains of it when one letter is left out, as in directory_words.
    shortened text[] NOT NULL
);
CREATE INDEX towns_shortened ON towns USING gin (shortened) WITH (fastupdate = off);
CREATE INDEX towns_folded_trigrams ON towns USING gin (folded gin_trgm_ops);
CREATE INDEX towns_folded_start ON towns (folded text_pattern_ops);
CREATE INDEX towns_latitude ON towns (latitude, longitude);

CREATE TABLE town_postcodes (
    postcode text NOT NULL,
    code text NOT NULL,
    PRIMARY KEY (postcode, code)
);
CREATE INDEX town_postcodes_start ON town_postcodes (postcode text_pattern_ops);

-- One activity: a practitioner at one place. entry is derived from RPPS number, profession and structure.
-- specialties holds TRE_R38 codes, and "P" + profession code for what is not a doctor with a specialty.
CREATE TABLE directory_entries (
    entry uuid PRIMARY KEY,
    rpps text NOT NULL,
    profession text NOT NULL,
    structure text NOT NULL,
    specialties text[] NOT NULL,
    title text NOT NULL,
    family_name text NOT NULL,
    given_name text NOT NULL,
    family_folded text NOT NULL,
    given_folded text NOT NULL,
    name_words text[] NOT NULL,
    mode text NOT NULL,
    site_name text NOT NULL,
    address text NOT NULL,
    postcode text NOT NULL,
    town_code text NOT NULL,
    town text NOT NULL,
    phone text NOT NULL,
    latitude double precision,
    longitude double precision,
    digest bytea NOT NULL CHECK (octet_length(digest) = 16),
    closed_on date
);
CREATE INDEX directory_entries_rpps ON directory_entries (rpps);
CREATE INDEX directory_entries_names ON directory_entries USING gin (name_words) WITH (fastupdate = off)
    WHERE closed_on IS NULL;
CREATE INDEX directory_entries_family ON directory_entries (family_folded text_pattern_ops, given_folded)
    WHERE closed_on IS NULL;

-- The open entries of a specialty in a town: small rows in the order the search reads them.
CREATE TABLE directory_offers (
    town_code text NOT NULL,
    specialty text NOT NULL,
    entry uuid NOT NULL,
    PRIMARY KEY (town_code, specialty, entry)
);

-- Every word of a practitioner's name, with what remains of it when one letter is left out: two words one slip of the
-- finger apart (a letter missing, added, wrong, or two swapped) share one of these.
CREATE TABLE directory_words (
    word text PRIMARY KEY,
    shortened text[] NOT NULL
);
CREATE INDEX directory_words_start ON directory_words (word text_pattern_ops);
CREATE INDEX directory_words_shortened ON directory_words USING gin (shortened);
CREATE INDEX directory_words_trigrams ON directory_words USING gin (word gin_trgm_ops);

-- What the register calls a specialty or a profession.
CREATE TABLE directory_labels (
    code text PRIMARY KEY,
    label text NOT NULL
);
