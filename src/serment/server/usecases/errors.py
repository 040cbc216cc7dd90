# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a use case refuses, each a type whose docstring is the message; `told` is what the answer carries besides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from inspect import cleandoc
from typing import Any, ClassVar, Self
from uuid import UUID


class Refusal(Exception):
    """This cannot be done. Nothing was changed."""

    code: ClassVar[str] = "refusal"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **told: Any) -> None:
        super().__init__(self.code)
        self.told = told
        self.asked: tuple[UUID, ...] = ()

    def about(self, *asked: UUID) -> Self:
        """The ids asked for that are not the caller's: counted for a member (usecases/sentinel), and told to nobody."""
        self.asked = asked
        return self

    @property
    def message(self) -> str:
        """The English sentence: the docstring on one line."""
        return " ".join(cleandoc(type(self).__doc__ or "").split())


class SlotTaken(Refusal):
    """Somebody else has just taken this time. Nothing was booked and what was typed is kept; choose another time."""

    def __init__(self, alternatives: Sequence[datetime] = ()) -> None:
        super().__init__(alternatives=list(alternatives))


class RecordInUse(Refusal):
    """This record belongs to another booking. Nothing was changed; start the booking again."""


class AlreadyUsed(Refusal):
    """This record and revision were used for something else. Nothing was changed; start the booking again."""


class HandleTaken(Refusal):
    """The message handle is in use. Nothing was booked; the browser draws a new one and sends the booking again."""


class NoNotifier(Refusal):
    """No notifier serves this instance: no reminder can be sent. Nothing was changed."""


class CheckTaken(Refusal):
    """This check belongs to another question. Nothing was changed; the browser draws a new one and asks again."""


class TooManyChecks(Refusal):
    """Too many numbers are being checked at this moment. Nothing was sent; ask again in a minute, or book without a check."""


class NoSuchCheck(Refusal):
    """There is no such check, or its ten minutes are over. Nothing was changed; ask for a new code."""


class CodeJudged(Refusal):
    """Another code for this check is being looked at. Nothing was changed; wait for its answer."""


class TriesSpent(Refusal):
    """Three codes were tried. Nothing was changed; ask for a new code."""


class CheckRefused(Refusal):
    """This check is over, or it was made for another booking. Nothing was booked; ask for a new code."""


class CheckSpent(Refusal):
    """This check has served another booking already. Nothing was booked; ask for a new code."""


class NoDayKey(Refusal):
    """No message can be prepared for this day. Nothing was changed; the appointment itself can be booked."""


class TooManyObjections(Refusal):
    """Too many objections wait to be noted. Nothing was changed; ask again in a minute."""


class NoSuchMessages(Refusal):
    """There are no such messages, or not for this secret. Nothing was changed."""


class StaleSet(Refusal):
    """These messages were replaced meanwhile. Yours were not kept; read what stands and decide anew."""


class StaleRoster(Refusal):
    """The practice's list of readers changed meanwhile. Nothing was kept; the browser reads it and seals again."""


class StaleRevision(Refusal):
    """This appointment was changed meanwhile. Your change was not kept; look at it as it is now and try again."""


class TooManyActs(Refusal):
    """This appointment was cancelled and taken back more often than can be kept. Nothing was changed; call the practice."""


class AskPractice(Refusal):
    """The practice accepts each of these visits itself, and accepted this time: it stands. To change it call the
    practice, or ask for another time and cancel this one once that is accepted."""


class NoSuchAppointment(Refusal):
    """There is no such appointment, or not for this link. Nothing was changed."""


class NoSuchAgenda(Refusal):
    """There is no such agenda, or it takes no bookings here. Nothing was changed."""


class NoSuchPractice(Refusal):
    """There is no such practice here. Nothing was changed."""

    def __init__(self, stranger: UUID | None = None) -> None:
        """`stranger`: an account that has no part in it."""
        super().__init__()
        self.stranger = stranger


class Frozen(Refusal):
    """This access was stopped: it asked for more than the work at hand calls for. Nothing was changed; an owner of the
    practice sees why, and can let it go on."""


class ProvePresence(Refusal):
    """Show first that it is you: sign in again. Nothing was changed."""


class NoSuchUnit(Refusal):
    """There is no such unit, or it is not yours. Nothing was changed."""


class StaleCard(Refusal):
    """This card was changed meanwhile. Yours was not kept; look at it as it is now and decide which of the two holds."""


class StalePage(Refusal):
    """The index was gathered by another browser meanwhile. Nothing was changed; read it anew."""


class NoRecordStanza(Refusal):
    """The unit's first stanza falls only beside one under the present record key. Nothing was deleted."""


class NoSuchMember(Refusal):
    """There is no such member in this practice. Nothing was changed; read the list of members again."""


class LastOwner(Refusal):
    """Nobody would be left who can change members. Nothing was changed; make somebody else an owner first."""


class NotInvited(Refusal):
    """Nobody has answered an invitation for this member with these keys. Nothing was changed; invite them again."""


class NoSuchInvitation(Refusal):
    """This invitation is not, or no longer, open. Nothing was changed; ask the practice for another link."""


class AlreadyAnswered(Refusal):
    """Somebody has answered this invitation with other keys. Nothing was changed; ask the practice for another link."""


class AlreadyMember(Refusal):
    """This account belongs to the practice already. Nothing was changed; sign in at the desk."""


class KeysRetired(Refusal):
    """This access was a member of the practice once and left: keys that were taken out never come back. Nothing was changed;
    answer the same invitation with a new access."""


class WrongLogIn(Refusal):
    """Name and password do not match. Check both and try again."""


