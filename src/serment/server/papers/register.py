# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of art. 33(5): every breach, notified or not: facts, effects, remedies, the decision, its reason and author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from serment.domain.incident_labels import say
from serment.domain.named_times import moment
from serment.server.papers.notice import due, lacking
from serment.server.papers.sheet import Row, Section, Sheet, number, words
from serment.server.usecases.dossier import DossierTold


def register(
    practice: str, dossiers: Sequence[DossierTold], now: datetime, names: Mapping[UUID, str] | None = None
) -> Sheet:
    """The latest first. `names`: of members, where whoever reads it may know them."""
    zone = dossiers[0].timezone if dossiers else "UTC"
    return Sheet(
        title=say("paper", "register"),
        subtitle=say("paper", "register_of"),
        head=practice,
        footer=say("paper", "printed_on").format(when=moment(now, zone)),
        box=(),
        sections=tuple(_entry(dossier, names or {}) for dossier in dossiers),
        hint="" if dossiers else say("paper", "empty"),
        signed=bool(dossiers),
        made_at=now,
    )


def _entry(dossier: DossierTold, names: Mapping[UUID, str]) -> Section:
    form, figures, zone = dossier.form, dossier.figures, dossier.timezone
    effects = "\n".join(
        (
            f"{say('bracket', figures.bracket)}. {say('field', 'records')} : {number(figures.records)}.",
            *(say("impact", impact) for impact in form.impacts),
            f"{say('field', 'gravity')} : {say('gravity', dossier.gravity)} ({dossier.severity.sum.replace('.', ',')})",
        )
    )
    decided = None
    if dossier.decision is not None:
        decided = say("paper", "notify" if dossier.decision else "not_notify")
    author = None
    if dossier.decided_at is not None and dossier.decided_by is not None:
        who = names.get(dossier.decided_by) or say("paper", "member").format(member=dossier.decided_by)
        author = say("paper", "author").format(who=who, when=moment(dossier.decided_at, zone))
    rows = [
        Row(say("field", "incident"), f"{dossier.incident}\n{say('origin_of_dossier', dossier.origin)}"),
        Row(say("field", "natures"), words("nature", form.natures)),
        Row(say("field", "facts"), form.circumstances.strip() or None),
        Row(say("field", "effects"), effects),
        Row(say("field", "remedies"), form.measures_after.strip() or None),
        Row(say("field", "decided"), decided),
        Row(say("field", "reason"), dossier.reason or None),
        Row(say("field", "author"), author),
        Row(say("field", "informed"), say("informed", form.informed)),
    ]
    if dossier.decision:
        rows.append(Row(say("paper", "due").format(hours=dossier.hours), due(dossier)))
        if dossier.initial_at is None:
            rows.append(Row(say("paper", "lacking"), lacking(dossier)))
    if dossier.complete_at is not None:
        rows.append(Row(say("field", "complete_at"), moment(dossier.complete_at, zone)))
    found = moment(dossier.found_at, zone)
    return Section(found[0].upper() + found[1:], say("article", "decision"), tuple(rows))
