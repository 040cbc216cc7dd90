-- SPDX-License-Identifier: AGPL-3.0-or-later
-- vouched: the host has checked who the practice is. Without it patients read so; what the host brought in itself is known to it.
ALTER TABLE practices ADD COLUMN vouched boolean NOT NULL DEFAULT true;
UPDATE practices SET vouched = false WHERE NOT listed;
