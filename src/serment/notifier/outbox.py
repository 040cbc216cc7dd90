# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier's only way to the database: what is due, who has it, what became of it.

Lease before send: a crash between the two sends a message again when the lease ends; it never loses one. A message that is
settled on a channel is never sent on it again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from serment.database.pool import Pool, Transaction, transaction
from serment.database.queries import load
from serment.domain.retention import kept

TAKEN_MAX: Final = 1000
PAGE_ROWS: Final = 2000
LEASE_SECONDS: Final = 120
RECEIPT_DAYS: Final = kept("receipt").days
SETTLED_DAYS: Final = kept("outcome").days
COUNT_DAYS: Final = kept("counts").days
STOP_DAYS: Final = kept("stop_link").days  # a message's link objects for so long
PROOF_MONTHS: Final = 12
CODES_A_DAY: Final = 3
LIVE_PROOFS_MAX: Final = 10
ASKS_TAKEN_MAX: Final = 64
_FIRST: Final = b""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: its handle, its id, the day it goes, the day whose key opens its capsule."""

    h: bytes
    mid: bytes
    send_day: dt.date
    key_day: dt.date


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message as it lies in the queue, with the capsule that opens it. `tries`: how often it was leased, this time included;
    `failed`: how often that failed by a channel. `settled`: the channels it went by already.
    """

    place: Place
    message_set: int
    message: bytes
    capsule: bytes
    tries: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message on one channel ('sms', 'mail', or 'none' where it never came to one)."""

    channel: str
    result: str
    reason: str | None = None
    receipt: bytes | None = field(default=None, repr=False)


class Outbox:
    """Over a pool of the notifier's role. Every method may be repeated; each is one statement."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._queries = pool, load("outbox")

    async def publish_root(self, pk: bytes) -> bytes:
        """The root that stands: this one, unless another came first."""
        root: bytes = await self._queries["publish_root"].value(self._pool, pk=pk)
        return root

    async def root(self) -> bytes | None:
        """The root that stands, if one was ever published."""
        root: bytes | None = await self._queries["read_root"].value(self._pool)
        return root

    async def day_keys(self) -> dict[dt.date, bytes]:
        """The published keys, by day."""
        return {row["day"]: row["pk"] for row in await self._queries["read_day_keys"].rows(self._pool)}

    async def publish_day_keys(self, keys: Sequence[tuple[dt.date, bytes, bytes]]) -> None:
        """Publishes days with their keys and signatures: all of them or none."""
        many = [{"day": day, "pk": pk, "sig": sig} for day, pk, sig in keys]
        await self._queries["publish_day_key"].run_many(self._pool, many)

    async def publish_code_key(self, since: dt.date, until: dt.date, pk: bytes, sig: bytes) -> bytes:
        """Publishes one; the key that stands from that day."""
        key: bytes = await self._queries["publish_code_key"].value(
            self._pool, since=since, until=until, pk=pk, sig=sig
        )
        return key

    async def withdraw_code_keys(self, today: dt.date) -> None:
        """Takes away those that are over."""
        await self._queries["withdraw_code_keys"].run(self._pool, today=today)

    async def take(self) -> list[bytes]:
        """Empties the inbox; the handles that have a message due by tomorrow, new to the caller."""
        return [row["h"] for row in await self._queries["take_inbox"].rows(self._pool, most=TAKEN_MAX)]

    async def hand_over(self) -> list[bytes]:
        """Brings out of the cold what is due within 35 days; answers like `take`."""
        return [row["h"] for row in await self._queries["hand_over"].rows(self._pool, most=TAKEN_MAX)]

    async def give_back(self, handles: Sequence[bytes]) -> None:
        """Puts back into the cold those of which nothing is due within 35 days."""
        await self._queries["give_back"].value(self._pool, handles=list(handles))

    async def give_back_idle(self) -> None:
        """Puts back what a batch that broke off, or a process that was killed, left out of the cold."""
        after_h = _FIRST
        while rows := await self._queries["read_idle"].rows(self._pool, after_h=after_h, most=TAKEN_MAX):
            if idle := [row["h"] for row in rows if row["idle"]]:
                await self.give_back(idle)
            after_h = rows[-1]["h"]

    async def due(self, day: dt.date, last: Place | None = None) -> list[Place]:
        """A page of the messages that go by `day`, after the last one of the page before; empty where there are no more."""
        h, mid = (last.h, last.mid) if last is not None else (_FIRST, _FIRST)
        rows = await self._queries["read_due"].rows(
            self._pool, day=day, after_h=h, after_mid=mid, most=PAGE_ROWS
        )
        return [Place(**row) for row in rows]

    async def due_of(self, handles: Sequence[bytes], day: dt.date) -> list[Place]:
        """Those of some handles."""
        rows = await self._queries["read_due_of"].rows(self._pool, handles=list(handles), day=day)
        return [Place(**row) for row in rows]

    async def read(self, places: Sequence[Place]) -> list[Sealed]:
        """Those of them that still stand, to learn when they are due."""
        rows = await self._queries["read_sealed"].rows(self._pool, **_keys(places))
        return [_sealed(row) for row in rows]

    async def claim(self, places: Sequence[Place], now: dt.datetime) -> list[Sealed]:
        """Leases them until now + LEASE_SECONDS. What does not come back is gone, void, or in another's hands."""
        until = now + dt.timedelta(seconds=LEASE_SECONDS)
        rows = await self._queries["claim"].rows(self._pool, **_keys(places), now=now, until=until)
        return [_sealed(row) for row in rows]

    async def held(self, places: Sequence[Place]) -> list[tuple[Place, dt.datetime | None]]:
        """Those of them that still stand, and until when they are leased; None: just being taken or given back."""
        rows = await self._queries["read_held"].rows(self._pool, **_keys(places))
        by_key = {(place.h, place.mid): place for place in places}
        return [(by_key[row["h"], row["mid"]], row["lease_until"]) for row in rows]

    @contextlib.asynccontextmanager
    async def together(self) -> AsyncIterator[Transaction]:
        """What is settled or freed `on` it stands as a whole, or not at all."""
        async with transaction(self._pool) as connection:
            yield connection

    async def settle(
        self, sealed: Sealed, kind: str, outcomes: Sequence[Outcome], *, last: bool, now: dt.datetime,
        on: Transaction | None = None,
    ) -> None:  # fmt: skip
        """Writes what became of it; with `last` nothing more will be tried and it leaves the queue."""
        receipts = [(outcome.receipt, outcome.channel) for outcome in outcomes if outcome.receipt is not None]
        place, today = sealed.place, now.date()
        await self._queries["settle"].run(
            on or self._pool, h=place.h, mid=place.mid, send_day=place.send_day, key_day=place.key_day,
            message_set=sealed.message_set, bytes=sealed.message, kind=kind, today=today, last=last,
            channels=[outcome.channel for outcome in outcomes],
            results=[outcome.result for outcome in outcomes],
            reasons=[outcome.reason for outcome in outcomes],
            receipt_tags=[tag for tag, _ in receipts],
            receipt_channels=[channel for _, channel in receipts],
            receipts_until=today + dt.timedelta(days=RECEIPT_DAYS),
        )  # fmt: skip

    async def free(
        self, place: Place, failed: Collection[str] = (), *, on: Transaction | None = None
    ) -> None:
        """Gives a lease back before its time. `failed`: the channels it was tried by in vain; with none it was no try."""
        await self._queries["free"].run(on or self._pool, h=place.h, mid=place.mid, failed=list(failed))

    async def close_day(self, day: dt.date) -> int:
        """Settles what is left of this day and those before it, then forgets their capsules. How many were left."""
        left: int = await self._queries["settle_day"].value(self._pool, day=day)
        await self._queries["forget_day"].run(self._pool, day=day)
        await self._queries["withdraw_day_key"].run(self._pool, day=day)
        return left

    async def forget_old(self, today: dt.date) -> None:
        """Keeps what the retention table says, and no more."""
        await self._queries["forget_old"].run(
            self._pool,
            today=today,
            settled_since=today - dt.timedelta(days=SETTLED_DAYS),
            counts_since=today - dt.timedelta(days=COUNT_DAYS),
            proofs_since=today.replace(day=1) - dt.timedelta(days=31 * PROOF_MONTHS),
        )
        await self._queries["expire_cold"].value(self._pool)

    async def receive(self, tag: bytes, result: str, reason: str | None) -> None:
        """A receipt. One that is not awaited, or came before, changes nothing."""
        await self._queries["receive"].run(self._pool, tag=tag, result=result, reason=reason)

    async def objections(self) -> list[bytes]:
        """Tokens of people who want no more messages, or want them again."""
        return [
            row["stop"] for row in await self._queries["read_objections"].rows(self._pool, most=TAKEN_MAX)
        ]

    async def object_by_token(self, stop: bytes) -> bool:
        """Judges one, by the last word. True if somebody objects who did not before."""
        return bool(
            await self._queries["object_by_token"].run(self._pool, stop=stop, stop_hash=sha256(stop).digest())
        )

    async def link_objection(self, tag: bytes, stops: Sequence[bytes], today: dt.date) -> None:
        """Before a message goes to an address: the tokens it carries lead back to it for STOP_DAYS."""
        hashes = [sha256(stop).digest() for stop in stops]
        until = today + dt.timedelta(days=STOP_DAYS)
        await self._queries["link_objection"].run(self._pool, tag=tag, stop_hashes=hashes, until=until)

    async def object(self, tag: bytes) -> None:
        """This address wants no more messages."""
        await self._queries["object"].run(self._pool, tag=tag)

    async def why_not(self, tag: bytes, today: dt.date, most: int, *, again: bool = False) -> str | None:
        """None, and counted, if one more message may go to this address today; else 'objected' or 'too_many_today'.

        `again`: it was counted already, when it was first tried.
        """
        reason: str | None = await self._queries["may_send"].value(
            self._pool, tag=tag, today=today, most=most, counted=0 if again else 1
        )
        return reason

    async def take_asks(self, now: dt.datetime) -> list[tuple[bytes, bytes]]:
        """Phone checks new to anybody, (q, ask) each. A crash after this sends no code: whoever waits asks again."""
        rows = await self._queries["take_asks"].rows(self._pool, now=now, most=ASKS_TAKEN_MAX)
        return [(row["q"], row["ask"]) for row in rows]

    async def allow_code(self, tag: bytes, today: dt.date, all_most: int) -> bool:
        """Whether one more code may go to this address; counted then."""
        return bool(
            await self._queries["allow_code"].run(
                self._pool,
                tag=tag,
                today=today,
                most=CODES_A_DAY,
                all_most=all_most,
                proofs_most=LIVE_PROOFS_MAX,
                live_since=live_since(today),
            )
        )

    async def count_code(self, today: dt.date, channel: str, outcome: str) -> None:
        """For what a host may see."""
        await self._queries["count_code"].run(self._pool, today=today, channel=channel, outcome=outcome)

    async def codes(self, qs: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        """What was typed for some checks, (q, code) each."""
        return [
            (row["q"], row["code"]) for row in await self._queries["read_codes"].rows(self._pool, qs=list(qs))
        ]

    async def answer_nothing(self, q: bytes, code: bytes, tries: int) -> None:
        """This code proves nothing."""
        await self._queries["answer_nothing"].run(self._pool, q=q, code=code, tries=tries)

    async def proofs_left(self, tag: bytes, today: dt.date) -> int:
        """How many signatures this address may still have."""
        live = await self._queries["read_live_proofs"].value(
            self._pool, tag=tag, live_since=live_since(today)
        )
        return max(0, LIVE_PROOFS_MAX - int(live))

    async def answer_proofs(
        self, q: bytes, code: bytes, tries: int, tag: bytes, today: dt.date, proofs: int, reply: bytes
    ) -> bool:
        """Hands so many signatures over and counts them. False and nothing done if too few are left or it is over."""
        return bool(
            await self._queries["answer_proofs"].run(
                self._pool,
                q=q,
                code=code,
                tries=tries,
                tag=tag,
                month=today.replace(day=1),
                proofs=proofs,
                reply=reply,
                proofs_most=LIVE_PROOFS_MAX,
                live_since=live_since(today),
            )
        )

    async def states(self) -> list[dict[str, Any]]:
        """How many messages are in which state now, by channel and reason."""
        return [dict(row) for row in await self._queries["read_states"].rows(self._pool)]

    async def counts(self, since: dt.date) -> list[dict[str, Any]]:
        """What was handed over or dropped, by day, channel, kind and outcome."""
        return [dict(row) for row in await self._queries["read_counts"].rows(self._pool, since=since)]

    async def count_sms(self, today: dt.date, most: int) -> bool:
        """Whether one more SMS may go today; counted then. Codes are apart."""
        return bool(await self._queries["count_sms"].run(self._pool, today=today, most=most))

    async def uncount_sms(self, day: dt.date) -> None:
        """One that was counted certainly did not go."""
        await self._queries["uncount_sms"].run(self._pool, day=day)

    async def sms_of(self, day: dt.date) -> int:
        """How many SMS went on this day, those included of which nobody knows whether they did."""
        return int(await self._queries["read_sms_of"].value(self._pool, day=day) or 0)

    async def rights(self, forbidden: Sequence[str]) -> dict[str, Any]:
        """Who this connection is and which of `forbidden` it could read; the database's clock."""
        row = await self._queries["read_rights"].row(self._pool, forbidden=list(forbidden))
        return dict(row or {})


def live_since(today: dt.date) -> dt.date:
    """The first month whose signatures still count: the same one of last year."""
    return dt.date(today.year - PROOF_MONTHS // 12, today.month, 1)


def _keys(places: Sequence[Place]) -> dict[str, list[bytes]]:
    return {"handles": [place.h for place in places], "mids": [place.mid for place in places]}


def _sealed(row: Any) -> Sealed:
    given = dict(row)
    place = Place(*(given.pop(name) for name in ("h", "mid", "send_day", "key_day")))
    given["message"] = given.pop("bytes")
    given["failed"] = {name: given.pop(f"{name}_failed", 0) for name in ("sms", "mail")}
    given["settled"] = frozenset(given.get("settled", ()))
    return Sealed(place, **given)
