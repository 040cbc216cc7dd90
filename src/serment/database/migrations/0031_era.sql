-- SPDX-License-Identifier: AGPL-3.0-or-later
-- How often this database was restored from a backup. Whoever keeps a place in its history (a linked program's cursor) names the era the
-- place is of: of an earlier one, what they read may be gone, and they read anew from the beginning instead.
ALTER TABLE instance ADD COLUMN era integer NOT NULL DEFAULT 1 CHECK (era > 0);
