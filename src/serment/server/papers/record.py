# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same notice for a machine: field names after the CNIL's form, each choice with its key and its two labels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from serment.domain.incident_labels import labels
from serment.domain.incident_letter import PARTS
from serment.server.papers.notice import Kind
from serment.server.usecases.dossier import DossierTold

FORMAT = "serment/incident/1"


def record(dossier: DossierTold, kind: Kind, now: datetime) -> bytes:
    """JSON, indented; times are UTC. `a_completer`: the required fields that are empty."""
    form, figures, grave = dossier.form, dossier.figures, dossier.severity
    told: dict[str, Any] = {
        "format": FORMAT,
        "edite_le": now,
        "a_completer": dossier.lacking,
        "notification": _notification(dossier, kind),
        "violation": {
            "date_constatation": dossier.found_at,
            "date_debut": form.began_at,
            "date_fin": form.ended_at,
            "moyen_decouverte": form.found_how or None,
            "circonstances": form.circumstances or None,
            "natures": _many("nature", form.natures),
            "origines": _many("origin", form.origins),
            "cause": _one("cause", form.cause),
        },
        "donnees": {
            "nb_enregistrements": {"exact": figures.records},
            "typologies": _many("typology", dossier.typologies),
            "sensibles": _many("sensitive", ["health"]),
            "champs_lus": {part: {**labels()["part"][part], "nombre": many} for part, many in figures.by_part.items()},
            "scelles": {"nombre": figures.records, "cle": _one("keys", form.keys)},
        },
        "personnes": {
            "nombre": {"min": figures.people_min, "max": figures.people_max, "exact": form.people_exact},
            "tranche": _one("bracket", figures.bracket),
            "categories": _many("people", form.people),
        },
        "mesures_avant": form.measures_before or None,
        "mesures_apres": form.measures_after or None,
        "consequences": {
            "impacts": _many("impact", form.impacts),
            "gravite": _one("gravity", dossier.gravity),
            "enisa": {
                "dpc": grave.steps[0].worth,
                "ei": grave.steps[1].worth,
                "cb": grave.cb,
                "se": grave.se,
                "calcul": grave.sum,
                "termes": [{**msgspec.to_builtins(step), **labels()[step.of][step.key]} for step in grave.steps],
            },
        },
        "information_personnes": {
            "etat": _one("informed", form.informed),
            "moyen": form.informed_how or None,
            "motif_34_3": _one("exemption", form.exemption),
            "chiffres": dossier.told,
            "texte": {part: getattr(dossier.letter, part) for part in PARTS} if dossier.letter_lacks == {} else None,
        },
        "transfrontalier": form.cross_border or None,
        "autres_declarations": _many("report", form.reports),
        "registre": {
            "id": dossier.incident,
            "revision": dossier.rev,
            "ouvert_par": _one("origin_of_dossier", dossier.origin),
            "ouvert_le": dossier.opened_at,
            "etape": dossier.phase,
            "decision_notifier": dossier.decision,
            "justification": dossier.reason or None,
            "decideur": dossier.decided_by,
            "decide_le": dossier.decided_at,
        },
        "sources": {
            "perimetre": dossier.scope,
            "lignes": figures.entries,
            "premiere": figures.first,
            "derniere": figures.last,
            "par_voie": figures.by_purpose,
        },
    }  # fmt: skip
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _notification(dossier: DossierTold, kind: Kind) -> dict[str, Any]:
    form = dossier.form
    return {
        "type": _one("type", kind),
        "numero_initiale": form.cnil_number or None,
        "motif_retard": form.late_reason or None,
        "echeance": dossier.due_at,
        "delai_heures": dossier.hours,
        "en_retard": dossier.late,
        "initiale_envoyee": dossier.initial_at,
        "complementaire_envoyee": dossier.complete_at,
        "responsable": {
            "raison_sociale": form.controller_name or None,
            "siren": "".join(form.controller_siren.split()) or None,
            "adresse": form.controller_address or None,
            "secteur_activite": form.controller_sector or None,
        },
        "representant_legal": _person(form, "representative"),
        "contact": {
            **_person(form, "contact"),
            "est_dpo": form.contact_is_dpo,
            "numero_dpo": form.dpo_number or None,
        },
        "autres_organismes": form.others or None,
    }


def _one(vocabulary: str, key: str | None) -> dict[str, str] | None:
    return None if key is None else {"key": key, **labels()[vocabulary][key]}


def _many(vocabulary: str, keys: Iterable[str]) -> list[dict[str, str]]:
    return [{"key": key, **labels()[vocabulary][key]} for key in keys]


def _person(form: Any, of: str) -> dict[str, str | None]:
    return {
        french: getattr(form, f"{of}_{name}") or None
        for french, name in (
            ("nom", "name"),
            ("fonction", "role"),
            ("courriel", "email"),
            ("telephone", "phone"),
        )
    }
