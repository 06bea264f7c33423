"""Files as people have them: encodings, separators, line ends, quotes, gzip, Excel; and files that are none."""

import gzip
from datetime import datetime

import pytest
from openpyxl import Workbook

from orders.importing.problems import FileProblem
from orders.importing.tables import open_table


def read(path, **options):
    table = open_table(path, **options)
    return table.header, list(table.rows()), table.description


def written(tmp_path, content: bytes, name="lines.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("订单号,数量\nA-1,3\n".encode(), "CSV, utf-8, separated by commas"),
        ("\ufeff订单号,数量\nA-1,3\n".encode(), "CSV, utf-8-sig, separated by commas"),
        ("订单号,数量\nA-1,3\n".encode("gbk"), "CSV, GBK, separated by commas"),
        ("订单号\t数量\nA-1\t3\n".encode("utf-16"), "CSV, utf-16, separated by tabs"),
        ("订单号;数量\r\nA-1;3\r\n".encode(), "CSV, utf-8, separated by semicolons"),
        ("订单号|数量\r\n\r\nA-1|3\r\n".encode(), "CSV, utf-8, separated by bars"),
        (gzip.compress("订单号,数量\nA-1,3\n".encode(), mtime=0), "CSV, utf-8, separated by commas"),
    ],
)
def test_encodings_and_separators_are_found(tmp_path, content, named):
    header, rows, description = read(written(tmp_path, content))
    assert (header, description) == (["订单号", "数量"], named)
    assert [cells for _line, cells in rows] == [["A-1", "3"]]


def test_rows_are_numbered_by_the_line_they_begin_on(tmp_path):
    text = 'a,b\r\n1,"two\r\nlines"\r\n\r\n2,"say ""hello"", please"\r\n'
    _header, rows, _description = read(written(tmp_path, text.encode()))
    assert rows == [(2, ["1", "two\r\nlines"]), (5, ["2", 'say "hello", please'])]


def test_a_separator_inside_quotes_is_none(tmp_path):
    header, rows, _description = read(written(tmp_path, b'"a;x;y",b\n"1;2",3\n'))
    assert (header, rows) == (["a;x;y", "b"], [(2, ["1;2", "3"])])


def test_an_encoding_can_be_named(tmp_path):
    path = written(tmp_path, "a,b\nCAFÉ,£5\n".encode("latin-1"))
    assert read(path, encoding="latin-1")[1] == [(2, ["CAFÉ", "£5"])]
    with pytest.raises(FileProblem, match="cannot be read as utf-8"):
        read(path, encoding="utf-8")
    with pytest.raises(FileProblem, match="There is no encoding klingon"):
        read(path, encoding="klingon")


def test_excel_workbooks(tmp_path):
    book = Workbook()
    book.active.append(["订单号", "数量", "日期", None])
    book.active.append(["A-1", 3, datetime(2026, 3, 31, 14, 5), None])
    book.active.append([])
    book.active.append(["A-2", 4.0, "2026-04-01", "one too many"])
    book.create_sheet("Other").append(["x"])
    book.save(tmp_path / "lines.xlsx")
    header, rows, description = read(tmp_path / "lines.xlsx")
    assert (header, description) == (
        ["订单号", "数量", "日期"],
        "Excel, sheet Sheet (of 2; --sheet chooses another)",
    )
    assert rows == [
        (2, ["A-1", 3, datetime(2026, 3, 31, 14, 5)]),
        (4, ["A-2", 4, "2026-04-01", "one too many"]),
    ]
    assert read(tmp_path / "lines.xlsx", sheet="Other")[0] == ["x"]
    with pytest.raises(FileProblem, match=r"There is no sheet Third; there are: Sheet, Other\."):
        read(tmp_path / "lines.xlsx", sheet="Third")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel format: save it as .xlsx or CSV"),
        (b"PK\x03\x04 but no workbook", "no Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n" * 1000, mtime=0)[:-9], "cut off or damaged"),
        (b"a,b\n\xff\xff,2\n", "neither UTF-8 nor GBK"),
        (b'a,b\n1,2\n3,"' + b"x" * 200_000, r"Line 3 cannot be read.*quotation mark"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, sentence):
    with pytest.raises(FileProblem, match=sentence):
        read(written(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileProblem, match="No such file"):
        open_table(tmp_path / "nothing.csv")
