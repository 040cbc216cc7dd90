# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment register`: the register of processing activities of art. 30 GDPR, made from the list of every column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

import click

from serment.domain.named_times import LANGUAGES, Language
from serment.domain.register import Processing, columns, processings

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "fr": {
        "title": "Registre des activités de traitement",
        "made": "Fait par `serment register` à partir de la liste de toutes les colonnes de la base (article 30 du RGPD). "
        "Ce qui est à compléter l’est par le cabinet, responsable du traitement.",
        "controller": "Responsable du traitement",
        "processor": "Sous-traitant (hébergeur)",
        "officer": "Délégué à la protection des données",
        "blank": "à compléter",
        "purpose": "Finalité",
        "basis": "Base légale",
        "people": "Personnes concernées",
        "data": "Données",
        "readers": "Qui peut les lire telles qu’elles sont stockées",
        "keeping": "Durées de conservation",
        "tables": "Tables",
        "transfers": "Transferts hors de l’Union européenne",
        "transfers_said": "aucun par Serment ; à compléter selon l’hébergeur et l’opérateur des SMS",
        "security": "Sécurité",
        "security_said": "identité, coordonnées et raison scellées dans le navigateur (X-Wing, AES-256-GCM) : "
        "ni l’hébergeur ni un voleur de la base ne les lit ; accès par clé personnelle ; registre des accès à preuves ; "
        "arrêt des accès abusifs ; "
        "sauvegardes chiffrées pour une clé que l’hébergeur n’a pas",
    },
    "en": {
        "title": "Register of processing activities",
        "made": "Made by `serment register` from the list of every column of the database (article 30 GDPR). What is to be "
        "filled in is for the practice, which is the controller.",
        "controller": "Controller",
        "processor": "Processor (host)",
        "officer": "Data-protection officer",
        "blank": "to be filled in",
        "purpose": "Purpose",
        "basis": "Legal basis",
        "people": "People",
        "data": "Data",
        "readers": "Who can read it as it is stored",
        "keeping": "How long it is kept",
        "tables": "Tables",
        "transfers": "Transfers outside the European Union",
        "transfers_said": "none by Serment; to be filled in for the host and the carrier of text messages",
        "security": "Security",
        "security_said": "identity, contact and reason sealed in the browser (X-Wing, AES-256-GCM): neither the host nor "
        "a thief of the database reads them; access by personal keys; a ledger of accesses with proofs; abused accesses "
        "are stopped; backups "
        "encrypted to a key that the host does not hold",
    },
}


@click.command()
@click.option("--language", type=click.Choice(LANGUAGES), default="fr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For machines, every column included.")
def register(language: Language, as_json: bool) -> None:
    """Prints the register of processing activities (art. 30 GDPR), made from the list of every column.

    It needs neither database nor server: what is kept, why, how long and who reads it is part of the program.
    """
    if as_json:
        told = {
            "processings": [asdict(each) for each in processings(language)],
            "columns": [asdict(each) for each in columns()],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    click.echo("\n".join(markdown(language)))


def markdown(language: Language) -> Iterator[str]:
    """The register's lines."""
    words = _WORDS[language]
    colon = "\N{NO-BREAK SPACE}:" if language == "fr" else ":"
    yield from (f"# {words['title']}", "", words["made"], "")
    for who in ("controller", "processor", "officer"):
        yield f"- **{words[who]}**{colon} _{words['blank']}_"
    yield f"- **{words['transfers']}**{colon} {words['transfers_said']}"
    yield f"- **{words['security']}**{colon} {words['security_said']}"
    for number, each in enumerate(processings(language), start=1):
        yield from _entry(words, colon, number, each)


def _entry(words: Mapping[str, str], colon: str, number: int, each: Processing) -> Iterator[str]:
    yield from ("", f"## {number}. {each.name}", "")
    for heading, said in (("purpose", each.purpose), ("basis", each.basis), ("people", each.people)):
        yield f"- **{words[heading]}**{colon} {said}"
    yield from ("", f"| {words['data']} | {words['readers']} |", "|---|---|")
    yield from (f"| {kind} | {readers} |" for kind, readers in each.data)
    yield from ("", f"**{words['keeping']}**{colon}", "")
    yield from (f"- {what}{colon} {length}" for what, length in each.keeping)
    yield from ("", f"{words['tables']}{colon} {', '.join(f'`{table}`' for table in each.tables)}")
