# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each staff route of a practice is about, for the tests that walk the router: a route that is not here fails tests/tidy."""

from __future__ import annotations

from collections.abc import Mapping

from serment.domain.roles import Deed

OF = "/api/practice/{practice:uuid}/"
DEEDS: Mapping[str, Deed] = {
    "GET house": Deed.READ_AGENDA,
    "GET seeds": Deed.READ_AGENDA,
    "POST seeds/previous": Deed.READ_AGENDA,
    "POST agenda": Deed.READ_AGENDA,
    "POST unopened": Deed.READ_AGENDA,
    "GET slots": Deed.READ_AGENDA,
    "POST first-places": Deed.READ_AGENDA,
    "GET why": Deed.READ_AGENDA,
    "GET requests": Deed.READ_AGENDA,
    "GET changes": Deed.READ_AGENDA,
    "POST stanzas": Deed.READ_AGENDA,
    "POST stanzas/drop": Deed.READ_AGENDA,
    "POST stanzas/older": Deed.READ_AGENDA,
    "GET members": Deed.READ_AGENDA,
    "GET rules": Deed.READ_AGENDA,
    "POST preview": Deed.READ_AGENDA,
    "POST appointments/{record:uuid}/read": Deed.READ_CONTACT,
    "POST holds": Deed.BOOK,
    "POST holds/extend": Deed.BOOK,
    "POST holds/release": Deed.BOOK,
    "POST appointments": Deed.BOOK,
    "POST appointments/{record:uuid}/move": Deed.BOOK,
    "POST appointments/{record:uuid}/accept": Deed.BOOK,
    "POST appointments/{record:uuid}/refuse": Deed.BOOK,
    "POST appointments/{record:uuid}/acts": Deed.BOOK,
    "POST cards": Deed.KEEP_CARDS,
    "POST cards/read": Deed.KEEP_CARDS,
    "POST cards/erase": Deed.KEEP_CARDS,
    "POST cards/behind": Deed.KEEP_CARDS,
    "POST index": Deed.KEEP_CARDS,
    "POST index/page": Deed.KEEP_CARDS,
    "POST index/entries": Deed.KEEP_CARDS,
    "POST index/merge": Deed.KEEP_CARDS,
    "POST hours": Deed.CHANGE_HOURS,
    "POST visit-types": Deed.CHANGE_CARE,
    "POST resources": Deed.CHANGE_CARE,
    "POST sites": Deed.CHANGE_CARE,
    "POST practitioners": Deed.CHANGE_CARE,
    "POST practice": Deed.CHANGE_PRACTICE,
    "POST agendas": Deed.CHANGE_CARE,
    "POST messages/read": Deed.READ_AGENDA,
    "POST messages": Deed.BOOK,
    "POST messages/seen": Deed.BOOK,
    "GET opening": Deed.READ_AGENDA,
    "POST opening": Deed.CHANGE_PRACTICE,
    "POST opening/door": Deed.CHANGE_PRACTICE,
    "POST roster": Deed.CHANGE_MEMBERS,
    "POST invitations": Deed.CHANGE_MEMBERS,
    "POST invitations/{invitation:uuid}/revoke": Deed.CHANGE_MEMBERS,
    "POST members/{member:uuid}/suspend": Deed.CHANGE_MEMBERS,
    "POST members/{member:uuid}/unsuspend": Deed.CHANGE_MEMBERS,
    "POST members/{member:uuid}/until": Deed.CHANGE_MEMBERS,
}
