# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules of the tree that a program can check. Each shows the bad line and says its cure."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tidy.tree import ROOT, files, text_of

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 80
GENERATED = (Path("spec/openapi.json"), Path("browser/package-lock.json"), Path("browser/src/wire/types.ts"))
CODE = (".py", ".ts", ".svelte")
EMPTY_NOUNS = {
    "utils",
    "util",
    "common",
    "helpers",
    "helper",
    "manager",
    "managers",
    "service",
    "services",
    "misc",
}
LICENSED_APACHE = ("spec/", "src/serment/framing/", "src/serment/seal/", "browser/src/seal/")

# Spelt in pieces so that this very file does not trip over itself.
PLACES = {
    "a package registry's host": re.compile(
        "|".join(
            [
                r"files\.python" + "hosted",
                r"pypi" + r"\.org",
                r"registry\.npm" + "js",
                r"registry\.yarn" + "pkg",
            ]
        )
    ),
    "an absolute path of somebody's machine": re.compile(
        "|".join(
            [r"(?<![\w.])/wo" + r"rk/\w", r"/ro" + r"ot/\.", r"/home/" + r"[a-z]+/\w", r"/Use" + r"rs/\w"]
        )
    ),
    "a note to do later": re.compile("|".join([r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bX" + r"XX\b"])),
    "a left-over of a merge": re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE),
}


@pytest.mark.parametrize("what", PLACES)
def test_no_file_names(what: str) -> None:
    found = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for path in files()
        if (text := text_of(path)) is not None
        for match in PLACES[what].finditer(text)
    ]
    assert not found, (
        f"{what} stands in:\n" + "\n".join(found[:20]) + "\nCure: remove it, or say it without naming it."
    )


def test_the_rules_above_can_fail() -> None:
    bad = {
        "a package registry's host": "https://pypi" + ".org/simple",
        "an absolute path of somebody's machine": "see /ro" + "ot/.bashrc",
        "a note to do later": "# TO" + "DO: later",
        "a left-over of a merge": "<<<<<<< ours",
    }
    assert bad.keys() == PLACES.keys()
    assert all(PLACES[what].search(line) for what, line in bad.items())


def test_lock_files_name_no_host() -> None:
    for name in ("run", "test", "node"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        assert "://" not in text, f"requirements/{name}.txt holds an address. Cure: make lock"
        pins = re.findall(r"^[a-z0-9][\w.\[\]-]*==", text, re.MULTILINE | re.IGNORECASE)
        assert pins and text.count("--hash=sha256:") >= len(pins)
    resolved = re.findall(r'"resolved": "([^"]*)"', (ROOT / "browser/package-lock.json").read_text("utf-8"))
    assert not resolved, (
        "browser/package-lock.json names hosts. Cure: npm install --omit-lockfile-registry-resolved"
    )


def test_what_tests_run_with_is_what_people_run_with() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        return dict(re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE))

    run, test = pins("run"), pins("test")
    differing = {
        name: (version, test.get(name)) for name, version in run.items() if test.get(name) != version
    }
    assert not differing, f"requirements/test.txt differs from run.txt: {differing}. Cure: make lock"


def test_no_module_has_an_empty_name() -> None:
    bad = [
        str(path) for path in files() if path.suffix in CODE and EMPTY_NOUNS & {*path.parts[:-1], path.stem}
    ]
    assert not bad, f"{bad} say nothing. Cure: name a module after the noun of the field it holds."


def test_modules_stay_short() -> None:
    long = [
        f"{path}: {lines} lines"
        for path in files()
        if path.suffix in CODE and path not in GENERATED and path.parts[0] in ("src", "browser", "bench")
        if "test" not in path.parts and (lines := (text_of(path) or "").count("\n")) > MODULE_LINES_MAX
    ]
    assert not long, f"{long} (limit {MODULE_LINES_MAX}). Cure: cut where the nouns change."


def test_functions_stay_short() -> None:
    long = []
    for path in files():
        if path.suffix == ".py" and path.parts[0] == "src":
            for node in ast.walk(ast.parse(text_of(path) or "")):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    if lines > FUNCTION_LINES_MAX:
                        long.append(f"{path}:{node.lineno} {node.name}: {lines} lines")
    assert not long, f"{long} (limit {FUNCTION_LINES_MAX}). Cure: name the step inside and take it out."


def test_every_module_says_what_it_is_for() -> None:
    mute = [
        str(path)
        for path in files()
        if path.suffix == ".py"
        and path.parts[0] == "src"
        and not ast.get_docstring(ast.parse(text_of(path) or " "))
    ]
    assert not mute, f"{mute} have no docstring. Cure: one sentence at the top."


def test_the_layer_others_build_on_says_its_licence() -> None:
    bad = []
    for path in files():
        if path.suffix in (".py", ".ts") and str(path).startswith(LICENSED_APACHE):
            top = (text_of(path) or "")[:200]
            if "SPDX-License-Identifier: Apache-2.0" not in top:
                bad.append(str(path))
    assert not bad, f"{bad} lack 'SPDX-License-Identifier: Apache-2.0' in their first line."


def test_sql_stands_in_sql_files() -> None:
    # A bare function call, such as pg_notify or the SELECT 1 of a health check, reads and writes no table.
    statement = re.compile(
        r"""["'](?:SELECT\s[^"']*\sFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|WITH)\s"""
    )
    bad = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
        for path in files()
        if path.suffix == ".py"
        and path.parts[:3] in (("src", "serment", "server"), ("src", "serment", "domain"))
        for text in [text_of(path) or ""]
        for match in statement.finditer(text)
    ]
    assert not bad, f"SQL in {bad}. Cure: a named query in src/serment/database/queries/*.sql."


def test_git_keeps_nothing_that_is_built() -> None:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("this copy of the tree is not a git repository")
    built = re.compile(r"(^|/)(node_modules|\.venv|__pycache__|serment\.egg-info|pages/static)/")
    kept = [line for line in listing.stdout.splitlines() if built.search(line)]
    assert not kept, f"git keeps {kept[:5]}. Cure: git rm --cached, and a line in .gitignore."
