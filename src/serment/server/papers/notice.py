# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a notice to the authority says, line by line of art. 33(3), in the CNIL's own words (domain/incident_labels.toml)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from serment.domain.incident_labels import say
from serment.domain.incident_letter import PARTS
from serment.domain.named_times import moment
from serment.server.papers.sheet import Row, Section, Sheet, Table, number, span, words
from serment.server.usecases.dossier import DossierTold

Kind = Literal["initial", "supplementary"]


def notice(dossier: DossierTold, kind: Kind, now: datetime) -> Sheet:
    """The notification as it stands; what it lacks is marked, never left out."""
    sections = (
        _notice(dossier, kind),
        _section("controller", _fields(dossier, *(f"controller_{what}" for what in ("name", "siren", "address", "sector")))),
        _section("representative", _fields(dossier, *_person("representative"))),
        _section("contact", _contact(dossier)),
        _breach(dossier),
        _data(dossier),
        _people(dossier),
        _consequences(dossier),
        _section("measures", _fields(dossier, "measures_before", "measures_after")),
        _informing(dossier),
        _section("elsewhere", _elsewhere(dossier)),
        sources(dossier),
    )  # fmt: skip
    return Sheet(
        title=say("paper", "title"),
        subtitle=f"{say('type', kind)} {say('paper', 'to')}",
        head=dossier.form.controller_name or dossier.practice_name,
        footer=printed(dossier, now),
        box=(
            Row(say("paper", "found"), moment(dossier.found_at, dossier.timezone)),
            Row(say("paper", "due").format(hours=dossier.hours), due(dossier)),
            Row(say("field", "gravity"), f"{say('gravity', dossier.gravity)} (SE {_decimal(dossier.severity.se)})"),
            Row(say("paper", "lacking"), lacking(dossier)),
        ),
        sections=sections,
        hint=say("paper", "hint"),
        signed=True,
        made_at=now,
    )  # fmt: skip


def printed(dossier: DossierTold, now: datetime) -> str:
    """The foot of each page."""
    return say("paper", "printed").format(
        incident=dossier.incident, rev=dossier.rev, when=moment(now, dossier.timezone)
    )


def due(dossier: DossierTold) -> str:
    """When the time is over, and how that stands."""
    if dossier.left_seconds is None:
        return say("paper", "due_none")
    sent, late = dossier.initial_at is not None, dossier.late
    key = ("due_missed" if late else "due_kept") if sent else ("due_over" if late else "due_left")
    return say("paper", key).format(
        when=moment(dossier.due_at, dossier.timezone), left=span(timedelta(seconds=dossier.left_seconds))
    )


def lacking(dossier: DossierTold) -> str:
    """How many required lines are empty, and which."""
    count = len(dossier.lacking)
    key = "lacking_none" if not count else "lacking_one" if count == 1 else "lacking_some"
    names = ", ".join(full_label(name) for name in dossier.lacking)
    return say("paper", key).format(count=count, names=names)


def full_label(name: str, language: str = "fr") -> str:
    """A field's label where its section is not seen: "Nom" alone would not say whose."""
    label = say("field", name, language)
    for section in ("representative", "contact"):
        if name.startswith(f"{section}_"):
            whose = say("section", section, language)
            return f"{label[0].lower()}{label[1:]} ({whose[0].lower()}{whose[1:]})"
    return f"{label[0].lower()}{label[1:]}" if not label.isupper() else label


def _section(key: str, content: tuple[Row | Table, ...]) -> Section:
    article = "" if key in ("notice", "representative") else say("article", key)
    return Section(say("section", key), article, content)


def _person(of: str) -> tuple[str, ...]:
    return tuple(f"{of}_{what}" for what in ("name", "role", "email", "phone"))


def _fields(dossier: DossierTold, *names: str) -> tuple[Row, ...]:
    """Texts of the form: those that are required are marked where they are empty, the others left out."""
    rows = []
    for name in names:
        text: str = getattr(dossier.form, name)
        if text.strip() or name in dossier.lacking:
            rows.append(Row(say("field", name), text.strip() or None))
    return tuple(rows)


def _contact(dossier: DossierTold) -> tuple[Row, ...]:
    form = dossier.form
    rows = [*_fields(dossier, *_person("contact"))]
    if "contact_reach" in dossier.lacking:
        rows.append(Row(say("field", "contact_reach"), None))
    rows.append(Row(say("field", "contact_is_dpo"), say("paper", "yes" if form.contact_is_dpo else "no")))
    return (*rows, *_fields(dossier, "dpo_number", "others"))


def _notice(dossier: DossierTold, kind: Kind) -> Section:
    rows = [Row(say("field", "type"), say("type", kind))]
    if kind == "supplementary":
        rows.append(Row(say("field", "cnil_number"), dossier.form.cnil_number or None))
    if dossier.initial_at is not None:
        rows.append(Row(say("field", "initial_at"), moment(dossier.initial_at, dossier.timezone)))
    return _section("notice", (*rows, *_fields(dossier, "late_reason")))


