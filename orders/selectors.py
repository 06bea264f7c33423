"""Reads of orders and customers, as the pages of the order desk show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.db.models import (
    BigIntegerField,
    Count,
    DecimalField,
    F,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Round, Upper
from django.utils import timezone

from inventory.models import Product, StockLevel
from inventory.places import Place
from orders.models import Allocation, Customer, Order, OrderLine, ReturnLine, Shipment, ShipmentLine
from orders.pricing import PricedLine, Totals, totals
from orders.promise import OPEN_ORDERS

MONEY = DecimalField(max_digits=20, decimal_places=2)
PIECES = BigIntegerField()
OPEN_QUANTITY = F("quantity") - F("shipped") - F("cancelled")
ZERO = Value(Decimal("0.00"), output_field=MONEY)


@dataclass(frozen=True, slots=True)
class OrderWish:
    """What the order list is asked for; empty fields leave nothing out."""

    search: str = ""
    status: str = ""
    channel_id: int | None = None
    warehouse_id: int | None = None
    waiting: bool = False
    first: date | None = None
    last: date | None = None
    sort: str = ""


# Each tells any two orders apart and has no nulls, as core.pages needs it. None by total: it is counted from the lines,
# and counting it for every order to find the fifty largest takes seconds in a large company.
ORDERINGS = {
    "": ("-pk",),
    "due": ("requested_date", "-pk"),
    "customer": ("customer__name", "-pk"),
}


def _day_start(day: date) -> datetime:
    """Midnight of the company's day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _day_end(day: date) -> datetime:
    """The last microsecond of the company's day: the calendar's last day has no next one."""
    return timezone.make_aware(datetime.combine(day, time.max))


def search_customers(text: str) -> QuerySet[Customer]:
    """Customers whose code, name or phone holds every word; an exact code comes first, then by name."""
    customers = Customer.objects.alias(code_upper=Upper("code"), name_upper=Upper("name"))
    wanted = text.strip().upper()
    for word in wanted.split():
        customers = customers.filter(
            Q(code_upper__contains=word) | Q(name_upper__contains=word) | Q(phone__contains=word)
        )
    return customers.annotate(is_exact=Q(code_upper=wanted)).order_by("-is_exact", "name", "pk")


