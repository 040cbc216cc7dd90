# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of a breach, from what a freeze left in the ledger to a file that somebody checks without us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

import members_house as people
from bento_house import DAY, INSTANCE, Hand, House, at
from serment.domain.incident import REQUIRED, Form
from serment.domain.incident_labels import labels, say
from serment.domain.incident_letter import Letter
from serment.server.papers.notice import notice
from serment.server.papers.pdf import drawable, pdf
from serment.server.papers.record import record
from serment.server.papers.register import register
from serment.server.papers.sheet import Row, Sheet, Table
from serment.server.usecases.dossier import DossierTold, dossiers_of
from serment.server.usecases.open_incident import draft_freezes
from serment.server.usecases.read_envelope import read_for_member, read_list
from serment.server.usecases.sentinel import note_foreign
from stamping_service import stamping

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
async def draft(house: House) -> DossierTold:
    """Sam lists a day of two appointments, opens one, is stopped; the draft of that. Today, as the command's own clock has it."""
    hands = [Hand(house) for _ in range(2)]
    for nth, hand in enumerate(hands):
        await hand.book(at("08:00", DAY) + timedelta(minutes=30 * nth))
    house.clock.now = datetime.now(UTC)
    await house.instance.pool.execute("UPDATE members SET seen = $1", house.clock().date())
    sam = await people.sam(house)
    assert sam.member is not None
    staff = await sam.staff(house)
    await read_list(
        house.instance, staff, [house.bento], at("00:00", DAY), at("23:00", DAY), kids=[], known=[]
    )
    await read_for_member(house.instance, staff, hands[0].record, ["ct"], [])
    await note_foreign(house.instance, [(house.practice, sam.member)], [uuid.uuid4() for _ in range(5)])
    await draft_freezes(house.instance)
    [dossier] = await dossiers_of(house.instance)
    return dossier


def marked(sheet: Sheet) -> list[str]:
    """The labels of lines that are marked as lacking."""
    return [
        row.label
        for section in sheet.sections
        for row in section.content
        if isinstance(row, Row) and row.value is None
    ]


def text_of(sheet: Sheet) -> str:
    lines: list[str] = [sheet.title, sheet.subtitle, *(f"{row.label} {row.value}" for row in sheet.box)]
    for section in sheet.sections:
        lines.append(section.title)
        for each in section.content:
            if isinstance(each, Table):
                lines += [
                    " ".join(row) for row in (each.heads, *each.rows, *([each.total] if each.total else []))
                ]
            else:
                lines.append(f"{each.label} {each.value}")
    return "\n".join(lines)


def all_lacking(dossier: DossierTold) -> DossierTold:
    return msgspec.structs.replace(dossier, form=Form(), typologies=[], lacking=list(REQUIRED))


async def test_the_notice_of_a_freeze_says_what_is_known_and_marks_what_is_not(
    house: House, draft: DossierTold
) -> None:
    sheet = notice(draft, "initial", house.clock())
    assert marked(sheet) == ["SIREN", "Nom", "Nom", "Courriel ou téléphone"]
    text = text_of(sheet)
    for words in (
        "Notification initiale", "Perte de la confidentialité", "a demandé 5 dossiers", "2 exactement : 2 rendez-vous",
        "Entre 1 et 2", "Entre 0 et 5 personnes", "Identité (nom, naissance) 2", "Coordonnées (téléphone, e-mail) 1",
        "Données de santé", "2 × 1 + 1 = 3", "4 rubriques : SIREN", "L’accès a été coupé le", "Il restait 72",
    ):  # fmt: skip
        assert words in text, words


async def test_every_required_line_that_is_empty_is_marked_in_the_notice_and_named_on_its_first_page(
    house: House, draft: DossierTold
) -> None:
    sheet = notice(all_lacking(draft), "initial", house.clock())
    assert len(marked(sheet)) == len(REQUIRED)
    assert f"{len(REQUIRED)} rubriques" in text_of(sheet)


async def test_a_full_dossier_is_set_as_pdf_a_with_its_fonts_inside(house: House, draft: DossierTold) -> None:
    letter = Letter(*(f"{part}, dit avec bien assez de mots pour être compris de tous." for part in "abcde"))
    full = msgspec.structs.replace(
        draft,
        form=msgspec.structs.replace(draft.form, circumstances="Un récit assez long. " * 180, keys="safe", exemption="a"),
        letter=letter,
        letter_lacks={},
        decision=True,
        reason="Par prudence.",
        decided_at=house.clock(),
        decided_by=uuid.uuid4(),
        initial_at=house.clock(),
        complete_at=house.clock(),
    )  # fmt: skip
    now = house.clock()
    for sheet, pages in (
        (notice(full, "supplementary", now), 4),
        (register("Cabinet Bento", [full, all_lacking(draft)], now), 2),
        (register("Cabinet Bento", [], now), 1),
    ):
        paper = pdf(sheet)
        assert paper.startswith(b"%PDF-1.7") and b"<pdfaid:part>2<" in paper and b"/FontFile2" in paper
        assert paper.count(b"/Type /Page\n") >= pages
    assert "Ce que vous pouvez faire : e, dit" in text_of(notice(full, "supplementary", now))


