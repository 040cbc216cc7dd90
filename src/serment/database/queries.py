# SPDX-License-Identifier: AGPL-3.0-or-later
"""Named queries: every SQL statement of the programs lives in `queries/*.sql` under a name and a sentence.

    -- name: lock_hold
    -- Locks one hold so that two confirmations of it queue up.
    SELECT ... WHERE practice = :practice AND hold = :hold FOR UPDATE

`queries = load("holds")`, then `await queries["lock_hold"].row(connection, practice=..., hold=...)`.
Why not aiosql: docs/decisions/0010-named-queries.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

FOLDER = Path(__file__).parent / "queries"

Connection = asyncpg.Connection | PoolConnectionProxy | asyncpg.Pool

_HEADING = re.compile(r"^-- name:[ \t]*(.*)$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
# Strings, quoted identifiers, dollar quotes, comments and casts are passed over; only then is `:word` a parameter.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | --[^\n]* | /\*.*?\*/ | :: | :=
      | (?<![\w:]):(?P<parameter>[a-z_][a-z0-9_]*)""",
    re.VERBOSE | re.DOTALL,
)


class QueryFileWrong(Exception):
    """A query file breaks the rules: each query has a name of its own, one sentence after it, and a statement."""


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with PostgreSQL's own `$1` placeholders and the names they came from, in order.

    Every method takes the parameters by name and raises KeyError for one that is missing, TypeError for one too many.
    """

    name: str
    sentence: str
    sql: str
    parameters: tuple[str, ...]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the placeholders."""
        if len(given) > len(self.parameters):
            extra = sorted(set(given) - set(self.parameters))
            raise TypeError(f"{self.name} does not know the parameter(s) {', '.join(extra)}")
        return [given[name] for name in self.parameters]

    async def rows(self, connection: Connection, **given: Any) -> list[asyncpg.Record]:
        """All rows."""
        rows: list[asyncpg.Record] = await connection.fetch(self.sql, *self.arguments(given))
        return rows

    async def row(self, connection: Connection, **given: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        row: asyncpg.Record | None = await connection.fetchrow(self.sql, *self.arguments(given))
        return row

    async def value(self, connection: Connection, **given: Any) -> Any:
        """The first column of the first row, or None."""
        return await connection.fetchval(self.sql, *self.arguments(given))

    async def run(self, connection: Connection, **given: Any) -> int:
        """Runs a statement that returns no rows; the number of rows it touched."""
        tag: str = await connection.execute(self.sql, *self.arguments(given))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def run_many(self, connection: Connection, many: Iterable[Mapping[str, Any]]) -> None:
        """Runs the statement once for each set of parameters, in one transaction and few round trips."""
        await connection.executemany(self.sql, [self.arguments(given) for given in many])


def parse(text: str, *, source: str) -> dict[str, Query]:
    """Reads one file's text; `source` names it in errors. Raises QueryFileWrong."""
    pieces = _HEADING.split(text)
    found: dict[str, Query] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        name = name.strip()
        if not _NAME.match(name):
            raise QueryFileWrong(f"{source}: {name!r} is not a query name (lower case, digits, underscores).")
        if name in found:
            raise QueryFileWrong(f"{source}: the name {name} stands twice.")
        found[name] = _query(name, body, source)
    if not found and text.strip():
        raise QueryFileWrong(f"{source}: no line begins with '-- name:'.")
    return found


def _query(name: str, body: str, source: str) -> Query:
    lines = body.strip().splitlines()
    sentence_lines: list[str] = []
    while lines and lines[0].startswith("--"):
        sentence_lines.append(lines.pop(0).removeprefix("--").strip())
    sentence = " ".join(sentence_lines)
    if not sentence:
        raise QueryFileWrong(f"{source}: the query {name} has no sentence that says what it is for.")
    statement = "\n".join(lines).strip().rstrip(";").rstrip()
    if not statement:
        raise QueryFileWrong(f"{source}: the query {name} is empty.")
    order: list[str] = []

    def number(match: re.Match[str]) -> str:
        parameter = match["parameter"]
        if parameter is None:
            return match[0]
        if parameter not in order:
            order.append(parameter)
        return f"${order.index(parameter) + 1}"

    return Query(name, sentence, _TOKEN.sub(number, statement), tuple(order))


@cache
def load(name: str) -> Mapping[str, Query]:
    """The queries of `queries/NAME.sql`, by name. Read once per process."""
    path = FOLDER / f"{name}.sql"
    return parse(path.read_text("utf-8"), source=path.name)
