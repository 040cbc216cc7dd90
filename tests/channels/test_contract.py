# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every channel is handed and hands back: nothing of it shows itself."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.markers import KEY, MARKERS, NUMBER, letter, text
from serment.domain.gsm7 import BASIC, EXTENSION, length
from serment.notifier.channels import ChannelBroken, NotNow, Receipt, Text, code_word, e164, says_stop
from serment.notifier.channels.alphabet import fits_gsm, parts
from serment.notifier.channels.feed import Seen, told


def test_a_message_does_not_show_itself() -> None:
    shown = repr(text()) + repr(letter()) + str(text()) + str(letter())
    assert not [marker for marker in (*MARKERS, KEY) if marker in shown]


@pytest.mark.parametrize(
    "to", ["0612345678", "+0612345678", "+33 612345678", "+336", "+3361234567890123", ""]
)
def test_a_number_is_written_in_one_way(to: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164") as refused:
        text(to=to)
    assert not to or to not in str(refused.value)


def test_a_letters_head_has_no_second_line() -> None:
    with pytest.raises(ValueError, match="control character"):
        letter(to="alice@example.org\r\nBcc: mallory@example.org")


@pytest.mark.parametrize("bad", ["a\x00b", "a\x1bb", "half \ud83d"])
def test_what_no_channel_can_write_down_is_refused_without_being_repeated(bad: str) -> None:
    with pytest.raises(ValueError, match="control character") as refused:
        text(bad)
    assert refused.value.__context__ is None and bad not in repr(refused.value)


def test_a_text_has_a_limit() -> None:
    with pytest.raises(ValueError, match="1000"):
        text("x" * 1001)
    with pytest.raises(ValueError, match="1000"):
        Text(to=NUMBER, body="", key=KEY, language="en")


@pytest.mark.parametrize("said", ["STOP", "stop", " Stop. ", "STOP SMS", "Stop merci bien", "arrêt", "ARRET"])
def test_stop_is_understood(said: str) -> None:
    assert says_stop(said)


@pytest.mark.parametrize(
    "said", ["", "Je ne peux pas", "Le stop du bus est loin", "Stop, je viens quand même demain", "OK"]
)
def test_what_is_no_stop_is_none(said: str) -> None:
    assert not says_stop(said)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("+33612345678", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("33612345678", "+33612345678"),
        (33612345678, "+33612345678"),
    ],
)
def test_providers_write_numbers_in_many_ways(said: object, number: str) -> None:
    assert e164(said) == number


@pytest.mark.parametrize("said", ["36184", "", None, "Doctor", "0612345678"])
def test_what_is_no_number_is_none(said: object) -> None:
    assert e164(said) is None


def test_a_providers_reason_cannot_smuggle_a_number_or_a_text() -> None:
    assert code_word("REJECTD 012") == "REJECTD-012"
    assert code_word(30005) == "30005"
    assert code_word(f"no route to {NUMBER}") == ""
    assert code_word("no route to +33 6 12 34 00 78") == ""
    assert code_word("The subscriber's phone was off and the message expired") == ""


def test_patience_has_a_limit() -> None:
    assert NotNow(dt.timedelta(days=30)).retry_after == dt.timedelta(hours=6)
    assert NotNow(dt.timedelta(seconds=-5)).retry_after == dt.timedelta(0)


def test_the_alphabet_keeps_what_french_needs_and_splits_no_character() -> None:
    assert fits_gsm("à é è ù Ç É ö ü €") and not fits_gsm("ç") and not fits_gsm("ê") and not fits_gsm("’")
    short, is_gsm = parts("à" * 160)
    assert is_gsm and short == [b"\x7f" * 160]
    pieces, _ = parts("a" * 152 + "€" + "b" * 20)  # € takes two: the first part ends one early
    assert [len(piece) for piece in pieces] == [152, 22] and pieces[1].startswith(b"\x1b\x65")
    wide, is_gsm = parts("ç" * 66 + "😀" + "ç" * 10)
    assert not is_gsm and [len(piece) for piece in wide] == [132, 24]


@given(
    st.text(alphabet=st.sampled_from(sorted(BASIC | EXTENSION)), min_size=1, max_size=500)
    | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
)
def test_a_text_is_cut_as_its_price_was_shown(text: str) -> None:
    """What people were told when they wrote it (domain/gsm7.py) is what goes out."""
    pieces, is_gsm = parts(text)
    shown = length(text)
    assert (len(pieces), is_gsm) == (shown.segments, shown.alphabet == "gsm7")
    assert sum(map(len, pieces)) == shown.units * (1 if is_gsm else 2)


def test_seen_forgets_the_oldest_and_holds_no_number() -> None:
    seen = Seen()
    assert (
        seen.first("stop", NUMBER) and not seen.first("stop", NUMBER) and seen.unseen("stop", "+33612345679")
    )
    assert NUMBER not in repr(vars(seen))


async def test_what_was_found_before_a_failure_is_told() -> None:
    async def fails_at(number: int):  # type: ignore[no-untyped-def]
        for one in range(number):
            yield Receipt(str(one), delivered=True)
        raise ChannelBroken("It broke.")

    assert [receipt.provider_id for receipt in await told(fails_at(2))] == ["0", "1"]
    with pytest.raises(ChannelBroken):
        await told(fails_at(0))
