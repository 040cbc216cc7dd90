# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment verify` and `serment ledger`: the access ledger, checked and put in words."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path

import click

from serment import ending
from serment.command import SaidInWords, database, in_words, settings_here
from serment.settings import LEDGER_FOLDER, LOOPBACK, PORT_MAX, Settings


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key", help="The log's key as name+id+base64, from a place of your own (else the folder's log.pub)."
)
@click.option(
    "--earlier",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere: the log must still begin with it. May be given several times.",
)
@click.option(
    "--entries",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Entries in words (`serment ledger export`): each must be in the log.",
)
@click.option("--witness-key", help="A witness's key as name+id+base64: it must have seen the log.")
@click.option(
    "--witnessed-within",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="How many minutes ago at most; more for a copy of an older day.",
)
@click.option(
    "--stamped",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a time-stamp beside (FILE.tsr), such as the MANIFEST.sha256 of a file of evidence.",
)
@click.option(
    "--authority",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The root certificate (PEM) that the time-stamp must go back to, from a place of your own.",
)
def verify(
    folder: Path | None,
    key: str | None,
    earlier: tuple[Path, ...],
    entries: Path | None,
    witness_key: str | None,
    witnessed_within: float,
    stamped: Path | None,
    authority: Path | None,
) -> None:
    """Checks the access ledger: every entry, every tile, the signature. FOLDER is `ledger` in the data folder unless given.

    Without --key it trusts the folder's own key; without --earlier or --witness-key it cannot see a log that was replaced
    as a whole.
    """
    from serment.verifier.ledger import Witnessed
    from serment.verifier.ledger import verify as check_ledger
    from serment.verifier.notes import Wrong
    from serment.verifier.stamps import check_stamp

    if (stamped is None) != (authority is None):
        raise SaidInWords(
            "--stamped and --authority belong together: a stamp is worth what its authority is."
        )
    where = folder or settings_here().data / LEDGER_FOLDER
    try:
        told = key or (where / "log.pub").read_text("utf-8")
        kept = [(str(file), file.read_bytes()) for file in earlier]
        by = Witnessed(witness_key, witnessed_within * 60, time.time()) if witness_key else None
        for sentence in check_ledger(where, told, earlier=kept, entries=entries, witness=by):
            click.echo(sentence)
        if stamped and authority:
            click.echo(check_stamp(stamped, authority))
    except FileNotFoundError as error:
        raise SaidInWords(f"There is no ledger in {where}: {error.filename} is lacking.") from error
    except Wrong as error:
        raise SaidInWords(str(error)) from error


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--log",
    "logs",
    multiple=True,
    required=True,
    help="A log's key (its log.pub). May be given several times.",
)
@click.option("--look", type=click.Path(file_okay=False, exists=True, path_type=Path), help=(
    "The published folder of the first log, where this user may read it: it is read whole every minute, and while "
    "something in it does not fit nothing is signed."
))  # fmt: skip
@click.option(
    "--name", default="witness", show_default=True, help="What the witness is called in what it signs."
)
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, PORT_MAX), default=8642, show_default=True, help="Port to listen on."
)
def witness(folder: Path, logs: tuple[str, ...], look: Path | None, name: str, host: str, port: int) -> None:
    """Sees that access ledgers only grow, and signs what it saw. FOLDER is its own: key, and what it signed last.

    It runs best as another user, on another machine, by somebody else. It reads no database and no setting.
    """
    from serment.verifier.notes import Key, Wrong
    from serment.witness.judge import Judge
    from serment.witness.memory import Memory
    from serment.witness.serve import Look, Server

    ending.end_in_order()
    try:
        memory = Memory(folder, name)
        judge = Judge(memory, [Key.read(log) for log in logs], time.time)
        with Server(judge, host, port) as server, contextlib.suppress(KeyboardInterrupt):
            click.echo(
                f"The witness answers on {server.url} (Ctrl-C stops it). Its key: {memory.public}", err=True
            )
            with Look(judge, look, logs[0]) if look else contextlib.nullcontext():
                server.serve_forever()
    except Wrong as error:
        raise SaidInWords(str(error)) from error
    except OSError as error:
        raise SaidInWords(
            f"The witness cannot start: {error.strerror or error}. Nothing was signed."
        ) from error


@click.group()
def ledger() -> None:
    """The access ledger: who took which sealed bytes."""


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Writes the published entries to FILE, a line each. They say who reads what: keep the file like the database."""
    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        count = asyncio.run(_export_entries(settings, url, file))
    click.echo(f"{count} entries in {file}.")


async def _export_entries(settings: Settings, url: str, file: Path) -> int:
    from serment.server.app import open_instance
    from serment.server.usecases.export_entries import export_entries

    instance = await open_instance(settings, url, connections_max=1)
    try:
        size = instance.ledger.size() if instance.ledger else 0
        count = 0
        with os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            async for line in export_entries(instance.pool, size):
                out.write(line + "\n")
                count += 1
        return count
    finally:
        await instance.pool.close()


@ledger.command()
@click.option(
    "--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How far back to count."
)
def counts(days: int) -> None:
    """Says how often sealed data was read, by day and by practice. Nobody's name or id is in it: those the owners see."""
    settings = settings_here()
    with in_words(settings), database(settings, beside=True) as url:
        click.echo("\n".join(asyncio.run(_counts(settings, url, days))))


async def _counts(settings: Settings, url: str, days: int) -> list[str]:
    from serment.database.pool import open_pool
    from serment.server.usecases.count_reads import COUNT_SECONDS_MAX, count_reads

    pool = await open_pool(url, connections_max=1, statement_seconds=COUNT_SECONDS_MAX)
    try:
        return await count_reads(pool, days)
    finally:
        await pool.close()
