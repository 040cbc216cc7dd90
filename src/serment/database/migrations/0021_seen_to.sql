-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Somebody of the practice saw to a message that did not arrive: they called. It lies beside the message, under its handle, and not at
-- the appointment, which it would join to the message. Who saw to it, and when, is kept nowhere.
ALTER TABLE settled_messages ADD COLUMN seen_to boolean NOT NULL DEFAULT false;
