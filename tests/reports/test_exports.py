"""Exported files, read back with other readers than the writers."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from core.exports import table_response

HEADER = ["Name", "=Value"]
ROWS = [
    ("=1+1", Decimal("-1.50"), date(2026, 3, 2)),
    ("+86 10", 3, None),
    ("-x", 0, None),
    ("@SUM(A1)", 1, None),
    ("\t=1", 1, None),
    ('米, "quoted"', None, None),
]


def body(response):
    return b"".join(response.streaming_content)


def test_csv_text_never_becomes_a_formula():
    response = table_response("csv", "rows", HEADER, iter(ROWS))
    assert response["Content-Disposition"] == 'attachment; filename="rows.csv"'
    text = body(response).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["Name", "'=Value"]
    assert [row[0] for row in rows] == ["'=1+1", "'+86 10", "'-x", "'@SUM(A1)", "'\t=1", '米, "quoted"']
    assert rows[0][1:] == ["-1.50", "2026-03-02"]  # a negative number stays a number


def test_excel_text_never_becomes_a_formula():
    response = table_response("xlsx", "rows", HEADER, iter(ROWS))
    sheet = load_workbook(io.BytesIO(body(response))).active
    cells = [list(row) for row in sheet.iter_rows()]
    assert all(cell.data_type != "f" for row in cells for cell in row)
    assert [row[0].value for row in cells] == ["Name", "=1+1", "+86 10", "-x", "@SUM(A1)", "\t=1", '米, "quoted"']
    assert cells[1][1].value == -1.5
    assert cells[1][2].value.date() == date(2026, 3, 2)


def test_excel_goes_on_on_another_sheet(monkeypatch):
    monkeypatch.setattr("core.exports.SHEET_ROWS", 4)
    book = load_workbook(io.BytesIO(body(table_response("xlsx", "rows", HEADER, iter(ROWS)))))
    assert [sheet.max_row for sheet in book.worksheets] == [5, 3]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_empty_table_keeps_its_header(kind):
    content = body(table_response(kind, "rows", HEADER, iter([])))
    if kind == "xlsx":
        assert [cell.value for cell in load_workbook(io.BytesIO(content)).active[1]] == HEADER
    else:
        assert content.decode("utf-8-sig") == "Name,'=Value\r\n"
