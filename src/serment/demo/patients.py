"""Invented patients who book as a browser does: hold, seal, sign, post. What they write is opened by nobody here."""

import hashlib
import random
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from serment.demo.sender import Reached, Sender, check_number, place, shown
from serment.framing import MessageRow
from serment.framing.context import RecordContext, Slot
from serment.framing.roster import Roster
from serment.seal.groups import Answer, Contact, Identity, Reason, Relation
from serment.seal.keys import Cap
from serment.seal.messages import act_token, draw_c, draw_t, handle, seal_page
from serment.seal.record import seal_booking
from serment.server.instance import Instance
from serment.server.usecases.book import Booked, Written, book
from serment.server.usecases.hold_slot import HoldRequest, hold_slot

_GIVEN = {
    "female": "Alice,Camille,Odile,Aminata,Louise,Nour,Solange,Maëlle,Yvonne,Inaya,Zoé,Colette,Fatou,Rose",
    "male": "Paul,Yann,Georges,Tom,Mehdi,Lucien,Bastien,Ibrahim,Marcel,Gaspard,Enzo,Firmin,Samuel,Léon",
}
_FAMILY = (
    "Fontbonne,Abgrall,Renaudin,Mbaye,Pujol,Lestrade,Vasseur,Guérinel,Darrieu,Figuères,Ndiaye,Delmotte,"
    "Ulmann,Ibarra,Bastide,Yvars,Escoffier,Weber,Vidalenc,Soulages,Nivelle,Garrigue,Ximenes,Cazeneuve,"
    "Alibert,Azéma,Barthas,Bélanger,Benhamou,Bousquet,Cabrol,Campistron,Castaing,Chauvet,Courrège,Dalbavie,Daoudi,Delrieu,"
    "Destruel,Dubarry,Embareck,Estève,Fabre,Ferrières,Gineste,Hamdani,Izarn,Jalabert,Kerleroux,Kouassi,Labatut,Lacoste,"
    "Lagarrigue,Lavigerie,Malaval,Marty,Mazars,Miquel,Morvan,Nahon,Oudin,Ourliac,Palanque,Pradelles,Quéré,Raynal,Rigal,"
    "Roquebert,Sicard,Sarrazin,Tastevin,Teisseire,Tronchet,Valadier,Verdier,Viguier,Wagner,Yacoubi,Zeller"
)
_REASONS = (
    "Toux la nuit depuis dix jours.",
    "Renouvellement, et une question sur mon genou.",
    "Mal de dos depuis lundi.",
    "Résultats de la prise de sang.",
    "Certificat pour le club de judo.",
)
_FICTION_PHONE = "+26263998"  # ARCEP keeps 06 39 98 xx xx for fiction; 06 39 is +262, as forms read it


@dataclass(frozen=True)
class Patient:
    """What somebody writes when booking; an empty `phone` or `reason` is left out."""

    given_name: str
    birth_name: str
    birth_date: str
    sex: str
    phone: str
    reason: str
    relation: Relation = "self"


@dataclass(frozen=True)
class Kept:
    """What the patient keeps, what messages would lead by, and what the server answered."""

    cap: Cap
    c: bytes
    booked: Booked


def invent(chance: random.Random, *, today: date) -> Patient:
    """Somebody who does not exist, of any age."""
    sex = chance.choice(("female", "male"))
    born = date(today.year - chance.randrange(1, 92), chance.randrange(1, 13), chance.randrange(1, 29))
    return Patient(
        given_name=chance.choice(_GIVEN[sex].split(",")),
        birth_name=chance.choice(_FAMILY.split(",")),
        birth_date=born.isoformat(),
        sex=sex,
        phone=f"{_FICTION_PHONE}{chance.randrange(10_000):04d}",
        reason=chance.choice(_REASONS) if chance.random() < 0.7 else "",
    )


async def book_as(
    instance: Instance,
    patient: Patient,
    roster: Roster,
    *,
    unit: uuid.UUID,
    agenda: uuid.UUID,
    visit_type: uuid.UUID,
    start: datetime,
    town: str,
    zone: str,
    sender: Sender | None,
    silent: bool = False,
    answers: tuple[Answer, ...] = (),
) -> Kept:
    """Hold the slot, seal the three groups and the reminders, book. Without a `sender` no number is checked and nothing is
    sent; nothing of a `silent` visit.

    Raises what `hold_slot` and `book` raise; nothing is kept then.
    """
    practice, record = uuid.UUID(bytes=roster.practice), uuid.uuid4()
    token, cap, t, c = secrets.token_bytes(32), Cap.new(), draw_t(), draw_c()
    held = await hold_slot(
        instance,
        HoldRequest(
            practice=practice, record=record, agenda=agenda, visit_type=visit_type, start=start, token=token
        ),
    )
    slot = Slot(agenda.bytes, int(start.timestamp()), held.minutes, visit_type.bytes)
    context = RecordContext(instance.name, practice.bytes, unit.bytes, record.bytes, 1, slot)
    identity = Identity(
        given_name=patient.given_name,
        birth_name=patient.birth_name,
        birth_date=patient.birth_date,
        sex="female" if patient.sex == "female" else "male",
        relation=patient.relation,
        t=t,
        h=handle(c),
        pkh=cap.pkh,
    )
    reason = Reason(reason=patient.reason or None, answers=answers)
    contact, proof = Contact(c=c, phone=patient.phone or None), None
    if sender is not None:
        # Whoever leaves the number out had one checked all the same: nothing that is planted waits for an answer.
        number = patient.phone or f"{_FICTION_PHONE}0000"
        check = check_number(sender, instance.name, number, cap.booking.pk, instance.clock())
        contact, proof = replace(contact, check=check), shown(instance.name, number, check)
    sealed = seal_booking(context, (identity, contact, reason), cap, roster)
    word = town[:20]
    capsule, messages = None, list[MessageRow]()
    if sender is not None and not silent:
        reached = Reached(start, zone, patient.phone or None, word, t, c)
        capsule, messages = place(sender, instance.name, reached, datetime.now(UTC))
    written = Written(
        revision=sealed.revision,
        stanzas=[stanza.to_bytes() for stanza in sealed.stanzas],
        row_token_hash=hashlib.sha256(cap.row_token).digest(),
        act=act_token(c),
        page=seal_page(instance.name, c, word),
        capsule=capsule,
        messages=messages,
    )
    return Kept(cap, c, await book(instance, written, token, proof=proof))
