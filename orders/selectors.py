"""Reads of orders and customers, as the pages of the order desk show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Greatest, Upper
from django.utils import timezone

from inventory.models import Product, StockLevel
from inventory.places import Place
from orders.models import Allocation, Customer, Order, OrderLine, Shipment, ShipmentLine
from orders.promise import OPEN_ORDERS

MONEY = DecimalField(max_digits=20, decimal_places=2)
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


def _day_start(day: date) -> datetime:
    """Midnight of the company's day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _held() -> Coalesce:
    """Pieces that reservations hold for an outer order line."""
    held = Allocation.objects.filter(line=OuterRef("pk")).order_by().values("line")
    return Coalesce(Subquery(held.annotate(total=Sum("reservation__quantity")).values("total")), 0)


def waiting_lines() -> QuerySet[OrderLine]:
    """Lines of open orders with pieces that no reservation holds, each with ``waiting`` pieces."""
    return (
        OrderLine.objects.filter(order__status__in=OPEN_ORDERS, quantity__gt=F("shipped") + F("cancelled"))
        .annotate(waiting=OPEN_QUANTITY - _held())
        .filter(waiting__gt=0)
    )


def search_customers(text: str) -> QuerySet[Customer]:
    """Customers whose code, name or phone holds every word; an exact code comes first, then by name."""
    customers = Customer.objects.alias(code_upper=Upper("code"), name_upper=Upper("name"))
    wanted = text.strip().upper()
    for word in wanted.split():
        customers = customers.filter(
            Q(code_upper__contains=word) | Q(name_upper__contains=word) | Q(phone__contains=word)
        )
    return customers.annotate(is_exact=Q(code_upper=wanted)).order_by("-is_exact", "name", "pk")


def order_list(wish: OrderWish) -> QuerySet[Order]:
    """Orders of a wish, newest first, each with ``total`` (as ordered) and ``waiting`` pieces."""
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
        orders = orders.filter(ordered_at__lt=_day_start(wish.last + timedelta(days=1)))
    if wish.waiting:
        orders = orders.filter(status__in=OPEN_ORDERS).filter(Exists(waiting_lines().filter(order=OuterRef("pk"))))
    if wish.search:
        orders = _searched(orders, wish.search)
    return _with_figures(orders).order_by("-pk")


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


def _with_figures(orders: QuerySet[Order]) -> QuerySet[Order]:
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    total = Subquery(lines.annotate(total=Sum("amount")).values("total"), output_field=MONEY)
    short = waiting_lines().filter(order=OuterRef("pk")).order_by().values("order")
    waiting = Subquery(short.annotate(total=Sum("waiting")).values("total"), output_field=IntegerField())
    return orders.annotate(total=Coalesce(total, ZERO), waiting=Coalesce(waiting, 0))
