-- Whether a namesake stands inside a box is told from the index alone.

DROP INDEX directory_entries_family, directory_entries_given, directory_entries_given_second;
CREATE INDEX directory_entries_family ON directory_entries (family_folded, latitude, longitude) WHERE closed_on IS NULL;
CREATE INDEX directory_entries_given ON directory_entries (split_part(given_folded, ' ', 1), latitude, longitude)
    WHERE closed_on IS NULL;
CREATE INDEX directory_entries_given_second ON directory_entries (split_part(given_folded, ' ', 2), latitude, longitude)
    WHERE closed_on IS NULL AND given_folded LIKE '% %';
