-- SPDX-License-Identifier: AGPL-3.0-or-later
-- How many names of far days a session was told: beyond a day's worth it shows that somebody is there.
ALTER TABLE sessions ADD COLUMN far_names integer NOT NULL DEFAULT 0;
