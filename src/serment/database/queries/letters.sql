-- name: count_concerned
-- Appointments of which a part left within a scope: those that stand in some units, those of other units, those that are gone.
WITH taken AS (
    SELECT DISTINCT r.record FROM ledger s CROSS JOIN LATERAL unnest(s.records) AS r (record)
    WHERE s.practice = :practice AND s.at BETWEEN :since AND :until AND s.parts & 7 <> 0
        AND (cardinality(:readers::uuid[]) = 0 AND NOT :links OR s.reader = ANY (:readers::uuid[]) OR :links AND s.reader IS NULL)
        AND (cardinality(:purposes::smallint[]) = 0 OR s.purpose = ANY (:purposes::smallint[]))
)
SELECT count(*) FILTER (WHERE p.unit = ANY (:units::uuid[])) AS concerned,
    count(*) FILTER (WHERE p.unit <> ALL (:units::uuid[])) AS elsewhere, count(*) FILTER (WHERE p.record IS NULL) AS gone
FROM taken t LEFT JOIN appointments p ON p.practice = :practice AND p.record = t.record

-- name: read_concerned
-- Those that stand in some units, in the order of their ids, some at a time; or of these alone, if any are named: then
-- no entry is read but theirs.
WITH taken AS (
    SELECT DISTINCT r.record FROM ledger s CROSS JOIN LATERAL unnest(s.records) AS r (record)
    WHERE s.practice = :practice AND s.at BETWEEN :since AND :until AND s.parts & 7 <> 0
        AND (cardinality(:readers::uuid[]) = 0 AND NOT :links OR s.reader = ANY (:readers::uuid[]) OR :links AND s.reader IS NULL)
        AND (cardinality(:purposes::smallint[]) = 0 OR s.purpose = ANY (:purposes::smallint[]))
        AND (cardinality(:records::uuid[]) = 0 OR s.records && :records)
)
SELECT p.record FROM taken t JOIN appointments p ON p.practice = :practice AND p.record = t.record
WHERE p.unit = ANY (:units::uuid[]) AND (:after::uuid IS NULL OR p.record > :after)
    AND (cardinality(:records::uuid[]) = 0 OR p.record = ANY (:records::uuid[]))
ORDER BY p.record LIMIT :most

-- name: read_keys
-- Which of some appointments have their letter of an incident, and to which key.
SELECT record, pkh FROM letters WHERE practice = :practice AND incident = :incident AND record = ANY (:records::uuid[])

-- name: keep
-- Keeps letters. One that stands stays as it is, unless the appointment's link is another since.
INSERT INTO letters AS l (practice, record, incident, pkh, sealed, head, signer_kid, sig)
SELECT :practice, n.record, :incident, n.pkh, n.sealed, n.head, :signer_kid, n.sig
FROM unnest(:records::uuid[], :pkhs::bytea[], :sealed::bytea[], :heads::bytea[], :sigs::bytea[]) AS n (record, pkh, sealed, head, sig)
ON CONFLICT (practice, record, incident) DO UPDATE SET pkh = excluded.pkh, sealed = excluded.sealed, head = excluded.head,
    signer_kid = excluded.signer_kid, sig = excluded.sig
WHERE l.pkh <> excluded.pkh

-- name: read_letters
-- The letters of one appointment.
SELECT incident, pkh, sealed, head, signer_kid, sig FROM letters WHERE practice = :practice AND record = :record ORDER BY incident
