# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment incident`: the host's officer opens, scopes and hands out dossiers of breaches, one for each practice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from serment.command import SaidInWords, database, in_words, settings_here
from serment.settings import LOOPBACK, PORT_MAX

if TYPE_CHECKING:
    from serment.domain.incident import Scope
    from serment.server.instance import Instance
    from serment.server.usecases.dossier import DossierTold

TOKEN_BYTES = 16
ROUTES = ("agenda", "unopened", "record", "link", "cards", "index", "feed")


class _Moment(click.ParamType[datetime]):
    """An instant with its offset: a time without one would be somebody else's hour."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Aware. Fails in words."""
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no time. It looks like 2026-11-26T10:02+01:00.", param, ctx)
        if found.tzinfo is None:
            self.fail(
                f"{value} says no offset. It looks like 2026-11-26T10:02+01:00, or ends in Z.", param, ctx
            )
        return found


MOMENT = _Moment()
INCIDENT = click.argument("incident", type=click.UUID)
SLUG = click.option(
    "--practice", "slug", required=True, help="The practice, by the last part of its address."
)
FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to write (here).",
)


def _scoped(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--since", type=MOMENT, required=True, help="From when the ledger is looked at."),
        click.option("--until", type=MOMENT, required=True, help="Until when."),
        click.option("--member", "members", multiple=True, type=click.UUID, help="This access alone; several."),
        click.option("--links", is_flag=True, help="Patients' links alone."),
        click.option("--route", "routes", multiple=True, type=click.Choice(ROUTES), help="By this route alone; several."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group()
def incident() -> None:
    """Breaches of personal data: one dossier for each practice, with figures from the access ledger.

    What to do in the first hour: docs/how-to/incident.md.
    """


@incident.command(name="list")
def list_() -> None:
    """Lists the dossiers: reference, practice, when it was found, how far it is, what is left of the time."""

    async def run(instance: Instance) -> list[DossierTold]:
        from serment.server.usecases.dossier import dossiers_of

        return await dossiers_of(instance)

    for dossier in _run(run):
        click.echo(
            f"{dossier.incident}  {dossier.slug}  {dossier.found_at:%Y-%m-%d %H:%M} UTC  {dossier.phase}, {_left(dossier)}, "
            f"{dossier.figures.records} records, {len(dossier.lacking)} fields lacking"
        )


def _left(dossier: DossierTold) -> str:
    if dossier.left_seconds is None:
        return "nothing to send"
    minutes = abs(dossier.left_seconds) // 60
    length = f"{minutes // 60} h {minutes % 60:02d}"
    if dossier.initial_at is not None:
        return f"sent {length} {'late' if dossier.late else 'before the end'}"
    return f"late by {length}" if dossier.late else f"{length} left"


@incident.command(name="open")
@click.option(
    "--found", type=MOMENT, required=True, help="When the breach was found: the clock runs from here."
)
@click.option(
    "--practice", "slugs", multiple=True, help="For this practice alone (else: all that anything left of)."
)
@click.option(
    "--id", "given", type=click.UUID, help="The reference, to go on with an opening that was broken off."
)
@_scoped
def open_(found: datetime, slugs: Sequence[str], given: uuid.UUID | None, **scoped: Any) -> None:
    """Opens an incident: a dossier for each practice of which anything left within the scope."""
    reference, scope = given or uuid.uuid4(), _scope(**scoped)

    async def run(instance: Instance) -> list[uuid.UUID]:
        from serment.server.usecases.open_incident import open_by_host

        return await open_by_host(instance, reference, found, scope, slugs)

    practices = _run(run)
    click.echo(f"{reference}: {len(practices)} dossiers.")


@incident.command()
@INCIDENT
@_scoped
def scope(incident: uuid.UUID, **scoped: Any) -> None:
    """Sets another scope for all dossiers of INCIDENT, and counts anew."""
    chosen = _scope(**scoped)

    async def run(instance: Instance) -> list[DossierTold]:
        from serment.server.usecases.change_dossier import change_scope_by_host
        from serment.server.usecases.dossier import dossiers_of

        await change_scope_by_host(instance, incident, chosen)
        return await dossiers_of(instance, incident=incident)

    for dossier in _run(run):
        figures = dossier.figures
        click.echo(
            f"{dossier.slug}: {figures.entries} entries, {figures.records} records, "
            f"{figures.people_min} to {figures.people_max} people"
        )


@incident.command()
@INCIDENT
@FOLDER
@click.option("--supplementary", is_flag=True, help="The supplementary notice, not the initial one.")
def draft(incident: uuid.UUID, folder: Path, supplementary: bool) -> None:
    """Writes the notice of each practice, as PDF and JSON. What is lacking is marked in it."""

    async def run(instance: Instance) -> None:
        from serment.server.papers.notice import notice
        from serment.server.papers.pdf import pdf
        from serment.server.papers.record import record
        from serment.server.usecases.change_dossier import note_paper
        from serment.server.usecases.dossier import dossiers_of, whole

        kind, now = "supplementary" if supplementary else "initial", instance.clock()
        dossiers = await dossiers_of(instance, incident=incident)
        if not dossiers:
            raise SaidInWords(f"There is no incident {incident}. `serment incident list` names them.")
        for listed in dossiers:
            dossier = (await whole(instance, listed.practice, incident)).dossier
            paper = pdf(notice(dossier, kind, now))  # type: ignore[arg-type]
            for ending, content in (("pdf", paper), ("json", record(dossier, kind, now))):  # type: ignore[arg-type]
                written = folder / f"{dossier.slug}-{str(incident)[:8]}-{kind}.{ending}"
                _write(written, content)
                click.echo(f"{written}: {len(dossier.lacking)} fields lacking")
            await note_paper(instance, dossier.practice, incident, f"draft {kind}", paper)

    _run(run)


@incident.command(name="page")
@click.option("--port", type=click.IntRange(0, PORT_MAX), default=0, help="On which port (any that is free).")
def page_(port: int) -> None:
    """Shows all dossiers on a page, on this machine alone, until Ctrl-C: clocks, figures, papers to take away.

    Its address holds a secret of this start. From elsewhere: ssh -L PORT:127.0.0.1:PORT, with --port.
    """

    async def run(instance: Instance) -> None:
        import uvicorn

        from serment.server.pages.officer import officers_app

        token = secrets.token_urlsafe(TOKEN_BYTES)
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind((LOOPBACK, port))
            except OSError as error:
                raise SaidInWords(
                    f"Port {port} of {LOOPBACK} cannot be listened on: {error.strerror}."
                ) from error
            listening.listen()  # whoever opens the address at once waits for the answer
            click.echo(f"http://{LOOPBACK}:{listening.getsockname()[1]}/fr/{token}")
            config = uvicorn.Config(
                officers_app(instance, token), log_level="warning", access_log=False, server_header=False,
                timeout_graceful_shutdown=1,
            )  # fmt: skip
            await uvicorn.Server(config).serve(sockets=[listening])

    with contextlib.suppress(KeyboardInterrupt):  # this is how one ends it
        _run(run)


@incident.command()
@SLUG
@FOLDER
def register(slug: str, folder: Path) -> None:
    """Writes a practice's register of art. 33(5), as PDF and JSON: every breach, notified or not."""

    async def run(instance: Instance) -> None:
        import msgspec

        from serment.server.papers.pdf import pdf
        from serment.server.papers.register import register as sheet
        from serment.server.usecases.dossier import dossiers_of

        practice, name = await _practice(instance, slug)
        dossiers = await dossiers_of(instance, practice=practice)
        text = msgspec.json.format(msgspec.json.encode(dossiers), indent=2) + b"\n"
        for ending, content in (("pdf", pdf(sheet(name, dossiers, instance.clock()))), ("json", text)):
            _write(folder / f"{slug}-registre.{ending}", content)
            click.echo(f"{folder / f'{slug}-registre.{ending}'}: {len(dossiers)} breaches")

    _run(run)


@incident.command()
@INCIDENT
@SLUG
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def evidence(incident: uuid.UUID, slug: str, file: Path) -> None:
    """Writes FILE (ZIP): the dossier, its ledger entries, the log that they stand in, its custody, and how to check them."""

    async def run(instance: Instance) -> None:
        from serment.server.papers.evidence import write_evidence
        from serment.server.usecases.change_dossier import note_evidence
        from serment.server.usecases.gather_evidence import NotPublished, gather_evidence

        practice, _ = await _practice(instance, slug)
        try:
            found = await gather_evidence(instance, practice, incident)
        except NotPublished as error:
            raise SaidInWords(" ".join((error.__doc__ or "").split())) from error
        written = await asyncio.to_thread(
            write_evidence, found, file, instance.clock(), settings_here().timestamp
        )
        await note_evidence(instance, practice, incident, written.digest)
        click.echo(f"{file}: {found.count} entries. SHA-256 of its manifest: {written.digest}")
        click.echo(
            f"Without a time-stamp. {written.unstamped}"
            if written.unstamped
            else "Its manifest is time-stamped."
        )

    _run(run)


def _scope(
    since: datetime, until: datetime, members: Sequence[uuid.UUID], links: bool, routes: Sequence[str]
) -> Scope:
    from serment.domain.incident import Scope
    from serment.domain.ledger import Purpose

    return Scope(since, until, tuple(members), links, tuple(Purpose[route.upper()] for route in routes))


async def _practice(instance: Instance, slug: str) -> tuple[uuid.UUID, str]:
    from serment.server.usecases.dossier import practice_of

    found = await practice_of(instance, slug)
    if found is None:
        raise SaidInWords(f"No practice here has the address {slug}.")
    return found


def _write(path: Path, content: bytes) -> None:
    """Readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def _run(what: Callable[[Instance], Awaitable[Any]]) -> Any:
    from serment.domain.errors import DomainError
    from serment.server.app import open_instance
    from serment.server.usecases.errors import Refusal

    async def run(url: str) -> Any:
        instance = await open_instance(settings, url, connections_max=2)
        try:
            return await what(instance)
        except (DomainError, Refusal) as error:
            raise SaidInWords(str(error) if isinstance(error, DomainError) else error.message) from error
        finally:
            await instance.pool.close()

    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        return asyncio.run(run(url))
