# SPDX-License-Identifier: AGPL-3.0-or-later
"""A dossier's evidence as one file (ZIP): whoever has it needs neither us nor the server to check it."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from serment.server.papers.notice import notice
from serment.server.papers.pdf import pdf
from serment.server.papers.record import record
from serment.server.timestamp import NotStamped, stamp
from serment.server.usecases.gather_evidence import Evidence

MANIFEST = "MANIFEST.sha256"
STAMP = f"{MANIFEST}.tsr"
CUSTODY_CHECK = """#!/bin/sh
# Works out the hash of each line of custody.tsv from the hash before and the line; says which does not follow.
tab=$(printf '\\t')
before=
wrong=0
while IFS= read -r line; do
    hash=${line##*"$tab"}
    before=$(printf '%s\\n%s' "$before" "${line%"$tab"*}" | sha256sum | cut -c1-64)
    [ "$before" = "$hash" ] || { wrong=1; echo "WRONG: $line"; }
done < custody.tsv
[ "$wrong" = 0 ] && echo "custody.tsv: each line follows from the one before"
exit "$wrong"
"""
README = """PREUVES D'UNE VIOLATION DE DONNÉES / EVIDENCE OF A PERSONAL-DATA BREACH
Dossier {incident}, cabinet {practice}, édité le {when} UTC

Ce que contient ce fichier / What is inside
  notification.pdf, dossier.json   le dossier tel qu'il était / the dossier as it stood
  entries.jsonl                    les {count} lignes du journal des accès, en toutes lettres / the entries, in words
  ledger/                          le journal publié (arbre de Merkle, point de contrôle signé) / the published log
  custody.tsv                      qui a fait quoi sur ce dossier / who did what to this dossier
  {manifest}                  l'empreinte SHA-256 de chaque fichier / the SHA-256 of each file

Aucun patient n'y est nommé : des identifiants, des heures, des nombres. Gardez pourtant ce fichier comme le dossier.
Nobody is named in it: ids, times, counts. Keep this file as you keep the dossier, all the same.

Vérifier sans nous / Check it without us
  1. sha256sum -c {manifest}
  2. serment verify ledger --key '{key}' --entries entries.jsonl
     Comparez la clé à celle que vous aviez notée ailleurs ; avec un point de contrôle plus ancien, ajoutez --earlier FICHIER.
     Compare the key with the one you noted elsewhere; with a checkpoint that you kept before, add --earlier FILE.
  3. sh verify-custody.sh
  4. Si {manifest}.tsr s'y trouve : un tiers a horodaté le manifeste (RFC 3161). Il faut le certificat racine de ce tiers,
     pris chez lui. / If {manifest}.tsr is there: a third party stamped the manifest. Take its root certificate from itself.
     serment verify ledger --stamped {manifest} --authority RACINE.pem
     openssl ts -verify -in {manifest}.tsr -data {manifest} -CAfile RACINE.pem
Le format du journal / the log's format: spec/ledger.md (C2SP tlog-tiles, RFC 6962).
"""


@dataclass(frozen=True, slots=True)
class Written:
    """`digest`: the SHA-256 of the manifest, in hex. `unstamped`: why it bears no time-stamp, in words; None if it does."""

    digest: str
    unstamped: str | None


def write_evidence(evidence: Evidence, path: Path, now: datetime, timestamp: str | None) -> Written:
    """Writes the file, readable by its owner alone, whole or not at all. `timestamp`: the service that stamps its manifest; one
    that does not answer holds nothing up."""
    fresh = path.with_name(path.name + ".part")
    manifest = []
    unstamped: str | None = "No time-stamp service is named (SERMENT_TIMESTAMP)."
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in _contents(evidence, now):
                    archive.writestr(_entry(name, now), content)
                    manifest.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
                text = "".join(manifest).encode()
                archive.writestr(_entry(MANIFEST, now), text)
                if timestamp is not None:
                    try:
                        archive.writestr(_entry(STAMP, now), stamp(timestamp, text))
                        unstamped = None
                    except NotStamped as error:
                        unstamped = str(error)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return Written(hashlib.sha256(text).hexdigest(), unstamped)


def _contents(evidence: Evidence, now: datetime) -> Iterator[tuple[str, bytes]]:
    dossier = evidence.whole.dossier
    readme = README.format(
        incident=dossier.incident,
        practice=dossier.practice_name,
        when=f"{now:%Y-%m-%d %H:%M}",
        count=evidence.count,
        manifest=MANIFEST,
        key=evidence.verifier_key,
    )
    kind = dossier.next_notice
    yield "LISEZMOI.txt", readme.encode()
    yield "notification.pdf", pdf(notice(dossier, kind, now))
    yield "dossier.json", record(dossier, kind, now)
    yield "entries.jsonl", evidence.entries
    custody = "".join(f"{line.line}\t{line.chain}\n" for line in evidence.whole.custody)
    yield "custody.tsv", custody.encode()
    yield "verify-custody.sh", CUSTODY_CHECK.encode()
    for name, content in evidence.log.items():
        yield f"ledger/{name}", content
    for tile in evidence.tiles:
        yield f"ledger/{tile.as_posix()}", (evidence.folder / tile).read_bytes()


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
