-- SPDX-License-Identifier: AGPL-3.0-or-later
-- How many contacts a session opened for the first time, and how many it asked for once it should have shown that somebody is there.
ALTER TABLE sessions ADD COLUMN contacts integer NOT NULL DEFAULT 0, ADD COLUMN refused integer NOT NULL DEFAULT 0;
ALTER TABLE freezes DROP CONSTRAINT freezes_why_check, ADD CHECK (why IN ('foreign', 'opened', 'cards', 'unproved'));
