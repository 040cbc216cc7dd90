-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What the host must hear of. One row a kind: it cannot be filled up by whoever sets it off.
-- planted: somebody showed a false credential that stands in a backup and nowhere else: they have read one.
CREATE TABLE alarms (
    what text PRIMARY KEY CHECK (what IN ('planted')),
    first timestamptz NOT NULL,
    last timestamptz NOT NULL,
    times bigint NOT NULL CHECK (times > 0)
);
