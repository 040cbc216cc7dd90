# SPDX-License-Identifier: AGPL-3.0-or-later
"""B2: nobody at all asks every route, those that are not there too, with ids that count up and with true ones."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta

from api.test_booking_http import OURS
from api.test_entitlements import others
from api.test_roles_matrix import ASKS, Ask
from bento_house import DAY
from replays.stage import Stage, night

PACE = timedelta(seconds=1 / 50)
# What has stood open elsewhere: consoles, dumps, version control, older interfaces, somebody's debugging.
FORGOTTEN = (
    "/.env", "/.git/config", "/.git/HEAD", "/actuator/env", "/actuator/heapdump", "/admin", "/api",
    "/api/admin/users", "/api/debug", "/api/export", "/api/internal/appointments", "/api/patients",
    "/api/patients/{n}", "/api/practice/{practice}/appointments",
    "/api/practice/{practice}/appointments/{record}", "/api/practice/{practice}/export",
    "/api/practice/{practice}/patients/{n}", "/api/users/{n}", "/api/v1/appointments/{n}",
    "/api/v1/patients/{n}", "/api/v2/appointments?id={n}", "/backup.sql", "/backup.zip", "/config.json",
    "/console", "/data/ledger/checkpoint", "/debug/pprof/heap", "/debug/vars", "/dump", "/graphql",
    "/graphql?query={{__schema{{types{{name}}}}}}", "/ledger", "/ledger/checkpoint", "/metrics",
    "/phpinfo.php", "/private", "/robots.txt", "/secret", "/server-status", "/static/../secret",
    "/static/%2e%2e/%2e%2e/secret", "/static/..%2f..%2fsecret", "/swagger.json", "/test", "/tile/0/000",
    "/v3/api-docs", "/wp-login.php", "/demo/phone", "/healthz/debug", "/__debug__/", "/_profiler", "/trace",
    "/api/practice/{practice}/ledger",
)  # fmt: skip


async def play(stage: Stage) -> dict[str, float]:
    """How often a route of the desk granted anything, and how often the server failed."""
    stage.day_comes()
    await stage.until(night("10:00"))
    opened = failed = 0
    async with stage.browser() as browser:
        for method, path, ask, ids in _tried(stage):
            await stage.until(stage.house.clock.now + PACE)
            body = None if ask is None else ask.body({"practice": stage.house.practice, **ids})
            query = None if ask is None else ask.query(ids)
            headers = {**OURS, "Content-Type": "application/json"} if body is not None else OURS
            async with browser.stream(method, path, params=query, headers=headers, content=body) as answer:
                await answer.aread()
            failed += answer.status_code >= 500
            opened += ask is not None and ask.name in ASKS and answer.status_code < 400
    return {"desk_routes_opened": opened, "server_errors": failed}


def _tried(stage: Stage) -> Iterator[tuple[str, str, Ask | None, Mapping[str, uuid.UUID]]]:
    house = stage.house
    true = {
        "record": stage.centre.days[DAY][house.bento][0], "agenda": house.bento, "agendas": house.bento, "unit": house.unit,
        "card": stage.centre.cards[0], "cards": stage.centre.cards[0], "member": house.sam_member, "visit_type": house.type(),
    }  # fmt: skip
    rounds = 2 if stage.short else 40
    for nth in range(rounds):
        counted = {name: uuid.UUID(int=nth + 1) for name in true}
        for ids in (true, counted):
            for ask in ASKS.values():
                yield ask.method, ask.address(house.practice, ids), ask, ids
        for path in FORGOTTEN:
            named = {"n": nth + 1, "practice": house.practice, "record": true["record"]}
            yield "GET", path.format(**named), None, true
        for ask in others():
            path = ask.path.replace("{q:uuid}", str(uuid.UUID(int=nth + 1))).replace("{slug:str}", "bento")
            path = path.replace("{practice:uuid}", str(house.practice)).replace(
                "{agenda:uuid}", str(house.bento)
            )
            yield ask.method, path, ask, true
