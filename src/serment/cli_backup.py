# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment backup`, `serment receive`, `serment fetch` and `serment restore`."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from serment import ending
from serment.command import SaidInWords, in_words, settings_here
from serment.settings import BACKUP_FILE, LEDGER_FOLDER, Settings


@click.command()
@click.option("--once", is_flag=True, help="One base with its log, then end.")
def backup(once: bool) -> None:
    """Sends the database's log every few seconds and a base every day, sealed, to where backup.toml says.

    Beside an embedded database it runs while `serment serve` does. It holds no key that opens what it sends
    (docs/how-to/backup.md).
    """
    from serment.backup.config import BackupConfigWrong, read_config

    settings = settings_here()
    ending.end_in_order()
    try:
        config = read_config(settings.backup or settings.data / BACKUP_FILE)
    except BackupConfigWrong as error:
        raise SaidInWords(str(error)) from error
    with in_words(settings), contextlib.suppress(KeyboardInterrupt):
        ending.run(_backup(settings, config, once=once))


async def _backup(settings: Settings, config: object, *, once: bool) -> None:
    import asyncpg

    from serment.backup.config import BackupConfig
    from serment.backup.sending import Backup
    from serment.backup.source import Source
    from serment.database.carriers import choose_carrier
    from serment.database.embedded import EmbeddedPostgres

    assert isinstance(config, BackupConfig)  # noqa: S101  # read_config's
    embedded = EmbeddedPostgres(settings.data / "postgres", bin_folder=settings.postgres_bin)
    carrier = choose_carrier(settings.postgres_bin, embedded.cluster)
    try:
        source = await Source.open(settings.database_url or embedded.url(), carrier.bin)
    except asyncpg.InsufficientPrivilegeError as error:
        raise SaidInWords(
            "This database role may not read the log. Nothing was sent. docs/how-to/backup.md says what it needs."
        ) from error
    try:
        work = Backup(source, config, settings.data)
        if once:
            click.echo(f"Kept: {await work.whole()}")
            await source.give_back()
            return
        click.echo("Backups go out (Ctrl-C stops it).", err=True)
        await work.run()
    finally:
        await source.close()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def receive(folder: Path) -> None:
    """Keeps one file of a backup below FOLDER: the other end of a `command` in backup.toml, the one thing its SSH key starts.

    It adds files and does nothing else: it reads none back, overwrites none, deletes none.
    """
    from serment.backup.target import NotKept
    from serment.backup.target import receive as keep

    try:
        click.echo(keep(folder, sys.stdin.buffer, datetime.now(UTC)))
    except NotKept as error:
        raise SaidInWords(str(error)) from error


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--days", type=click.IntRange(min=1), default=3, show_default=True,
    help="What was kept in so many days: more than from one base to the next.",
)  # fmt: skip
def fetch(file: Path, folder: Path, days: int) -> None:
    """Brings backups from a bucket into FOLDER, for `serment restore`. FILE says [s3] and holds credentials that may read.

    Not on the server: what may read backups has no place there. What FOLDER holds already does not come again. It ends with 1
    when something was not taken, or is not locked.
    """
    from serment.backup.config import BackupConfigWrong, read_place
    from serment.backup.fetching import CannotFetch
    from serment.backup.fetching import fetch as bring

    try:
        fetched = bring(read_place(file), folder, datetime.now(UTC) - timedelta(days=days))
    except (BackupConfigWrong, CannotFetch) as error:
        raise SaidInWords(str(error)) from error
    click.echo(f"{fetched.fresh} files came, {fetched.held} were there: {folder}.")
    for line in fetched.passed:
        click.echo(f"ATTENTION: {line}", err=True)
    if fetched.passed:
        sys.exit(1)


@click.command()
@click.argument("vault", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--identity",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the private key, as `age-keygen` wrote it.",
)
@click.option("--until", help="What was kept by then alone: 2026-11-26T14:05:00Z. Else everything there is.")
@click.option(
    "--after-an-attack",
    is_flag=True,
    help="With --until: not even the list of cards that were erased by hand since, which the attacker may have written.",
)
@click.option("--drill", is_flag=True, help="Restore into a temporary folder, say what is there, remove it.")
def restore(vault: Path, identity: Path, until: str | None, after_an_attack: bool, drill: bool) -> None:
    """Makes the data folder anew from the backup in VAULT, a folder.

    SERMENT_DATA must hold no database. The drill changes nothing, and ends with 1 when something had to be passed over: run it
    every day, on a machine that can be thrown away.
    """
    from serment.backup.restoring import CannotRestore
    from serment.backup.restoring import restore as bring_back
    from serment.backup.sealing import IdentityUnusable, read_identities

    settings = settings_here()
    if settings.database_url is not None and not drill:
        raise SaidInWords(
            "SERMENT_DATABASE_URL names a PostgreSQL of its own, and a restore makes an embedded one. Nothing was changed. "
            "Restore without it, into an empty data folder; then dump and load (docs/how-to/postgresql.md)."
        )
    ending.end_in_order()
    begun = time.monotonic()
    try:
        identities = read_identities(identity)
        with tempfile.TemporaryDirectory(prefix="serment-drill-") as spare:
            data = Path(spare) / "data" if drill else settings.data
            with in_words(settings):
                restored = ending.run(
                    bring_back(
                        vault, data, identities, until=_instant(until), erase_again=not after_an_attack,
                        bin_folder=settings.postgres_bin,
                    )
                )  # fmt: skip
            ledger = _ledger(data / LEDGER_FOLDER)
    except (IdentityUnusable, CannotRestore) as error:
        raise SaidInWords(str(error)) from error
    click.echo(
        f"{'The drill restored' if drill else 'Restored'} the base of {restored.base:%Y-%m-%d %H:%M} and the log up to "
        f"{restored.until:%Y-%m-%d %H:%M:%S} (UTC), in {time.monotonic() - begun:.0f} s: {restored.practices} practices, "
        f"{restored.appointments} appointments, {restored.entries} lines of the ledger. {ledger}"
    )
    for line in restored.passed:
        click.echo(f"ATTENTION: {line}", err=True)
    if drill and restored.passed:
        sys.exit(1)
    if not drill:
        click.echo(
            f"This is era {restored.era}. The notifier's keys are in no backup: put its file and mirror back before "
            "`serment notify`. Then `serment check`, `serment serve` and, before you open, `serment backup`: there is no base "
            "of this era yet. Everybody signs in again."
        )
        if until is not None:
            click.echo(
                "What was stopped, revoked or objected to since that instant is open again: stop it again."
            )


def _ledger(folder: Path) -> str:
    from serment.verifier.ledger import verify
    from serment.verifier.notes import Wrong

    if not (folder / "checkpoint").exists():
        return "The ledger holds no entry yet."
    try:
        return verify(folder, (folder / "log.pub").read_text("utf-8"))[0]
    except Wrong as error:
        return f"The ledger is not whole: {error}"


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise SaidInWords("--until is an instant with its zone, such as 2026-11-26T14:05:00Z.")
    return instant.astimezone(UTC)