def _breach(dossier: DossierTold) -> Section:
    form, zone = dossier.form, dossier.timezone

    def date(at: datetime | None) -> str:
        return say("paper", "going_on") if at is None else moment(at, zone)

    return _section(
        "breach",
        (
            Row(say("field", "found_at"), moment(dossier.found_at, zone)),
            Row(say("field", "began_at"), date(form.began_at)),
            Row(say("field", "ended_at"), date(form.ended_at)),
            *_fields(dossier, "found_how", "circumstances"),
            Row(say("field", "natures"), words("nature", form.natures)),
            Row(say("field", "origins"), words("origin", form.origins)),
            Row(say("field", "cause"), say("cause", form.cause) if form.cause else None),
        ),
    )


def _data(dossier: DossierTold) -> Section:
    figures = dossier.figures
    if figures.records:
        what = ", ".join(
            say("paper", kind).format(count=number(count))
            for kind, count in (
                ("appointments", figures.appointments),
                ("cards", figures.cards),
                ("names", figures.names),
            )
            if count
        )
        counted = say("paper", "records").format(records=number(figures.records), what=what)
    else:
        counted = say("paper", "none_left")
    parts = tuple((say("part", part), number(many)) for part, many in figures.by_part.items())
    return _section(
        "data",
        (
            Row(say("field", "records"), counted),
            Row(say("field", "typologies"), words("typology", dossier.typologies)),
            Row(say("field", "sensitive"), say("sensitive", "health")),
            Row(say("field", "keys"), say("keys", dossier.form.keys)),
            *((Table((say("field", "by_part"), say("field", "records")), parts),) if parts else ()),
        ),
    )


def _people(dossier: DossierTold) -> Section:
    figures = dossier.figures
    if dossier.form.people_exact is not None:
        many = say("paper", "exactly").format(count=number(dossier.form.people_exact))
    elif figures.people_max == 0:
        many = say("paper", "none_left")
    else:
        many = say("paper", "between").format(
            fewest=number(figures.people_min), most=number(figures.people_max)
        )
    return _section(
        "people",
        (
            Row(say("field", "people_number"), many),
            Row(say("field", "bracket"), say("bracket", figures.bracket)),
            Row(say("field", "people"), words("people", dossier.form.people)),
        ),
    )


def _consequences(dossier: DossierTold) -> Section:
    grave = dossier.severity
    steps = tuple(
        (say("term", step.of), say(step.of, step.key), _decimal(step.worth)) for step in grave.steps
    )
    heads = (say("paper", "step"), say("field", "enisa"), say("paper", "worth"))
    total = (say("paper", "se"), grave.sum.replace(".", ","))
    return _section(
        "consequences",
        (
            Row(say("field", "impacts"), words("impact", dossier.form.impacts)),
            Row(say("field", "gravity"), say("gravity", dossier.gravity)),
            Table(heads, steps, total),
        ),
    )


def _informing(dossier: DossierTold) -> Section:
    form = dossier.form
    rows = [Row(say("field", "informed"), say("informed", form.informed)), *_fields(dossier, "informed_how")]
    if form.exemption is not None:
        rows.append(Row(say("field", "exemption"), say("exemption", form.exemption)))
    if form.keys == "safe" and dossier.figures.records:
        rows.append(
            Row(
                say("field", "keys"),
                say("paper", "sealed").format(records=number(dossier.figures.records)),
            )
        )
    if dossier.letter_lacks == {}:
        text = "\n".join(f"{say('letter', part)} : {getattr(dossier.letter, part)}" for part in PARTS)
        rows.append(Row(say("field", "letter"), text))
    if dossier.told is not None:
        counts = {name: number(many) for name, many in msgspec.structs.asdict(dossier.told).items()}
        rows.append(Row(say("field", "told"), say("paper", "told").format(**counts)))
    return _section("informing", tuple(rows))


def _elsewhere(dossier: DossierTold) -> tuple[Row, ...]:
    return (
        Row(say("field", "cross_border"), dossier.form.cross_border or say("paper", "no")),
        Row(
            say("field", "reports"),
            words("report", dossier.form.reports) or say("paper", "no"),
        ),
    )


def sources(dossier: DossierTold) -> Section:
    """Which entries of the access ledger the figures were counted from."""
    scope, figures, zone = dossier.scope, dossier.figures, dossier.timezone
    if scope.links:
        readers = say("paper", "links")
    else:
        readers = "\n".join(str(reader) for reader in scope.readers) or say("paper", "everybody")
    rows = [
        Row(say("field", "incident"), str(dossier.incident)),
        Row(
            say("field", "period"),
            say("paper", "period").format(since=moment(scope.since, zone), until=moment(scope.until, zone)),
        ),
        Row(say("field", "readers"), readers),
        Row(say("field", "purposes"), words("purpose", scope.purposes) or say("paper", "all_routes")),
    ]
    if figures.first is not None and figures.last is not None:
        entries = say("paper", "entries").format(
            entries=number(figures.entries),
            first=moment(figures.first, zone),
            last=moment(figures.last, zone),
        )
        rows.append(Row(say("field", "entries"), entries))
    return _section("sources", tuple(rows))


def _decimal(worth: float) -> str:
    return f"{worth:g}".replace(".", ",")
