-- name: lock_account
-- Locks an account, so that two changes of its ways in queue up.
SELECT account, find_row, auth, unlocks_version, sign_pk FROM accounts WHERE account = :account FOR UPDATE

-- name: read_ways
-- An account's ways in and the version they have together.
SELECT a.unlocks_version, a.asks_second, a.sign_pk, u.method, u.credential, u.version, u.bytes, p.label
FROM accounts a LEFT JOIN unlocks u USING (account)
LEFT JOIN passkeys p ON p.account = a.account AND p.credential = u.credential AND u.method = 1
WHERE a.account = :account ORDER BY u.method, u.credential

-- name: add_account
-- Makes an account that asks for a second way in on machines it does not know; none where the name or the id is taken.
INSERT INTO accounts (account, find_row, auth, asks_second) VALUES (:account, :find_row, :auth, true)
ON CONFLICT DO NOTHING

-- name: read_begun_account
-- Whether an account stands with exactly these and no way in yet: what makes it is asked again. One with a way in is signed in to.
-- The row is held, so that the sweep of accounts left does not take it away before its session is there.
SELECT NOT EXISTS (SELECT FROM unlocks u WHERE u.account = a.account)
FROM accounts a WHERE account = :account AND find_row = :find_row AND auth = :auth
FOR KEY SHARE

-- name: owner_of_name
-- Whose a log-in name is, under any generation of the server's secret.
SELECT account FROM accounts WHERE find_row = ANY (:find_rows::bytea[]) LIMIT 1

-- name: name_account
-- Gives an account another name and password.
UPDATE accounts SET find_row = :find_row, auth = :auth WHERE account = :account

-- name: raise_version
-- Counts a change of an account's ways in, and keeps whose key signed the first.
UPDATE accounts SET unlocks_version = unlocks_version + 1, sign_pk = :sign_pk WHERE account = :account

-- name: is_key_of
-- Whether an account's own key is this one, or none yet.
SELECT sign_pk IS NULL OR sign_pk = :sign_pk FROM accounts WHERE account = :account

-- name: put_unlock
-- Stores one way in, in place of the one of that method and credential; touches no row if it is found at another account.
INSERT INTO unlocks (account, method, credential, version, bytes)
SELECT :account, :method, :credential, :version, :bytes
WHERE NOT EXISTS (SELECT FROM unlocks WHERE credential = :credential AND method IN (1, 3) AND account <> :account)
ON CONFLICT (account, method, credential) DO UPDATE SET version = EXCLUDED.version, bytes = EXCLUDED.bytes

-- name: drop_unlock
-- Takes one way in away.
DELETE FROM unlocks WHERE account = :account AND method = :method AND credential = :credential

-- name: drop_recovery
-- Spends the printed codes of an account.
DELETE FROM unlocks WHERE account = :account AND method = 3

-- name: put_passkey
-- Stores a passkey's public half; one that is registered again bears what it was registered with last.
INSERT INTO passkeys (account, credential, public_key, sign_count, label)
VALUES (:account, :credential, :public_key, :sign_count, :label)
ON CONFLICT (account, credential) DO UPDATE SET public_key = excluded.public_key, sign_count = excluded.sign_count,
    label = excluded.label

-- name: drop_passkey
-- Forgets a passkey.
DELETE FROM passkeys WHERE account = :account AND credential = :credential

-- name: read_passkey
-- The passkey of a credential, whosever it is.
SELECT account, public_key, sign_count FROM passkeys WHERE credential = :credential

-- name: count_signature
-- Keeps how often a passkey has signed.
UPDATE passkeys SET sign_count = :sign_count WHERE account = :account AND credential = :credential

-- name: read_recovery
-- The account of a printed code, by the hash of what the code gives.
SELECT account FROM unlocks WHERE method = 3 AND credential = :credential

-- name: put_device
-- Remembers a machine; one that stands stays as it is.
INSERT INTO devices (account, device, public_key, label) VALUES (:account, :device, :public_key, :label)
ON CONFLICT DO NOTHING

-- name: read_device
-- The key of a machine an account knows.
SELECT public_key FROM devices WHERE account = :account AND device = :device

-- name: read_devices
-- The machines an account knows.
SELECT device, label FROM devices WHERE account = :account ORDER BY label, device

-- name: drop_device
-- Forgets a machine.
DELETE FROM devices WHERE account = :account AND device = :device

-- name: spend_challenge
-- Notes an answered challenge; touches no row if it was answered before.
INSERT INTO spent_challenges (challenge, expires_at) VALUES (:challenge, :expires_at) ON CONFLICT DO NOTHING

-- name: close_other_sessions
-- Ends the sessions of an account but one.
DELETE FROM sessions WHERE account = :account AND token_hash <> :kept

-- name: close_sessions
-- Ends all sessions of an account.
DELETE FROM sessions WHERE account = :account

-- name: expire_challenges
-- Deletes challenges past their end.
DELETE FROM spent_challenges WHERE expires_at <= :now

-- name: lock_lone_accounts
-- Accounts of which it is not noted yet that they came to be in no practice with nobody signed in, or ceased to be. Those
-- somebody holds are passed over.
SELECT account FROM accounts a
WHERE (lone_since IS NULL) = (NOT EXISTS (SELECT FROM members m WHERE m.account = a.account)
    AND NOT EXISTS (SELECT FROM sessions s WHERE s.account = a.account))
FOR NO KEY UPDATE SKIP LOCKED

-- name: note_lone_accounts
-- Notes the month, or that there is none any more.
UPDATE accounts SET lone_since = CASE WHEN lone_since IS NULL THEN :month::date END WHERE account = ANY (:accounts::uuid[])

-- name: lock_left_accounts
-- Accounts in no practice to which nobody is signed in: begun and left without a way in, or so since before a month. Those somebody
-- holds are passed over.
SELECT account FROM accounts a
WHERE (lone_since < :since OR NOT EXISTS (SELECT FROM unlocks u WHERE u.account = a.account))
    AND NOT EXISTS (SELECT FROM members m WHERE m.account = a.account)
    AND NOT EXISTS (SELECT FROM sessions s WHERE s.account = a.account)
FOR UPDATE SKIP LOCKED

-- name: expire_accounts
-- Deletes locked accounts that are still left: what was opened between the two looks is seen by the second alone.
DELETE FROM accounts a WHERE account = ANY (:accounts::uuid[])
    AND (lone_since < :since OR NOT EXISTS (SELECT FROM unlocks u WHERE u.account = a.account))
    AND NOT EXISTS (SELECT FROM members m WHERE m.account = a.account)
    AND NOT EXISTS (SELECT FROM sessions s WHERE s.account = a.account)
