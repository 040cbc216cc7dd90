-- SPDX-License-Identifier: AGPL-3.0-or-later
-- SMS are counted before they go: what a notifier that is killed had handed over, and could not settle, counts among the day's.
CREATE TABLE sms_days (
    day date PRIMARY KEY,
    sms integer NOT NULL
);
