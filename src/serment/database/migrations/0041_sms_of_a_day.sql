-- SPDX-License-Identifier: AGPL-3.0-or-later
-- SMS are counted before they go: what a notifier that is killed had handed over, and could not settle, counts among the day's.
CREATE TABLE sms_days (
    day date PRIMARY KEY,
    sms integer NOT NULL
);
-- On the day of an update some have gone already: as many as messages were settled as sent, or fewer, where some shared one.
INSERT INTO sms_days (day, sms)
SELECT day, sum(messages) FROM message_counts WHERE channel = 'sms' AND outcome = 'sent' AND kind <> 'code' GROUP BY day;
