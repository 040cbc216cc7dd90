# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a provider says once is written, whatever fails between; and one that fails holds up no other."""

from __future__ import annotations

import asyncio

import pytest

from serment.notifier.channels import NotNow
from serment.notifier.hearing import Heard, all_of, each


class Provider:
    """It says each thing once, and takes being asked again for "that is kept". Beside it the place where it is written."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0
        self.written: list[str] = []
        self.failing: dict[str, type[Exception]] = {}
        self.heard = Heard("provider", self.says, self.write)

    async def says(self) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if self.answers else []

    async def write(self, said: str) -> None:
        await asyncio.sleep(0)
        if said in self.failing:
            raise self.failing[said]
        self.written.append(said)


async def test_what_could_not_be_written_is_written_before_anything_more_is_asked() -> None:
    provider = Provider(["a", "b", "c"], ["d"])
    provider.failing = dict.fromkeys("abc", OSError)
    with pytest.raises(OSError):
        await provider.heard.poll()
    with pytest.raises(OSError):
        await provider.heard.poll()
    assert (provider.asked, provider.written, provider.heard.is_unwritten()) == (1, [], True)
    provider.failing = {}
    await provider.heard.poll()
    assert (provider.asked, provider.written, provider.heard.is_unwritten()) == (
        2,
        ["a", "b", "c", "d"],
        False,
    )


async def test_one_that_cannot_be_written_holds_up_no_other() -> None:
    provider = Provider(["a", "b", "c"])
    provider.failing = {"a": ValueError}
    with pytest.raises(ValueError):
        await provider.heard.poll()
    assert provider.written == ["b", "c"]


async def test_a_database_that_is_away_is_not_asked_for_each() -> None:
    tried: list[int] = []

    async def away(one: int) -> None:
        tried.append(one)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await each(range(1000), away)
    assert tried == [0, 1]


async def test_two_polls_at_once_write_each_thing_and_ask_again_only_for_what_comes_after() -> None:
    provider = Provider(["a", "b"], ["c"])
    asked_at: list[list[str]] = []
    says = provider.says

    async def noted() -> list[str]:
        asked_at.append(list(provider.written))
        return await says()

    provider.heard = Heard("provider", noted, provider.write)
    await asyncio.gather(provider.heard.poll(), provider.heard.poll())
    assert (asked_at, provider.written) == ([[], ["a", "b"]], ["a", "b", "c"])


async def test_a_provider_that_does_not_answer_is_no_failure_and_one_that_fails_holds_up_no_other() -> None:
    silent, broken, well = Provider(), Provider(), Provider(["a"])

    async def not_now() -> list[str]:
        raise NotNow

    async def fails() -> list[str]:
        raise RuntimeError

    silent.heard, broken.heard = Heard("s", not_now, silent.write), Heard("b", fails, broken.write)
    await silent.heard.poll()
    with pytest.raises(RuntimeError):
        await all_of(provider.heard.poll() for provider in (broken, silent, well))
    assert well.written == ["a"]
