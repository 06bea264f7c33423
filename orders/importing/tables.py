"""Files as tables: CSV in the usual encodings and separators, gzipped or not, and Excel workbooks."""

import codecs
import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from orders.importing.problems import FileProblem

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BLOCK = 1 << 20
Row = tuple[int, list[Any]]
"""(line of the file, cells)"""


class Table:
    """A header and rows that are read one at a time; ``position`` of ``size`` says how far reading has come."""

    header: list[str]
    description: str
    size: int

    def rows(self) -> Iterator[Row]:
        """Every row below the header that is not empty. Raises: FileProblem."""
        raise NotImplementedError

    @property
    def position(self) -> int:
        raise NotImplementedError


def open_table(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    """The table in a file; what it is, is told by its first bytes, not by its name. Raises: FileProblem."""
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
        if start.startswith(b"PK\x03\x04"):
            return ExcelTable(path, sheet)
        if start.startswith(b"\xd0\xcf\x11\xe0"):
            raise FileProblem(_("%s is in the old Excel format: save it as .xlsx or CSV.") % path.name)
        if not start:
            raise FileProblem(_("%s is empty.") % path.name)
        return CsvTable(path, packed=start.startswith(b"\x1f\x8b"), encoding=encoding)
    except OSError as exc:
        raise FileProblem(_("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": exc.strerror}) from exc


class CsvTable(Table):
    """Comma-separated values."""

    def __init__(self, path: Path, *, packed: bool, encoding: str | None) -> None:
        self.path, self.packed, self.size = path, packed, path.stat().st_size
        self.encoding = self._encoding(encoding)
        self._raw: IO[bytes] | None = None
        with io.TextIOWrapper(self._bytes(), self.encoding, newline="") as text:
            sample = text.read(BLOCK)
        first = next((line for line in sample.splitlines() if line.strip()), "")
        self.separator = max(SEPARATORS, key=lambda mark: _outside_quotes(first, mark))
        self._lines = self._read()
        self.header = [str(cell).strip() for cell in next(self._lines, (1, []))[1]]
        named = {"gb18030": "GBK"}.get(self.encoding, self.encoding)
        self.description = f"CSV, {named}, separated by {SEPARATORS[self.separator]}s"

    def rows(self) -> Iterator[Row]:
        return self._lines

    @property
    def position(self) -> int:
        return self._raw.tell() if self._raw and not self._raw.closed else 0

    def _bytes(self) -> Any:
        self._raw = self.path.open("rb")
        return gzip.GzipFile(fileobj=self._raw) if self.packed else self._raw

    def _encoding(self, wanted: str | None) -> str:
        """The encoding asked for, that of the byte order mark, or the first that the whole file can be read in."""
        with self._bytes() as stream:
            start = self._block(stream)
        marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
        marked = next((name for mark, name in marks.items() if start.startswith(mark)), None)
        for name in [wanted] if wanted else [marked] if marked else ["utf-8", "gb18030"]:
            if self._can_read(name):
                return name
        raise FileProblem(
            _("%s is neither UTF-8 nor GBK text: name its encoding with --encoding (say, latin-1).") % self.path.name
            if wanted is None
            else _("%(file)s cannot be read as %(encoding)s.") % {"file": self.path.name, "encoding": wanted}
        )

    def _can_read(self, encoding: str) -> bool:
        try:
            decoder = codecs.getincrementaldecoder(encoding)()
        except LookupError as exc:
            raise FileProblem(_("There is no encoding %s.") % encoding) from exc
        try:
            with self._bytes() as stream:
                while block := self._block(stream):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeError:
            return False
        return True

    def _block(self, stream: Any) -> bytes:
        try:
            return bytes(stream.read(BLOCK))
        except (EOFError, gzip.BadGzipFile) as exc:
            raise FileProblem(_("%s is cut off or damaged: copy it again.") % self.path.name) from exc

    def _read(self) -> Iterator[Row]:
        with io.TextIOWrapper(self._bytes(), self.encoding, newline="") as text:
            reader = csv.reader(text, delimiter=self.separator)
            line = 1
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as exc:
                    raise FileProblem(
                        _("Line %(line)s cannot be read: %(reason)s. Is a quotation mark not closed?")
                        % {"line": line, "reason": exc}
                    ) from exc
                if any(cell.strip() for cell in cells):
                    yield line, cells
                # A quoted cell may hold line breaks: a row's number is that of the line it begins on.
                line = reader.line_num + 1


class ExcelTable(Table):
    """One sheet of an .xlsx workbook."""

    def __init__(self, path: Path, sheet: str | None) -> None:
        try:
            # A stream, not a path: its name may end in anything.
            book = load_workbook(path.open("rb"), read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError) as exc:
            raise FileProblem(_("%s is no Excel workbook that can be read: save it again.") % path.name) from exc
        if sheet and sheet not in book.sheetnames:
            known = ", ".join(book.sheetnames)
            raise FileProblem(
                _("There is no sheet %(sheet)s; there are: %(known)s.") % {"sheet": sheet, "known": known}
            )
        self._sheet: Any = book[sheet or book.sheetnames[0]]
        self.size, self._at = self._sheet.max_row or 0, 0
        self._lines = self._read()
        self.header = [str(cell).strip() for cell in next(self._lines, (1, []))[1]]
        others = f" (of {len(book.sheetnames)}; --sheet chooses another)" if len(book.sheetnames) > 1 else ""
        self.description = f"Excel, sheet {self._sheet.title}{others}"

    def rows(self) -> Iterator[Row]:
        return self._lines

    @property
    def position(self) -> int:
        return self._at

    def _read(self) -> Iterator[Row]:
        width = 0
        for line, values in enumerate(self._sheet.iter_rows(values_only=True), 1):
            cells = ["" if value is None else value for value in values]
            self._at = line
            if not width:  # the header says how wide the table is; Excel keeps empty columns to its right
                width = next((n for n in range(len(cells), 0, -1) if str(cells[n - 1]).strip()), 0)
            while len(cells) > width and not str(cells[-1]).strip():
                cells.pop()
            if any(str(cell).strip() for cell in cells):
                yield line, cells + [""] * (width - len(cells))


def _outside_quotes(line: str, mark: str) -> int:
    return "".join(line.split('"')[::2]).count(mark)