def test_letters_that_the_fonts_lack_lose_an_accent_and_no_name_is_lost() -> None:
    assert drawable("Œuvray-Łukaszewicz, Nguyễn\u202f: Σ 漢") == "Œuvray-Łukaszewicz, Nguyên\u00a0: ? ?"


async def test_the_record_has_the_same_facts_for_a_machine(house: House, draft: DossierTold) -> None:
    told = json.loads(record(draft, "initial", house.clock()))
    assert told["a_completer"] == draft.lacking
    assert told["violation"]["natures"] == [
        {"key": "confidentiality", **labels()["nature"]["confidentiality"]}
    ]
    assert told["donnees"]["champs_lus"]["ct"]["nombre"] == 1
    assert told["personnes"]["nombre"] == {"min": 1, "max": 2, "exact": None}
    assert told["consequences"]["enisa"]["se"] == 3.0
    assert told["notification"]["responsable"]["siren"] is None


async def test_the_register_has_a_breach_that_nobody_decided_on_with_the_blank_marked(
    house: House, draft: DossierTold
) -> None:
    sheet = register("Cabinet Bento", [draft], house.clock())
    assert marked(sheet) == [say("field", key) for key in ("decided", "reason", "author")]


def serment(url: str, data: Path, *words: object, timestamp: str = "") -> str:
    """What the command says; its own process, as an officer runs it."""
    answer = subprocess.run(
        [sys.executable, "-m", "serment.cli", *map(str, words)],
        env={
            **os.environ,
            "SERMENT_DATABASE_URL": url,
            "SERMENT_DATA": str(data),
            "SERMENT_INSTANCE": INSTANCE,
            "SERMENT_TIMESTAMP": timestamp,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


async def test_an_officer_drafts_scopes_and_hands_out_evidence_that_is_checked_without_us(
    house: House, draft: DossierTold, url: str, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    assert f"{draft.incident}  bento" in serment(url, data, "incident", "list")
    when = (
        f"{house.clock() - timedelta(hours=1):%Y-%m-%dT%H:%MZ}",
        f"{house.clock() + timedelta(hours=1):%Y-%m-%dT%H:%MZ}",
    )
    said = serment(
        url,
        data,
        "incident",
        "scope",
        draft.incident,
        "--since",
        when[0],
        "--until",
        when[1],
        "--route",
        "record",
    )
    assert said == "bento: 1 entries, 1 records, 1 to 1 people\n"
    serment(url, data, "incident", "draft", draft.incident, "--folder", out)
    serment(url, data, "incident", "register", "--practice", "bento", "--folder", out)
    assert {path.suffix for path in out.iterdir()} == {".pdf", ".json"} and len(list(out.iterdir())) == 4
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in out.iterdir())
    hand_out = ("incident", "evidence", draft.incident, "--practice", "bento", out / "preuves.zip")
    # A service that is down holds nothing up.
    said = serment(url, data, *hand_out, timestamp="http://127.0.0.1:1/tsr")
    assert "Without a time-stamp. The time-stamp service http://127.0.0.1:1/tsr does not answer." in said
    with stamping(tmp_path / "authority") as service:
        assert "time-stamped" in serment(url, data, *hand_out, timestamp=service.url)
    with zipfile.ZipFile(out / "preuves.zip") as archive:
        archive.extractall(tmp_path / "there")

    there = tmp_path / "there"
    assert "log.key" not in {path.name for path in there.rglob("*")}
    checks = (
        ["sha256sum", "--strict", "-c", "MANIFEST.sha256"],
        [sys.executable, "-m", "serment.cli", "verify", "ledger", "--entries", "entries.jsonl"],
        [
            *(sys.executable, "-m", "serment.cli", "verify", "ledger", "--stamped", "MANIFEST.sha256"),
            *("--authority", str(service.root)),
        ],
        ["sh", "verify-custody.sh"],
    )

    def verdicts() -> list[int]:
        return [
            subprocess.run(check, cwd=there, capture_output=True, check=False).returncode for check in checks
        ]

    assert verdicts() == [0, 0, 0, 0]
    [entry] = (there / "entries.jsonl").read_text("utf-8").splitlines()
    assert "purpose record\\nparts ct\\n" in entry
    lines = (there / "custody.tsv").read_text("utf-8").splitlines()
    assert [line.split("\t")[3] for line in lines] == ["open", "scope", "draft initial", "evidence"]
    for name, before, after in (
        ("entries.jsonl", "parts ct", "parts id"),
        ("custody.tsv", "host", "nobody"),
        ("MANIFEST.sha256", "0", "1"),
    ):
        file = there / name
        file.write_text(file.read_text("utf-8").replace(before, after, 1), "utf-8")
    assert all(verdicts())
