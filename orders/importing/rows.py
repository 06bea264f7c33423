"""One row of the file as an order line, or why it is none."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from orders.importing import parsing
from orders.importing.parsing import Reading
from orders.importing.problems import LeftOut, Wrong

# What wholesalers' and shops' files call charges, for files that do not say which rows are goods.
CHARGES = (
    "POST|POSTAGE|DOT|SHIPPING|FREIGHT|CARRIAGE|C2|M|MANUAL|D|DISCOUNT|S|SAMPLE|SAMPLES|FEE|BANK CHARGES|AMAZONFEE|"
    "ADJUST|运费|邮费|手续费|折扣"
)
NOT_GOODS = frozenset(CHARGES.split("|"))
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
EMPTY_IS_NONE = {"kind", "is_product", "unit_price", "requested_date"}
MOST_KNOWN = 50_000  # texts kept per column
LIMITS = {"reference": 80, "product": 60, "customer": 40}


class Line(NamedTuple):
    """An order line, or (``kind`` cancel) pieces that were taken back. ``at`` in microseconds since 1970."""

    no: int
    reference: str
    kind: str
    sku: str
    spelling: str
    quantity: int
    cents: int | None
    at: int
    day: int
    customer: str
    line_id: str
    requested: int | None
    name: str
    customer_name: str
    address: str


class RowReader:
    """Reads rows of one file. Cells repeat a lot, so what a text was found to mean is kept."""

    def __init__(
        self,
        columns: Mapping[str, int],
        header: Sequence[str],
        reading: Reading,
        *,
        default_customer: str = "",
        not_goods: Collection[str] = NOT_GOODS,
    ) -> None:
        self.columns, self.header, self.reading = columns, header, reading
        self.default_customer, self.not_goods = default_customer, not_goods
        parsers: dict[str, Callable[[Any], Any]] = {
            "kind": parsing.kind,
            "is_product": parsing.flag,
            "product": parsing.code,
            "reference": parsing.code,
            "quantity": partial(parsing.quantity, reading=reading),
            "unit_price": partial(parsing.cents, reading=reading),
            "ordered_at": self._ordered,
            "customer": parsing.code,
            "requested_date": self._requested,
            "name": partial(_text, limit=200),
            "customer_name": partial(_text, limit=200),
            "address": partial(_text, limit=300),
        }
        self._fields: list[tuple[str, int, Callable[[Any], Any], dict[str, Any]]] = [
            (name, columns[name], parse, {}) for name, parse in parsers.items() if name in columns
        ]
        self._absent = {name: None if name in EMPTY_IS_NONE else "" for name in parsers}

    def read(self, no: int, cells: Sequence[Any]) -> Line:
        """The row as a line. Raises: LeftOut (no order line), Wrong (with every reason)."""
        if len(cells) != len(self.header):
            text = _("the row has %(cells)s cells, the header %(header)s")
            raise Wrong(text % {"cells": len(cells), "header": len(self.header)})
        values, wrong = self._parse(cells)
        kind, quantity, sku = values["kind"], values["quantity"], values["product"]
        self._leave_out(values, wrong)
        wrong += self._missing_or_long(values)
        if kind == "sale" and quantity is not None and quantity < 0:
            wrong.append(_("a sale of %s pieces") % quantity)
        if wrong:
            raise Wrong("; ".join(wrong))
        at, day = values["ordered_at"]
        return Line(
            no,
            values["reference"],
            kind or ("cancel" if quantity < 0 else "sale"),
            sku.upper(),
            sku,
            quantity,
            values["unit_price"],
            at,
            day,
            values["customer"] or self.default_customer,
            str(cells[self.columns["line_id"]]).strip() if "line_id" in self.columns else "",
            values["requested_date"],
            values["name"],
            values["customer_name"],
            values["address"],
        )

    def reference(self, cells: Sequence[Any]) -> str:
        """The order that a row belongs to, as far as it says."""
        position = self.columns["reference"]
        return _text(cells[position], 80) if position < len(cells) else ""

    def _parse(self, cells: Sequence[Any]) -> tuple[dict[str, Any], list[str]]:
        """Values by field (None where the cell is wrong), and what is wrong, by the column's name in the file."""
        values, wrong = dict(self._absent), []
        for name, position, parse, known in self._fields:
            cell = cells[position]
            if type(cell) is str and cell in known:
                values[name] = known[cell]
                continue
            try:
                values[name] = parse(cell)
            except Wrong as exc:
                values[name] = None
                wrong.append(f"{self.header[position]}: {exc}")
                continue
            if type(cell) is str and len(known) < MOST_KNOWN:
                known[cell] = values[name]
        return values, wrong

    def _ordered(self, cell: Any) -> tuple[int, int]:
        """Microseconds since 1970, and the day in the company's time zone."""
        at = parsing.past_moment(cell, self.reading)
        return (at - EPOCH) // MICROSECOND, at.astimezone(self.reading.zone).toordinal()

    def _requested(self, cell: Any) -> int | None:
        return None if cell == "" else parsing.moment(cell, self.reading).astimezone(self.reading.zone).toordinal()

    def _leave_out(self, values: Mapping[str, Any], wrong: Collection[str]) -> None:
        """Raises LeftOut for what is no order line, whatever else is wrong with it."""
        kind, goods, sku = values["kind"], values["is_product"], values["product"]
        if kind == "adjustment":
            raise LeftOut(_("a stock correction, not a sale"))
        if kind == "bad_debt":
            raise LeftOut(_("a bad debt, not a sale"))
        if goods is False or (goods is None and sku and sku.upper() in self.not_goods):
            raise LeftOut(_("%s is no goods but a charge") % sku)
        if kind is None and not wrong and values["unit_price"] == 0 and not values["customer"]:
            raise LeftOut(_("a stock correction, not a sale (no price and no customer)"))

    def _missing_or_long(self, values: Mapping[str, Any]) -> list[str]:
        wrong = []
        for name, most in LIMITS.items():
            given = values[name]
            if given == "" and not (name == "customer" and self.default_customer):
                wrong.append(_missing(name))
            elif given and len(given) > most:
                text = _("%(given)s… is longer than %(most)s characters")
                wrong.append(text % {"given": given[:20], "most": most})
        return wrong


def _text(cell: Any, limit: int) -> str:
    return str(cell).replace("\x00", "").strip()[:limit]


def _missing(name: str) -> str:
    if name == "reference":
        return _("the order number is missing")
    if name == "product":
        return _("the product is missing")
    return _("the customer is missing; --customer CODE gives such orders to one")
