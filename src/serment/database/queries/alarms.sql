-- name: sound
-- Notes an alarm, or that it sounds again.
INSERT INTO alarms (what, first, last, times) VALUES (:what, :at, :at, 1)
ON CONFLICT (what) DO UPDATE SET last = excluded.last, times = alarms.times + 1

-- name: read_alarms
-- Every alarm.
SELECT what, first, last, times FROM alarms ORDER BY what

-- name: expire_alarms
-- Deletes alarms that sounded last before an instant; how many.
DELETE FROM alarms WHERE what IN (SELECT what FROM alarms WHERE last < :before LIMIT :most)
