"""Cells as numbers and dates: exact, or refused with a sentence."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from orders.importing import parsing
from orders.importing.parsing import Reading
from orders.importing.problems import Wrong

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAIN, COMMA = Reading(SHANGHAI), Reading(SHANGHAI, decimal_comma=True)


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [
        ("3", 3),
        (" 12 ", 12),
        ("-4", -4),
        ("−4", -4),
        ("+5", 5),
        ("1,234", 1234),
        ("1 234 567", 1234567),
        ("1'000", 1000),
        ("12.00", 12),
        ("３", 3),
        (3, 3),
        (3.0, 3),
    ],
)
def test_quantities(cell, pieces):
    assert parsing.quantity(cell, PLAIN) == pieces


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("0", "the quantity is 0"),
        ("", "the number is missing"),
        ("1.5", "1.5 is no whole number of pieces"),
        (2.5, "2.5 is no whole number of pieces"),
        ("many", "many is no number"),
        ("1e3", "1e3 is no number"),
        ("1,23", "if its comma is a decimal sign, say --decimal-comma"),
        ("12,34,567", "is no number"),
        ("1_000", "1_000 is no number"),
        ("1000000000000", "1000000000000 pieces are more than 1000000000"),
        (True, "True is no number"),
    ],
)
def test_wrong_quantities(cell, sentence):
    with pytest.raises(Wrong, match=sentence):
        parsing.quantity(cell, PLAIN)


@pytest.mark.parametrize(
    ("cell", "reading", "cents"),
    [
        ("2.55", PLAIN, 255),
        ("£1,234.5", PLAIN, 123450),
        ("￥12", PLAIN, 1200),
        ("12元", PLAIN, 1200),
        (".5", PLAIN, 50),
        ("0.0", PLAIN, 0),
        ("", PLAIN, None),
        ("  ", PLAIN, None),
        (2.5500000000000003, PLAIN, 255),
        ("1.234,50", COMMA, 123450),
        ("2,5", COMMA, 250),
    ],
)
def test_prices(cell, reading, cents):
    assert parsing.cents(cell, reading) == cents


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("-1", "the price -1 is negative"),
        ("0.001", "the price 0.001 has more than two decimal places"),
        ("9999999999", "the price 9999999999 is above 999999999.99"),
        ("free", "free is no number"),
        ("nan", "nan is no number"),
    ],
)
def test_wrong_prices(cell, sentence):
    with pytest.raises(Wrong, match=sentence):
        parsing.cents(cell, PLAIN)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-31 14:05",
        "2026-03-31T14:05:00",
        "2026-03-31T06:05:00Z",
        "2026-03-31 14:05:00+08:00",
        "2026/3/31 14:05",
        "2026.03.31  14:05:00",
        "2026年3月31日 14:05",
        "２０２６年３月３１日 14:05",
        "31/03/2026 14:05",
        "3/31/2026 2:05 PM",
        "31.3.2026 14:05",
        "31 Mar 2026 14:05",
        "31-March-2026 14:05",
        "Mar 31, 2026 2:05pm",
        datetime(2026, 3, 31, 14, 5),
    ],
)
def test_one_moment_in_many_words(cell):
    assert parsing.past_moment(cell, PLAIN).astimezone(UTC) == datetime(2026, 3, 31, 6, 5, tzinfo=UTC)


def test_a_date_alone_is_its_midnight():
    for cell in ("2026-03-31", "20260331", "31/3/2026", "2026年03月31日", date(2026, 3, 31)):
        assert parsing.past_moment(cell, PLAIN) == datetime(2026, 3, 31, tzinfo=SHANGHAI)


def test_what_could_be_two_dates_is_refused_until_the_user_says_which():
    with pytest.raises(Wrong, match="04/03/2026 could be two dates: say --date-order dmy or mdy"):
        parsing.moment("04/03/2026", PLAIN)
    assert parsing.moment("04/03/2026", Reading(SHANGHAI, "dmy")) == datetime(2026, 3, 4, tzinfo=SHANGHAI)
    assert parsing.moment("04/03/2026", Reading(SHANGHAI, "mdy")) == datetime(2026, 4, 3, tzinfo=SHANGHAI)
    assert parsing.moment("03/03/2026", PLAIN) == datetime(2026, 3, 3, tzinfo=SHANGHAI)
    with pytest.raises(Wrong, match="no date of the calendar"):
        parsing.moment("31/03/2026", Reading(SHANGHAI, "mdy"))


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("", "the date is missing"),
        ("yesterday", "yesterday is no date; write it like"),
        ("31/03/26", "31/03/26 is no date; write it like"),
        ("2026-02-30", "2026-02-30 is no date of the calendar"),
        ("2026-03-31 25:00", "no date of the calendar"),
        ("1011-03-31", "is no date that orders have"),
        (46112, "46112 is no date"),
    ],
)
def test_wrong_dates(cell, sentence):
    with pytest.raises(Wrong, match=sentence):
        parsing.moment(cell, PLAIN)


def test_an_order_of_the_future_is_refused():
    with pytest.raises(Wrong, match="lies in the future"):
        parsing.past_moment("2199-01-01", PLAIN)
    assert parsing.moment("2199-01-01", PLAIN).year == 2199


def test_codes_lose_what_spreadsheets_add():
    assert [parsing.code(cell) for cell in (13313, 13313.0, "13313.0", " A-1 ", "1.05")] == [
        "13313",
        "13313",
        "13313",
        "A-1",
        "1.05",
    ]


def test_kinds_and_flags():
    assert [parsing.kind(c) for c in ("Sale", "销售出库", "退货", "Bad debt", "bad_debt", "Refund", "")] == [
        "sale",
        "sale",
        "cancel",
        "bad_debt",
        "bad_debt",
        "cancel",
        None,
    ]
    assert [parsing.flag(c) for c in ("True", "是", "0", "NO", "", True)] == [True, True, False, False, None, True]
    with pytest.raises(Wrong, match="gift is no kind of row"):
        parsing.kind("gift")
    with pytest.raises(Wrong, match="perhaps is neither yes nor no"):
        parsing.flag("perhaps")
