-- SPDX-License-Identifier: AGPL-3.0-or-later
-- How often a message failed by each channel: a relay that is away takes no try from its SMS. `tries` stays how often it was leased.

ALTER TABLE hot_messages ADD COLUMN sms_failed smallint NOT NULL DEFAULT 0, ADD COLUMN mail_failed smallint NOT NULL DEFAULT 0;
