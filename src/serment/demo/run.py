"""`serment demo`: everything on made-up people, in one folder, until Ctrl-C.

Each step may be repeated: after a crash anywhere the next start goes on where the last one stopped, and what was
booked stays.
"""

import base64
import contextlib
import dataclasses
import datetime as dt
import json
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import click

from serment import ending
from serment.command import database
from serment.database.cluster_folder import Lock
from serment.database.migrate import HistoryChanged, migrate
from serment.database.queries import load
from serment.demo import phone, town
from serment.demo.cards import known, plant_cards
from serment.demo.house import Person, open_practice
from serment.demo.patients import Kept, Patient, book_as, invent
from serment.demo.screen import PEOPLE, screen, written
from serment.demo.sender import SENT, Sender, publish, write_config
from serment.demo.sending import may_send, sending, witnessing
from serment.directory.rpps import import_rpps
from serment.directory.towns import load_towns
from serment.framing.conventions import KEY_BYTES
from serment.framing.roster import Roster
from serment.framing.roster_events import Role
from serment.seal.chance import draw
from serment.seal.groups import Answer
from serment.seeding import plant, seed_id
from serment.seeding.format import Practice, VisitType
from serment.server.app import open_instance
from serment.server.instance import Instance
from serment.server.run import serve, try_instance
from serment.server.secret import PRIVATE_MODE
from serment.server.stores.next_free import Key
from serment.server.usecases.errors import SlotTaken
from serment.server.usecases.expire import expire_holds
from serment.server.usecases.find_practitioners import slots_of
from serment.server.usecases.read_roster import roster_of
from serment.server.usecases.refresh_next_free import refresh_agenda
from serment.server.usecases.situation import Asked
from serment.settings import Settings

MAIN_DAYS, MAIN_SHARE = 12, 0.45
MAIN_DAYS_BACK, MAIN_SHARE_BACK = 7, 0.7
OTHER_DAYS, OTHER_SHARE = 7, 0.25
KNOWN_SHARE = 0.15
STATEMENT_SECONDS = 300.0
# PostgreSQL may run as another user, who must get through; nobody else need see what lies in it.
FOLDER_MODE = 0o711
STATE_FILE, ALICE_FILE, PAPERS_FILE, LOCK_FILE = "demo.json", "demo.alice", "demo.papers", "demo.lock"


def run(settings: Settings) -> None:
    """Start the database, plant the town if it is not there, say who to be, serve.

    Raises FolderInUse, and what a database that does not start or does not fit raises.
    """
    click.echo("Serment demo: everybody in it is invented.")
    # One process: the routes of the demo's phone are not in the environment, where several would read theirs.
    settings = replace(settings, claims=settings.claims or "open", workers=1)
    settings.data.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    lock = Lock(settings.data.absolute() / LOCK_FILE)
    lock.take()
    try:
        with contextlib.suppress(KeyboardInterrupt), database(settings) as url:
            say("database running")
            write_config(settings.data)
            state = ending.run(_prepare(settings, url))
            settings, witness = witnessing(settings)
            with sending(settings) if may_send(settings) else contextlib.nullcontext(), witness:
                click.echo(screen(settings, state))
                serve(settings, url, more=phone.handlers(settings.data / SENT))
        with contextlib.suppress(OSError):  # the terminal may be gone
            click.echo(f"Stopped. The data stays in {settings.data}; start again with the same command.")
    finally:
        lock.release()


def say(what: str) -> None:
    """One line of progress."""
    click.echo(f"  · {what}")


async def _prepare(settings: Settings, url: str) -> dict[str, str]:
    try:
        applied = await migrate(url)
    except HistoryChanged as error:
        elsewhere = (
            "in another folder (SERMENT_DATA)" if settings.database_url is None else "in another database"
        )
        raise HistoryChanged(
            f"{error} Or leave that town as it is, and plant a new one {elsewhere}."
        ) from error
    say(f"schema up to date ({len(applied)} migrations applied)" if applied else "schema up to date")
    path = settings.data / STATE_FILE
    if path.exists():
        await try_instance(settings, url)
        await _come_in(url)
        say("the town is already there")
        kept: dict[str, str] = json.loads(path.read_text("utf-8"))
        return kept
    instance = await open_instance(settings, url)
    connection = await asyncpg.connect(url, command_timeout=STATEMENT_SECONDS)
    try:
        await _register(connection, settings.data)
        houses = await _houses(connection)
        say(f"{len(houses)} practices with their hours and visit types")
        sender = await publish(instance.pool, instance.name, settings.data)
        say("the notifier's keys made and published, for each of the next 400 days")
        papers = settings.data / PAPERS_FILE
        kept_papers = _draw_papers(papers)
        for house in houses:
            await _open(connection, instance, house, sender, kept_papers)
        say("practices opened: keys made, rosters signed")
        alice = settings.data / ALICE_FILE
        await _book(instance, houses, alice, sender)
    finally:
        await connection.close()
        await instance.pool.close()
    state = {"practice": town.MAIN} | ({"alice": alice.read_text("ascii")} if alice.exists() else {})
    state |= written(kept_papers)
    # Written last and whole: its presence says that everything before it stands.
    _write_whole(path, json.dumps(state))
    alice.unlink(missing_ok=True)
    papers.unlink(missing_ok=True)
    return state


