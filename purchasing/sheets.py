"""Lists that were saved as Excel or CSV files, edited there and come back: read, and every wrong row named."""

import csv
import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.errors import InvalidInput
from inventory.services import MAX_QUANTITY

MOST_BYTES = 10_000_000
MOST_ROWS = 20_000

Row = tuple[int, dict[str, Any]]
"""(row of the file, values by column)"""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one row of the file."""

    row: int
    text: str


def read_sheet(file: UploadedFile, columns: Mapping[str, str]) -> list[Row]:
    """The rows of a file, by the keys of ``columns`` (key → English heading); headings in any of our languages.

    Raises: InvalidInput when it is no such file, too large, or lacks a column.
    """
    if (file.size or 0) > MOST_BYTES:
        raise _refused(_("The file is larger than %s MB.") % (MOST_BYTES // 1_000_000))
    cells = _cells(file)
    header = [str(cell or "").strip() for cell in cells[0]] if cells else []
    where = {key: _position(header, heading) for key, heading in columns.items()}
    missing = [_(columns[key]) for key, at in where.items() if at is None]
    if missing:
        text = _("The file has no column %s: export the list anew and edit that file.")
        raise _refused(text % ", ".join(missing))
    if len(cells) - 1 > MOST_ROWS:
        raise _refused(_("The file has more than %s rows: split it.") % MOST_ROWS)
    return [
        (number, {key: row[at] if at is not None and at < len(row) else None for key, at in where.items()})
        for number, row in enumerate(cells[1:], 2)
        if any(cell not in (None, "") for cell in row)
    ]


def _refused(text: str) -> InvalidInput:
    return InvalidInput(text, field_errors={"file": text})


def _cells(file: UploadedFile) -> list[Sequence[Any]]:
    content = file.read()
    if content.startswith(b"PK"):
        try:
            sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
            return [list(row) for row in sheet.iter_rows(max_row=MOST_ROWS + 2, values_only=True)]
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as exc:
            raise _refused(_("The file is damaged, or no Excel workbook.")) from exc
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _refused(_("Save the file as .xlsx, or as CSV in UTF-8."))
    if "\x00" in text:
        raise _refused(_("Save the file as .xlsx, or as CSV in UTF-8."))
    first = text.partition("\n")[0]
    return list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))


def _position(header: Sequence[str], heading: str) -> int | None:
    """Where a column stands, by its heading in any language we speak."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            if (known := translation.gettext(heading)) in header:
                return header.index(known)
    return None


def whole_number(value: Any, heading: str) -> int:
    """The whole number from 0 in a cell. Raises: ValueError with a sentence."""
    text = str(value if value is not None else "").strip().replace(",", "").removesuffix(".0")
    if not text.isdecimal() or int(text) > MAX_QUANTITY:
        raise ValueError(
            _("%(column)s: enter a whole number from 0 to %(most)s.") % {"column": heading, "most": MAX_QUANTITY}
        )
    return int(text)


def text_of(value: Any) -> str:
    """A cell as text, without the apostrophe that keeps a spreadsheet from computing it."""
    return str(value if value is not None else "").strip().removeprefix("'").replace("\x00", "")


def first_of_each(rows: Sequence[Row], keys: Collection[str]) -> dict[tuple[str, ...], int]:
    """The row in which each combination of ``keys`` stands first."""
    seen: dict[tuple[str, ...], int] = {}
    for number, values in rows:
        seen.setdefault(tuple(text_of(values[key]).upper() for key in keys), number)
    return seen
