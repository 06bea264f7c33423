"""Order lines as shipping and cancelling need them, read after their order is locked."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F

from core.statements import fetch_all
from orders.models import Order, OrderLine
from orders.pricing import Pricing

Held = dict[int, list[tuple[int, int]]]
"""Order line → its open reservations as (reservation id, pieces), oldest first."""


class Line(NamedTuple):
    """What is asked of an order line; plain values, since a file or a bulk request brings thousands."""

    pk: int
    order_id: int
    position: int
    product_id: int
    sku: str
    unit_price: Decimal
    shipped: int
    open_quantity: int
    discount: Decimal
    order_discount: Decimal

    @property
    def pricing(self) -> Pricing:
        return Pricing(self.unit_price, self.discount, self.order_discount)


def lines_by_order(order_ids: Collection[int]) -> dict[int, list[Line]]:
    """The lines of each order by position; one query."""
    lines: dict[int, list[Line]] = {pk: [] for pk in order_ids}
    rows = OrderLine.objects.filter(order__in=list(order_ids)).order_by("order_id", "position")
    for row in rows.values_list(
        "pk",
        "order_id",
        "position",
        "product_id",
        "product__sku",
        "unit_price",
        "shipped",
        F("quantity") - F("shipped") - F("cancelled"),
        "discount",
        "order__discount",
    ):
        lines[row[1]].append(Line(*row))
    return lines


HELD = """
    SELECT tie.line_id, held.id, held.quantity
      FROM orders_allocation tie JOIN inventory_reservation held ON held.id = tie.reservation_id
     WHERE tie.line_id = ANY(%s::bigint[]) AND held.quantity > 0 ORDER BY held.id
"""


def held_by_line(line_ids: Iterable[int]) -> Held:
    """Open reservations of the lines; read after the stock rows are locked, so they stay as read. One query.

    As one array: a file's thousands of lines, spelled out one by one, cost more than reading them.
    """
    held: Held = {pk: [] for pk in line_ids}
    for line, reservation, quantity in fetch_all("held_by_line", HELD, [list(held)]):
        held[line].append((reservation, quantity))
    return held


def wake(order_ids: Collection[int]) -> None:
    """Locked orders got stock: the pick queue looks at them again."""
    Order.objects.filter(pk__in=order_ids, is_idle=True).update(is_idle=False)


def save_status(orders: Iterable[Order]) -> None:
    """Write the status that ``move_to`` has set; one statement per status."""
    by_status: dict[str, list[int]] = defaultdict(list)
    for order in orders:
        by_status[order.status].append(order.pk)
    for status, keys in by_status.items():
        Order.objects.filter(pk__in=keys).update(status=status)
