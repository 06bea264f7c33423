"""Tables as CSV and Excel files, written row by row. Text never becomes a formula in the reader's spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SHEET_ROWS = 1_000_000  # Excel's limit is 1,048,576; what does not fit goes on the next sheet
FORMATS = ("csv", "xlsx")
EXCEL_LIMIT = 50_000  # as many rows as a spreadsheet opens well


class _Line:
    """A file-like object that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def table_response(kind: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The table as a download in one of FORMATS."""
    return _csv(name, header, rows) if kind == "csv" else _xlsx(name, header, rows)


def columns_response(kind: str, name: str, columns: Mapping[str, str], rows: QuerySet[Any]) -> HttpResponseBase:
    """Columns of rows (heading by field) as a download of today: every row as CSV, EXCEL_LIMIT of them as Excel."""
    values = rows.values_list(*columns)
    shown = values[:EXCEL_LIMIT] if kind == "xlsx" else values
    return table_response(
        kind, f"{name}-{timezone.localdate()}", list(columns.values()), shown.iterator(chunk_size=2000)
    )


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV text line by line; the byte order mark makes Excel read it as UTF-8."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([_harmless(text) for text in header])
    for row in rows:
        yield writer.writerow([_harmless(value) if isinstance(value, str) else value for value in row])


def _harmless(text: str) -> str:
    """A spreadsheet takes CSV text that starts like a formula for one, unless an apostrophe stands before it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _xlsx(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    book = Workbook(write_only=True)
    for number, row in enumerate(rows):
        if number % SHEET_ROWS == 0:
            sheet = _sheet(book, header)
        sheet.append([_cell(sheet, value) for value in row])
    if not book.worksheets:
        _sheet(book, header)
    # The response closes the file.
    file = TemporaryFile()  # noqa: SIM115
    book.save(file)
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=kind)


def _sheet(book: Workbook, header: Sequence[str]) -> Any:
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, str(text), bold=True) for text in header])
    return sheet


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    """What stands in a cell. Text stays text: openpyxl would take = for a formula and # for an error value.

    Everything else is handed over plain, which it writes several times faster.
    """
    if not bold and not str(value).startswith(("=", "#")):
        return value if value is None or isinstance(value, str | int | float | Decimal | date) else str(value)
    cell = WriteOnlyCell(sheet, value=str(value))
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
