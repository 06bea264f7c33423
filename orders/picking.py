"""Reads of the warehouse desk: which orders can ship, what to pick for them, what left."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse
from django.utils import timezone

from inventory.lots import proposed_lots
from inventory.models import Product, Warehouse
from inventory.places import LotPieces
from orders.models import Allocation, FilledOrder, Order, OrderLine, Return, Shipment
from orders.promise import OPEN_ORDERS
from orders.selectors import OPEN_QUANTITY, search_customers


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An order that can ship at least in part: what is reserved for it, and what waits."""

    order: Order
    lines: int
    pieces: int
    waiting: int
    days_left: int

    @property
    def days_late(self) -> int:
        return -self.days_left


def pick_queue(warehouse_id: int, *, search: str = "", after: int | None = None) -> QuerySet[Order]:
    """Open orders of a warehouse that can ship, priority first, then the oldest wish.

    ``after`` a row (its id) those that follow. An order that ships only complete stands here when all is reserved.
    """
    held = Allocation.objects.filter(line__order=OuterRef("pk"), reservation__quantity__gt=0)
    orders = Order.objects.filter(Exists(held), warehouse=warehouse_id, status__in=OPEN_ORDERS)
    # Without the rows of FilledOrder, which are there for moments, the index leads from one order to the next.
    filled = FilledOrder.objects.filter(order__is_idle=True, order__warehouse=warehouse_id)
    woken = set(filled.values_list("order_id", flat=True))
    orders = orders.filter(Q(is_idle=False) | Q(pk__in=woken)) if woken else orders.filter(is_idle=False)
    orders = orders.filter(Q(ship_complete=False) | ~Exists(waiting_lines()))
    if after and (last := Order.objects.filter(pk=after).values_list("is_priority", "requested_date").first()):
        is_priority, wish = last
        later = Q(requested_date__gt=wish) | Q(requested_date=wish, pk__gt=after)
        less_urgent = Q(is_priority=False) if is_priority else Q(pk__in=[])
        orders = orders.filter(Q(is_priority=is_priority) & later | less_urgent)
    if search:
        orders = _searched(orders, search)
    return orders.select_related("customer", "channel").order_by("-is_priority", "requested_date", "pk")


def waiting_lines() -> QuerySet[OrderLine]:
    """For ``Exists`` on orders: the lines with open pieces that no reservation holds."""
    lines = OrderLine.objects.filter(order=OuterRef("pk"), quantity__gt=F("shipped") + F("cancelled"))
    return lines.alias(held=Coalesce(Sum("allocations__reservation__quantity"), 0)).filter(held__lt=OPEN_QUANTITY)


