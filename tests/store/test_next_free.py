# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search hint against the plain computation, whatever happens in between; shared by two servers; rebuilt piecemeal."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bento_house import Hand, House, at, open_house, sam_signs_in
from serment.database.pool import Pool, transaction
from serment.domain import search
from serment.domain.errors import DomainError
from serment.domain.slot import Resource, Situation, Span
from serment.domain.visit_type import Who
from serment.framing import Act, Altered
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.stores import next_free
from serment.server.stores import rules as rules_store
from serment.server.stores.next_free import Key
from serment.server.usecases import rebuild_next_free as rebuilding
from serment.server.usecases.act import act, mark
from serment.server.usecases.book import book
from serment.server.usecases.errors import Refusal, SlotTaken
from serment.server.usecases.expire import expire_holds
from serment.server.usecases.extend_hold import release_hold
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.move import move
from serment.server.usecases.rebuild_next_free import rebuild_next_free
from serment.server.usecases.refresh_next_free import refresh_agenda, refresh_due

KINDS = ("visit", "long", "ask", "few", "laser")
AGENDAS = ("bento", "ferrand", "lab")
# A plain week; the night before clocks go forward; the day before they go back.
BEGINNINGS = (
    datetime(2027, 3, 1, 12, tzinfo=UTC),
    datetime(2027, 3, 27, 22, 30, tzinfo=UTC),
    datetime(2027, 10, 30, 20, tzinfo=UTC),
)
EMPTIED = (
    "TRUNCATE practices, sites, units, practitioners, agendas, openings, opening_exceptions, absences, visit_types,"
    " visit_type_agendas, resources, visit_type_resources, spans, resource_spans, appointments, letters, connectors, connector_agendas, connector_feed, agent_tokens, busy_blocks, stanzas, acts,"
    " roster_events, members, sessions, devices, accounts, next_free, next_free_marks, next_free_rebuild"
)
Row = tuple[bool, datetime | None]


async def plainly(house: House) -> dict[tuple[uuid.UUID, uuid.UUID], Row]:
    """(agenda, visit type): (main, next free start), read from the tables with nothing left out and nothing kept."""
    pool, now = house.instance.pool, house.clock.now
    taken = await pool.fetch(
        "SELECT agenda, visit_type, record, start, lower(during) AS since, upper(during) AS until FROM spans"
        " WHERE hold_until IS NULL OR hold_until > $1", now,
    )  # fmt: skip
    used = await pool.fetch(
        "SELECT r.resource, r.record, lower(r.during) AS since, upper(r.during) AS until FROM resource_spans r"
        " JOIN spans s USING (practice, span) WHERE s.hold_until IS NULL OR s.hold_until > $1", now,
    )  # fmt: skip
    found: dict[tuple[uuid.UUID, uuid.UUID], Row] = {}
    for row in await pool.fetch("SELECT agenda FROM agendas"):
        rules = await rules_store.read(pool, row["agenda"])
        assert rules is not None
        here = [span for span in taken if span["agenda"] == rules.agenda_id]
        main = True
        for visit_type in sorted(
            rules.visit_types.values(), key=lambda each: (each.position, each.visit_type)
        ):
            if visit_type.who is not Who.ANYONE or not rules.agenda.active:
                continue
            rooms = [room for room in rules.rooms if room.kind in visit_type.resource_kinds]
            visits = [
                (span["start"], span["record"])
                for span in here
                if span["visit_type"] == visit_type.visit_type
            ]
            situation = Situation(
                now=now,
                busy=[Span(span["since"], span["until"], span["record"]) for span in here],
                resources=[
                    Resource(
                        room.resource, room.kind,
                        [Span(each["since"], each["until"], each["record"]) for each in used if each["resource"] == room.resource],
                    )
                    for room in rooms
                ],
                visits={} if visit_type.daily_quota is None
                else search.visits_by_day(visits, rules.agenda.zone, moving=None),
            )  # fmt: skip
            slot = search.next_free(rules.agenda, visit_type, situation)
            found[rules.agenda_id, visit_type.visit_type] = (main, None if slot is None else slot.start)
            main = False
    return found


