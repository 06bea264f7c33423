"""The rows behind each figure: which columns they have, in which order they stand, and reading them by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models import LostDemand
from purchasing.models import LandedCost
from reports import drilldown_sql
from reports.measures import Text
from reports.metrics import SLOW_AFTER_DAYS
from reports.periods import Period
from reports.selectors import Slice
from reports.services import holding_rate, period_parameters

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``kind`` says how to show it: text, date, count, money, rate, times, days or choice."""

    key: str
    label: Text
    kind: str = "text"
    is_total: bool = False

    @property
    def is_number(self) -> bool:
        """Shown on the right."""
        return self.kind not in ("text", "date", "choice")


@dataclass(frozen=True, slots=True)
class Rows:
    """A statement and what to show of it."""

    statement: str
    order: str
    columns: tuple[Column, ...]
    note: Text


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows there are and what the columns that add up come to, by key."""

    count: int
    sums: dict[str, Any]


KINDS = {
    "shipment": _("Shipment"),
    "return": _("Return"),
    **{str(value): label for value, label in LostDemand.Kind.choices},
    **{str(value): label for value, label in LandedCost.Kind.choices},
}

_PRODUCT = (
    Column("sku", _("SKU")),
    Column("product", _("Product")),
    Column("category", _("Category")),
    Column("warehouse", _("Warehouse")),
)
_DAY = Column("day", _("Date"), "date")
_ORDER = Column("sales_order", _("Order"))
_CUSTOMER = Column("customer", _("Customer"))
_COGS = Column("cogs", _("Cost of goods sold"), "money", True)
_HOLDING = Column("holding_cost", _("Holding cost"), "money", True)
_ORDERING = Column("ordering_cost", _("Ordering cost"), "money", True)
_LANDED = Column("landed_expense", _("Late purchase costs"), "money", True)
_GROSS = Column("gross_profit", _("Gross profit"), "money", True)
_AVERAGE = Column("average_inventory", _("Average inventory value"), "money", True)
_VALUE = Column("inventory_value", _("Inventory value"), "money", True)
_ON_HAND = Column("on_hand", _("On hand"), "count")
_UNIT = Column("unit", _("Unit"))
_REVENUE = Column("revenue", _("Revenue"), "money", True)
_TURNOVER = (
    *_PRODUCT,
    _COGS,
    _AVERAGE,
    Column("turnover", _("Inventory turnover"), "times"),
    Column("days_of_inventory", _("Days of inventory"), "days"),
)
_SALES_NOTE = _("Every line shipped in the period, and every line that came back (with a minus).")

_SALES = Rows(
    drilldown_sql.SALES,
    "day DESC, kind, id DESC",
    (
        _DAY,
        Column("kind", _("Kind"), "choice"),
        Column("document", _("Document")),
        _ORDER,
        *_PRODUCT,
        Column("quantity", _("Quantity"), "count", True),
        _REVENUE,
        _COGS,
        _GROSS,
    ),
    _SALES_NOTE,
)
_STOCK_HELD = Rows(
    drilldown_sql.PLACES, "average_inventory DESC, id", _TURNOVER, _("By product and warehouse, the most stock first.")
)

ROWS: dict[str, Rows] = {
    "revenue": _SALES,
    "cogs": _SALES,
    "gross_profit": _SALES,
    "contribution": Rows(
        drilldown_sql.PLACES,
        "contribution DESC, id",
        (
            *_PRODUCT,
            _REVENUE,
            _COGS,
            _GROSS,
            _HOLDING,
            _ORDERING,
            _LANDED,
            Column("contribution", _("Contribution"), "money", True),
        ),
        _("What each product earned in each warehouse, the largest contribution first."),
    ),
    "holding_cost": Rows(
        drilldown_sql.PLACES,
        "holding_cost DESC, id",
        (*_PRODUCT, _AVERAGE, _HOLDING),
        _("What it cost to have each product in each warehouse, the dearest first."),
    ),
    "ordering_cost": Rows(
        drilldown_sql.ORDERING,
        "day DESC, id DESC",
        (
            _DAY,
            Column("document", _("Purchase order")),
            Column("supplier", _("Supplier")),
            *_PRODUCT,
            Column("quantity", _("Quantity"), "count"),
            Column("line_value", _("Line value"), "money", True),
            Column("order_cost", _("Cost of the whole order"), "money"),
            Column("ordering_cost", _("This line's share"), "money", True),
        ),
        _("Every purchase order line placed in the period, with its share of the order's cost."),
    ),
    "landed_expense": Rows(
        drilldown_sql.LANDED,
        "day DESC, id DESC",
        (
            _DAY,
            Column("document", _("Goods receipt")),
            Column("supplier", _("Supplier")),
            Column("kind", _("Kind"), "choice"),
            Column("invoice", _("Invoice number")),
            *_PRODUCT,
            Column("amount", _("Share of the invoice"), "money", True),
            _LANDED,
        ),
        _("Freight and duty invoiced late, for each line of its goods receipt, as far as the pieces had left."),
    ),
    "inventory_value": Rows(
        drilldown_sql.STOCK_AT_END,
        "inventory_value DESC, id",
        (
            *_PRODUCT,
            _ON_HAND,
            Column("in_transit", _("In transit"), "count"),
            _UNIT,
            Column("unit_cost", _("Average unit cost"), "unit_cost"),
            _VALUE,
        ),
        _("Stock at the end of the period's last day, the most valuable first."),
    ),
    "average_inventory": _STOCK_HELD,
    "turnover": _STOCK_HELD,
    "days_of_inventory": Rows(
        drilldown_sql.PLACES,
        "days_of_inventory DESC NULLS FIRST, average_inventory DESC, id",
        _TURNOVER,
        _("By product and warehouse, what lies longest first; – means that nothing was sold."),
    ),
    "stockout_rate": Rows(
        f"SELECT * FROM ({drilldown_sql.PLACES}) places WHERE place_days > 0",
        "stockout_days DESC, sku, place_days DESC, warehouse",
        (
            *_PRODUCT,
            Column("place_days", _("Days carried"), "count", True),
            Column("stockout_days", _("Days out of stock"), "count", True),
            Column("stockout_rate", _("Stockout rate"), "rate"),
        ),
        _("By product and warehouse, the most days out of stock first."),
    ),
    "fill_rate": Rows(
        drilldown_sql.SHORT_LINES,
        "day DESC, id DESC",
        (
            _DAY,
            Column("kind", _("Kind"), "choice"),
            _ORDER,
            _CUSTOMER,
            *_PRODUCT,
            Column("ordered", pgettext_lazy("pieces", "Ordered"), "count"),
            Column("short", _("Not served at once"), "count", True),
        ),
        _("Every demand that could not be served when it was asked for."),
    ),
    "on_time_rate": Rows(
        drilldown_sql.LATE_LINES,
        "day DESC, id DESC",
        (
            Column("day", _("Requested date"), "date"),
            _ORDER,
            _CUSTOMER,
            *_PRODUCT,
            Column("due", _("Pieces due"), "count", True),
            Column("shipped", _("Shipped"), "count", True),
            Column("last_shipped", _("Last shipment"), "date"),
            Column("days_late", _("Days late"), "count"),
        ),
        _("Every line that was due in the period and not complete on its day."),
    ),
    "slow_movers": Rows(
        drilldown_sql.SLOW_MOVERS,
        "inventory_value DESC, id",
        (
            *_PRODUCT,
            _ON_HAND,
            _UNIT,
            Column("last_shipped", _("Last shipment"), "date"),
            Column("days_still", _("Days without a shipment"), "count"),
            _VALUE,
            Column("share", _("Share of slow stock"), "rate"),
        ),
        _("By product and warehouse, the most valuable first; without a last shipment, days count from its arrival."),
    ),
}


def parameters(where: Slice, known: Period | None) -> dict[str, Any]:
    """Parameters of a slice for the statements above."""
    shared = where.period.within(known)
    return period_parameters(shared or where.period) | {
        "days": shared.days if shared else 0,
        "rate": holding_rate(),
        "warehouse": where.warehouse_id,
        "category": where.category_id,
        "slow_after": SLOW_AFTER_DAYS,
    }


def totals(measure: str, where: Slice, known: Period | None) -> Totals:
    """Number of rows and sums of the columns that add up, in one query."""
    rows = ROWS[measure]
    keys = [column.key for column in rows.columns if column.is_total]
    sums = ", ".join(f"coalesce(sum({key}), 0)" for key in keys)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), {sums} FROM ({rows.statement}) listed", parameters(where, known))
        count, *values = cursor.fetchone()
    return Totals(count, dict(zip(keys, values, strict=True)))


def page(measure: str, where: Slice, known: Period | None, *, offset: int, limit: int) -> list[tuple[Any, ...]]:
    """Values of the columns, ``limit`` rows from ``offset``."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_select(ROWS[measure])} LIMIT %(limit)s OFFSET %(offset)s",
            parameters(where, known) | {"limit": limit, "offset": offset},
        )
        return cursor.fetchall()


def every_row(measure: str, where: Slice, known: Period | None) -> Iterator[tuple[Any, ...]]:
    """Values of the columns of all rows, read in chunks so that an export needs little memory."""
    # Behind PgBouncer a server-side cursor would be cut in the middle.
    is_pooled = connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
    with connection.cursor() if is_pooled else connection.chunked_cursor() as cursor:
        cursor.execute(_select(ROWS[measure]), parameters(where, known))
        chunks = iter(lambda: cursor.fetchmany(CHUNK), [])
        yield from chain.from_iterable(chunks)


def slow_value(where: Slice, known: Period | None) -> tuple[int, Decimal]:
    """How many places hold slow stock, and what it is worth."""
    found = totals("slow_movers", where, known)
    return found.count, Decimal(found.sums["inventory_value"])


def _select(rows: Rows) -> str:
    columns = ", ".join(column.key for column in rows.columns)
    return f"SELECT {columns} FROM ({rows.statement}) listed ORDER BY {rows.order}"