def _searched(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Orders whose number, external reference or customer fits the text, or with a product of that SKU or barcode."""
    wanted = text.strip().upper()
    products = Product.objects.alias(sku_upper=Upper("sku")).filter(Q(sku_upper__startswith=wanted) | Q(barcode=text))
    lines = OrderLine.objects.filter(order=OuterRef("pk"), product__in=products.values("pk"))
    return orders.alias(number_upper=Upper("number"), reference_upper=Upper("external_reference")).filter(
        Q(number_upper__contains=wanted)
        | Q(reference_upper__contains=wanted)
        | Q(customer__in=search_customers(text).order_by().values("pk"))
        | Exists(lines)
    )


def queue_rows(orders: Sequence[Order]) -> list[QueueRow]:
    """The orders with their figures; two queries."""
    held = (
        Allocation.objects.filter(line__order__in=orders, reservation__quantity__gt=0)
        .order_by()
        .values_list("line__order")
        .annotate(Count("line", distinct=True), Sum("reservation__quantity"))
    )
    ready = {order: (lines, pieces) for order, lines, pieces in held}
    wanted: Mapping[int, int] = dict(
        OrderLine.objects.filter(order__in=orders).order_by().values_list("order").annotate(open=Sum(OPEN_QUANTITY))
    )
    today = timezone.localdate()
    rows = []
    for order in orders:
        lines, pieces = ready.get(order.pk, (0, 0))
        waiting = wanted.get(order.pk, 0) - pieces
        rows.append(QueueRow(order, lines, pieces, waiting, (order.requested_date - today).days))
    return rows


@dataclass(frozen=True, slots=True)
class PickRow:
    """Pieces of a product to fetch, of which lots, and the orders they are for, as (order, pieces)."""

    product: Product
    pieces: int
    parts: list[tuple[Order, int]]
    lots: Sequence[LotPieces] = ()


@dataclass(frozen=True, slots=True)
class PickSheet:
    """One walk through one warehouse: its orders, and the products by SKU."""

    warehouse: Warehouse
    orders: list[Order]
    rows: list[PickRow]

    @property
    def pieces(self) -> int:
        return sum(row.pieces for row in self.rows)


def pick_sheets(order_ids: Collection[int]) -> list[PickSheet]:
    """What to pick for the orders, a sheet per warehouse. Orders with nothing reserved are on none.

    One query, and one for the lots of each warehouse.
    """
    lines = (
        OrderLine.objects.filter(order__in=order_ids, order__status__in=OPEN_ORDERS)
        .annotate(held=Coalesce(Sum("allocations__reservation__quantity"), 0))
        .filter(held__gt=0)
        .select_related("product", "order__customer", "order__warehouse")
        .order_by("order__warehouse__code", "product__sku", "order__requested_date", "order", "position")
    )
    sheets = []
    for warehouse, of_warehouse in groupby(lines, key=lambda line: line.order.warehouse):
        orders: dict[int, Order] = {}
        rows = []
        for product, of_product in groupby(of_warehouse, key=lambda line: line.product):
            parts = [(line.order, line.held) for line in of_product]
            orders |= {order.pk: order for order, _pieces in parts}
            rows.append(PickRow(product, sum(pieces for _order, pieces in parts), parts))
        wanted = {(row.product.pk, warehouse.pk): row.pieces for row in rows}
        lots = proposed_lots(wanted, timezone.localdate())
        rows = [replace(row, lots=lots.get((row.product.pk, warehouse.pk), ())) for row in rows]
        in_turn = sorted(orders.values(), key=lambda order: (not order.is_priority, order.requested_date, order.pk))
        sheets.append(PickSheet(warehouse, in_turn, rows))
    return sheets


def shipment_repeated(
    order_id: int, quantities: Mapping[int, int], *, tracking: str, before: int, user_id: int | None
) -> Shipment | None:
    """The shipment that this user made of the same form earlier: the same pieces, as the next after ``before``."""
    shipment = Shipment.objects.filter(order=order_id).order_by("pk")[before : before + 1].first()
    if shipment is None or (shipment.created_by_id, shipment.tracking) != (user_id, tracking):
        return None
    left = dict(shipment.lines.order_by().values_list("line").annotate(Sum("quantity")))
    return shipment if left == {line: pieces for line, pieces in quantities.items() if pieces} else None


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """Pieces of an order line in one shipment, and those that were still to follow then."""

    line: OrderLine
    pieces: int
    to_follow: int
    lots: Sequence[LotPieces] = ()


def delivery_lines(shipment: Shipment) -> list[DeliveryLine]:
    """What left with a shipment, as its delivery note says; two queries."""
    here = Sum("shipment_lines__quantity", filter=Q(shipment_lines__shipment=shipment))
    so_far = Sum("shipment_lines__quantity", filter=Q(shipment_lines__shipment__lte=shipment.pk))
    lines = (
        OrderLine.objects.filter(order=shipment.order_id)
        .annotate(here=here, so_far=so_far)
        .annotate(to_follow=F("quantity") - F("cancelled") - F("so_far"))
        .filter(here__gt=0)
        .select_related("product")
        .order_by("position")
    )
    lot = "move__lots__lot"
    booked = shipment.lines.filter(move__lots__isnull=False).order_by("move__lots")
    lots: dict[int, list[LotPieces]] = defaultdict(list)
    for line_id, number, day, pieces in booked.values_list(
        "line_id", f"{lot}__number", f"{lot}__expires_on", "move__lots__quantity"
    ):
        lots[line_id].append(LotPieces(number, day, -pieces))
    return [DeliveryLine(line, line.here, line.to_follow, lots[line.pk]) for line in lines]


def shipment_addresses(numbers: Collection[str]) -> dict[str, str]:
    """The page of each shipment's order, by the shipment's number."""
    return _order_addresses(dict(Shipment.objects.filter(number__in=numbers).values_list("number", "order")))


def return_addresses(numbers: Collection[str]) -> dict[str, str]:
    """The page of each return's order, by the return's number."""
    return _order_addresses(dict(Return.objects.filter(number__in=numbers).values_list("number", "order")))


def _order_addresses(orders: Mapping[str, int]) -> dict[str, str]:
    return {number: reverse("orders:detail", args=[order]) for number, order in orders.items()}
