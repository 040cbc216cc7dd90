-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who opened contacts or reasons of many visits that were long over: told to owners, stops nobody (docs/decisions/0076).
-- files: of how many visits within some days, when it was noted. seen_by: the owner who has seen it.
CREATE TABLE look_backs (
    practice uuid NOT NULL,
    member uuid NOT NULL,
    at timestamptz NOT NULL,
    files integer NOT NULL CHECK (files > 0),
    seen_at timestamptz,
    seen_by uuid,
    PRIMARY KEY (practice, member, at),
    CHECK ((seen_at IS NULL) = (seen_by IS NULL))
);
