-- The server's side of phone checks: sealed bytes under a number the browser drew, for ten minutes.

-- name: ask
-- Leaves a question for the notifier; what stands there now. 'again': another came while this was asked, and is not seen yet.
WITH added AS (
    INSERT INTO phone_checks (q, ask, until) SELECT :q, :ask, :until
    WHERE EXISTS (SELECT FROM notifier_root) AND (SELECT count(*) FROM phone_checks) < :most
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT CASE
    WHEN EXISTS (SELECT FROM added) THEN 'asked'
    WHEN EXISTS (SELECT FROM phone_checks WHERE q = :q AND ask = :ask) THEN 'asked before'
    WHEN EXISTS (SELECT FROM phone_checks WHERE q = :q) THEN 'taken'
    WHEN NOT EXISTS (SELECT FROM notifier_root) THEN 'no notifier'
    WHEN (SELECT count(*) FROM phone_checks) >= :most THEN 'full'
    ELSE 'again' END

-- name: give_code
-- Leaves a typed code for the notifier, one at a time.
UPDATE phone_checks SET code = :code
WHERE q = :q AND until > :now AND reply IS NULL AND tries < :tries_most AND (code IS NULL OR code = :code)

-- name: read
-- What the notifier answered so far.
SELECT tries, reply FROM phone_checks WHERE q = :q AND until > :now

-- name: forget_spent
-- Forgets which signatures were used of months whose signatures are over.
DELETE FROM spent_checks WHERE month < :month

-- name: expire
-- Forgets checks whose time is over.
DELETE FROM phone_checks WHERE until <= :now
