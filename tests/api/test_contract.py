# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schemathesis walks spec/openapi.json over a live server: whatever is asked, no 5xx and no answer that is not written down.

Half of what it makes up names things that exist, so that it gets past the first "not found".
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
import uvicorn
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from bento_house import DAY, INSTANCE, NOON, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import Pool
from serment.server.app import create_app
from serment.server.session import COOKIE
from serment.server.usecases import sentinel
from serment.settings import Settings

EXAMPLES = int(os.environ.get("SERMENT_TEST_CONTRACT_EXAMPLES", "25"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
START_SECONDS_MAX = 20
DOCUMENT = json.loads((Path(__file__).parents[2] / "spec/openapi.json").read_text("utf-8"))
# The streams of changes do not end; tests/api/test_booking_http.py and test_agent_http.py read them.
STREAMS = ["/api/practice/{practice}/changes", "/api/agent/changes"]
schema = schemathesis.openapi.from_dict(DOCUMENT).exclude(path=STREAMS)


@dataclass
class Served:
    """A live server, and things that exist there."""

    origin: str
    known: dict[str, str]
    cookie: str = ""


@pytest.fixture(scope="module")
async def house(pool: Pool) -> House:
    return await open_house(pool)


@pytest.fixture(scope="module")
async def served(
    house: House, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """In a thread of its own: schemathesis waits for each answer."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "secret").write_bytes(b"S" * 32)
    (folder / "secret").chmod(0o600)
    alice = Hand(house)
    await alice.book(at("9:00", DAY))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Whoever asks for what is not theirs is stopped at the fifth (test_sentinel_http.py); here Sam does nothing else.
    patched = pytest.MonkeyPatch()
    patched.setattr(sentinel, "FOREIGN_MAX", 1_000_000)
    app = create_app(Settings(data=folder, instance=INSTANCE), database_url, clock=house.clock)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + START_SECONDS_MAX
    while not server.started:  # uvicorn has no event to wait for
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    known = {
        "practice": str(house.practice), "agenda": str(house.bento), "visit_type": str(house.type()),
        "record": str(alice.record), "slug": house.slug,
    }  # fmt: skip
    yield Served(f"http://127.0.0.1:{port}", known)
    server.should_exit = True
    thread.join(timeout=START_SECONDS_MAX)
    patched.undo()


@pytest.fixture(autouse=True)
async def signed_in(served: Served, house: House) -> None:
    """A fresh session of Sam's for each route: one of them signs out."""
    house.clock.now = NOON
    served.cookie = f"{COOKIE}=" + base64.urlsafe_b64encode(await sam_signs_in(house)).decode().rstrip("=")


def meet(case: Any, known: dict[str, str]) -> None:
    """Puts things that exist where the made-up case names some, unless its first letter says otherwise."""
    if case.path_parameters:
        for name, value in case.path_parameters.items():
            if name in known and str(value)[:1] not in "012345":
                case.path_parameters[name] = known[name]
    for place in (case.query, case.body):
        if isinstance(place, dict):
            for name in place.keys() & known.keys():
                if str(place[name])[:1] not in "0123":
                    place[name] = known[name]


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_is_written_down_and_none_is_a_fault(case: Any, served: Served, house: House) -> None:
    meet(case, served.known)
    if "/patient/" in case.path:
        house.clock.pass_(hours=1)  # wrong tokens of one hour are answered ever more slowly
    case.call_and_validate(
        base_url=served.origin,
        headers={"Serment-Request": "1", "Cookie": served.cookie},
        checks=CHECKS,
    )


def test_sam_is_signed_in_and_the_stream_is_the_one_route_left_out(served: Served) -> None:
    me = httpx.get(f"{served.origin}/api/practice/me", headers={"Cookie": served.cookie}).json()
    assert [each["practice"] for each in me["practices"]] == [served.known["practice"]]
    assert {path for path in DOCUMENT["paths"] if "changes" in path} == set(STREAMS)
