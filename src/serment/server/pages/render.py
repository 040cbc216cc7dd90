"""Templates and the browser bundle's files. Autoescape is on; no template builds HTML from strings."""

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from serment.domain.named_times import LANGUAGES, Language
from serment.server.pages.language import say

STATIC_PATH = "/static"
STATIC_FOLDER = Path(str(resources.files("serment.server.pages"))) / "static"

_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("serment.server.pages", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


@functools.cache
def _chunks() -> dict[str, dict[str, Any]]:
    """The bundle's files as Vite wrote them down; empty when the bundle was not built."""
    for name in ("manifest.json", ".vite/manifest.json"):
        path = STATIC_FOLDER / name
        if path.exists():
            chunks: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
            return chunks
    return {}


@functools.cache
def manifest() -> dict[str, dict[str, Any]]:
    """The bundle's entries by name."""
    return {str(chunk.get("name")): chunk for chunk in _chunks().values() if chunk.get("isEntry")}


def _looks(chunk: dict[str, Any], seen: set[str]) -> list[str]:
    """The stylesheets of a file and of whatever it imports: what two pages share lies in neither's own."""
    looks: list[str] = []
    for name in chunk.get("imports", []):
        if name not in seen:
            seen.add(name)
            looks += _looks(_chunks().get(name, {}), seen)
    return looks + list(chunk.get("css", []))


def assets(*entries: str) -> tuple[list[str], list[str]]:
    """(stylesheets, module scripts) of the named entries, the common look first; unbuilt entries are left out."""
    styles: dict[str, None] = {}
    scripts: list[str] = []
    for name in ("look", *entries):
        chunk = manifest().get(name)
        if chunk is None:
            continue
        for css in _looks(chunk, set()):
            styles[f"{STATIC_PATH}/{css}"] = None
        if str(chunk["file"]).endswith(".css"):
            styles[f"{STATIC_PATH}/{chunk['file']}"] = None
        elif name != "look":
            scripts.append(f"{STATIC_PATH}/{chunk['file']}")
    return list(styles), scripts


def page(
    template: str,
    language: Language,
    *,
    path: str,
    entries: tuple[str, ...] = (),
    robots: str = "",
    source: str | None = None,
    **values: Any,
) -> str:
    """The page as HTML. `path` is the page's own path and query without the language, for the link to the other one.

    `source` is the address of the program's source code, None where nobody said it.
    """
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    styles, scripts = assets(*entries)
    return _environment.get_template(template).render(
        t=functools.partial(say, language),
        lang=language,
        other=other,
        other_href=f"/{other}{quote(path, safe='/?=&%+-._~:,')}",
        styles=styles,
        scripts=scripts,
        robots=robots,
        source=source,
        **values,
    )
