-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which cards somebody erased by hand: sent with the backups, so that an older one brings none of them back. Kept as long as a backup is.
CREATE TABLE erased_cards (
    practice uuid NOT NULL,
    card uuid NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (practice, card)
);
CREATE INDEX erased_cards_day ON erased_cards (day);
