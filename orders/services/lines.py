"""Order lines as shipping and cancelling need them, read after their order is locked."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F

from orders.models import Allocation, Order, OrderLine
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


def held_by_line(line_ids: Iterable[int]) -> Held:
    """Open reservations of the lines; read after the stock rows are locked, so they stay as read. One query."""
    held: Held = {pk: [] for pk in line_ids}
    rows = Allocation.objects.filter(line__in=list(held), reservation__quantity__gt=0).order_by("reservation_id")
    for line, reservation, quantity in rows.values_list("line_id", "reservation_id", "reservation__quantity"):
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
