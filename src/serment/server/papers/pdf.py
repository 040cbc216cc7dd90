# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sets a sheet as PDF/A-2u, with fonts of its own inside: what is printed in five years looks as it does today.

Two columns, labels and values; what is lacking is set apart in words and colour, so that it shows in black and white too.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos

from serment.domain.incident_labels import say
from serment.server.pages.language import spaced
from serment.server.papers.sheet import Row, Section, Sheet, Table

FONTS = Path(__file__).with_name("fonts")
FAMILY = "Caladea"
_STYLES = {"": "Regular", "B": "Bold", "I": "Italic"}

# Millimetres.
PAGE_WIDTH, MARGIN, TOP, BOTTOM = 210.0, 24.0, 22.0, 24.0
LABEL_WIDTH, GUTTER = 52.0, 6.0
VALUE_LEFT = MARGIN + LABEL_WIDTH + GUTTER
VALUE_WIDTH = PAGE_WIDTH - MARGIN - VALUE_LEFT
WIDTH = PAGE_WIDTH - 2 * MARGIN
LINE, ROW_GAP, SECTION_GAP = 5.0, 1.7, 5.5
KEPT_TOGETHER, TABLE_KEPT_TOGETHER = 26.0, 90.0
SIGNATURE = 38.0

INK, GREY, RULE, MARK, TINT = (26, 26, 26), (92, 92, 92), (190, 186, 178), (150, 32, 24), (247, 244, 238)
BODY, SMALL, HEADING, TITLE = 10.0, 8.2, 11.5, 15.5


def pdf(sheet: Sheet) -> bytes:
    """The file. Set twice: each page says how many there are."""
    return bytes(_set(sheet, _set(sheet, 0).page_no()).output())


def _set(sheet: Sheet, pages: int) -> _Page:
    page = _Page(sheet, pages)
    page.begin()
    for nth, section in enumerate(sheet.sections, start=1):
        page.section(nth, section)
    page.end()
    return page


@cache
def _known() -> frozenset[int]:
    """The letters that all three styles can draw."""
    known = [set(TTFont(_font(style)).getBestCmap()) for style in _STYLES]
    return frozenset(set.intersection(*known))


def _font(style: str) -> Path:
    return FONTS / f"Caladea-{_STYLES[style]}.ttf"


def drawable(text: str) -> str:
    """The text in letters that the fonts have: accents they lack are taken off, signs they lack become a question mark."""
    kept = []
    for character in unicodedata.normalize(
        "NFC", spaced("fr", text.replace("\u202f", "\u00a0").replace("\t", " "))
    ):
        if character == "\n" or ord(character) in _known():
            kept.append(character)
            continue
        kept.append(_nearest(character))
    return "".join(kept)


def _nearest(character: str) -> str:
    bare = unicodedata.normalize("NFKD", character)
    for length in range(len(bare), 0, -1):
        found = unicodedata.normalize("NFC", bare[:length])
        if all(ord(one) in _known() and not unicodedata.combining(one) for one in found):
            return found
    return "?"


