# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time-stamps (RFC 3161) of a file, checked without asking anybody: by the authority that whoever checks has from elsewhere."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from cryptography.x509 import InvalidVersion, load_pem_x509_certificates
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from serment.verifier.notes import Wrong

ENDING = ".tsr"


def check_stamp(file: Path, authority: Path) -> str:
    """What was checked, a sentence. The stamp lies beside `file`; `authority` holds the root's certificate, PEM. Certificates
    count as they stood when it was put. Raises Wrong."""
    try:
        roots = load_pem_x509_certificates(authority.read_bytes())
    except (OSError, ValueError) as error:
        raise Wrong(f"{authority} holds no certificate (PEM).") from error
    beside = file.with_name(file.name + ENDING)
    try:
        stamped, data = beside.read_bytes(), file.read_bytes()
    except OSError as error:
        raise Wrong(f"{error.filename} cannot be read: nothing says when {file.name} was there.") from error
    try:
        told = decode_timestamp_response(stamped)
        of, when = told.tst_info.message_imprint.message, told.tst_info.gen_time
    except ValueError as error:
        raise Wrong(f"{beside.name} is no time-stamp: it was cut short, or changed.") from error
    if of != sha256(data).digest():
        raise Wrong(
            f"{file.name} is not what was stamped: it was changed afterwards, or the stamp is another file's."
        )
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(told, data)
    except (VerificationError, InvalidVersion, ValueError) as error:
        raise Wrong(
            f"The stamp of {file.name} is not by an authority of {authority.name}: {str(error).rstrip('.')}."
        ) from error
    by = ", ".join(sorted({root.subject.rfc4514_string() for root in roots}))
    return f"{file.name} was there as it is on {when:%Y-%m-%d %H:%M:%S} UTC: so says a time-stamp under {by}."
