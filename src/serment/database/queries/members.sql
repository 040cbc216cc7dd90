-- name: lock_practice
-- One change of a practice's roster, members or invitations at a time.
SELECT practice FROM practices WHERE practice = :practice FOR UPDATE

-- name: keep_roster
-- Holds a practice's roster as it is, beside others who do the same.
SELECT practice FROM practices WHERE practice = :practice FOR KEY SHARE

-- name: read_members
-- Who belongs to a practice, and whether they are served now.
SELECT member, name, suspended, until, member_is_dormant(seen, :now) AS dormant,
    member_is_served(practice, suspended, until, seen, :now) AND NOT member_is_frozen(practice, member) AS served
FROM members WHERE practice = :practice ORDER BY name, member

-- name: add_member
-- Binds an account to a member whom the roster names.
INSERT INTO members (practice, member, account, name, until, seen)
VALUES (:practice, :member, :account, :name, :until, :seen)

-- name: drop_members
-- Forgets members whom the roster names no more, and answers their accounts.
DELETE FROM members WHERE practice = :practice AND member = ANY (:members::uuid[]) RETURNING account

-- name: close_sessions
-- Ends the sessions of accounts that belong to no practice any more.
DELETE FROM sessions s WHERE s.account = ANY (:accounts::uuid[])
    AND NOT EXISTS (SELECT FROM members m WHERE m.account = s.account)

-- name: suspend
-- Suspends a member or takes it back; who is taken back counts as here today.
UPDATE members SET suspended = :suspended, seen = CASE WHEN :suspended THEN seen ELSE greatest(seen, :today) END
WHERE practice = :practice AND member = :member RETURNING member

-- name: wake
-- A dormant member is here again.
UPDATE members SET seen = :today WHERE practice = :practice AND member = :member

-- name: set_until
-- Names a member's last day, or none.
UPDATE members SET until = :until WHERE practice = :practice AND member = :member RETURNING member

-- name: drop_seeds
-- Deletes the seeds sealed to members of units they have left.
DELETE FROM epoch_seeds e USING unnest(:units::uuid[], :kids::bytea[]) AS gone (unit, kid)
WHERE e.practice = :practice AND e.unit = gone.unit AND e.kid = gone.kid

-- name: add_seeds
-- Stores seeds sealed to members.
INSERT INTO epoch_seeds (practice, unit, epoch, kid, bytes)
SELECT :practice, s.unit, s.epoch, s.kid, s.bytes
FROM unnest(:units::uuid[], :epochs::int[], :kids::bytea[], :seeds::bytea[]) AS s (unit, epoch, kid, bytes)

-- name: add_previous
-- Stores seeds of earlier epochs, each under the next, beside those that other members boxed: in place of one's own alone.
INSERT INTO previous_seeds (practice, unit, epoch, kid, bytes)
SELECT :practice, s.unit, s.epoch, :kid, s.bytes
FROM unnest(:units::uuid[], :epochs::int[], :seeds::bytea[]) AS s (unit, epoch, bytes)
ON CONFLICT (practice, unit, epoch, kid) DO UPDATE SET bytes = excluded.bytes

-- name: note_epochs
-- Notes the month of units' new keys.
INSERT INTO epoch_months (practice, unit, month) SELECT :practice, unit, :month FROM unnest(:units::uuid[]) AS u (unit)
ON CONFLICT (practice, unit) DO UPDATE SET month = excluded.month

-- name: read_epoch_months
-- In which month each unit's keys were made.
SELECT unit, month FROM epoch_months WHERE practice = :practice ORDER BY unit

-- name: close_agendas
-- Takes the agendas of some units out of what is offered.
UPDATE agendas SET active = false WHERE practice = :practice AND unit = ANY (:units::uuid[]) AND active

-- name: add_unit
-- Adds a unit to a practice; one that stands keeps its name.
INSERT INTO units (practice, unit, name) VALUES (:practice, :unit, :name) ON CONFLICT DO NOTHING

-- name: read_unit
-- A unit's name.
SELECT name FROM units WHERE practice = :practice AND unit = :unit