async def hinted(house: House) -> dict[tuple[uuid.UUID, uuid.UUID], Row]:
    rows = await house.instance.pool.fetch("SELECT agenda, visit_type, main, next_at FROM next_free")
    return {(row["agenda"], row["visit_type"]): (row["main"], row["next_at"]) for row in rows}


async def refresh_all(instance: Instance) -> int:
    """What the jobs of a server do when their time comes, until nothing is due."""
    made = 0
    await expire_holds(instance)
    while each := await refresh_due(instance):
        made += each
        assert made < 60, "hints that are due again as soon as they are made"
    return made


class Life:
    """What happens at the house, one numbered step after the other."""

    def __init__(self, house: House, sam: Staff) -> None:
        self.house, self.sam = house, sam
        self.held: list[tuple[Hand, str, uuid.UUID, datetime, int]] = []
        self.booked: list[tuple[Hand, str, uuid.UUID, datetime, int]] = []
        self.acts: dict[uuid.UUID, int] = {}
        self.revs: dict[uuid.UUID, int] = {}
        self.done: list[str] = []

    async def step(self, what: str, a: int, b: int, c: int) -> None:
        self.done.append(f"{what} {a} {b} {c}")
        try:
            await getattr(self, f"_{what}")(a, b, c)
        except (DomainError, Refusal, Altered):
            self.done[-1] += " (refused)"

    async def _sql(self, text: str, *values: object) -> None:
        await self.house.instance.pool.execute(text, self.house.practice, *values)

    def _agenda(self, a: int) -> uuid.UUID:
        return self.house.id("agenda", AGENDAS[a % 3])

    async def _pick(self, a: int, b: int, c: int) -> tuple[str, uuid.UUID, datetime] | None:
        """A visit type, an agenda, and a start: the one that is hinted at, or one near it."""
        kind, agenda = KINDS[b % len(KINDS)], self._agenda(a)
        found = (await plainly(self.house)).get((agenda, self.house.type(kind)))
        if found is None or found[1] is None:
            return None
        return kind, agenda, found[1] + timedelta(minutes=(0, 0, 0, 15, 30, 45, 60, 1440)[c % 8])

    async def _hold(self, a: int, b: int, c: int) -> None:
        if (picked := await self._pick(a, b, c)) is not None:
            hand = Hand(self.house)
            kind, agenda, start = picked
            held = await hand.hold(start, kind=kind, agenda=agenda)
            self.held.append((hand, kind, agenda, start, held.minutes))

    async def _hold_elsewhere(self, a: int, b: int, c: int) -> None:
        """Somebody who has a hold, perhaps one that ran out, holds another time with the same record."""
        if self.held and (picked := await self._pick(b, a, c)) is not None:
            hand, *_ = self.held[a % len(self.held)]
            kind, agenda, start = picked
            held = await hand.hold(start, kind=kind, agenda=agenda)
            self.held = [each for each in self.held if each[0] is not hand]
            self.held.append((hand, kind, agenda, start, held.minutes))

    async def _release(self, a: int, b: int, c: int) -> None:
        if self.held:
            hand, *_ = self.held.pop(a % len(self.held))
            await release_hold(self.house.instance, self.house.practice, hand.record, hand.token)

    async def _book(self, a: int, b: int, c: int) -> None:
        if not self.held:
            await self._hold(a, b, c)
        if self.held:
            hand, kind, agenda, start, minutes = self.held.pop(a % len(self.held))
            written = hand.seal(hand.wants(start, kind=kind, agenda=agenda), minutes)
            await book(self.house.instance, written, hand.token)
            self.booked.append((hand, kind, agenda, start, minutes))

    async def _sign(self, one: tuple[Hand, str, uuid.UUID, datetime, int], kind: Act) -> None:
        hand, of_type, agenda, start, minutes = one
        n, rev = self.acts.get(hand.record, 0) + 1, self.revs.get(hand.record, 1)
        request = hand.wants(start, kind=of_type, agenda=agenda)
        sig = hand.signs(request, kind, n, rev=rev, minutes=minutes)
        await act(
            self.house.instance,
            self.house.practice,
            hand.record,
            rev=rev,
            n=n,
            kind=kind.name.lower(),
            sig=sig,
        )
        self.acts[hand.record] = n

    async def _cancel(self, a: int, b: int, c: int) -> None:
        if self.booked:
            await self._sign(self.booked[a % len(self.booked)], Act.CANCEL)

    async def _undo(self, a: int, b: int, c: int) -> None:
        if self.booked:
            await self._sign(self.booked[a % len(self.booked)], Act.UNDO)

    async def _accept(self, a: int, b: int, c: int) -> None:
        asked = [one for one in self.booked if one[1] == "ask"]
        if asked:
            record = asked[a % len(asked)][0].record
            await mark(self.house.instance, self.sam, record, "accept", self.revs.get(record, 1))

    async def _move(self, a: int, b: int, c: int) -> None:
        if not self.booked:
            return
        at_ = a % len(self.booked)
        hand, kind, agenda, _, _ = self.booked[at_]
        picked = await self._pick(
            AGENDAS.index("bento") if agenda == self.house.bento else 1, KINDS.index(kind), c
        )
        if picked is None:
            return
        _, _, start = picked
        rev = self.revs.get(hand.record, 1)
        held = await hand.hold(start, kind=kind, agenda=agenda, row_token=hand.cap.row_token)
        written = hand.seal(hand.wants(start, kind=kind, agenda=agenda), held.minutes, rev + 1)
        await move(
            self.house.instance, self.house.practice, hand.record, written, seen_rev=rev, token=hand.token
        )
        self.booked[at_] = (hand, kind, agenda, start, held.minutes)
        self.revs[hand.record], self.acts[hand.record] = rev + 1, 0

    async def _overbook(self, a: int, b: int, c: int) -> None:
        start = self.house.clock.now.replace(minute=0, second=0) + timedelta(hours=1 + b % 40)
        await self._sql(
            "INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during, overbooked)"
            " VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), $3, $4, 30,"
            " tstzrange($4::timestamptz, $4::timestamptz + interval '30 minutes'), true)",
            self._agenda(a), self.house.type(), start,
        )  # fmt: skip

    async def _wait(self, a: int, b: int, c: int) -> None:
        self.house.clock.pass_(minutes=(1, 7, 11, 30, 60, 240, 1440, 3 * 1440)[a % 8], seconds=b % 60)

    def _day(self, a: int) -> date:
        return self.house.clock.now.date() + timedelta(days=a % 4)

    async def _absence(self, a: int, b: int, c: int) -> None:
        since = datetime.combine(self._day(b), time(c % 24))
        await self._sql(
            "INSERT INTO absences VALUES ($1, gen_random_uuid(), $2, $3, $4)",
            self._agenda(a), since, since + timedelta(hours=(1, 5, 30, 240)[b % 4]),
        )  # fmt: skip

    async def _back(self, a: int, b: int, c: int) -> None:
        await self._sql("DELETE FROM absences WHERE practice = $1 AND agenda = $2", self._agenda(a))

    async def _opening(self, a: int, b: int, c: int) -> None:
        await self._sql(
            "INSERT INTO openings (practice, opening, agenda, first_date, start_minute, end_minute, rrule)"
            " VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, 'FREQ=WEEKLY;INTERVAL=1')",
            self._agenda(a), self._day(b), (c % 96) * 15, (c % 96) * 15 + (90, 240, 600)[b % 3],
        )  # fmt: skip

    async def _shut(self, a: int, b: int, c: int) -> None:
        await self._sql(
            "UPDATE openings SET last_date = $3 WHERE practice = $1 AND agenda = $2",
            self._agenda(a),
            self._day(b),
        )

    async def _exception(self, a: int, b: int, c: int) -> None:
        await self._sql(
            "INSERT INTO opening_exceptions (practice, exception, agenda, opening, on_date, kind) SELECT $1,"
            " gen_random_uuid(), agenda, opening, $3, 'closed' FROM openings WHERE practice = $1 AND agenda = $2"
            " ON CONFLICT DO NOTHING", self._agenda(a), self._day(b),
        )  # fmt: skip

    async def _type(self, a: int, b: int, c: int) -> None:
        change, value = (
            ("notice_minutes", (0, 90, 1440, 2895)[b % 4]),
            ("horizon_days", (1, 3, 90, 400)[b % 4]),
            ("buffer_before_minutes", (0, 15)[b % 2]),
            ("buffer_after_minutes", (0, 10)[b % 2]),
            ("daily_quota", (None, 1, 3)[b % 3]),
            ("minutes", (20, 30, 60)[b % 3]),
            ("position", b % 5),
            ("who", ("anyone", "staff", "known")[b % 3]),
        )[c % 8]
        await self._sql(
            f"UPDATE visit_types SET {change} = $3 WHERE practice = $1 AND visit_type = $2",
            self.house.type(KINDS[a % len(KINDS)]), value,
        )  # fmt: skip

    async def _offer(self, a: int, b: int, c: int) -> None:
        """The other unit's agenda begins to offer a visit type, or an agenda stops to."""
        where = (self.house.id("agenda", "lab"), self.house.type(KINDS[b % len(KINDS)]))
        text = "INSERT INTO visit_type_agendas (practice, agenda, visit_type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        if c % 3 == 0:
            text = "DELETE FROM visit_type_agendas WHERE practice = $1 AND agenda = $2 AND visit_type = $3"
        await self._sql(text, *where)

    async def _active(self, a: int, b: int, c: int) -> None:
        await self._sql(
            "UPDATE agendas SET active = $3 WHERE practice = $1 AND agenda = $2", self._agenda(a), b % 2 == 0
        )

    async def _room(self, a: int, b: int, c: int) -> None:
        await self._sql(
            "INSERT INTO resources (practice, resource, site, kind, name)"
            " VALUES ($1, gen_random_uuid(), $2, 'laser', 'Laser')", self.house.id("site", "site"),
        )  # fmt: skip

    async def _zone(self, a: int, b: int, c: int) -> None:
        zone = ("Europe/Paris", "America/Guadeloupe", "Indian/Reunion")[a % 3]
        await self._sql("UPDATE sites SET timezone = $2 WHERE practice = $1", zone)