def pieces_by_order(order_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """(open pieces, reserved pieces) of each order; two queries, none without orders."""
    if not order_ids:
        return {}
    lines = OrderLine.objects.filter(order__in=order_ids).order_by().values_list("order_id")
    wanted = dict(lines.annotate(pieces=Sum(OPEN_QUANTITY)))
    held = Allocation.objects.filter(line__order__in=order_ids).order_by().values_list("line__order_id")
    reserved = dict(held.annotate(pieces=Sum("reservation__quantity")))
    return {pk: (wanted[pk], reserved.get(pk, 0)) for pk in order_ids}


def order_list(wish: OrderWish) -> QuerySet[Order]:
    """Orders of a wish, newest first unless it says otherwise, with ``total`` (as ordered) and ``waiting`` pieces."""
    orders = Order.objects.select_related("customer", "channel", "warehouse")
    if wish.status:
        orders = orders.filter(status=wish.status)
    if wish.channel_id:
        orders = orders.filter(channel=wish.channel_id)
    if wish.warehouse_id:
        orders = orders.filter(warehouse=wish.warehouse_id)
    if wish.first:
        orders = orders.filter(ordered_at__gte=_day_start(wish.first))
    if wish.last:
        orders = orders.filter(ordered_at__lte=_day_end(wish.last))
    if wish.search:
        orders = _searched(orders, wish.search)
    orders = with_figures(orders)
    if wish.waiting:
        orders = orders.filter(Q(status__in=OPEN_ORDERS) & Q(waiting__gt=0))
    return orders.order_by(*ORDERINGS[wish.sort])


def _searched(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Orders whose number, external reference, customer or a line's SKU fits the text."""
    wanted = text.strip().upper()
    products = Product.objects.alias(sku_upper=Upper("sku")).filter(sku_upper__startswith=wanted)
    of_product = OrderLine.objects.filter(product__in=products.values("pk"))
    return orders.alias(number_upper=Upper("number"), reference_upper=Upper("external_reference")).filter(
        Q(number_upper__contains=wanted)
        | Q(reference_upper__contains=wanted)
        | Q(customer__in=search_customers(text).order_by().values("pk"))
        | Q(pk__in=of_product.values("order"))
    )


def with_figures(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Each order with ``total`` (net, what is not cancelled) and ``waiting``: open pieces that no reservation holds."""
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    held = Allocation.objects.filter(line__order=OuterRef("pk")).order_by().values("line__order")
    net = Round(F("amount") * (100 - F("order__discount")) / 100, 2)
    total = Subquery(lines.annotate(total=Sum(net)).values("total"), output_field=MONEY)
    open_pieces = Subquery(lines.annotate(total=Sum(OPEN_QUANTITY)).values("total"), output_field=PIECES)
    held_pieces = Subquery(held.annotate(total=Sum("reservation__quantity")).values("total"), output_field=PIECES)
    return orders.annotate(
        total=Coalesce(total, ZERO) + F("freight"), waiting=Coalesce(open_pieces, 0) - Coalesce(held_pieces, 0)
    )


@dataclass(frozen=True, slots=True)
class DeskLine:
    """An order line and, of what is still open, the pieces reserved and the pieces waiting.

    ``moved`` pieces were split off with the whole line, and count elsewhere; ``cancelled`` ones are wanted no more.
    """

    line: OrderLine
    reserved: int
    waiting: int
    moved: int = 0

    @property
    def cancelled(self) -> int:
        return self.line.cancelled - self.moved


def order_lines(order: Order) -> list[DeskLine]:
    """The lines of an order with their product; one query."""
    lines = OrderLine.objects.filter(order=order).select_related("product").order_by("position")
    held = lines.annotate(held=Coalesce(Sum("allocations__reservation__quantity"), 0))
    return [DeskLine(line, line.held, line.open_quantity - line.held) for line in held]


def order_totals(order: Order, lines: Iterable[OrderLine]) -> Totals:
    """From goods to gross, of what is not cancelled."""
    priced = [PricedLine(ln.quantity - ln.cancelled, ln.unit_price, ln.discount, ln.tax_rate) for ln in lines]
    return totals(priced, order.discount, order.freight)


def order_shipments(order: Order) -> QuerySet[Shipment]:
    """What left for an order, oldest first, with the pieces of each product."""
    lines = ShipmentLine.objects.select_related("line__product").order_by("line__position", "pk")
    return (
        Shipment.objects.filter(order=order)
        .annotate(pieces=Sum("lines__quantity"), revenue=Sum("lines__revenue"))
        .prefetch_related(Prefetch("lines", lines))
        .order_by("shipped_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class ReturnableLine:
    """A shipment line and its pieces that can still come back."""

    line: ShipmentLine
    left: int


def returnable_lines(order: Order) -> list[ReturnableLine]:
    """What left for an order and did not come back, oldest shipment first; one query."""
    rows = (
        ShipmentLine.objects.filter(shipment__order=order)
        .select_related("shipment", "line__product")
        .annotate(back=Sum("return_lines__quantity", default=0))
        .order_by("shipment__shipped_at", "line__position", "pk")
    )
    return [ReturnableLine(row, row.quantity - row.back) for row in rows if row.quantity > row.back]


def average_costs(places: Collection[Place]) -> dict[Place, Decimal]:
    """Average cost of a piece in each place that has stock; one query."""
    products, warehouses = {p for p, _ in places}, {w for _, w in places}
    levels = StockLevel.objects.filter(product__in=products, warehouse__in=warehouses, on_hand__gt=0)
    return {
        (product, warehouse): value / on_hand
        for product, warehouse, value, on_hand in levels.values_list("product_id", "warehouse_id", "value", "on_hand")
    }


NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # who never ordered stands behind all others
CUSTOMER_ORDERINGS = {
    "": ("-is_exact", "name", "pk"),
    "recent": ("-latest", "name", "pk"),
    "open": ("-open_orders", "name", "pk"),
}


def customer_list(search: str = "", sort: str = "") -> QuerySet[Customer]:
    """Customers by name unless ``sort`` says otherwise, with ``open_orders`` and the day of their ``last_order``."""
    mine = Order.objects.filter(customer=OuterRef("pk")).order_by().values("customer")
    open_orders = mine.filter(status__in=OPEN_ORDERS).annotate(n=Count("pk")).values("n")
    last_order = Subquery(mine.annotate(at=Max("ordered_at")).values("at"))
    customers = search_customers(search).annotate(open_orders=Coalesce(Subquery(open_orders), 0), last_order=last_order)
    if sort == "recent":
        customers = customers.annotate(latest=Coalesce(last_order, Value(NEVER)))
    return customers.order_by(*CUSTOMER_ORDERINGS[sort])


def revenue_shipped(customer: Customer) -> Decimal:
    """Everything that was ever shipped to a customer, at the price sold, less what was refunded."""
    shipped = ShipmentLine.objects.filter(shipment__order__customer=customer).aggregate(
        total=Coalesce(Sum("revenue"), ZERO)
    )
    refunded = ReturnLine.objects.filter(returned__order__customer=customer).aggregate(
        total=Coalesce(Sum("refund"), ZERO)
    )
    total: Decimal = shipped["total"] - refunded["total"]
    return total
