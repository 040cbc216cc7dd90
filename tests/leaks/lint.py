# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the schema may not say: when somebody was there, in which order, and whose an appointment or a message is.

Six groups of tables stand apart: people who sign in, appointments, patient cards, what the notifier sends, to whom, and reads. An
identifier that stands in two of them joins them, whatever its column is called; so columns are compared, and then every value.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from serment.database.pool import Pool

GROUPS = {
    "cards": {"cards", "index_entries", "index_pages", "erased_cards"},
    "people": {
        "accounts",
        "unlocks",
        "passkeys",
        "devices",
        "spent_challenges",
        "sessions",
        "password_failures",
        "members",
        "invitations",
        "freezes",
        "look_backs",
        "dossiers",
        "custody",
    },
    "appointments": {
        "appointments",
        "stanzas",
        "acts",
        "letters",
        "spans",
        "resource_spans",
        "next_free_marks",
        "connector_feed",
        "busy_blocks",
    },
    "messages": {
        "inbox_capsules",
        "inbox_messages",
        "inbox_sets",
        "inbox_deletions",
        "inbox_objections",
        "cold_capsules",
        "cold_messages",
        "hot_capsules",
        "hot_messages",
        "settled_messages",
        "awaited_receipts",
    },
    "reads": {"ledger", "disclosures", "foreign_asks"},
    "addresses": {"objections", "address_days", "address_proofs", "phone_checks", "stop_links"},
}
# Rules, keys and the directory: nobody's in particular. A new table belongs here or to a group, and is asked about.
OF_NOBODY = {
    "instance", "practices", "sites", "units", "practitioners", "agendas", "openings", "opening_exceptions", "absences",
    "visit_types", "visit_type_agendas", "resources", "visit_type_resources", "roster_events", "epoch_seeds",
    "previous_seeds", "epoch_months", "next_free", "next_free_rebuild", "towns", "town_postcodes", "directory_entries",
    "directory_offers",
    "directory_words", "directory_labels", "serment_migrations", "notifier_root", "day_keys", "code_keys", "message_counts",
    "sms_days", "spent_checks", "erasures", "alarms", "connectors", "connector_agendas", "pairing_codes", "agent_tokens", "agent_proofs",
}  # fmt: skip
TIMES = {
    ("appointments", "start"): "the time of the appointment: what the agenda is about",
    ("spans", "start"): "the same, where it is taken",
    ("busy_blocks", "keep_until"): "when time that other software says is taken is over",
    ("connector_feed", "start"): "the same, while a linked program is to be told of it",
    ("spans", "hold_until"): "ten minutes from the hold; gone when it is booked or expires",
    ("next_free_marks", "since"): "when a span begins that was taken or freed within the last second or so",
    ("next_free_marks", "until"): "when it ends",
    ("sessions", "expires_at"): "of a staff session; swept",
    (
        "spent_challenges",
        "expires_at",
    ): "of a question answered once, at most five minutes ahead; names nobody; swept",
    ("password_failures", "closed_until"): "a brake on one log-in name; swept",
    ("members", "until"): "a locum's last day, as an owner wrote it",
    (
        "members",
        "seen",
    ): "the last day on which the member signed in: a day, written over by the next one (docs/decisions/0031)",
    (
        "accounts",
        "lone_since",
    ): "a month, of an account in no practice to which nobody signs in; none of all others (docs/decisions/0056)",
    ("invitations", "until"): "the same, until the invited person is signed in",
    ("invitations", "expires_on"): "a day; gone when it is over, when it is used or taken back",
    ("inbox_capsules", "key_day"): "a day, of the notifier's key",
    ("inbox_messages", "send_day"): "a day, today, a week or a day before",
    ("cold_capsules", "key_day"): "the same, later",
    ("cold_messages", "send_day"): "the same, later",
    ("hot_capsules", "key_day"): "the same, later",
    ("hot_messages", "send_day"): "the same, later",
    (
        "hot_messages",
        "lease_until",
    ): "two minutes from when somebody began to send it; gone with the row when it is sent",
    ("settled_messages", "key_day"): "the same, when it is over",
    ("settled_messages", "send_day"): "the same, when it is over",
    ("awaited_receipts", "until"): "a day, a few after the sending",
    ("address_days", "day"): "a day on which messages went to an address, as a keyed tag; gone the next day",
    ("stop_links", "until"): "a day, 400 after a message went out whose token this is",
    ("address_proofs", "month"): "the month in which an address, as a keyed tag, was checked",
    (
        "ledger",
        "at",
    ): "when sealed bytes left and to whom: what the ledger is about; never when somebody booked",
    (
        "erased_cards",
        "day",
    ): "a day on which the practice erased a card by hand; gone with the last backup that may hold it",
    ("ledger", "erased_on"): "a day on which the sweeps erased what had been kept long enough; of nobody",
    (
        "spent_checks",
        "month",
    ): "the month of a check that was used, beside a keyed tag of a booking key that names nobody",
    ("sessions", "proved_until"): "five minutes from signing in, of a staff session; swept with it",
    (
        "disclosures",
        "at",
    ): "when a member of staff was first shown what was confided, as the ledger says too; swept after three months",
    ("foreign_asks", "at"): "when a member of staff asked for what is not theirs; swept after a week",
    ("freezes", "at"): "when a member of staff was stopped",
    ("look_backs", "at"): "when a member of staff had opened many visits long over; swept after three months",
    ("look_backs", "seen_at"): "when an owner saw it",
    ("freezes", "ended_at"): "when an owner let them go on; swept a year after",
    ("dossiers", "opened_at"): "when a breach's dossier was opened: about the practice, kept five years",
    ("dossiers", "found_at"): "when the breach was found",
    ("dossiers", "frozen_at"): "when the member of staff was stopped from whose stop it comes",
    (
        "dossiers",
        "since",
    ): "from when the ledger is looked at, to the second at a freeze, else as somebody chose",
    ("dossiers", "until"): "until when",
    ("dossiers", "decided_at"): "when an owner decided whether to notify",
    ("dossiers", "initial_at"): "when the authority was told",
    ("dossiers", "complete_at"): "when it was told the rest",
    ("phone_checks", "until"): "ten minutes from the question; in no dump and no log",
}
# By what they note, beside what they stand on. Nothing else may watch these tables.
TRIGGERS = {
    (
        "busy_blocks",
        "busy_blocks_marked",
    ): "notes in next_free_marks that time was taken or freed elsewhere",
    (
        "appointments",
        "appointments_told",
    ): "notes in connector_feed that linked programs of the agenda are to be told: the record and its time",
    (
        "spans",
        "spans_placed",
    ): "notes the span in next_free_marks: agenda, visit type and time, which spans say too",
    (
        "spans",
        "spans_freed",
    ): "the same, of a span that went; gone when the search hint is made anew, within a second",
    (
        "resource_spans",
        "resource_spans_placed",
    ): "the same, for every agenda of the site that may want the room",
    ("resource_spans", "resource_spans_freed"): "the same",
    ("custody", "custody_stays"): "notes nothing: keeps a line from being changed or taken out",
    (
        "spans",
        "spans_beside_overbooking",
    ): "notes nothing: looks for an overbooking there, under the agenda's lock",
}
SHARED = {
    "incident": "which breach: its dossier is the practice's and names no patient; its scope says already whose appointments it is about",
    "unit": "which unit: an appointment and a card lie in one, among all of its others",
    "reader": "a member of staff who read, which is what the ledger is for; of a patient it says that a link was used, never whose",
    "taken": "what was read, by whom of the staff, as the ledger has it: nothing of whose it is",
    "asked": "what a member of staff asked for and was not given",
    "records": "what was read, likewise; several together are a practice's agenda or cards, never one person's",
    "practice": "which practice: a member is of one, an appointment is at one; messages have none",
}
IDENTIFIERS = {"uuid", "bytea"}
VALUE_BYTES_MIN = 8