OFTEN = ("hold", "book", "wait")
STEPS = st.tuples(
    st.sampled_from(
        (*OFTEN, *OFTEN, "hold_elsewhere", "release", "cancel", "cancel", "undo", "accept", "move", "move", "overbook",
         "absence", "back", "opening", "shut", "exception", "type", "type", "offer", "active", "room", "zone")
    ),
    st.integers(0, 7), st.integers(0, 47), st.integers(0, 95), st.booleans(),
)  # fmt: skip


# Nothing is made smaller: an example takes half a second, and the failure lists its steps.
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(beginning=st.sampled_from(BEGINNINGS), steps=st.lists(STEPS, min_size=4, max_size=18))
async def test_every_hint_is_the_plain_computation_whatever_happened(
    pool: Pool, beginning: datetime, steps: Sequence[tuple[str, int, int, int, bool]]
) -> None:
    await pool.execute(EMPTIED)
    house = await open_house(pool)
    house.clock.now = beginning
    await pool.execute("UPDATE members SET seen = $1", beginning.date())  # Sam was here the day before
    life = Life(house, await member_of(house.instance, await sam_signs_in(house), house.practice))
    await refresh_all(house.instance)
    for what, a, b, c, looked in steps:
        await life.step(what, a, b, c)
        if looked:
            await refresh_all(house.instance)
            assert await hinted(house) == await plainly(house), life.done
    await refresh_all(house.instance)
    assert await hinted(house) == await plainly(house), life.done
    assert await refresh_all(house.instance) == 0
    assert await pool.fetchval("SELECT count(*) FROM next_free_marks") == 0


