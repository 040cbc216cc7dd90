# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors as application/problem+json (RFC 9457): a stable name, a sentence, a status. Nothing personal is ever inside."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from asyncpg.exceptions._base import InterfaceError
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap

from serment.domain import errors as domain
from serment.domain import incident
from serment.framing.errors import FramingError
from serment.server.changes import TooManyListeners
from serment.server.usecases.errors import Refusal
from serment.server.usecases.situation import RulesMoving

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:serment:error:"
RETRY_SECONDS = 1
_OUR_CODE = str(Path(__file__).parents[2])

_STATUS: Mapping[str, int] = {
    # domain
    "not_offered": 422, "slot_taken": 409, "warning_changed": 409, "not_overbookable": 422, "hold_expired": 409,
    "no_more_extensions": 409, "not_your_hold": 409, "stale_revision": 409, "illegal_change": 409,
    "staff_only_change": 403, "too_late": 409, "too_early": 409, "work_needed": 429, "work_refused": 429,
    "invalid_rule": 422, "too_many_days": 422, "unknown_zone": 422, "unknown_region": 422,
    # framing
    "unknown": 422, "altered": 422, "unaddressed": 422, "stale": 409, "unreadable_booking": 422,
    # use cases
    "record_in_use": 409, "already_used": 409, "handle_taken": 409, "stale_roster": 409,
    "no_such_appointment": 404, "no_such_agenda": 404, "no_such_practice": 404, "no_record_stanza": 409,
    "no_such_unit": 404, "too_many_acts": 409, "stale_card": 409, "stale_page": 409, "ask_practice": 409,
    "no_such_member": 404, "last_owner": 409, "not_invited": 409, "no_such_invitation": 404, "already_answered": 409,
    "already_member": 409, "keys_retired": 409,
    "new_device": 401, "name_taken": 409, "no_such_code": 401, "passkey_refused": 401, "challenge_over": 409,
    "claim_taken": 409, "no_such_town": 422, "too_many_practices": 409, "already_open": 409, "nothing_to_book": 409,
    "not_signed": 403, "not_the_accounts_keys": 403, "stale_ways": 409, "two_ways_needed": 409, "too_many_ways": 409,
    "wrong_log_in": 401, "password_closed": 429, "signed_out": 401, "not_booked": 403, "not_your_role": 403,
    "frozen": 403, "prove_presence": 403,
    "rule_changed": 409, "rule_id_taken": 409, "too_many_rules": 409, "visit_type_in_use": 409, "resource_in_use": 409,
    "of_another_unit": 403, "no_such_rule": 404,
    "no_such_incident": 404, "stale_dossier": 409, "too_many_dossiers": 409, "not_decided": 409, "already_notified": 409,
    "letter_lacks": 409, "letter_sent": 409, "not_concerned": 409,
    "form_wrong": 422,
    "no_such_pairing": 404, "already_paired": 409, "too_many_codes": 409, "no_such_connector": 404, "still_granted": 409,
    "too_much_busy": 409,
    "no_notifier": 404, "no_day_key": 404, "no_such_messages": 404, "stale_set": 409, "too_many_objections": 503,
    "check_taken": 409, "too_many_checks": 503, "no_such_check": 404, "code_judged": 409, "tries_spent": 409,
    "check_refused": 409, "check_spent": 409,
}  # fmt: skip
_HTTP_NAMES = {
    400: "malformed", 401: "signed_out", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    413: "too_large", 415: "not_json", 422: "malformed", 429: "too_many",
}  # fmt: skip
_SENTENCES = {
    "malformed": "The request is not in the form this address expects. Nothing was changed.",
    "forbidden": "This is not allowed from here. Nothing was changed.",
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not answer this method.",
    "too_large": "The request is larger than this address takes. Nothing was changed.",
    "not_json": "This address takes JSON only. Nothing was changed.",
    "busy": "The service is busy. What was asked may not have been done; ask again, it does no harm.",
    "broken": "Something went wrong on our side. Ask again; if it stays so, tell the host.",
}