async def _come_in(url: str) -> None:
    connection = await asyncpg.connect(url, command_timeout=STATEMENT_SECONDS)
    try:
        await load("demo")["come_in"].run(connection, today=_today())
    finally:
        await connection.close()


def _write_whole(path: Path, text: str) -> None:
    """A crash leaves the file as it was or as it shall be. It holds a patient's link: for its owner's eyes."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(PRIVATE_MODE)
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def _keep_first(path: Path, link: str) -> None:
    """At once: nobody else knows that link, and a second start would find its slot taken."""
    if not path.exists():
        _write_whole(path, link)


def _draw_papers(path: Path) -> dict[str, bytes]:
    """What the main practice has on paper: its root, and each person's code by their log-in name. Kept before a key is
    made of them, so that a start after a crash prints what opens."""
    if not path.exists():
        drawn = {"root": draw(KEY_BYTES)} | {person.log_in: person.code for person in PEOPLE}
        _write_whole(path, json.dumps({name: secret.hex() for name, secret in drawn.items()}))
    kept: dict[str, str] = json.loads(path.read_text("utf-8"))
    return {name: bytes.fromhex(secret) for name, secret in kept.items()}


async def _register(connection: asyncpg.Connection, folder: Path) -> None:
    count = await load_towns(connection)
    say(f"{count} communes of France")
    path = folder / "register.txt"
    written = town.write_register(path)
    report = await import_rpps(connection, path, today=_today())
    say(f"directory imported: {written} rows, {report.added} added, {len(report.refused)} refused")


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


async def _houses(connection: asyncpg.Connection) -> list[Practice]:
    """The practices, the first house first; planting them again changes nothing."""
    chosen: dict[str, list[Mapping[str, Any]]] = {}
    own = {rpps for rpps, *_ in town.MAIN_PEOPLE}
    for specialty, most in town.ALSO_HERE.items():
        rows = await load("demo")["entries_to_open"].rows(
            connection, specialties=[specialty], most=most + len(own)
        )
        for row in [dict(row) for row in rows if row["rpps"] not in own][:most]:
            chosen.setdefault(row["structure"] + specialty, []).append(row)
    today = _today()
    houses = [town.main_practice(today)]
    houses += [
        town.practice_of(rows, style=style, today=today)
        for style, (_, rows) in enumerate(sorted(chosen.items()))
    ]
    slugs: dict[str, Practice] = {}
    for house in houses:
        slugs.setdefault(house.slug, house)
    await plant(connection, town.whole(list(slugs.values())))
    return list(slugs.values())


async def _open(
    connection: asyncpg.Connection,
    instance: Instance,
    house: Practice,
    sender: Sender,
    papers: Mapping[str, bytes],
) -> None:
    practice = seed_id(house.slug, "practice", "")
    if await load("demo")["is_open"].value(connection, practice=practice):
        return
    units = [seed_id(house.slug, "unit", unit.key) for unit in house.units]
    main = house.slug == town.MAIN
    people = (
        [replace(person, code=papers[person.log_in]) for person in PEOPLE]
        if main
        else [Person(house.practitioners[0].family_name, Role.OWNER)]
    )
    # All of it or nothing: the keys that cards are sealed under are known here and never again.
    async with connection.transaction():
        opened = await open_practice(
            connection,
            instance=instance.name,
            secret=instance.secret,
            practice=practice,
            units=units,
            people=people,
            today=_today(),
            notifier=sender.root.pk,
            root=papers["root"] if main else None,
        )
        if main:
            await plant_cards(
                connection,
                instance=instance.name,
                practice=practice,
                unit=units[0],
                keys=opened.units[units[0]],
                people=known(town.SEED, _today()),
                today=_today(),
            )


async def _book(instance: Instance, houses: list[Practice], alice: Path, sender: Sender) -> None:
    """Fill the agendas. The first booking of the first house is Alice's: her link is written to the file `alice`."""
    booked = 0
    with click.progressbar(houses, label="  · patients book", width=30) as bar:
        for house in bar:
            roster = await roster_of(instance, seed_id(house.slug, "practice", ""))
            if house.slug == town.MAIN:
                booked += await _live_through(instance, house, roster, sender)
            async for kept in _book_house(instance, house, roster, _ahead(house), sender):
                booked += 1
                if house.slug == town.MAIN:
                    _keep_first(alice, f"{_base64url(kept.cap.secret)}.{_base64url(roster.fingerprint)}")
            for agenda in house.agendas:
                key = Key(seed_id(house.slug, "practice", ""), seed_id(house.slug, "agenda", agenda.key))
                await refresh_agenda(instance, key)
    say(f"{booked} sealed appointments")