@pytest.fixture
async def house(pool: Pool) -> House:
    await pool.execute(EMPTIED)
    house = await open_house(pool)
    house.clock.now = at("07:00")
    await refresh_all(house.instance)
    return house


def hint_of(house: House, agenda: str = "bento", kind: str = "visit") -> Callable[[], Any]:
    async def read() -> datetime | None:
        return (await hinted(house))[house.id("agenda", agenda), house.type(kind)][1]

    return read


async def test_a_room_taken_at_one_agenda_is_taken_at_the_others(house: House) -> None:
    hint, lab = hint_of(house, "ferrand", "laser"), house.id("agenda", "lab")
    await house.instance.pool.execute(
        "INSERT INTO visit_type_agendas (practice, visit_type, agenda) VALUES ($1, $2, $3)",
        house.practice,
        house.type("laser"),
        lab,
    )
    await refresh_all(house.instance)
    await Hand(house).hold(at("08:00"), kind="laser")
    await refresh_all(house.instance)
    assert await hint() == at("08:00")  # the other laser
    tom = Hand(house)
    await tom.hold(at("08:00"), kind="laser", agenda=lab)
    await refresh_all(house.instance)
    assert await hint() == at("08:30")
    await release_hold(house.instance, house.practice, tom.record, tom.token)
    await refresh_all(house.instance)
    assert await hint() == at("08:00")


