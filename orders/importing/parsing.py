"""Cells as numbers, dates and words. What could mean two things is refused, never guessed."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any, Literal

from django.utils.translation import gettext as _

from inventory.services import MAX_QUANTITY
from orders.checks import MAX_PRICE
from orders.importing.problems import Wrong

DateOrder = Literal["dmy", "mdy"] | None

GROUPED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d{1,3}( \d{3})+|\d{1,3}('\d{3})+|\d+)(\.\d+)?|[+-]?\.\d+")
MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
CLOCK = r"(?:[T ]*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>am|pm)?)?"
YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})[-/.年] ?(?P<month>\d{{1,2}})[-/.月] ?(?P<day>\d{{1,2}})日?{CLOCK}", re.I)
YEAR_LAST = re.compile(rf"(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}}){CLOCK}", re.I)
DAY_NAME = re.compile(rf"(?P<day>\d{{1,2}})[- ](?P<name>[a-z]{{3,9}})\.?[- ,]+(?P<year>\d{{4}}){CLOCK}", re.I)
NAME_DAY = re.compile(rf"(?P<name>[a-z]{{3,9}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){CLOCK}", re.I)
YES, NO = {"true", "t", "yes", "y", "1", "是"}, {"false", "f", "no", "n", "0", "否"}
KINDS = {
    "sale": "sale sales order invoice 销售 订单 销售订单 销售出库",
    "cancel": "cancel cancelled canceled cancellation return returned refund credit 取消 退货 退款 销售退货 退单",
    "adjustment": "adjustment adjust adjusted 调整 库存调整 盘点",
    "bad_debt": "bad_debt baddebt 坏账",
}
KIND_OF = {word: kind for kind, words in KINDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Reading:
    """How cells are to be read."""

    zone: tzinfo
    date_order: DateOrder = None
    decimal_comma: bool = False


def code(cell: Any) -> str:
    """A number or name of something. Spreadsheets and data frames turn the code 13313 into 13313.0."""
    if type(cell) is str:
        text = cell.strip()
    else:
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    if text.endswith(".0") and text[:-2].isdecimal():
        text = text[:-2]
    if "\x00" in text:
        raise Wrong(_("holds a character that cannot be stored"))
    return text


def quantity(cell: Any, reading: Reading) -> int:
    """Pieces; negative where something is taken back. Raises: Wrong."""
    if type(cell) is str and cell.isdecimal():
        pieces = int(cell)
    else:
        number = _decimal(cell, reading)
        if number != int(number):
            raise Wrong(_("%s is no whole number of pieces") % cell)
        pieces = int(number)
    if pieces == 0:
        raise Wrong(_("the quantity is 0"))
    if abs(pieces) > MAX_QUANTITY:
        raise Wrong(_("%(given)s pieces are more than %(most)s") % {"given": cell, "most": MAX_QUANTITY})
    return pieces


def cents(cell: Any, reading: Reading) -> int | None:
    """A price in hundredths; None for an empty cell. Raises: Wrong."""
    if cell == "" or (type(cell) is str and not cell.strip()):
        return None
    number = _decimal(cell, reading)
    if number < 0:
        raise Wrong(_("the price %s is negative") % cell)
    if number > MAX_PRICE:
        raise Wrong(_("the price %(given)s is above %(most)s") % {"given": cell, "most": MAX_PRICE})
    if number * 100 != int(number * 100):
        raise Wrong(_("the price %s has more than two decimal places") % cell)
    return int(number * 100)


def _decimal(cell: Any, reading: Reading) -> Decimal:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return Decimal(repr(round(cell, 6)))  # a spreadsheet's 2.5500000000000003
    text = unicodedata.normalize("NFKC", str(cell)).replace("−", "-").strip().strip("¥£$€元").strip()
    if not text:
        raise Wrong(_("the number is missing"))
    if reading.decimal_comma:
        text = text.translate({ord(","): ".", ord("."): ","})
    if not GROUPED.fullmatch(text):
        raise Wrong(
            _("%s is no number; if its comma is a decimal sign, say --decimal-comma") % cell
            if "," in text and not reading.decimal_comma
            else _("%s is no number") % cell
        )
    return Decimal(re.sub("[,' ]", "", text))


def past_moment(cell: Any, reading: Reading) -> datetime:
    """A point in time that has been. Raises: Wrong."""
    found = moment(cell, reading)
    if found > datetime.now(UTC):
        raise Wrong(_("%s lies in the future") % cell)
    return found


def moment(cell: Any, reading: Reading) -> datetime:
    """A point in time; a date alone is its midnight. Without a zone of its own it is the company's. Raises: Wrong."""
    if isinstance(cell, str):
        return _zoned(_from_text(cell, reading), cell, reading)
    if not isinstance(cell, date):
        raise Wrong(_("%s is no date") % cell)
    return _zoned(cell if isinstance(cell, datetime) else datetime.combine(cell, time()), cell, reading)


def _from_text(text: str, reading: Reading) -> datetime:
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain:
        raise Wrong(_("the date is missing"))
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        return _from_pattern(plain, text, reading.date_order)


def _from_pattern(plain: str, text: str, order: DateOrder) -> datetime:
    for pattern in (YEAR_FIRST, YEAR_LAST, DAY_NAME, NAME_DAY):
        if match := pattern.fullmatch(plain):
            part = match.groupdict()
            break
    else:
        raise Wrong(_("%s is no date; write it like 2026-03-31 or 2026-03-31 14:05") % text)
    if "one" in part:
        month, day = _month_and_day(int(part["one"]), int(part["two"]), text, order)
    else:
        month = MONTHS.get(part["name"][:3].lower(), 0) if "name" in part else int(part["month"])
        day = int(part["day"])
    hour = int(part["hour"] or 0)
    if part["half"]:
        hour = hour % 12 + (12 if part["half"].lower() == "pm" else 0)
    try:
        return datetime(int(part["year"]), month, day, hour, int(part["minute"] or 0), int(part["second"] or 0))
    except ValueError as exc:
        raise Wrong(_("%s is no date of the calendar") % text) from exc


def _month_and_day(one: int, two: int, text: str, order: DateOrder) -> tuple[int, int]:
    if order is None and one != two and one <= 12 and two <= 12:
        raise Wrong(_("%s could be two dates: say --date-order dmy or mdy") % text)
    day_first = order == "dmy" or (order is None and two <= 12)
    return (two, one) if day_first else (one, two)


def _zoned(found: datetime, given: Any, reading: Reading) -> datetime:
    if not 1970 < found.year < 2200:
        raise Wrong(_("%s is no date that orders have") % given)
    return found if found.tzinfo else found.replace(tzinfo=reading.zone)


def kind(cell: Any) -> str | None:
    """sale, cancel, adjustment or bad_debt; None for an empty cell. Raises: Wrong."""
    word = re.sub(r"[\s_-]+", "", str(cell).casefold())
    if not word:
        return None
    if word not in KIND_OF:
        raise Wrong(_("%s is no kind of row that is known (sale, cancel, adjustment, bad_debt)") % cell)
    return KIND_OF[word]


def flag(cell: Any) -> bool | None:
    """Yes or no; None for an empty cell. Raises: Wrong."""
    word = str(cell).strip().casefold()
    if word in YES | NO or not word:
        return word in YES if word else None
    raise Wrong(_("%s is neither yes nor no") % cell)
