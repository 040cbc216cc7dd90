-- A name that thousands bear is found without reading all who bear it, and a beginning is completed without reading all
-- that begins so.

CREATE INDEX directory_entries_family ON directory_entries (family_folded, latitude) WHERE closed_on IS NULL;
CREATE INDEX directory_entries_given ON directory_entries (split_part(given_folded, ' ', 1), latitude) WHERE closed_on IS NULL;
CREATE INDEX directory_entries_given_second ON directory_entries (split_part(given_folded, ' ', 2), latitude)
    WHERE closed_on IS NULL AND given_folded LIKE '% %';
CREATE INDEX directory_words_letters ON directory_words (length(word), word text_pattern_ops);
DROP INDEX directory_words_start;
