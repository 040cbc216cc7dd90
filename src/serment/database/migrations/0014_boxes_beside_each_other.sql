-- What one member stored takes nobody's way; what is asked for at each removal and each sweep has its index.

-- A box of an earlier seed stands beside those of other members, by whose key it was made (zeros: before this was kept). Whoever
-- opens the unit takes the first that fits the roster's event 4: one that opens to nothing is stepped over, and can be
-- replaced by nobody but who stored it.
ALTER TABLE previous_seeds ADD COLUMN kid bytea NOT NULL DEFAULT decode(repeat('00', 16), 'hex') CHECK (octet_length(kid) = 16);
ALTER TABLE previous_seeds ALTER COLUMN kid DROP DEFAULT;
ALTER TABLE previous_seeds DROP CONSTRAINT previous_seeds_pkey, ADD PRIMARY KEY (practice, unit, epoch, kid);

CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX invitations_expires ON invitations (expires_on);

-- Machines of accounts that were begun and left.
DELETE FROM devices d WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.account = d.account);
ALTER TABLE devices ADD FOREIGN KEY (account) REFERENCES accounts ON DELETE CASCADE;