class PasswordClosed(Refusal):
    """Too many tries. The password opens nothing for an hour, the right one too."""


class NewDevice(Refusal):
    """This machine is new to the account. Nobody was signed in; give the printed code as well, or use a passkey. While
    passwords are being tried by the thousand, this is said whether name and password are right or not."""


class NameTaken(Refusal):
    """Somebody signs in by this name already. Nothing was made; choose another."""


class NoSuchCode(Refusal):
    """No account is opened by this code. Nothing was changed; compare it with the paper, group by group."""


class PasskeyRefused(Refusal):
    """The passkey's answer does not fit. Nobody was signed in and nothing was changed; try again, or another way in."""


class ChallengeOver(Refusal):
    """The question this answers is older than five minutes, or was answered before. Nothing was changed; ask anew."""


class StaleWays(Refusal):
    """Your ways in were changed meanwhile, in another window or on another machine. Nothing was changed now; look at
    them as they are and try again."""


class NotSigned(Refusal):
    """A change of the ways in bears the signature of the account's own key, and this one does not. Nothing was changed;
    open the account by one of its ways in and try again."""


class NotTheAccountsKeys(Refusal):
    """An account enters every practice with the same keys, and these are not its own. Nothing was kept; open the account
    by one of its ways in and try again."""


class TwoWaysNeeded(Refusal):
    """Two different ways in have to stay: who has one alone and loses it has lost everything. Nothing was changed; add
    another way first."""


class ClaimTaken(Refusal):
    """This register number can be booked at another practice here already. Nothing was kept; if it is yours, write to
    the host, who can look into it."""


class NoSuchTown(Refusal):
    """This town and postcode do not belong together. Nothing was kept; choose the town from the list."""


class TooManyPractices(Refusal):
    """You have begun three practices and opened none of them. Nothing was kept; finish one first."""


class AlreadyOpen(Refusal):
    """The practice takes bookings already. Nothing was changed; hours and visit types are changed at its desk."""


class NothingToBook(Refusal):
    """The practice has no hours, or no visit type that patients may book. Nothing was changed; set both first."""


class TooManyWays(Refusal):
    """The account has as many passkeys or machines as it may have. Nothing was changed; take one away first."""


class SignedOut(Refusal):
    """You are signed out. Nothing was changed; sign in again."""


class NotBooked(Refusal):
    """The practice accepts no booking from here at the moment. Nothing was booked; call the practice."""


class NotYourRole(Refusal):
    """Your role in this practice does not allow this. Nothing was changed; an owner of the practice can do it."""


class RuleChanged(Refusal):
    """Somebody else changed this meanwhile. Nothing was saved; look at what stands now, then decide."""


class RuleIdTaken(Refusal):
    """This id belongs to another row. Nothing was saved; the browser draws another and saves again."""


class TooManyRules(Refusal):
    """There are as many of these as can be held. Nothing was saved; delete what is no longer needed first."""


class VisitTypeInUse(Refusal):
    """Appointments of this type exist. Nothing was deleted; take the type off all agendas and it is offered no more."""


class ResourceInUse(Refusal):
    """Appointments still to come take this room or device. Nothing was deleted; move them first."""


class AgendaInUse(Refusal):
    """Hours, visit types or appointments stand on this agenda. Nothing was deleted; close it from a day on."""


class StillNeeded(Refusal):
    """Agendas, rooms or devices are still there. Nothing was deleted; an agenda that was used is closed, not deleted."""


class Registered(Refusal):
    """This practitioner bears the name of the official register under its number. Nothing was saved."""


class OfAnotherUnit(Refusal):
    """This is also used by agendas of a unit that is not yours. Nothing was saved; ask somebody of that unit."""


class NoSuchRule(Refusal):
    """There is no such row in this practice. Nothing was changed."""


class NoSuchIncident(Refusal):
    """There is no such incident in this practice. Nothing was changed."""


class StaleDossier(Refusal):
    """Somebody else wrote in this dossier meanwhile. Nothing was saved; look at what stands now, then write again."""


class TooManyDossiers(Refusal):
    """The practice has as many dossiers as it can hold. Nothing was opened; ask the host to look at them."""


class NotDecided(Refusal):
    """What comes before is not entered yet: the decision to notify, then the initial notice. Nothing was changed."""


class AlreadyNotified(Refusal):
    """The authority has been notified. Nothing was changed; say the rest in a supplementary notice."""


class LetterLacks(Refusal):
    """The letter does not say yet all that people must know. Nothing was sent; write what it lacks, then send it."""


class LetterSent(Refusal):
    """The letter has been sent to somebody: everybody gets the same. Nothing was changed; for more, open another dossier."""


class NotConcerned(Refusal):
    """Nothing of this appointment left within the incident. Nothing was sent; look at the period and the accesses."""


class NoSuchPairing(Refusal):
    """This pairing code is not good, or not any more. Nothing was linked; ask an owner of the practice for a new one."""


class AlreadyPaired(Refusal):
    """This program's keys were linked before. Nothing was linked; let it draw new keys and pair it again."""


class TooManyCodes(Refusal):
    """Three pairing codes stand already. No other was made; use one of them, or wait a quarter of an hour."""


class TooMuchBusy(Refusal):
    """As many blocks stand in this agenda as it can hold. Nothing was changed; let the program send what is to come alone."""


class NoSuchConnector(Refusal):
    """There is no such linked program in this practice. Nothing was changed."""


class StillGranted(Refusal):
    """This program is linked. Nothing was changed; revoke what it was granted instead."""
