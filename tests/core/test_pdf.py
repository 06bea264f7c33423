"""The layout of business documents, read back from the file: nothing lost, nothing cut, every page numbered."""

from io import BytesIO

import pytest
from django.utils import translation
from pypdf import PdfReader

from core.pdf import Block, Column, Paper, pdf_response, render
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db

COLUMNS = [Column("SKU", 30), Column("Product"), Column("Pieces", 25, is_number=True)]


def texts(file: bytes) -> list[str]:
    """The text of each page without its line breaks, which depend on the width."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(file)).pages]


def test_a_short_document_says_everything_on_one_page():
    CompanyFactory(name="Harbour 日用品", address="1 Quay Road", phone="021-555", tax_number="9131")
    paper = Paper(
        title="Delivery note",
        number="SH-000001",
        blocks=[Block("Customer", ["Lakeside <Shop> & Co", "湖边路 8 号"])],
        facts=[("Date", "2026-06-01")],
        columns=COLUMNS,
        rows=[["TEA-1", "绿茶 · Green tea\nYour code: 77", "1,200"]],
        totals=[("Net", "¥10.00"), ("Total", "¥11.30")],
        notes=["Thank you"],
        signature="Received:",
    )
    (page,) = texts(render(paper))
    for text in (
        "Harbour日用品", "1QuayRoad", "021-555", "Taxnumber:9131", "Deliverynote", "SH-000001", "Lakeside<Shop>&Co",
        "湖边路8号", "2026-06-01", "绿茶·Greentea", "Yourcode:77", "1,200", "¥11.30", "Thankyou",
        "Received:", "Page1of1",
    ):  # fmt: skip
        assert text in page, text


def test_the_head_of_the_table_stands_on_every_page_and_no_line_is_lost():
    rows = [[f"SKU-{n:03d}", f"Product {n} 产品", f"{n}"] for n in range(1, 201)]
    pages = texts(render(Paper("Order", "SO-1", columns=COLUMNS, rows=rows, totals=[("Total", "20,100")])))
    assert len(pages) == 6
    whole = "".join(pages)
    assert [whole.count(f"SKU-{n:03d}") for n in range(1, 201)] == [1] * 200
    for number, page in enumerate(pages, start=1):
        assert "SKUProductPieces" in page
        assert f"Page{number}of6" in page
    assert "20,100" in pages[-1]


def test_very_long_names_break_over_lines_and_stay_whole():
    name = "非常长的商品名称" * 12 + "W" * 150 + " " + "extraordinarily long " * 10
    (page,) = texts(render(Paper("Order", "SO-1", columns=COLUMNS, rows=[["S" * 40, name, "1"]])))
    assert "".join(name.split()) in page.replace("S" * 10, "")
    assert page.count("S") >= 40


def test_letters_that_no_font_has_neither_break_it_nor_vanish_unseen():
    odd = "a\x00b\u200bc 𠮷 😀 Łódź Ω Ж €"
    (page,) = texts(render(Paper("Order", "SO-1", columns=COLUMNS, rows=[["X", odd, "1"]])))
    assert "abc〓〓" in page
    assert "ΩЖ€" in page


def test_the_foot_is_written_in_the_language_in_force():
    with translation.override("zh-hans"):
        (page,) = texts(render(Paper("订单", "SO-1", columns=COLUMNS, rows=[["X", "Y", "1"]])))
    assert "第1页,共1页" in page.replace("，", ",")


def test_a_document_without_lines_is_a_page_too():
    assert "Page1of1" in texts(render(Paper("Order", "SO-1")))[0]


def test_the_download_is_named_after_the_document_and_kept_by_nobody():
    answer = pdf_response(Paper("Order", "SO-000001"))
    assert answer["Content-Disposition"] == 'attachment; filename="SO-000001.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer.content.startswith(b"%PDF-")
