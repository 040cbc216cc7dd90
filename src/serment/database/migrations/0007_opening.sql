-- A practice that is opened in the browser: whose it says it is, and whether the public search shows it yet.

-- listed: in the public search. Its own link and its door's code work without.
ALTER TABLE practices ADD COLUMN listed boolean NOT NULL DEFAULT true;

-- claim: the register's number a practitioner says is theirs. It becomes `rpps`, by which the search finds them, when the
-- practice takes bookings, or when the host confirms it where the host wants to be asked.
ALTER TABLE practitioners ADD COLUMN claim text;
CREATE INDEX practitioners_claim ON practitioners (claim) WHERE claim IS NOT NULL;
