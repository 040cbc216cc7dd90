# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment`: the command line. Each command loads what it needs when it runs, so `--help` and `check` always work."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from serment import ending
from serment.cli_backup import backup, fetch, receive, restore
from serment.cli_incident import incident
from serment.cli_ledger import ledger, verify, witness
from serment.cli_register import register
from serment.command import SaidInWords, database, in_words, settings_here
from serment.settings import NOTIFIER_FILE, VARIABLES, Settings

CONNECT_SECONDS_MAX = 5.0
SEED_STATEMENT_SECONDS_MAX = 60.0

_SETTINGS_HELP = "\b\nSettings, read from the environment:\n" + "\n".join(
    f"  {variable:<22}{what}" for variable, _, what in VARIABLES
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_SETTINGS_HELP,
)
@click.version_option(package_name="serment", message="Serment %(version)s")
def main() -> None:
    """Serment: medical appointments that only the patient and the practice can read.

    To look around: `serment demo`. To run it for people: set SERMENT_DATABASE_URL and SERMENT_ORIGIN, run `serment
    check`, then `serment migrate` and `serment serve` behind a proxy that speaks TLS.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


@main.command()
def serve() -> None:
    """Runs the server. It holds no key of anybody and opens no envelope."""
    from serment.check import why_port_is_taken
    from serment.database import migrate as migrations
    from serment.server.run import serve as run_server
    from serment.server.run import try_instance

    settings = settings_here()
    ending.end_in_order()
    if taken := why_port_is_taken(settings.host, settings.port):
        raise SaidInWords(taken)
    with in_words(settings), contextlib.suppress(KeyboardInterrupt), database(settings) as url:
        if settings.database_url is None:
            ending.run(migrations.migrate(url))
        elif lacking := ending.run(migrations.pending(url)):
            raise SaidInWords(
                f"The database lacks {', '.join(lacking)}. Nothing was started. Run `serment migrate` first."
            )
        ending.run(try_instance(settings, url))
        click.echo(f"Serment answers on http://{settings.host}:{settings.port} (Ctrl-C stops it).", err=True)
        run_server(settings, url)


@main.command()
def demo() -> None:
    """Starts everything on made-up people: a database, a town, a first practice, the server."""
    from serment.check import why_port_is_taken
    from serment.demo.run import run

    settings = settings_here()
    ending.end_in_order()
    if taken := why_port_is_taken(settings.host, settings.port):
        raise SaidInWords(taken)
    with in_words(settings):
        run(settings)


@main.command()
def check() -> None:
    """Says in words what is wrong with this machine or configuration, and the cure. Exit code 1 if something is."""
    from serment.check import report

    sys.exit(report(settings_here()))


@main.command()
def migrate() -> None:
    """Brings the database up to date. Safe to run twice, or by several at once."""
    from serment.database.migrate import migrate as bring_up_to_date

    settings = settings_here()
    with in_words(settings), database(settings) as url:
        applied = asyncio.run(bring_up_to_date(url))
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("The database is up to date." if applied else "The database was up to date already.")


@main.command()
@click.option("--check", "check_alone", is_flag=True, help="Say what is wrong, send nothing.")
@click.option(
    "--counts", "counts_alone", is_flag=True, help="Say how many messages are in which state, send nothing."
)
def notify(check_alone: bool, counts_alone: bool) -> None:
    """Sends reminders, confirmations, notices and codes. It reads numbers and addresses, and no agenda.

    Its configuration: docs/reference/notifier-config.md. Beside an embedded database it runs while `serment serve` does.
    When a day is over it begins again in the same process: its memory keeps nothing of that day.
    """
    from serment.notifier.channels.settings import ConfigWrong
    from serment.notifier.config import read_config
    from serment.notifier.keys import AnotherNotifier, KeyChanged
    from serment.notifier.strongbox import StrongboxUnusable

    settings = settings_here()
    ending.end_in_order()
    if counts_alone:
        from serment.notifier.counts import counts

        with in_words(settings):
            click.echo("\n".join(ending.run(counts(_notifier_url(settings)))))
        return
    found: list[str] = []
    try:
        config = read_config(settings.notifier or settings.data / NOTIFIER_FILE)
        with in_words(settings), contextlib.suppress(KeyboardInterrupt):
            found = ending.run(_notify(settings, config, check_alone=check_alone))
            if not check_alone:
                ending.begin_again()
    except (ConfigWrong, StrongboxUnusable, AnotherNotifier, KeyChanged) as error:
        raise SaidInWords(str(error) or " ".join((error.__doc__ or "").split())) from error
    for sentence in found:
        click.echo(sentence)
    if found:
        sys.exit(1)
    if check_alone:
        click.echo("All is well. Nothing was sent.")


async def _notify(settings: Settings, config: Any, *, check_alone: bool) -> list[str]:
    from serment.notifier.report import report
    from serment.notifier.start import standing, wall_time

    origin = settings.origin or f"http://localhost:{settings.port}"
    async with standing(config, _notifier_url(settings), instance=settings.instance, origin=origin) as here:
        if check_alone:
            return await report(here, wall_time())
        click.echo(
            f"The notifier sends (Ctrl-C stops it). Practices compare its key: {here.keys.fingerprint}",
            err=True,
        )
        await here.notifier.run()
    return []


def _notifier_url(settings: Settings) -> str:
    from serment.database.embedded import EmbeddedPostgres
    from serment.database.roles import NOTIFIER

    if settings.notifier_database_url is not None:
        return settings.notifier_database_url
    if settings.database_url is not None:
        raise SaidInWords(
            "The notifier connects as serment_notifier, with a password of its own. Nothing was started. Set "
            "SERMENT_NOTIFIER_DATABASE_URL (docs/how-to/notifier.md)."
        )
    return EmbeddedPostgres(settings.data / "postgres", bin_folder=settings.postgres_bin).url(user=NOTIFIER)


@main.group(name="import")
def import_() -> None:
    """Reads public registers into the directory."""


FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@import_.command()
@FILE
@click.option(
    "--close-always", is_flag=True, help="Close what the file lacks even if the file looks cut short."
)
def rpps(file: Path, close_always: bool) -> None:
    """Reads the French register of professionals (PS_LibreAcces_Personne_activite).

    FILE may be read again at any time: what changed is changed, what left is closed, what is wrong is refused with its
    line number.
    """
    from serment.directory.rpps_format import HeaderDrift

    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        try:
            sentences = asyncio.run(_import_rpps(url, file, close_always=close_always))
        except HeaderDrift as error:
            raise SaidInWords(str(error)) from error
    for sentence in sentences:
        click.echo(sentence)


async def _import_rpps(url: str, file: Path, *, close_always: bool) -> list[str]:
    import asyncpg
    from rich.console import Console
    from rich.progress import Progress

    from serment.database.migrate import migrate as bring_up_to_date
    from serment.directory.rpps import import_rpps

    await bring_up_to_date(url)
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS_MAX)
    try:
        with Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task(file.name, total=None)
            report = await import_rpps(
                connection,
                file,
                today=datetime.now(UTC).date(),
                close_always=close_always,
                progress=lambda read, size: progress.update(bar, completed=read, total=size),
            )
        return report.sentences()
    finally:
        await connection.close()


@main.group()
def rebuild() -> None:
    """Computes anew what can be computed, if it was ever wrong."""


@rebuild.command(name="next-free")
def next_free() -> None:
    """Computes anew, from rules and taken time, the next free time of every agenda, which the search goes by.

    The server does this by itself after every change. It may run meanwhile; a rebuild broken off goes on where it was.
    """
    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        made, resumed = asyncio.run(_rebuild_next_free(settings, url))
    click.echo(
        f"{made} agendas made anew{', after those of a rebuild that was broken off' if resumed else ''}."
    )


async def _rebuild_next_free(settings: Settings, url: str) -> tuple[int, bool]:
    from rich.console import Console
    from rich.progress import Progress

    from serment.database.migrate import migrate as bring_up_to_date
    from serment.server.app import open_instance
    from serment.server.usecases.rebuild_next_free import rebuild_next_free

    await bring_up_to_date(url)
    instance = await open_instance(settings, url)
    try:
        with Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task("agendas", total=None)
            return await rebuild_next_free(
                instance, lambda done, agendas: progress.update(bar, completed=done, total=agendas)
            )
    finally:
        await instance.pool.close()


@main.command()
@FILE
def seed(file: Path) -> None:
    """Brings practices, agendas, openings, absences and visit types from FILE (its format: docs/reference/seed.md).

    A second run of the same file changes nothing; a corrected file corrects.
    """
    from serment.seeding.format import SeedRefused

    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        try:
            rows = asyncio.run(_seed(url, file))
        except SeedRefused as error:
            raise SaidInWords(str(error)) from error
    click.echo(
        "The file holds "
        + ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in rows.items())
        + "."
    )


async def _seed(url: str, file: Path) -> dict[str, int]:
    import asyncpg

    from serment.database.migrate import migrate as bring_up_to_date
    from serment.seeding.format import read
    from serment.seeding.plant import plant

    town = read(file)
    await bring_up_to_date(url)
    connection = await asyncpg.connect(
        url, timeout=CONNECT_SECONDS_MAX, command_timeout=SEED_STATEMENT_SECONDS_MAX
    )
    try:
        return (await plant(connection, town)).rows
    finally:
        await connection.close()


@main.group()
def practice() -> None:
    """Practices that were opened in the browser and that the host has not checked: patients read so until it has."""


@practice.command()
def waiting() -> None:
    """Lists them: who they say they are, by which register number. Check that outside this program."""
    for row in _with_pool("waiting_practices"):
        who = " ".join(part for part in (row["title"], row["given_name"], row["family_name"]) if part)
        number = row["claim"] or "no register number"
        click.echo(
            f"{row['slug']}  {row['name']}: {who}, {number}, {row['address']}, {row['postcode']} {row['town']}"
        )


@practice.command()
@click.argument("slug")
def confirm(slug: str) -> None:
    """Says that the practice whose link is SLUG is who it says: the search shows it, and patients read no warning."""
    if _with_pool("confirm_practice", slug) is None:
        raise SaidInWords(f"No practice that takes bookings has the link {slug}. Nothing was changed.")
    click.echo(f"The search shows {slug} from now on, as a practice whose identity was checked.")


def _with_pool(what: str, *given: str) -> Any:
    from serment.database.pool import open_pool
    from serment.server.usecases import confirm_practice as use_case

    async def run(url: str) -> Any:
        pool = await open_pool(url, connections_max=1)
        try:
            return await getattr(use_case, what)(pool, *given)
        finally:
            await pool.close()

    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        return asyncio.run(run(url))


main.add_command(verify)
main.add_command(witness)
main.add_command(ledger)
main.add_command(register)
for each in (backup, receive, fetch, restore):
    main.add_command(each)
main.add_command(incident)

if __name__ == "__main__":
    main()
