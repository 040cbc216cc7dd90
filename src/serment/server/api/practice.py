# SPDX-License-Identifier: AGPL-3.0-or-later
"""The practice's routes: who may, is judged at each request by the roster; a change wants our own page's header."""

from __future__ import annotations

from litestar import Router

from serment.server.api import (
    desk_account,
    desk_agenda,
    desk_booking,
    desk_cards,
    desk_connectors,
    desk_incidents,
    desk_ledger,
    desk_members,
    desk_places,
    desk_rules,
    desk_session,
    desk_stanzas,
    join,
    messages,
    opening,
)
from serment.server.deadline import answered_soon
from serment.server.session import from_our_page

handlers = [
    Router(
        path="/api/practice",
        guards=[from_our_page],
        middleware=[answered_soon],
        tags=["practice"],
        route_handlers=[
            *desk_session.handlers,
            *desk_account.handlers,
            *opening.handlers,
            *desk_agenda.handlers,
            *desk_booking.handlers,
            *desk_cards.handlers,
            *desk_places.handlers,
            *desk_stanzas.handlers,
            *desk_rules.handlers,
            *desk_members.handlers,
            *desk_connectors.handlers,
            *desk_ledger.handlers,
            *desk_incidents.handlers,
            *join.handlers,
            *messages.handlers,
        ],
    )
]
