-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An objection is taken back by the token that said it and by no other; an address has as many as were said. NULL: it was an
-- answer to the provider, or stands from before this, and no token takes it back.
ALTER TABLE objections ADD COLUMN stop_hash bytea CHECK (octet_length(stop_hash) = 32);
ALTER TABLE objections DROP CONSTRAINT objections_pkey;
ALTER TABLE objections ADD CONSTRAINT objections_said UNIQUE NULLS NOT DISTINCT (address_tag, stop_hash);
