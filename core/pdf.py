"""Business documents as PDF: head, addresses, facts, a table that may go over many pages, totals, page x of y.

Whoever builds a ``Paper`` does so, and calls ``render``, in the reader's language (``in_language``). Latin
text stands in Helvetica, all else in the STSong-Light that every reader of PDF brings along: no font file is needed.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from core.models import Company

LATIN, LATIN_BOLD, CHINESE = "Helvetica", "Helvetica-Bold", "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))

MARGIN = 18 * mm
PADDING = 4
WIDTH = A4[0] - 2 * MARGIN
GREY = colors.HexColor("#5f6b7a")
RULE = colors.HexColor("#c8ced6")
SHADE = colors.HexColor("#eef1f5")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufe00-\ufe0f\ufeff\ud800-\udfff]")
BEYOND_FONT = re.compile(r"[\U00010000-\U0010ffff]")  # the font's encoding ends there
LATIN_LETTERS = bytes(range(256)).decode("cp1252", errors="ignore")
NOT_LATIN = re.compile(f"[^{re.escape(LATIN_LETTERS)}]+")
CJK = re.compile(r"[\u2e80-\uffff]")
WORD_LETTERS = re.compile(r"\w")
MISSING = "〓"  # what Chinese typesetting puts for a character that it has no type for

BODY = ParagraphStyle("body", fontName=LATIN, fontSize=9, leading=12.5, splitLongWords=1)
SMALL = ParagraphStyle("small", BODY, fontSize=7.5, leading=10.5, textColor=GREY)
NUMBER = ParagraphStyle("number", BODY, alignment=TA_RIGHT)
STRONG = ParagraphStyle("strong", BODY, fontName=LATIN_BOLD)
STRONG_NUMBER = ParagraphStyle("strong_number", NUMBER, fontName=LATIN_BOLD)
TITLE = ParagraphStyle("title", BODY, fontName=LATIN_BOLD, fontSize=16, leading=21)
COMPANY = ParagraphStyle("company", BODY, fontName=LATIN_BOLD, fontSize=12, leading=16)

_FLUSH = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Say and write everything inside in the reader's language; when it is empty, in that of whoever asks."""
    with translation.override(language or translation.get_language()):
        yield


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: title, width in millimetres (0: what the others leave), whether it holds figures."""

    title: str
    width: float = 0
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A title and the lines below it: whom it goes to, where the goods go."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Paper:
    """What a document says, already in words. A line feed in a cell begins a smaller second line."""

    title: str
    number: str
    blocks: Sequence[Block] = ()
    facts: Sequence[tuple[str, str]] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[str]] = ()
    totals: Sequence[tuple[str, str]] = ()  # the last one is what counts
    notes: Sequence[str] = ()
    signature: str = ""
    file_name: str = ""

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.file_name or self.number}.pdf"


def pdf_response(paper: Paper) -> HttpResponse:
    """The document as a download."""
    return pdf_download(render(paper), paper.name)


def pdf_download(file: bytes, name: str) -> HttpResponse:
    """A PDF file as a download."""
    response = HttpResponse(file, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def render(paper: Paper) -> bytes:
    """The document as a PDF file."""
    return render_several([(translation.get_language(), paper)], title=f"{paper.title} {paper.number}")


def render_several(papers: Sequence[tuple[str, Paper]], *, title: str) -> bytes:
    """Documents with their languages one after the other in one file; each begins a page and counts its own."""
    file = BytesIO()
    company = Company.objects.first()
    name = company.name if company else ""
    template = BaseDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=22 * mm,
        title=title,
        author=name,
    )
    frame = Frame(MARGIN, 22 * mm, WIDTH, A4[1] - MARGIN - 22 * mm, 0, 0, 0, 0)
    template.addPageTemplates(PageTemplate(frames=[frame]))
    story: list[Flowable] = []
    for language, paper in papers:
        foot = " · ".join(part for part in (name, f"{paper.title} {paper.number}") if part)
        with in_language(language):
            story += [*([PageBreak()] if story else []), _Beginning(foot, language), *_story(paper, company)]
    template.build(story, canvasmaker=_CountedPages)
    return file.getvalue()


def _story(paper: Paper, company: Company | None) -> list[Flowable]:
    story: list[Flowable] = [_head(paper, company), Spacer(0, 8 * mm)]
    if paper.blocks or paper.facts:
        story += [_blocks(paper), Spacer(0, 7 * mm)]
    if paper.rows:
        story += [_table(paper), Spacer(0, 4 * mm)]
    end: list[Flowable] = [_totals(paper.totals)] if paper.totals else []
    for note in paper.notes:
        end += [Spacer(0, 4 * mm), _words(note, BODY)]
    if paper.signature:
        end += [Spacer(0, 16 * mm), _words(f"{paper.signature} {'_' * 44}", BODY)]
    return [*story, KeepTogether(end)] if end else story


def _head(paper: Paper, company: Company | None) -> Table:
    left: list[Flowable] = []
    if company:
        left = [_words(company.name, COMPANY)]
        left += [_words(line, SMALL) for line in company.letterhead()]
    right = [_words(paper.title, TITLE), _words(paper.number, STRONG)]
    table = Table([[left, right]], [WIDTH * 0.55, WIDTH * 0.45])
    table.setStyle([*_FLUSH, ("LINEBELOW", (0, 0), (-1, -1), 1, colors.black), ("BOTTOMPADDING", (0, 0), (-1, -1), 8)])
    return table


def _blocks(paper: Paper) -> Table:
    """The addresses side by side, and the facts as a list to their right."""
    cells: list[list[Flowable]] = [
        [_words(block.title, SMALL), *(_words(line, BODY) for line in block.lines if line)] for block in paper.blocks
    ]
    if paper.facts:
        rows = [[_words(name, SMALL), _words(value, BODY)] for name, value in paper.facts]
        width = WIDTH / (len(cells) + 1)
        cells.append(
            [Table(rows, [width * 0.45, width * 0.55], style=[*_FLUSH, ("BOTTOMPADDING", (0, 0), (-1, -1), 1)])]
        )
    return Table([cells], [WIDTH / len(cells)] * len(cells), style=[*_FLUSH, ("RIGHTPADDING", (0, 0), (-2, -1), 8)])


def _table(paper: Paper) -> Table:
    fixed = sum(column.width * mm for column in paper.columns)
    free = sum(not column.width for column in paper.columns)
    widths = [column.width * mm or (WIDTH - fixed) / free for column in paper.columns]
    styles = [NUMBER if column.is_number else BODY for column in paper.columns]
    head = [_words(column.title, STRONG_NUMBER if column.is_number else STRONG) for column in paper.columns]
    rows = [
        [_cell(text, style, width) for text, style, width in zip(row, styles, widths, strict=True)]
        for row in paper.rows
    ]
    style = [
        ("FONT", (0, 0), (-1, -1), LATIN, 9, 12.5),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        *(("ALIGN", (at, 0), (at, -1), "RIGHT") for at, column in enumerate(paper.columns) if column.is_number),
    ]
    return Table([head, *rows], widths, repeatRows=1, style=style)


def _cell(text: str, style: ParagraphStyle, width: float) -> Any:
    """Text that fits as it is stays text: a paragraph costs many times as much, and a long order has thousands."""
    if text.isascii() and text.isprintable() and pdfmetrics.stringWidth(text, LATIN, 9) <= width - 2 * PADDING:
        return text
    first, _feed, second = text.partition("\n")
    rest = "<br/>".join(map(_marked, second.split("\n")))
    small = f'<br/><font size="7.5" color="#5f6b7a">{rest}</font>' if second else ""
    return Paragraph(_marked(first) + small, _style_for(text, style))


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(_marked(text), _style_for(text, style))


def _style_for(text: str, style: ParagraphStyle) -> ParagraphStyle:
    """The style, with lines that may break anywhere where most of the text is Chinese; other words stay whole."""
    if 2 * len(CJK.findall(text)) <= len(WORD_LETTERS.findall(text)):
        return style
    return _breaking_anywhere(style)


@cache
def _breaking_anywhere(style: ParagraphStyle) -> ParagraphStyle:
    return ParagraphStyle(f"{style.name}_cjk", style, wordWrap="CJK")


def _totals(totals: Sequence[tuple[str, str]]) -> Table:
    rows = [[_words(name, BODY), _words(value, NUMBER)] for name, value in totals[:-1]]
    name, value = totals[-1]
    rows.append([_words(name, STRONG), _words(value, STRONG_NUMBER)])
    style = [
        *_FLUSH,
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, colors.black),
        ("TOPPADDING", (0, -1), (-1, -1), 3),
    ]
    return Table(rows, [48 * mm, 38 * mm], hAlign="RIGHT", style=[*style, ("RIGHTPADDING", (-1, 0), (-1, -1), PADDING)])


def _marked(text: str) -> str:
    """Text as a paragraph takes it: nothing in it is markup, and what Helvetica lacks stands in the Chinese font."""
    text = BEYOND_FONT.sub(MISSING, UNPRINTABLE.sub("", text.replace("\t", " ")))
    return NOT_LATIN.sub(rf'<font name="{CHINESE}">\g<0></font>', escape(text)).replace("\n", "<br/>")


class _Beginning(Flowable):
    """Takes no room: tells the canvas that another document begins on this page."""

    def __init__(self, foot: str, language: str) -> None:
        super().__init__()
        self.foot, self.language = foot, language

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.canv.document = self


class _CountedPages(Canvas):
    """Keeps the pages until their number is known, then writes the foot of each."""

    document: _Beginning

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages = list[dict[str, Any]]()

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        of_document = [list(pages) for _document, pages in groupby(self._pages, key=lambda page: page["document"])]
        for pages in of_document:
            for number, page in enumerate(pages, start=1):
                self.__dict__.update(page)
                with in_language(self.document.language):
                    text = _("Page %(page)s of %(pages)s") % {"page": number, "pages": len(pages)}
                self._foot(self.document.foot, text)
                super().showPage()
        super().save()

    def _foot(self, left: str, right: str) -> None:
        top = 16 * mm
        self.setStrokeColor(RULE)
        self.line(MARGIN, top, A4[0] - MARGIN, top)
        for text, style in ((left, SMALL), (right, ParagraphStyle("page", SMALL, alignment=TA_RIGHT))):
            width = WIDTH * (0.75 if style is SMALL else 0.25)
            paragraph = _words(text, style)
            _width, height = paragraph.wrap(width, 12 * mm)
            paragraph.drawOn(self, MARGIN if style is SMALL else A4[0] - MARGIN - width, top - 2 - height)
