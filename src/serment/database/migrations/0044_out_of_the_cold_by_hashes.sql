-- SPDX-License-Identifier: AGPL-3.0-or-later
-- As notifier_take_inbox since 0019: what comes out of the cold is joined by hashes. Where few messages were settled when PostgreSQL
-- counted, it looked each one up, and sorted the whole list of handles anew for each.

ALTER FUNCTION notifier_hand_over(integer) SET enable_nestloop = off;
