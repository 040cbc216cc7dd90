# SPDX-License-Identifier: AGPL-3.0-or-later
"""A planted credential is known by the server whose it is, whole, and by nothing else."""

from __future__ import annotations

import os

from serment.framing.planted import PREFIX, find_planted, plant


def test_a_server_knows_its_own_under_today_s_secret_and_the_one_before() -> None:
    today, before, other = (os.urandom(32) for _ in range(3))
    mine = plant(before)
    assert find_planted((today, before), f"Bearer {mine}") == mine
    assert find_planted((other,), f"Bearer {mine}") is None
    assert plant(before) != mine


def test_what_is_cut_or_mistyped_is_nothing() -> None:
    secret = os.urandom(32)
    mine = plant(secret)
    for wrong in (
        mine[:-1],
        mine.replace(mine[25], "2" if mine[25] != "2" else "3"),
        PREFIX + "a" * 39,
        "",
        "Bearer x",
    ):
        assert find_planted((secret,), wrong) is None
