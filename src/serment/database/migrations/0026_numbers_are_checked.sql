-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Pages ask for the code now: a checked number is asked for unless a practice says otherwise (docs/decisions/0053).
ALTER TABLE practices ALTER COLUMN booking_check SET DEFAULT 'phone';
