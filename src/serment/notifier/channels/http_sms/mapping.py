# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a gateway that nobody here knows is spoken to: the tables of notifier.toml, checked as a whole before anything is sent.

docs/reference/notifier-config.md shows them. A placeholder is {to}, {digits} (the number without +), {body}, {key}, {language}
or {secret:NAME}. None stands in an address, since addresses end up in logs; headers take {key} and secrets alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from serment.notifier.channels.settings import ChannelSettings, Table

FIELDS_DEPTH_MAX: Final = 6
PATH_STEPS_MAX: Final = 8
MESSAGE_WORDS: Final = frozenset({"to", "digits", "body", "key", "language"})
HEADER_WORDS: Final = frozenset({"key"})
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_PATH: Final = re.compile(r"[A-Za-z0-9_$@-]{1,60}(\.[A-Za-z0-9_$@-]{1,60})*\Z")

Scalar = str | int | bool


class Request(Table, frozen=True, kw_only=True):
    """One request. `fields` fill its body, as JSON (tables within tables) or as a form (one level, names as they stand)."""

    url: str
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: Literal["json", "form"] = "json"
    fields: dict[str, Any] = msgspec.field(default_factory=dict)


class Rule(Table, frozen=True, kw_only=True):
    """Fits an answer whose status is one of these (any, where none is given) and whose value at `path` is one of `equals`."""

    status: list[int] = msgspec.field(default_factory=list)
    path: str = ""
    equals: list[Scalar] = msgspec.field(default_factory=list)

    def fits(self, status: int, said: Any) -> bool:
        """Whether the answer is of this kind."""
        if self.status and status not in self.status:
            return False
        return not self.path or any(
            _same(value, wanted) for value in [at(said, self.path)] for wanted in self.equals
        )


class Refused(Rule, frozen=True, kw_only=True):
    """What a refusal means: unknown, refused, objected, message (for good), later, broken."""

    means: Literal["unknown", "refused", "objected", "message", "later", "broken"]


class Send(Request, frozen=True, kw_only=True):
    """`taken`: what success looks like. `id`: where its answer names the message. `refusals`: looked at in order."""

    taken: Rule
    id: str = ""
    refusals: list[Refused] = msgspec.field(default_factory=list)


class Receipts(Request, frozen=True, kw_only=True):
    """A list at `items`; of each, `id`, `state` and perhaps `reason` are paths from it on."""

    items: str
    id: str
    state: str
    delivered: list[Scalar]
    lost: list[Scalar]
    reason: str = ""


class Stops(Request, frozen=True, kw_only=True):
    """A list at `items` of those who objected. `text`: where the answer stands, if the list holds other answers as well."""

    items: str
    number: str
    text: str = ""


def at(said: Any, path: str) -> Any:
    """The value at a path such as `messages.0.id`; None where there is none. `.` alone is the whole."""
    if path == ".":
        return said
    for step in path.split("."):
        if isinstance(said, dict):
            said = said.get(step)
        elif isinstance(said, list) and step.isdigit() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    return said


def among(value: Any, wanted: list[Scalar]) -> bool:
    """Whether a value is one of these, 1 and "1" being the same."""
    return any(_same(value, one) for one in wanted)


def _same(value: Any, wanted: Scalar) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return isinstance(value, str | int) and str(value) == str(wanted)


def fill(said: str, values: Mapping[str, str]) -> str:
    """Puts values into their places, once: what a value holds is never looked at again."""
    return _PLACE.sub(lambda place: values[place[1]], said)


def filled(fields: Any, values: Mapping[str, str]) -> Any:
    """The fields with every string filled."""
    if isinstance(fields, dict):
        return {name: filled(value, values) for name, value in fields.items()}
    if isinstance(fields, list):
        return [filled(value, values) for value in fields]
    return fill(fields, values) if isinstance(fields, str) else fields


def check_request(
    settings: ChannelSettings, request: Request, *, words: frozenset[str], secrets: set[str]
) -> None:
    """Raises ConfigWrong for an address, a header, a placeholder or a body that cannot be used."""
    settings.https_url(request.url)
    if "{" in request.url:
        raise settings.wrong("an address holds no placeholder: addresses end up in logs.")
    if request.method == "GET" and request.fields:
        raise settings.wrong("a GET has no fields: they would be part of its address.")
    for name, value in request.headers.items():
        if not _HEADER.match(name) or name.lower() in (
            "host",
            "content-length",
            "transfer-encoding",
            "content-type",
        ):
            raise settings.wrong(f"the header {name!r} cannot be set.")
        if not value.isascii() or not value.isprintable():
            raise settings.wrong(f"the header {name} holds what headers cannot.")
        _check_places(settings, value, words & HEADER_WORDS, secrets)
    for value in _strings(settings, request.fields, 1 if request.body == "form" else FIELDS_DEPTH_MAX):
        _check_places(settings, value, words, secrets)


def check_path(settings: ChannelSettings, *paths: str) -> None:
    """Raises ConfigWrong for what is no path into an answer. Empty ones are left out."""
    for path in paths:
        if path not in ("", ".") and (not _PATH.match(path) or path.count(".") >= PATH_STEPS_MAX):
            raise settings.wrong(f"{path!r} is no path. It looks like messages.0.id.")


def check_rule(settings: ChannelSettings, rule: Rule) -> None:
    """Raises ConfigWrong for a rule that fits anything, or nothing."""
    check_path(settings, rule.path)
    if not rule.status and not rule.path:
        raise settings.wrong("a rule needs a status, a path, or both: it would fit every answer.")
    if bool(rule.path) != bool(rule.equals):
        raise settings.wrong("path and equals go together.")


def _check_places(settings: ChannelSettings, said: str, words: frozenset[str], secrets: set[str]) -> None:
    for place in _PLACE.findall(said):
        name = place.removeprefix("secret:")
        if (name not in secrets) if name != place else (place not in words):
            known = sorted(words) + [f"secret:{secret}" for secret in sorted(secrets)]
            raise settings.wrong(f"{{{place}}} is not known there. Known are {', '.join(known) or 'none'}.")
    if "{" in _PLACE.sub("", said) or "}" in _PLACE.sub("", said):
        raise settings.wrong(f"a brace in {said!r} has no partner.")


def _strings(settings: ChannelSettings, fields: Any, depth: int) -> Iterator[str]:
    if isinstance(fields, str):
        yield fields
    elif isinstance(fields, dict | list):
        if depth == 0:
            raise settings.wrong("fields lie too deep; a form has one level.")
        for value in fields.values() if isinstance(fields, dict) else fields:
            yield from _strings(settings, value, depth - 1)
    elif not isinstance(fields, int | float | bool):
        raise settings.wrong("fields hold text, numbers, true and false, tables and lists.")
