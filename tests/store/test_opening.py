# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dr Bento opens a practice step by step; Mallory, half a request and a taken number get nothing."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bento_house import INSTANCE, Clock
from serment.database.pool import Pool
from serment.database.queries import Connection, load
from serment.directory.search import find_rpps
from serment.domain.roles import Deed
from serment.framing import Altered, Role, Unknown
from serment.framing.roster_events import Member
from serment.seal.chance import draw
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import found_practice, member_of, new_epoch, open_seed, write_events
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.stores import accounts, listings, opening, rosters
from serment.server.usecases.begin_practice import (
    FirstHours,
    FirstType,
    Standing,
    begin_practice,
    how_far,
    take_bookings,
)
from serment.server.usecases.confirm_practice import confirm_practice, waiting_practices
from serment.server.usecases.errors import (
    AlreadyOpen,
    AlreadyUsed,
    ClaimTaken,
    NoSuchPractice,
    NoSuchTown,
    NothingToBook,
    TooManyPractices,
    TwoWaysNeeded,
)
from serment.server.usecases.find_oneself import find_oneself, kinds_of_care, towns_typed
from serment.server.usecases.find_practitioners import find_practitioners
from serment.server.usecases.membership import Staff
from serment.server.usecases.membership import member_of as staff_of
from serment.server.usecases.open_practice import NewPractice, Opened, Where, Who, open_practice
from serment.server.usecases.read_roster import roster_of
from serment.server.usecases.refresh_next_free import refresh_due
from serment.server.usecases.sign_in import signed_in

BENTO = Who("Dr", "Inès", "Bento", "SM54", "99990000002")
BREST = Where("1 rue Haute", "29200", "29019", "0298000000")


@pytest.fixture
async def instance(pool: Pool) -> Instance:
    await rosters.name_instance(pool, INSTANCE)
    await pool.execute(
        "INSERT INTO towns VALUES ('29019', 'Brest', 'brest', '{29200,29280}', '29', 'Bretagne', 48.39, -4.49, true,"
        " 140000, '{}') ON CONFLICT DO NOTHING"
    )
    await pool.execute(
        "DELETE FROM practices; DELETE FROM practitioners; DELETE FROM next_free; DELETE FROM agendas"
    )
    return Instance(INSTANCE, pool, Secret(b"S" * 32), Clock())


@dataclass
class Owner:
    """An account with two ways in, and what its browser draws for one practice."""

    instance: Instance
    account: uuid.UUID = field(default_factory=uuid.uuid4)
    keys: UserKeys = field(default_factory=UserKeys.new)
    name: str = "Cabinet du Port"
    who: Who = BENTO
    where: Where = BREST
    methods: Sequence[int] = (2, 3)

    async def joins(self) -> Owner:
        queries = load("demo")
        await queries["add_account"].run(
            self.instance.pool,
            account=self.account,
            find_row=draw(32),
            auth=draw(32),
            sign_pk=self.keys.sign.pk,
        )
        for method in self.methods:
            credential = b"" if method == 2 else draw(32)
            await queries["add_unlock"].run(
                self.instance.pool,
                account=self.account,
                method=method,
                credential=credential,
                version=1,
                bytes=b"b" * 60,
            )
        return self

    def practice(self, *, instance: str = INSTANCE, known_as: uuid.UUID | None = None) -> NewPractice:
        ids = [known_as or uuid.uuid4(), *(uuid.uuid4() for _ in range(4))]
        practice, unit = ids[0], ids[2]
        owner = member_of(self.keys, draw(16), Role.OWNER, [unit.bytes])
        genesis, roster = found_practice(instance, practice.bytes, SignPair.from_seed(draw(32)), owner)
        epoch = new_epoch(roster, unit.bytes, [owner])
        opened, _ = write_events(roster, [(self.keys.sign, epoch.event)])
        seeds = list(epoch.seeds.items())
        return NewPractice(*ids, self.name, self.who, self.where, [genesis, *opened], seeds)

    async def opens(self, new: NewPractice | None = None) -> Opened:
        return await open_practice(self.instance, self.account, new or self.practice())

    async def staff(self, practice: uuid.UUID) -> Staff:
        token = (await signed_in(self.instance, self.account, None, proved=False)).token
        return await staff_of(self.instance, token, practice)

    async def ready(self, opened: Opened) -> Staff:
        staff = await self.staff(opened.practice)
        hours = [FirstHours(uuid.uuid4(), ["MO", "TU", "WE"], 540, 720)]
        await begin_practice(self.instance, staff, hours, [FirstType(uuid.uuid4(), 0)])
        return staff


