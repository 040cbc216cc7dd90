-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which contacts and reasons a session opened, each as eight bytes of a hash of session and record: again is no more, by another session it is.
ALTER TABLE sessions DROP COLUMN contacts,
    ADD COLUMN contacts bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN reasons bigint[] NOT NULL DEFAULT '{}';
