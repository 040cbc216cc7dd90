-- name: add_code
-- Stores a pairing code; no row where so many stand already.
INSERT INTO pairing_codes (practice, code_hash, in_place_of, expires_at)
SELECT :practice, :code_hash, :in_place_of, :expires_at
WHERE (SELECT count(*) FROM pairing_codes WHERE practice = :practice AND expires_at > :now) < :most
RETURNING expires_at

-- name: count_codes
-- How many pairing codes of a practice stand.
SELECT count(*) FROM pairing_codes WHERE practice = :practice AND expires_at > :now

-- name: take_code
-- Ends a pairing code that stands.
DELETE FROM pairing_codes WHERE practice = :practice AND code_hash = :code_hash AND expires_at > :now
RETURNING in_place_of

-- name: pair
-- A connector shows itself for the first time; in the place of another it has that one's settings. No row where its id or a key was
-- seen before.
INSERT INTO connectors (practice, connector, kem_pk, kem_kid, sign_pk, login_x, login_y, jwt_sig, code_hash, in_place_of, cursor_due,
    era, paired_at, name, inbound, stale_minutes)
SELECT :practice, :connector, :kem_pk, :kem_kid, :sign_pk, :login_x, :login_y, :jwt_sig, :code_hash, o.connector, :cursor,
    i.era, :now, coalesce(o.name, ''), coalesce(o.inbound, 'busy'), coalesce(o.stale_minutes, 15)
FROM instance i LEFT JOIN connectors o ON o.practice = :practice AND o.connector = :in_place_of
ON CONFLICT DO NOTHING
RETURNING connector

-- name: take_over_agendas
-- The agendas of the connector in whose place another comes.
INSERT INTO connector_agendas (practice, connector, agenda)
SELECT practice, :connector, agenda FROM connector_agendas WHERE practice = :practice AND connector = :in_place_of

-- name: read_paired
-- What was posted with a pairing code.
SELECT connector, kem_pk, sign_pk, login_x, login_y, jwt_sig FROM connectors WHERE practice = :practice AND code_hash = :code_hash

-- name: read_connectors
-- The connectors of a practice with their settings, in the order of their names.
SELECT c.*, ARRAY(SELECT a.agenda FROM connector_agendas a WHERE a.practice = c.practice AND a.connector = c.connector ORDER BY a.agenda)
    AS agendas
FROM connectors c WHERE practice = :practice ORDER BY name, connector

-- name: lock
-- One connector, locked, with the units of its agendas.
SELECT c.connector, c.state, c.kem_pk, c.kem_kid, c.sign_pk, ARRAY(SELECT DISTINCT a.unit FROM connector_agendas x JOIN agendas a
    USING (practice, agenda) WHERE x.practice = c.practice AND x.connector = c.connector) AS units
FROM connectors c WHERE practice = :practice AND connector = :connector FOR UPDATE

-- name: set
-- What owners chose for a connector.
UPDATE connectors SET name = :name, inbound = :inbound, stale_minutes = :stale_minutes
WHERE practice = :practice AND connector = :connector

-- name: units_of_agendas
-- The units of some agendas, a row for each agenda that is this practice's.
SELECT agenda, unit FROM agendas WHERE practice = :practice AND agenda = ANY (:agendas::uuid[])

-- name: drop_agendas
-- Takes agendas away that are not among these.
DELETE FROM connector_agendas WHERE practice = :practice AND connector = :connector AND agenda <> ALL (:agendas::uuid[])

-- name: add_agendas
-- Gives a connector agendas that it has not yet.
INSERT INTO connector_agendas (practice, connector, agenda)
SELECT :practice, :connector, agenda FROM unnest(:agendas::uuid[]) AS agenda
ON CONFLICT DO NOTHING

-- name: drop_pending
-- Forgets a connector that no owner has granted anything.
DELETE FROM connectors WHERE practice = :practice AND connector = :connector AND state = 'pending' RETURNING connector