@pytest.fixture
async def bento(instance: Instance) -> Owner:
    return await Owner(instance).joins()


async def found(instance: Instance, name: str = "SM54") -> int:
    await refresh_due(instance)
    from serment.directory.search import Place

    results = await find_practitioners(
        instance, codes=[name], name="", around=Place(48.39, -4.49), sort="earliest", skip=0, most=10
    )
    return results.count


async def test_a_practice_is_opened_in_one_request_and_takes_no_bookings_yet(
    bento: Owner, instance: Instance
) -> None:
    new = bento.practice()
    opened = await bento.opens(new)
    assert opened.slug == "cabinet-du-port-brest"
    roster = await roster_of(instance, new.practice)
    assert roster.fingerprint == opened.fingerprint
    assert open_seed(roster, new.unit.bytes, bento.keys.kem, new.seeds[0][1])
    assert (await how_far(instance, await bento.staff(new.practice))).accepts_bookings is False
    assert (await signed_in(instance, bento.account, None, proved=False)).practices[
        0
    ].accepts_bookings is False


async def test_asking_again_is_the_same_practice_and_anothers_is_not(
    bento: Owner, instance: Instance
) -> None:
    new = bento.practice()
    assert await bento.opens(new) == await bento.opens(new)
    mallory = await Owner(instance).joins()
    with pytest.raises(AlreadyUsed):
        await mallory.opens(new)
    with pytest.raises(AlreadyUsed):
        await bento.opens(bento.practice(known_as=new.practice))


async def test_one_way_in_opens_no_practice(instance: Instance) -> None:
    alone = await Owner(instance, methods=(2,)).joins()
    with pytest.raises(TwoWaysNeeded):
        await alone.opens()


@pytest.mark.parametrize(
    "wrong", ["instance", "practice", "genesis alone", "seed", "seed's kid", "two owners"]
)
async def test_keys_that_do_not_hold_together_are_refused(bento: Owner, wrong: str, pool: Pool) -> None:
    new = bento.practice(instance="elsewhere" if wrong == "instance" else INSTANCE)
    if wrong == "practice":
        new = replace(new, practice=uuid.uuid4())
    elif wrong == "genesis alone":
        new = replace(new, events=new.events[:1])
    elif wrong == "seed":
        new = replace(new, seeds=[(new.seeds[0][0], b"short")])
    elif wrong == "seed's kid":
        new = replace(new, seeds=[(secrets.token_bytes(16), new.seeds[0][1])])
    elif wrong == "two owners":
        other: Member = member_of(UserKeys.new(), draw(16), Role.OWNER, [new.unit.bytes])
        genesis, roster = found_practice(
            INSTANCE, new.practice.bytes, SignPair.from_seed(draw(32)),
            member_of(bento.keys, draw(16), Role.OWNER, [new.unit.bytes]),
        )  # fmt: skip
        joined, _ = write_events(roster, [(bento.keys.sign, other)])
        new = replace(new, events=[genesis, *joined])
    before = await pool.fetchval("SELECT count(*) FROM practices")
    with pytest.raises((Altered, Unknown)):
        await bento.opens(new)
    assert await pool.fetchval("SELECT count(*) FROM practices") == before


async def test_two_practices_of_one_name_get_two_links(bento: Owner, instance: Instance) -> None:
    other = await Owner(instance, who=replace(BENTO, claim="")).joins()
    assert [(await who.opens()).slug for who in (bento, other)] == [
        "cabinet-du-port-brest",
        "cabinet-du-port-brest-2",
    ]