async def test_a_visit_that_fills_the_quota_of_a_day_moves_the_hint_from_its_morning(house: House) -> None:
    hint = hint_of(house, kind="few")
    for start in ("15:00", "15:10", "15:20"):
        await refresh_all(house.instance)
        assert await hint() == at("08:00")
        await Hand(house).book(at(start), kind="few")
    await refresh_all(house.instance)
    assert await hint() == at("08:00", (at("08:00") + timedelta(days=1)).date())


async def test_a_hint_that_lags_lets_nobody_have_what_is_taken(house: House) -> None:
    await Hand(house).hold(at("08:00"))
    assert await hint_of(house)() == at("08:00")
    with pytest.raises(SlotTaken):
        await Hand(house).hold(at("08:00"))


async def test_a_booking_in_flight_while_hints_are_made_is_seen_by_the_next_who_makes_them(
    house: House,
) -> None:
    """The hint of the free half hour is being made while somebody takes it: the note outlives what was computed."""
    pool = house.instance.pool
    key = Key(house.practice, house.bento)
    async with transaction(pool) as in_flight:
        await in_flight.execute(
            "INSERT INTO spans (practice, span, agenda, record, visit_type, start, minutes, during) VALUES"
            " ($1, gen_random_uuid(), $2, gen_random_uuid(), $3, $4, 30,"
            " tstzrange($4::timestamptz, $4::timestamptz + interval '30 minutes'))",
            house.practice, house.bento, house.type(), at("08:00"),
        )  # fmt: skip
        assert await refresh_agenda(house.instance, key)
        assert await hint_of(house)() == at("08:00")
    assert await refresh_due(house.instance) == 1
    assert await hint_of(house)() == at("08:30")


async def test_whoever_dies_while_making_hints_leaves_them_due(house: House) -> None:
    await Hand(house).hold(at("08:00"))
    key = Key(house.practice, house.bento)

    class Killed(Exception):
        pass

    with pytest.raises(Killed):
        async with transaction(house.instance.pool) as tx:
            assert await next_free.claim(tx, key.agenda)
            assert await next_free.take_marks(tx, key, house.clock.now) is not None
            raise Killed
    assert await refresh_due(house.instance) == 1
    assert await hint_of(house)() == at("08:30")


