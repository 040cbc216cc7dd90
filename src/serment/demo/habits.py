"""How the demo's practices work: hours and visit types by specialty. Invented, of the shape a practice chooses."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from serment.seeding.format import Absence, Choice, Opening, OpeningException, Question, VisitType

Weekdays = list[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]]

GENERAL = "SM26"
SILENT_SPECIALTIES = frozenset(
    {"SM33", "SM42", "SM43"}
)  # psychiatry: no reminder unless the practice asks for it


@dataclass(frozen=True)
class Hours:
    days: Weekdays
    start: str
    end: str


FULL_WEEK = [
    Hours(["MO", "TU", "TH", "FR"], "08:30", "12:30"),
    Hours(["MO", "TU", "TH", "FR"], "14:00", "18:30"),
    Hours(["WE"], "08:30", "13:00"),
]
SHORT_WEEK = [
    Hours(["MO", "WE", "FR"], "09:00", "12:00"),
    Hours(["MO", "WE"], "13:30", "17:30"),
    Hours(["SA"], "09:00", "12:00"),
]
LATE_WEEK = [
    Hours(["TU", "WE", "TH"], "09:30", "13:00"),
    Hours(["TU", "WE", "TH", "FR"], "14:30", "19:30"),
]
WEEKS = (FULL_WEEK, SHORT_WEEK, LATE_WEEK)


def openings(agenda: str, *, style: int, first_date: dt.date) -> list[Opening]:
    """The weekly openings of an agenda; `style` chooses among WEEKS."""
    return [
        Opening(
            key=f"{agenda}-{number}",
            agenda=agenda,
            first_date=first_date,
            days=hours.days,
            start=hours.start,
            end=hours.end,
        )
        for number, hours in enumerate(WEEKS[style % len(WEEKS)])
    ]


def exceptions(agenda: str, *, today: dt.date) -> list[OpeningException]:
    """One Saturday morning opened in a month's time: an extra date, outside every rule."""
    saturday = today + dt.timedelta(days=28 + (5 - today.weekday()) % 7)
    return [
        OpeningException(
            key=f"{agenda}-extra", agenda=agenda, on=saturday, kind="extra", start="09:00", end="11:30"
        )
    ]


def absences(agenda: str, *, today: dt.date) -> list[Absence]:
    """A week away in five weeks' time, Monday to Sunday."""
    monday = today + dt.timedelta(days=35 - today.weekday())
    since = dt.datetime.combine(monday, dt.time())
    return [Absence(key=f"{agenda}-away", agenda=agenda, since=since, until=since + dt.timedelta(days=7))]


FIRST_TIME = Question(
    key="first-time",
    kind="yes_no",
    fr="Est-ce votre première visite au cabinet ?",
    en="Is this your first visit to the practice?",
    first_visit=True,
    required=True,
)
VACCINE = Question(
    key="vaccine",
    kind="choice",
    fr="Quel vaccin ?",
    en="Which vaccine?",
    required=True,
    choices=[
        Choice(fr="Grippe", en="Flu"),
        Choice(fr="Covid-19", en="Covid-19"),
        Choice(fr="Rappel (tétanos, polio)", en="Booster (tetanus, polio)"),
        Choice(fr="Autre, ou je ne sais pas", en="Another, or I do not know"),
    ],
)
LETTER = Question(
    key="letter",
    kind="yes_no",
    fr="Avez-vous un courrier de votre médecin traitant ?",
    en="Do you have a letter from your doctor?",
    required=True,
)
BRING_FR = "Apportez votre carte Vitale et vos ordonnances en cours."
BRING_EN = "Bring your health card and current prescriptions."


def general_types(agendas: list[str]) -> list[VisitType]:
    """Visit types of a general practice."""
    return [
        VisitType(
            key="consultation",
            name_fr="Consultation",
            name_en="Consultation",
            minutes=20,
            agendas=agendas,
            notice_minutes=30,
            questions=[FIRST_TIME],
            instructions_fr=BRING_FR,
            instructions_en=BRING_EN,
        ),
        VisitType(
            key="child",
            name_fr="Suivi de l’enfant",
            name_en="Child check-up",
            minutes=30,
            agendas=agendas,
            step_minutes=10,
            notice_minutes=120,
            colour=2,
            instructions_fr="Apportez le carnet de santé.",
            instructions_en="Bring the child’s health record.",
        ),
        VisitType(
            key="vaccination",
            name_fr="Vaccination",
            name_en="Vaccination",
            minutes=10,
            agendas=agendas,
            step_minutes=10,
            notice_minutes=1440,
            daily_quota=8,
            colour=3,
            questions=[VACCINE],
            instructions_fr="Apportez le vaccin s’il vous a été prescrit.",
            instructions_en="Bring the vaccine if it was prescribed to you.",
        ),
        VisitType(
            key="video",
            name_fr="Téléconsultation",
            name_en="Video consultation",
            minutes=20,
            agendas=agendas[:1],
            place="video",
            notice_minutes=60,
            colour=4,
            instructions_fr="Un lien vous sera donné par le cabinet.",
            instructions_en="The practice will give you a link.",
        ),
        VisitType(
            key="request",
            name_fr="Certificat ou bilan long",
            name_en="Certificate or long check-up",
            minutes=40,
            agendas=agendas,
            step_minutes=20,
            notice_minutes=2880,
            accepted="on_request",
            colour=5,
        ),
        VisitType(
            key="urgent",
            name_fr="Urgence du jour",
            name_en="Same-day emergency",
            minutes=10,
            agendas=agendas,
            step_minutes=10,
            notice_minutes=0,
            who="staff",
            colour=6,
        ),
    ]


def specialist_types(agendas: list[str], *, specialty: str, room: bool) -> list[VisitType]:
    """Visit types of any other practice; `room` asks for a shared examination room."""
    return [
        VisitType(
            key="first",
            name_fr="Première consultation",
            name_en="First consultation",
            minutes=30,
            agendas=agendas,
            notice_minutes=1440,
            horizon_days=180,
            buffer_after_minutes=5,
            step_minutes=5,
            silent=specialty in SILENT_SPECIALTIES,
            questions=[LETTER],
            instructions_fr="Apportez le courrier et les examens récents.",
            instructions_en="Bring the letter and recent test results.",
        ),
        VisitType(
            key="follow-up",
            name_fr="Consultation de suivi",
            name_en="Follow-up",
            minutes=20,
            agendas=agendas,
            notice_minutes=1440,
            horizon_days=180,
            step_minutes=10,
            colour=2,
            silent=specialty in SILENT_SPECIALTIES,
        ),
        *(
            [
                VisitType(
                    key="examination",
                    name_fr="Examen",
                    name_en="Examination",
                    minutes=40,
                    agendas=agendas,
                    notice_minutes=2880,
                    horizon_days=180,
                    step_minutes=20,
                    colour=3,
                    resources=["room"],
                )
            ]
            if room
            else []
        ),
    ]
