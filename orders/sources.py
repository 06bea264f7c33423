"""Reads of sourcing: what each warehouse could send, from how far and at what cost, and what to offer instead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from inventory.models import Product, Warehouse
from inventory.places import Place
from inventory.selectors import availability
from orders.models import Customer
from orders.models.rules import Quota, ShippingLane, Substitute
from orders.scarcity import delivery_costs
from orders.sourcing import Source

UNKNOWN_DISTANCE = 10_000


def sources_for(customer: Customer, product_ids: Collection[int]) -> list[Source]:
    """Every active warehouse with what it has free; four queries and one for what a delivery costs."""
    warehouses = list(Warehouse.objects.filter(is_active=True).order_by("pk"))
    stock = availability([(product, w.pk) for product in product_ids for w in warehouses])
    lanes: dict[int, list[ShippingLane]] = {}
    for lane in ShippingLane.objects.filter(warehouse__in=warehouses):
        lanes.setdefault(lane.warehouse_id, []).append(lane)
    place = customer.delivery_addresses.filter(is_default=True).first()
    address = place.address if place else customer.address
    usual = delivery_costs().delivery_cost
    found = []
    for warehouse in warehouses:
        distance, cost = _way(address, lanes.get(warehouse.pk, []), usual)
        free = {product: max(stock[product, warehouse.pk].available, 0) for product in product_ids}
        found.append(Source(warehouse.pk, distance, cost, free))
    return found


def _way(address: str, lanes: Sequence[ShippingLane], usual: Decimal) -> tuple[int, Decimal]:
    """The lane whose area says most of the address; without any the way is long and costs as always."""
    fitting = [lane for lane in lanes if lane.area in address]
    if not fitting:
        return UNKNOWN_DISTANCE, usual
    lane = max(fitting, key=lambda lane: len(lane.area))
    return lane.distance_km, lane.cost


@dataclass(frozen=True, slots=True)
class Alternative:
    """What may be offered instead of a product, and how much of it is free."""

    product: Product
    kind: str
    available: int

    @property
    def is_successor(self) -> bool:
        return self.kind == Substitute.Kind.SUCCESSOR


def alternatives(product_ids: Collection[int], warehouse_ids: Collection[int]) -> dict[int, list[Alternative]]:
    """Active products to offer instead of each, successors first, with what these warehouses have; two queries."""
    rows = list(
        Substitute.objects.filter(product__in=product_ids, other__is_active=True)
        .select_related("other")
        .order_by("product", "-kind", "other__sku")  # "successor" sorts behind "substitute"
    )
    places: list[Place] = [(row.other_id, warehouse) for row in rows for warehouse in warehouse_ids]
    stock = availability(places) if places else {}
    found: dict[int, list[Alternative]] = {}
    for row in rows:
        free = sum(max(stock[row.other_id, warehouse].available, 0) for warehouse in warehouse_ids)
        found.setdefault(row.product_id, []).append(Alternative(row.other, row.kind, free))
    return found


def quotas() -> QuerySet[Quota]:
    """Quotas, those that end last first."""
    return Quota.objects.select_related("product", "channel", "customer").order_by("-ends_at", "product__sku", "pk")


def substitutes() -> QuerySet[Substitute]:
    """What is offered instead of what, by SKU."""
    return Substitute.objects.select_related("product", "other").order_by("product__sku", "other__sku")


def lanes() -> QuerySet[ShippingLane]:
    """Ways from warehouses to areas, nearest first."""
    return ShippingLane.objects.select_related("warehouse").order_by("warehouse__code", "distance_km", "area")
