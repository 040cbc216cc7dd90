-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The link in a message finds its appointment by the keyed tag of its token.
CREATE INDEX appointments_act_tag ON appointments (act_tag) WHERE act_tag IS NOT NULL;
