# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the commands share: settings, the database they are about, and errors in sentences."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import click

from serment.settings import Settings, SettingWrong, read_settings


class SaidInWords(click.ClickException):
    """An error whose message is meant for people: printed without a trace of the program's inside."""

    def show(self, file: object = None) -> None:
        """Prints the sentence to standard error."""
        click.echo(self.message, err=True)


def settings_here() -> Settings:
    """This process's settings. Raises SaidInWords."""
    try:
        return read_settings(os.environ)
    except SettingWrong as error:
        raise SaidInWords(str(error)) from error


@contextlib.contextmanager
def in_words(settings: Settings) -> Iterator[None]:
    """Turns the errors that an operator can cure into their sentence and exit code 1; others keep their trace."""
    try:
        yield
    except Exception as error:
        from serment.wording import sentence

        told = sentence(error, settings)
        if told is None:
            raise
        raise SaidInWords(told) from error


@contextlib.contextmanager
def database(settings: Settings, *, beside: bool = False) -> Iterator[str]:
    """The URL of the database of these settings; the embedded one runs for as long as the block does. `beside`: where a Serment
    has it running already, it is used as it runs, and goes on.
    """
    from serment.database.embedded import EmbeddedPostgres

    if settings.database_url is not None:
        yield settings.database_url
        return
    postgres = EmbeddedPostgres(settings.data / "postgres", bin_folder=settings.postgres_bin)
    if beside and postgres.listens():
        yield postgres.url()
        return
    with postgres:
        yield postgres.url()