async def columns(pool: Pool) -> dict[str, dict[str, str]]:
    """By table, the type of each column."""
    rows = await pool.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        found[row["table_name"]][row["column_name"]] = row["data_type"]
    return found


async def unknown_tables(pool: Pool) -> list[str]:
    """Tables nobody has placed."""
    known = OF_NOBODY.union(*GROUPS.values())
    return sorted(set(await columns(pool)) - known)


async def times(pool: Pool) -> list[str]:
    """Columns of the groups that say when, and are not among TIMES."""
    return sorted(
        f"{table}.{name} is a {kind}"
        for table, named in (await columns(pool)).items()
        if any(table in group for group in GROUPS.values())
        for name, kind in named.items()
        if ("time" in kind or "date" in kind) and (table, name) not in TIMES
    )


async def orders(pool: Pool) -> list[str]:
    """Serials, sequences, defaults that count or read the clock, triggers on the groups."""
    sequences = await pool.fetch("SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'")
    defaults = await pool.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> 'serment_migrations' AND (is_identity = 'YES'"
        " OR column_default ~* 'nextval|now\\(|current_|clock_|uuidv7|transaction_')"
    )
    tables = [table for group in GROUPS.values() for table in group]
    triggers = await pool.fetch(
        "SELECT DISTINCT event_object_table || ': ' || trigger_name AS name FROM information_schema.triggers"
        " WHERE event_object_table = ANY ($1) AND (event_object_table || ': ' || trigger_name) <> ALL ($2)",
        tables,
        [": ".join(each) for each in TRIGGERS],
    )
    return sorted(row["name"] for row in (*sequences, *defaults, *triggers))


async def shared_names(pool: Pool) -> list[str]:
    """Identifier columns of one name in two groups, and not among SHARED."""
    where: dict[str, set[str]] = defaultdict(set)
    for table, named in (await columns(pool)).items():
        for group, tables in GROUPS.items():
            if table in tables:
                for name, kind in named.items():
                    if kind in IDENTIFIERS and name not in SHARED and name not in {"bytes", "sig"}:
                        where[name].add(group)
    return sorted(
        f"{name} in {' and '.join(sorted(found))}" for name, found in where.items() if len(found) > 1
    )


async def shared_values(pool: Pool) -> list[str]:
    """Values that stand in two groups, as they are or as SHA-256, and not in a column among SHARED."""
    where: dict[bytes, set[tuple[str, str]]] = defaultdict(set)
    for group, tables in GROUPS.items():
        for table in sorted(tables):
            for row in await pool.fetch(f"SELECT * FROM {table}"):  # names from above
                for name, value in row.items():
                    if name in SHARED:
                        continue
                    for each in _identifying(value):
                        where[each].add((group, f"{table}.{name}"))
                        where[hashlib.sha256(each).digest()].add((group, f"SHA-256 of {table}.{name}"))
    found = {
        " = ".join(sorted(column for _, column in places))
        for places in where.values()
        if len({group for group, _ in places}) > 1
    }
    return sorted(found)


def _identifying(value: Any) -> Iterable[bytes]:
    """The bytes of what is long enough to be nobody else's."""
    if isinstance(value, UUID):
        yield value.bytes
    elif isinstance(value, bytes) and len(value) >= VALUE_BYTES_MIN:
        yield value
