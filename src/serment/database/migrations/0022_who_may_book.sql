-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What a practice asks of who books online: nothing, a checked number, or a checked number or e-mail address. Asked only where
-- its roster names the notifier that serves the instance; who brings no proof makes a request.
ALTER TABLE practices ADD COLUMN booking_check text NOT NULL DEFAULT 'none'
    CHECK (booking_check IN ('none', 'phone', 'any'));

-- Signatures of the notifier that served: each for one booking. tag = HMAC(D(S,"check"), booking_pk), S outside the database: a dump
-- does not tell which appointment was checked. month (yyyymm) is the check's; the row goes when such a signature is over.
CREATE TABLE spent_checks (
    tag bytea PRIMARY KEY CHECK (octet_length(tag) = 32),
    month integer NOT NULL
);
CREATE INDEX spent_checks_month ON spent_checks (month);
