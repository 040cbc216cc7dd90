# SPDX-License-Identifier: AGPL-3.0-or-later
"""The loader of named queries: what is a parameter, what is not, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serment.database.queries import FOLDER, QueryFileWrong, load, parse


def _one(sql: str) -> tuple[str, tuple[str, ...]]:
    query = parse(f"-- name: find\n-- Finds.\n{sql}", source="test.sql")["find"]
    return query.sql, query.parameters


def test_parameters_are_numbered_by_first_use() -> None:
    assert _one("SELECT :b, :a, :b;") == ("SELECT $1, $2, $1", ("b", "a"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1::int",
        "SELECT ':a'",
        "SELECT 'it''s :a'",
        'SELECT ":a"',
        "SELECT 1 -- :a",
        "SELECT /* :a */ 1",
        "SELECT $$:a$$",
    ],
)
def test_what_only_looks_like_a_parameter_stays(sql: str) -> None:
    assert _one(sql) == (sql, ())


def test_a_cast_parameter_keeps_its_cast() -> None:
    assert _one("SELECT :a::uuid, ARRAY[1,2,3][1:2]") == ("SELECT $1::uuid, ARRAY[1,2,3][1:2]", ("a",))


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), max_size=8))
def test_every_parameter_gets_exactly_one_number(names: list[str]) -> None:
    sql, parameters = _one("SELECT " + ", ".join(f":{name}" for name in names) + " FROM t")
    assert parameters == tuple(dict.fromkeys(names))
    assert sql == "SELECT " + ", ".join(f"${parameters.index(name) + 1}" for name in names) + " FROM t"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: find\nSELECT 1", "no sentence"),
        ("-- name: find\n-- Finds.\n", "is empty"),
        ("-- name: Find It\n-- Finds.\nSELECT 1", "not a query name"),
        ("-- name: find\n-- Finds.\nSELECT 1;\n-- name: find\n-- Finds.\nSELECT 2;", "stands twice"),
        ("SELECT 1", "no line begins"),
    ],
)
def test_a_file_that_breaks_the_rules_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(QueryFileWrong, match=complaint):
        parse(text, source="test.sql")


def test_a_missing_and_a_surplus_argument_are_refused() -> None:
    query = parse("-- name: find\n-- Finds.\nSELECT :a", source="test.sql")["find"]
    assert query.arguments({"a": 1}) == [1]
    with pytest.raises(KeyError):
        query.arguments({})
    with pytest.raises(TypeError, match="does not know the parameter"):
        query.arguments({"a": 1, "b": 2})


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_every_query_file_of_the_program_is_well_formed(path: object) -> None:
    assert load(path.stem)  # type: ignore[attr-defined]
