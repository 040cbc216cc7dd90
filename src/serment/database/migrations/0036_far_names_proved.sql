-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Names of far days that a session was told while somebody had just shown to be there: they are counted apart, so that one look at
-- many days does not use up what is told without a gesture.
ALTER TABLE sessions ADD COLUMN far_names_proved integer NOT NULL DEFAULT 0;
