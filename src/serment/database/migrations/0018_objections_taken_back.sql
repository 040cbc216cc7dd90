-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who objected may take it back, by the same token: of several words that wait for the notifier the last counts.
ALTER TABLE inbox_objections ADD COLUMN again boolean NOT NULL DEFAULT false;
