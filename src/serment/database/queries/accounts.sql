-- name: read_account
-- The account of a find row, with what its log-in is compared with.
SELECT account, find_row, auth, asks_second FROM accounts WHERE find_row = ANY (:find_rows::bytea[]) LIMIT 1

-- name: read_unlocks
-- The wrapped seeds of an account.
SELECT method, credential, version, bytes FROM unlocks WHERE account = :account ORDER BY method, credential

-- name: read_practices
-- The practices an account is a member of, and served in.
SELECT m.practice, p.slug, p.name, m.member, m.name AS member_name, p.accepts_bookings
FROM members m JOIN practices p USING (practice)
WHERE m.account = :account AND member_is_served(m.practice, m.suspended, m.until, m.seen, :now) ORDER BY p.name

-- name: read_memberships
-- The members an account is.
SELECT practice, member FROM members WHERE account = :account

-- name: note_seen
-- Notes the day on which a member of whatever practices signed in; who is dormant stays so.
UPDATE members SET seen = :today WHERE account = :account AND seen < :today AND NOT member_is_dormant(seen, :now)

-- name: read_dormant
-- The practices an account would be served in, had it not been away for so long.
SELECT m.practice, p.slug, p.name, m.member FROM members m JOIN practices p USING (practice)
WHERE m.account = :account AND member_is_dormant(m.seen, :now)
    AND member_is_served(m.practice, m.suspended, m.until, :now::date, :now) ORDER BY p.name

-- name: open_session
-- Opens a session.
INSERT INTO sessions (token_hash, account, expires_at, proved_until)
VALUES (:token_hash, :account, :expires_at, :proved_until)

-- name: close_session
-- Ends a session.
DELETE FROM sessions WHERE token_hash = :token_hash

-- name: read_session
-- Whose session this is.
SELECT account FROM sessions WHERE token_hash = :token_hash AND expires_at > :now

-- name: read_membership
-- The member a session is in one practice, unless suspended, dormant or past a last day, with the roster's present head: membership is judged by the roster at that head.
SELECT m.account, m.member, m.name, s.proved_until, member_is_frozen(m.practice, m.member) AS frozen,
    (SELECT head FROM roster_events WHERE practice = :practice ORDER BY seq DESC LIMIT 1)
FROM sessions s JOIN members m ON m.account = s.account AND m.practice = :practice
WHERE s.token_hash = :token_hash AND s.expires_at > :now AND member_is_served(m.practice, m.suspended, m.until, m.seen, :now)

-- name: expire_sessions
-- Deletes sessions past their end.
DELETE FROM sessions WHERE expires_at <= :now

-- name: read_failures
-- How often a password was tried in vain at a row, real or not.
SELECT failures, closed_until FROM password_failures WHERE find_row = :find_row

-- name: note_failure
-- Counts a try in vain; the tenth closes the password until an instant, and one after that instant counts from one again.
INSERT INTO password_failures AS f (find_row, failures, closed_until)
VALUES (:find_row, 1, NULL)
ON CONFLICT (find_row) DO UPDATE SET
    failures = CASE WHEN f.closed_until <= :now THEN 1 ELSE f.failures + 1 END,
    closed_until = CASE WHEN f.closed_until <= :now THEN NULL
        WHEN f.failures + 1 >= :most THEN :closed_until ELSE f.closed_until END
RETURNING failures, closed_until

-- name: forget_failures
-- Forgets the tries at a row once its password was right.
DELETE FROM password_failures WHERE find_row = :find_row

-- name: bound_failures
-- Keeps the table bounded: what is no longer closed goes first, in no order that tells anything.
DELETE FROM password_failures WHERE find_row IN (
    SELECT find_row FROM password_failures ORDER BY (closed_until > :now) IS TRUE, failures, md5(find_row)
    LIMIT greatest((SELECT count(*) FROM password_failures) - :most, 0))

-- name: expire_failures
-- Deletes the counts whose closed hour is over.
DELETE FROM password_failures WHERE closed_until <= :now
