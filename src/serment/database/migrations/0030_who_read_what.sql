-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What one person read, by time: an owner asks for it, and so does whoever says what a stolen access took.
CREATE INDEX ledger_of_a_reader ON ledger (practice, reader, at);
