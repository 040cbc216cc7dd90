-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a site tells its patients: the word that its messages say (none: the town), and which of them there are. Of appointments that
-- are made from then on: what was sealed before says what it said.
ALTER TABLE sites
    ADD COLUMN word text NOT NULL DEFAULT '',
    ADD COLUMN confirms boolean NOT NULL DEFAULT true,
    ADD COLUMN reminds_week boolean NOT NULL DEFAULT true,
    ADD COLUMN reminds_eve boolean NOT NULL DEFAULT true;