@dataclasses.dataclass(frozen=True)
class Stretch:
    """So many days from `first` on; of their free slots a share is booked."""

    first: dt.date
    days: int
    share: float


def _ahead(house: Practice) -> Stretch:
    days, share = (MAIN_DAYS, MAIN_SHARE) if house.slug == town.MAIN else (OTHER_DAYS, OTHER_SHARE)
    return Stretch(_today(), days, share)


async def _live_through(instance: Instance, house: Practice, roster: Roster, sender: Sender) -> int:
    """The last days and the whole of today, so that the desk opens on a practice at work: booked in time, then seen or
    missed. Today is booked from the eve, as a whole: what a later start finds does not depend on the minute.
    """
    # A start that was killed may have left a hold of the eve: seen from there it would stand.
    await expire_holds(instance)
    first = _today() - dt.timedelta(days=MAIN_DAYS_BACK)
    eve = dt.datetime.combine(first, dt.time(), dt.UTC) - dt.timedelta(days=2)
    then = dataclasses.replace(instance, clock=lambda: eve)
    stretch = Stretch(first, MAIN_DAYS_BACK + 1, MAIN_SHARE_BACK)
    booked = [kept async for kept in _book_house(then, house, roster, stretch, sender)]
    await load("demo")["live_through"].run(
        instance.pool, practice=seed_id(house.slug, "practice", ""), now=instance.clock()
    )
    return len(booked)


async def _book_house(
    instance: Instance, house: Practice, roster: Roster, stretch: Stretch, sender: Sender
) -> AsyncIterator[Kept]:
    """Book a share of the free slots. Whether somebody comes is drawn from the slot itself: a start after a crash draws
    the same again, finds what stands taken, and books only what is missing.
    """
    today = _today()
    for agenda in house.agendas:
        agenda_id = seed_id(house.slug, "agenda", agenda.key)
        for visit_type in house.visit_types[:3]:
            asked = Asked(agenda_id, seed_id(house.slug, "visit_type", visit_type.key))
            portion = stretch.share if visit_type is house.visit_types[0] else stretch.share / 8
            for slot in await slots_of(instance, asked, stretch.first, stretch.days):
                chance = _chance(asked, slot.start)
                if chance.random() > portion:
                    continue
                try:
                    yield await book_as(
                        instance,
                        _who(house, chance, today),
                        roster,
                        unit=seed_id(house.slug, "unit", agenda.unit),
                        agenda=agenda_id,
                        visit_type=asked.visit_type,
                        start=slot.start,
                        town=house.sites[0].town,
                        zone=house.sites[0].timezone,
                        sender=sender,
                        silent=visit_type.silent,
                        answers=_answers(visit_type, chance),
                    )
                except SlotTaken:
                    continue  # a longer visit booked a moment ago covers this time


def _who(house: Practice, chance: random.Random, today: dt.date) -> Patient:
    """Somebody new, or one of those the first house has a card of."""
    if house.slug != town.MAIN or chance.random() > KNOWN_SHARE:
        return invent(chance, today=today)
    return chance.choice(known(town.SEED, today)).patient(chance)


def _chance(asked: Asked, start: dt.datetime) -> random.Random:
    return random.Random(f"{town.SEED} {asked.agenda} {asked.visit_type} {start.isoformat()}")  # noqa: S311  # invented people, not secrets


def _answers(visit_type: VisitType, chance: random.Random) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            question.key,
            chance.choice(("yes", "no")) if question.kind == "yes_no" else chance.choice(question.choices).fr,
        )
        for question in visit_type.questions
        if question.kind != "text"
    )


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
