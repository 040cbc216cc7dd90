-- What only the demonstration writes: staff accounts, made without a browser.

-- name: add_account
-- Makes a staff account.
INSERT INTO accounts (account, find_row, auth, sign_pk) VALUES (:account, :find_row, :auth, :sign_pk)

-- name: add_unlock
-- Stores one way to unlock an account's seed.
INSERT INTO unlocks (account, method, credential, version, bytes)
VALUES (:account, :method, :credential, :version, :bytes)

-- name: add_member
-- Names an account as a member of a practice.
INSERT INTO members (practice, member, account, name, seen) VALUES (:practice, :member, :account, :name, :seen)

-- name: come_in
-- Nobody of the demonstration was away, however long it was not started.
UPDATE members SET seen = :today WHERE seen < :today

-- name: is_open
-- Whether a practice has its keys already.
SELECT fingerprint IS NOT NULL FROM practices WHERE practice = :practice

-- name: entries_to_open
-- Register entries whose premises will have a practice on Serment: the busiest premises of these specialties first.
SELECT e.entry, e.rpps, e.title, e.given_name, e.family_name, e.specialties, e.structure, e.site_name, e.address,
       e.postcode, e.town_code, e.town, e.phone, e.latitude, e.longitude
FROM directory_entries e
WHERE e.closed_on IS NULL AND e.latitude IS NOT NULL AND e.specialties && :specialties::text[]
ORDER BY md5(e.rpps), e.entry
LIMIT :most

-- name: live_through
-- What came of the visits before this minute: one in twelve stayed away, who is due now waits, the others were seen.
UPDATE appointments SET status = CASE
    WHEN start + make_interval(mins => minutes) > :now THEN 'waiting'
    WHEN get_byte(decode(md5(record::text), 'hex'), 0) % 12 = 0 THEN 'no_show'
    ELSE 'seen' END
WHERE practice = :practice AND start < :now AND status = 'booked'
