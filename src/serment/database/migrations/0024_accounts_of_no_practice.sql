-- How long an account has been in no practice (docs/decisions/0056).

-- lone_since: the first day of the month in which the account was found in no practice and without a session; none while it
-- is in one. Whoever signs in takes it away.
ALTER TABLE accounts ADD COLUMN lone_since date CHECK (extract(day FROM lone_since) = 1);