-- name: count_units
-- How many units a practice has.
SELECT count(*) FROM units WHERE practice = :practice

-- name: invite
-- Stores an invitation; no row if one stands under this id or secret, or for this member.
INSERT INTO invitations (practice, invitation, member, inviter, find_hash, role, units, in_place_of, name, until,
    expires_on, owner_kids, sealed)
VALUES (:practice, :invitation, :member, :inviter, :find_hash, :role, :units, :in_place_of, :name, :until,
    :expires_on, :owner_kids, :sealed)
ON CONFLICT DO NOTHING RETURNING invitation

-- name: read_invitations
-- The invitations of a practice that still hold, with their secrets as they were sealed to one owner.
SELECT invitation, member, inviter, find_hash, role, units, in_place_of, name, until, expires_on, kem_pk, sign_pk, tag,
    sealed[array_position(owner_kids, :kid)] AS sealed
FROM invitations WHERE practice = :practice AND expires_on >= :today ORDER BY name, invitation

-- name: count_invitations
-- How many invitations a practice has.
SELECT count(*) FROM invitations WHERE practice = :practice

-- name: find_invitation
-- The invitation a link leads to, with what is shown of its practice.
SELECT i.practice, p.slug, p.name AS practice_name, p.fingerprint, i.invitation, i.member, i.role, i.units, i.in_place_of,
    i.name, i.until, i.account,
    (SELECT array_agg(u.name ORDER BY u.name) FROM units u WHERE u.practice = i.practice AND u.unit = ANY (i.units)) AS unit_names
FROM invitations i JOIN practices p USING (practice) WHERE i.find_hash = :find_hash AND i.expires_on >= :today

-- name: lock_invitation
-- The same, to answer it.
SELECT practice, invitation, account, kem_pk, sign_pk, tag, in_place_of FROM invitations
WHERE find_hash = :find_hash AND expires_on >= :today FOR UPDATE

-- name: answer_invitation
-- Stores who answered, once.
UPDATE invitations SET account = :account, kem_pk = :kem_pk, sign_pk = :sign_pk, tag = :tag
WHERE practice = :practice AND invitation = :invitation

-- name: is_member
-- Which member an account is in a practice.
SELECT member FROM members WHERE practice = :practice AND account = :account

-- name: take_invitation
-- Ends an answered invitation: its member is being signed in with these very keys.
DELETE FROM invitations WHERE practice = :practice AND member = :member AND expires_on >= :today AND kem_pk = :kem_pk AND sign_pk = :sign_pk
RETURNING account, name, until

-- name: revoke_invitation
-- Takes an invitation back.
DELETE FROM invitations WHERE practice = :practice AND invitation = :invitation

-- name: expire_invitations
-- Deletes invitations past their day.
DELETE FROM invitations WHERE expires_on < :today

-- name: read_older
-- Records of a unit that still have stanzas of older keys, what is to come first; how many there are in all. What is not
-- asked for now is counted, and no more of it is read.
WITH left_over AS (
    SELECT DISTINCT p.record, p.start FROM stanzas s JOIN appointments p USING (practice, record, rev)
    WHERE s.practice = :practice AND p.unit = :unit AND s.kid = ANY (:kids::bytea[])
), next AS (
    SELECT record, count(*) OVER () AS standing FROM left_over
    ORDER BY start < :now, abs(extract(epoch FROM start - :now::timestamptz)), record
    LIMIT :most
)
SELECT p.record, p.rev, p.head, p.agenda, p.start, p.minutes, p.visit_type, p.sealed_slot, o.kids, o.stanzas, next.standing
FROM next JOIN appointments p ON p.practice = :practice AND p.record = next.record,
LATERAL (SELECT array_agg(kid ORDER BY kid) AS kids, array_agg(bytes ORDER BY kid) AS stanzas FROM stanzas
    WHERE practice = p.practice AND record = p.record AND rev = p.rev AND kid = ANY (:kids::bytea[])) o
WHERE o.kids IS NOT NULL
ORDER BY p.start < :now, abs(extract(epoch FROM p.start - :now::timestamptz)), p.record
