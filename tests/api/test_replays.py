# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two of the thefts of `replays/`, shortened: `make replay` plays all of them, longer."""

from __future__ import annotations

import pytest

from replays.plays import outcome_of
from replays.stage import theatre


@pytest.mark.slow
async def test_altered_ids_and_a_stolen_owner_yield_what_their_stories_say_and_hurt_nobody() -> None:
    async with theatre(short=True) as played:
        for name in ("b1", "b7"):
            outcome = await outcome_of(played, name, [1])
            assert not outcome.worse, (name, outcome.figures)
            assert not outcome.honest, name
            assert outcome.asked > 0
