-- name: read_head
-- The present head of a practice's roster.
SELECT seq, head FROM roster_events WHERE practice = :practice ORDER BY seq DESC LIMIT 1

-- name: read_events
-- The events of a roster from one seq on, a bounded number.
SELECT seq, event, sig FROM roster_events WHERE practice = :practice AND seq > :after ORDER BY seq LIMIT :most

-- name: read_instance
-- The instance's name, and by what it knows its secret.
SELECT name, secret_tag FROM instance

-- name: name_instance
-- Names the instance, once.
INSERT INTO instance (name) VALUES (:name) ON CONFLICT DO NOTHING

-- name: know_secret
-- Keeps the tag of the secret in use.
UPDATE instance SET secret_tag = :tag

-- name: append
-- Appends one verified event.
INSERT INTO roster_events (practice, seq, event, sig, head) VALUES (:practice, :seq, :event, :sig, :head)

-- name: name_fingerprint
-- Writes a practice's fingerprint, from its genesis, and opens it for bookings.
UPDATE practices SET fingerprint = :fingerprint, accepts_bookings = true WHERE practice = :practice

-- name: add_seed
-- Stores an epoch's seed, sealed to one member.
INSERT INTO epoch_seeds (practice, unit, epoch, kid, bytes) VALUES (:practice, :unit, :epoch, :kid, :bytes)
ON CONFLICT DO NOTHING

-- name: read_seeds
-- One member's sealed epoch seeds.
SELECT unit, epoch, kid, bytes FROM epoch_seeds
WHERE practice = :practice AND kid = :kid AND unit = ANY (:units::uuid[]) ORDER BY unit, epoch

-- name: read_previous
-- The seeds of earlier epochs, each sealed under the next: as many of one epoch as members have boxed it.
SELECT unit, epoch, bytes FROM previous_seeds
WHERE practice = :practice AND unit = ANY (:units::uuid[]) ORDER BY unit, epoch, kid