async def test_a_town_and_a_postcode_that_do_not_belong_together_are_refused(bento: Owner) -> None:
    bento.where = replace(BREST, postcode="75001")
    with pytest.raises(NoSuchTown):
        await bento.opens()


async def test_three_practices_may_be_begun_and_no_fourth(bento: Owner) -> None:
    for _ in range(3):
        await bento.opens()
    with pytest.raises(TooManyPractices):
        await bento.opens()


async def test_of_eight_openings_at_once_three_stand(bento: Owner, pool: Pool) -> None:
    outcomes = await asyncio.gather(
        *(bento.opens(bento.practice()) for _ in range(8)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Opened"] * 3 + ["TooManyPractices"] * 5


async def test_the_same_request_twice_at_once_is_one_practice(bento: Owner) -> None:
    new = bento.practice()
    first, second = await asyncio.gather(bento.opens(new), bento.opens(new))
    assert first == second


async def test_two_of_one_name_at_once_get_two_links(bento: Owner, instance: Instance) -> None:
    other = await Owner(instance, who=replace(BENTO, claim="")).joins()
    opened = await asyncio.gather(bento.opens(), other.opens())
    assert sorted(each.slug for each in opened) == ["cabinet-du-port-brest", "cabinet-du-port-brest-2"]


async def test_an_id_that_is_somebody_elses_is_refused(bento: Owner, instance: Instance) -> None:
    mallory = await Owner(instance, who=replace(BENTO, claim="")).joins()
    first = bento.practice()
    await bento.opens(first)
    with pytest.raises(AlreadyUsed):
        await mallory.opens(replace(mallory.practice(), agenda=first.agenda))


async def test_the_door_opens_once_there_is_something_to_book(bento: Owner, instance: Instance) -> None:
    opened = await bento.opens()
    staff = await bento.staff(opened.practice)
    with pytest.raises(NothingToBook):
        await take_bookings(instance, staff)
    await bento.ready(opened)
    assert await found(instance) == 0
    stands = await take_bookings(instance, staff)
    assert stands.accepts_bookings and stands.listed and stands == await take_bookings(instance, staff)
    assert await found(instance) == 1
    with pytest.raises(AlreadyOpen):
        await bento.ready(opened)


async def test_first_rules_may_be_chosen_again_until_the_door_opens(bento: Owner, instance: Instance) -> None:
    opened = await bento.opens()
    await bento.ready(opened)
    await bento.ready(opened)
    stands = await how_far(instance, await bento.staff(opened.practice))
    assert (stands.openings, stands.visit_types) == (1, 1)


async def test_two_tabs_that_choose_first_rules_at_once_leave_one_set(
    bento: Owner, instance: Instance
) -> None:
    opened = await bento.opens()
    staff = await bento.staff(opened.practice)
    await asyncio.gather(*(bento.ready(opened) for _ in range(6)))
    stands = await how_far(instance, staff)
    assert (stands.openings, stands.visit_types) == (1, 1)


async def test_first_rules_chosen_while_the_door_opens_drop_nothing_that_can_be_booked(
    bento: Owner, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await bento.opens()
    staff, drop_rules = await bento.ready(opened), opening.drop_rules
    at_the_door: list[asyncio.Task[Standing]] = []

    async def dropped(tx: Connection, practice: uuid.UUID) -> None:
        at_the_door.append(asyncio.create_task(take_bookings(instance, staff)))
        await asyncio.wait(at_the_door, timeout=0.3)
        await drop_rules(tx, practice)

    monkeypatch.setattr(opening, "drop_rules", dropped)
    await begin_practice(instance, staff, [], [])
    with pytest.raises(NothingToBook):
        await at_the_door[0]


async def test_a_number_bookable_elsewhere_is_refused_and_one_merely_begun_is_not(
    bento: Owner, instance: Instance
) -> None:
    mallory = await Owner(instance, name="Cabinet Mallory").joins()
    await mallory.opens()
    opened = await bento.opens()
    await take_bookings(instance, await bento.ready(opened))
    with pytest.raises(ClaimTaken):
        await mallory.opens()
    begun = [
        row["practice"]
        for row in await accounts.read_practices(instance.pool, mallory.account, instance.clock())
    ]
    staff = await mallory.staff(begun[0])
    await begin_practice(
        instance, staff, [FirstHours(uuid.uuid4(), ["MO"], 540, 720)], [FirstType(uuid.uuid4(), 0)]
    )
    with pytest.raises(ClaimTaken):
        await take_bookings(instance, staff)


async def test_where_the_host_confirms_a_practice_is_booked_by_its_link_before_it_is_found(
    bento: Owner, instance: Instance, pool: Pool
) -> None:
    asked = replace(instance, claims="confirm")
    bento.instance = asked
    opened = await bento.opens()
    stands = await take_bookings(asked, await bento.ready(opened))
    assert stands.accepts_bookings and not stands.listed
    assert await found(asked) == 0
    assert [row["slug"] for row in await waiting_practices(pool)] == [opened.slug]
    assert await pool.fetchval("SELECT rpps FROM practitioners WHERE practice = $1", opened.practice) is None
    assert await confirm_practice(pool, opened.slug) == opened.practice
    assert await found(asked) == 1
    assert await waiting_practices(pool) == []
    assert (
        await pool.fetchval("SELECT rpps FROM practitioners WHERE practice = $1", opened.practice)
        == BENTO.claim
    )
    assert await confirm_practice(pool, "nobody") is None


async def test_where_the_host_lists_at_once_patients_read_that_nobody_was_checked(
    bento: Owner, instance: Instance, pool: Pool
) -> None:
    opened = await bento.opens()
    stands = await take_bookings(instance, await bento.ready(opened))
    assert stands.listed

    async def vouched() -> set[bool]:
        now = instance.clock()
        practice = await listings.practice(pool, opened.slug, now)
        assert practice is not None
        who = await listings.practitioner(pool, practice["practitioners"][0]["slug"])
        assert who is not None
        return {practice["vouched"], who["vouched"]}

    assert await vouched() == {False}
    waiting = [row for row in await waiting_practices(pool) if row["slug"] == opened.slug]
    assert [row["claim"] for row in waiting] == [BENTO.claim]
    await confirm_practice(pool, opened.slug)
    assert await vouched() == {True}
    assert await waiting_practices(pool) == []


async def test_only_a_member_sees_how_far_it_is(bento: Owner, instance: Instance) -> None:
    opened = await bento.opens()
    mallory = await Owner(instance).joins()
    with pytest.raises(NoSuchPractice):
        await mallory.staff(opened.practice)
    (await bento.staff(opened.practice)).check_may(Deed.CHANGE_PRACTICE)


async def test_an_owner_finds_themselves_in_the_directory(instance: Instance, pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO directory_entries VALUES ($1, $2, '10', 's', '{SM54}', 'Dr', 'BENTO', 'Inès', 'bento', 'ines',"
        " '{bento,ines}', '', 'Cabinet', '1 rue Haute', '29200', '29019', 'Brest', '', 48.39, -4.49, $3)"
        " ON CONFLICT DO NOTHING",
        uuid.UUID(int=7),
        BENTO.claim,
        b"d" * 16,
    )
    await pool.execute("INSERT INTO directory_words VALUES ('bento', '{bento,bent}') ON CONFLICT DO NOTHING")
    by_name, by_number = await find_oneself(instance, "bento"), await find_oneself(instance, "9999 000 0002")
    assert [(each.rpps, each.town_code, each.taken) for each in by_name] == [(BENTO.claim, "29019", False)]
    assert by_name == by_number
    assert await find_rpps(pool, BENTO.claim)
    assert [town.name for town in await towns_typed(instance, "292")] in ([], ["Brest"])
    assert any("SM54" in kind.specialties for kind in kinds_of_care())