class Problem(msgspec.Struct):
    """RFC 9457. `type` is urn:serment:error:<name>; some names carry more fields, see docs/reference/http.md."""

    type: str
    title: str
    status: int


def problem(name: str, title: str, status: int, told: Mapping[str, Any] | None = None) -> Response[bytes]:
    """The answer. `told` are the fields besides."""
    body = {"type": TYPE_PREFIX + name, "title": title, "status": status, **(told or {})}
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
    return Response(msgspec.json.encode(body), status_code=status, media_type=PROBLEM_JSON, headers=headers)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For the OpenAPI of a route: the errors it answers with, besides those every route may give."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=f"A problem: {_HTTP_NAMES.get(status, 'refused')}",
            media_type=PROBLEM_JSON,
            generate_examples=False,
        )
        for status in sorted({*statuses, 400, 413, 503})
    }


def _domain(_: Request[Any, Any, Any], error: domain.DomainError) -> Response[bytes]:
    name, told = error.code, dict[str, Any]()
    match error:
        case domain.WorkAsked():
            name, told = "work_needed", {"challenge": error.challenge, "bits": error.bits}
        case domain.NotOffered() | domain.WarningChanged() | domain.NotOverbookable():
            # The names of the reasons alone: a reason may hold another record's id.
            codes = [why.code for why in error.reasons]
            told = {"reason": codes[0] if codes else "", "reasons": codes}
        case domain.HoldExpired():
            told = {"alternatives": error.alternatives}
        case domain.NoMoreExtensions():
            told = {"expires_at": error.until}
        case domain.IllegalChange():
            told = {"status_now": error.status}
        case incident.FormWrong():
            told = {"field": error.name, "why": error.why}
    return problem(name, error.message, _STATUS.get(name, 422), told)


def _refusal(_: Request[Any, Any, Any], error: Refusal) -> Response[bytes]:
    return problem(error.code, error.message, _STATUS.get(error.code, 422), error.told)


def _framing(_: Request[Any, Any, Any], error: FramingError) -> Response[bytes]:
    return problem(error.code, error.message, _STATUS.get(error.code, 422))


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    name = _HTTP_NAMES.get(error.status_code, "malformed")
    if error.status_code >= 500:
        return problem("broken", _SENTENCES["broken"], error.status_code)
    told = {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        told = {"fields": [str(found.get("key", "")) for found in error.extra if isinstance(found, dict)]}
    answer = problem(name, _SENTENCES.get(name, _SENTENCES["malformed"]), error.status_code, told)
    if allowed := (error.headers or {}).get("allow"):
        answer.set_header("Allow", allowed)  # RFC 9110, section 15.5.6
    return answer


def _busy(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return problem("busy", _SENTENCES["busy"], 503)


def _malformed(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return problem("malformed", _SENTENCES["malformed"], 400)


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    # The kind of error and the place in our code, never its words: those may repeat what was sent.
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    place = next((place for place in reversed(places) if place.startswith(_OUR_CODE)), "")
    request.app.state.journal.error(
        "broken", kind=type(error).__name__, place=place, route=request.scope["path_template"]
    )
    return problem("broken", _SENTENCES["broken"], 500)


handlers: ExceptionHandlersMap = {
    domain.DomainError: _domain,
    Refusal: _refusal,
    FramingError: _framing,
    HTTPException: _http,
    RulesMoving: _busy,
    TooManyListeners: _busy,
    TimeoutError: _busy,
    OSError: _busy,
    InterfaceError: _busy,
    asyncpg.PostgresConnectionError: _busy,
    asyncpg.OperatorInterventionError: _busy,
    asyncpg.InsufficientResourcesError: _busy,
    asyncpg.TransactionRollbackError: _busy,
    asyncpg.QueryCanceledError: _busy,
    RecursionError: _malformed,  # JSON nested deeper than any of ours
    OverflowError: _malformed,  # a time near the ends of the calendar
    Exception: _broken,
}