-- name: grant
-- A connector's first grant stands.
UPDATE connectors SET state = 'granted', first_until = :first_until
WHERE practice = :practice AND connector = :connector AND state = 'pending'

-- name: revoke
-- Nothing is served to a connector any more; its agendas are nobody's business.
WITH tokens AS (
    DELETE FROM agent_tokens WHERE practice = :practice AND connector = :connector
), agendas AS (
    DELETE FROM connector_agendas WHERE practice = :practice AND connector = :connector
), blocks AS (
    DELETE FROM busy_blocks WHERE practice = :practice AND connector = :connector
), feed AS (
    DELETE FROM connector_feed WHERE practice = :practice AND connector = :connector
), stanzas AS (
    DELETE FROM stanzas s USING connectors c
    WHERE c.practice = :practice AND c.connector = :connector AND s.practice = c.practice AND s.kid = c.kem_kid
)
UPDATE connectors SET state = 'revoked', over_since = :now, first_until = NULL WHERE practice = :practice AND connector = :connector

-- name: freeze
-- Nothing is served to a connector until it is paired again. Whether it was served before.
WITH tokens AS (
    DELETE FROM agent_tokens WHERE practice = :practice AND connector = :connector
)
UPDATE connectors SET state = 'frozen', why = :why, over_since = :now
WHERE practice = :practice AND connector = :connector AND state = 'granted'
RETURNING connector

-- name: count_frozen
-- How many connectors of a practice were stopped and not paired again.
SELECT count(*) FROM connectors WHERE practice = :practice AND state = 'frozen'

-- name: read_login
-- The login key of a connector that is served.
SELECT login_x, login_y FROM connectors WHERE practice = :practice AND connector = :connector AND state = 'granted'

-- name: show_once
-- Notes what is shown; no row if it was shown before.
INSERT INTO agent_proofs (shown, expires_at) VALUES (:shown, :expires_at) ON CONFLICT DO NOTHING RETURNING shown

-- name: give_token
-- A token for a connector that is still served.
INSERT INTO agent_tokens (token_hash, practice, connector, jkt, expires_at)
SELECT :token_hash, practice, connector, :jkt, :expires_at FROM connectors
WHERE practice = :practice AND connector = :connector AND state = 'granted' FOR KEY SHARE
RETURNING token_hash

-- name: judge
-- Whose request this is, by a token that holds with this key, if its proof was not shown before; with the roster's head.
WITH mine AS (
    SELECT t.practice, t.connector FROM agent_tokens t JOIN connectors c USING (practice, connector)
    WHERE t.token_hash = :token_hash AND t.jkt = :jkt AND t.expires_at > :now AND c.state = 'granted'
), shown AS (
    INSERT INTO agent_proofs (shown, expires_at) SELECT :shown, :proof_over FROM mine ON CONFLICT DO NOTHING RETURNING shown
)
SELECT m.practice, m.connector, (SELECT head FROM roster_events e WHERE e.practice = m.practice ORDER BY seq DESC LIMIT 1) AS head,
    ARRAY(SELECT a.agenda FROM connector_agendas a WHERE a.practice = m.practice AND a.connector = m.connector) AS agendas
FROM mine m, shown

-- name: still_served
-- Whether a token holds still: for a stream whose proof was shown at its beginning.
SELECT EXISTS (SELECT FROM agent_tokens t JOIN connectors c USING (practice, connector)
    WHERE t.token_hash = :token_hash AND t.expires_at > :now AND c.state = 'granted')

-- name: expire
-- Forgets what is over: codes, tokens, proofs, connectors that nobody granted anything, and those revoked long ago.
WITH codes AS (
    DELETE FROM pairing_codes WHERE expires_at <= :now
), tokens AS (
    DELETE FROM agent_tokens WHERE expires_at <= :now
), proofs AS (
    DELETE FROM agent_proofs WHERE expires_at <= :now
)
DELETE FROM connectors WHERE (state = 'pending' AND paired_at <= :pending_since) OR (state = 'revoked' AND over_since <= :revoked_since)