async def test_two_servers_share_the_work_and_double_none(house: House) -> None:
    pool = house.instance.pool
    other = Instance(house.instance.name, pool, Secret(b"S" * 32), house.clock)
    for agenda in (house.bento, house.ferrand):
        await Hand(house).hold(at("08:00"), agenda=agenda)
    made = await asyncio.gather(refresh_due(house.instance), refresh_due(other), refresh_due(house.instance))
    made.append(await refresh_due(other))
    assert sum(made) == 2 and await refresh_due(other) == 0
    assert await hinted(house) == await plainly(house)


async def test_whose_hints_another_makes_are_left_to_it(house: House) -> None:
    await Hand(house).hold(at("08:00"))
    async with transaction(house.instance.pool) as tx:
        assert await next_free.claim(tx, house.bento)
        assert await refresh_due(house.instance) == 0
        assert not await refresh_agenda(house.instance, Key(house.practice, house.bento))
    assert await refresh_due(house.instance) == 1


async def test_rules_that_cannot_be_read_hold_nobody_else_up(house: House) -> None:
    pool = house.instance.pool
    await pool.execute("UPDATE openings SET rrule = 'FREQ=NEVER' WHERE agenda = $1", house.bento)
    await Hand(house).hold(at("08:00"), agenda=house.ferrand)
    await refresh_all(house.instance)
    assert await hint_of(house, "ferrand")() == at("08:30")
    assert not any(agenda == house.bento for agenda, _ in await hinted(house))
    await pool.execute("UPDATE openings SET rrule = 'FREQ=DAILY' WHERE agenda = $1", house.bento)
    await refresh_all(house.instance)
    assert await hinted(house) == await plainly(house)


async def test_hints_of_an_agenda_that_is_no_more_go(house: House) -> None:
    pool = house.instance.pool
    await pool.execute("DELETE FROM agendas WHERE agenda = $1", house.bento)
    await pool.execute("UPDATE next_free SET recheck_at = '-infinity'")
    await refresh_all(house.instance)
    assert not any(agenda == house.bento for agenda, _ in await hinted(house))


# ---------------------------------------------------------------- rebuilding


async def spoil(house: House) -> None:
    await house.instance.pool.execute("UPDATE next_free SET next_at = NULL, recheck_at = 'infinity'")


async def test_a_rebuild_makes_every_hint_right(house: House) -> None:
    right = await hinted(house)
    await spoil(house)
    await house.instance.pool.execute(
        "INSERT INTO next_free (practice, agenda, visit_type, main, specialty, place, next_at, recheck_at)"
        " SELECT practice, gen_random_uuid(), visit_type, main, specialty, place, next_at, recheck_at"
        " FROM next_free LIMIT 1"
    )
    assert await refresh_all(house.instance) == 0
    told: list[tuple[int, int]] = []
    made, resumed = await rebuild_next_free(house.instance, lambda *each: told.append(each))
    assert (made, resumed) == (3, False) and told[0] == (0, 3) and told[-1] == (3, 3)
    assert await hinted(house) == right


async def test_a_rebuild_that_was_broken_off_goes_on_where_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_AGENDAS", 1)
    right = await hinted(house)
    await spoil(house)

    def fall(done: int, agendas: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rebuild_next_free(house.instance, fall)
    assert await hinted(house) != right
    assert await rebuild_next_free(house.instance) == (2, True)
    assert await hinted(house) == right
    assert (await rebuild_next_free(house.instance)) == (3, False)


async def test_two_who_rebuild_share_the_work(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_AGENDAS", 1)
    right = await hinted(house)
    await spoil(house)
    begun, both = [], asyncio.Event()

    def count(done: int, agendas: int) -> None:
        begun.append(done)
        if begun == [0, 0]:
            both.set()

    await next_free.begin_rebuild(house.instance.pool)
    async with asyncio.TaskGroup() as group, transaction(house.instance.pool) as tx:
        await next_free.next_to_rebuild(tx, 1)  # keeps the first batch from both until both are there
        rebuilds = [group.create_task(rebuild_next_free(house.instance, count)) for _ in range(2)]
        await both.wait()
    made = [task.result()[0] for task in rebuilds]
    assert sum(made) == 3
    assert await hinted(house) == right