class _Page(FPDF):
    """The pages of one sheet."""

    def __init__(self, sheet: Sheet, pages: int) -> None:
        super().__init__("P", "mm", "A4", enforce_compliance="PDF/A-2U")
        self._sheet, self._pages = sheet, pages
        for style in _STYLES:
            self.add_font(FAMILY, style, _font(style))
        self.set_margins(MARGIN, TOP, MARGIN)
        self.set_auto_page_break(True, BOTTOM)
        self.c_margin = 0
        self.set_title(drawable(sheet.title))
        self.set_subject(drawable(sheet.subtitle))
        self.set_author(drawable(sheet.head))
        self.set_creator("Serment")
        self.set_lang("fr-FR")
        self.set_creation_date(sheet.made_at)

    def header(self) -> None:
        """On each page but the first: whose paper it is."""
        if self.page_no() == 1:
            return
        self._ink(SMALL, "", GREY)
        self.set_xy(MARGIN, 12)
        self.cell(WIDTH / 2, 5, drawable(self._sheet.head))
        self.cell(WIDTH / 2, 5, drawable(say("paper", "law")), align="R")
        self._rule(18.5)
        self.set_y(TOP + 2)

    def footer(self) -> None:
        """The dossier, the revision, the page."""
        self.set_y(-16)
        self._rule(self.get_y() - 1.5)
        self._ink(SMALL, "", GREY)
        self.cell(WIDTH * 0.8, 5, drawable(self._sheet.footer))
        self.cell(WIDTH * 0.2, 5, say("paper", "page").format(nth=self.page_no(), all=self._pages), align="R")

    def begin(self) -> None:
        """Who, what, and what a reader must see first."""
        self.add_page()
        self._ink(SMALL, "", GREY)
        self.set_xy(MARGIN, TOP)
        self.cell(WIDTH / 2, 5, drawable(self._sheet.head))
        self.cell(WIDTH / 2, 5, drawable(say("paper", "law")), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._rule(self.get_y() + 1)
        self.ln(8)
        self._ink(TITLE, "B", INK)
        self.multi_cell(WIDTH, 8, drawable(self._sheet.title), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)
        self._ink(HEADING, "I", GREY)
        self.multi_cell(
            WIDTH, 6, drawable(self._sheet.subtitle), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        self.ln(4)
        if self._sheet.box:
            self._box(self._sheet.box)
        if self._sheet.hint:
            self.ln(3)
            self._ink(SMALL + 0.6, "I", GREY)
            self.multi_cell(
                WIDTH, 4.6, drawable(self._sheet.hint), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )

    def _box(self, rows: tuple[Row, ...]) -> None:
        inset, top = 4.0, self.get_y()
        width = VALUE_WIDTH - inset
        self._ink(BODY, "B", INK)
        heights = [LINE * len(self._lines(row.value or "", width)) + ROW_GAP for row in rows]
        self.set_fill_color(*TINT)
        self.rect(MARGIN, top, WIDTH, sum(heights) + 2 * inset - ROW_GAP, style="F")
        self.set_fill_color(*INK)
        self.rect(MARGIN, top, 0.8, sum(heights) + 2 * inset - ROW_GAP, style="F")
        y = top + inset
        for row in rows:
            self._ink(BODY, "", GREY)
            self.set_xy(MARGIN + inset, y)
            self.cell(LABEL_WIDTH, LINE, drawable(row.label))
            self._ink(BODY, "B", INK)
            for line in self._lines(row.value or say("paper", "lacking"), width):
                self.set_xy(VALUE_LEFT, y)
                self.cell(width, LINE, line)
                y += LINE
            y += ROW_GAP
        self.set_y(top + sum(heights) + 2 * inset - ROW_GAP)

    def section(self, nth: int, section: Section) -> None:
        """A numbered heading and what is under it; a heading never stands alone at a foot."""
        self.ln(SECTION_GAP)
        self._keep(KEPT_TOGETHER)
        self._ink(HEADING, "B", INK)
        y = self.get_y()
        self.set_x(MARGIN)
        self.cell(WIDTH * 0.75, 6, drawable(f"{nth}.  {section.title}"))
        self._ink(SMALL, "", GREY)
        self.set_xy(MARGIN + WIDTH * 0.75, y)
        self.cell(WIDTH * 0.25, 6, drawable(section.article), align="R")
        self._rule(y + 6.6)
        self.set_y(y + 8.6)
        for each in section.content:
            if isinstance(each, Table):
                self._table(each)
            else:
                self._row(each)

    def _row(self, row: Row) -> None:
        self._ink(BODY, "", GREY)
        labels = self._lines(row.label, LABEL_WIDTH)
        self._ink(BODY, "" if row.value else "B", INK if row.value else MARK)
        values = self._lines(row.value, VALUE_WIDTH) if row.value else [say("paper", "lacking")]
        self._keep(LINE * min(max(len(labels), len(values)), 4))
        for place in range(max(len(labels), len(values))):
            self._keep(LINE)
            y = self.get_y()
            if place < len(labels):
                self._ink(BODY, "", GREY)
                self.set_xy(MARGIN, y)
                self.cell(LABEL_WIDTH, LINE, labels[place])
            if place < len(values):
                self._value(values[place], y, lacks=row.value is None)
            self.set_y(y + LINE)
        self.set_y(self.get_y() + ROW_GAP)

    def _value(self, text: str, y: float, *, lacks: bool) -> None:
        self.set_xy(VALUE_LEFT, y)
        if not lacks:
            self._ink(BODY, "", INK)
            self.cell(VALUE_WIDTH, LINE, text)
            return
        self._ink(BODY, "B", MARK)
        self.set_draw_color(*MARK)
        self.set_line_width(0.25)
        width = self.get_string_width(text) + 5
        self.rect(VALUE_LEFT, y - 0.2, width, LINE + 0.4)
        self.cell(width, LINE, text, align="C")

    def _table(self, table: Table) -> None:
        widths = [WIDTH - 50.0, 50.0] if len(table.heads) == 2 else [50.0, WIDTH - 70.0, 20.0]
        self.ln(1)
        self._ink(BODY, "", INK)
        lines = sum(
            max(len(self._lines(text, width - 2)) for text, width in zip(row, widths, strict=True))
            for row in table.rows
        )
        self._keep(min((lines + 3) * (LINE + 0.6), TABLE_KEPT_TOGETHER))
        self._cells(table.heads, widths, "", GREY, SMALL)
        self._rule(self.get_y())
        self.ln(1)
        for row in table.rows:
            self._cells(row, widths, "", INK, BODY)
        if table.total:
            self._rule(self.get_y() + 0.4)
            self.ln(1.4)
            self._cells(table.total, [WIDTH - 60, 60], "B", INK, BODY)
        self.ln(1)

    def _cells(
        self,
        texts: tuple[str, ...],
        widths: list[float],
        style: str,
        colour: tuple[int, int, int],
        size: float,
    ) -> None:
        self._ink(size, style, colour)
        columns = [self._lines(text, width - 2) for text, width in zip(texts, widths, strict=True)]
        height = LINE * max(len(column) for column in columns)
        self._keep(height)
        top, left = self.get_y(), MARGIN
        for nth, (column, width) in enumerate(zip(columns, widths, strict=True)):
            for place, line in enumerate(column):
                self.set_xy(left, top + LINE * place)
                self.cell(width, LINE, line, align="R" if nth == len(columns) - 1 else "L")
            left += width
        self.set_y(top + height + 0.6)

    def end(self) -> None:
        """Where it is signed."""
        if not self._sheet.signed:
            return
        self.ln(SECTION_GAP)
        self._keep(SIGNATURE)
        self._ink(BODY, "", INK)
        y = self.get_y() + 4
        for left, text, width in (
            (MARGIN, say("paper", "made"), 58.0),
            (MARGIN + 66, say("paper", "made_on"), 40.0),
        ):
            self.set_xy(left, y)
            offset = self.get_string_width(text) + 3
            self.cell(offset, LINE, text)
            self._rule(y + LINE, left + offset, left + width)
        self.set_xy(MARGIN, y + 12)
        self._ink(SMALL + 0.6, "", GREY)
        self.cell(WIDTH, LINE, drawable(say("paper", "signed")))
        self._rule(y + 30, MARGIN, MARGIN + 90)

    def _lines(self, text: str, width: float) -> list[str]:
        """Broken as they will stand, in the font that is set."""
        found = self.multi_cell(
            width, LINE, drawable(text), align="L", dry_run=True, output=MethodReturnValue.LINES, padding=0
        )
        return [str(line) for line in found]  # type: ignore[union-attr]

    def _keep(self, height: float) -> None:
        """Begins a page where so much does not fit on this one."""
        if self.will_page_break(height):
            self.add_page()

    def _ink(self, size: float, style: str, colour: tuple[int, int, int]) -> None:
        self.set_font(FAMILY, style, size)
        self.set_text_color(*colour)

    def _rule(self, y: float, left: float = MARGIN, right: float = PAGE_WIDTH - MARGIN) -> None:
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(left, y, right, y)
