"""Availability as outsiders ask for it: stock, supply on the way and a promise, by product and warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from inventory import pipeline
from inventory.models import Product, Warehouse
from inventory.places import Supply
from orders.atp import timelines
from orders.promise import promise_from


@dataclass(frozen=True, slots=True)
class Quote:
    """The promise for a quantity of one product from one warehouse."""

    quantity: int
    now: int
    date: date | None
    basis: str
    document: str


@dataclass(frozen=True, slots=True)
class Step:
    """From ``date`` on, ``available`` pieces can be promised."""

    date: date
    available: int


@dataclass(frozen=True, slots=True)
class PlaceAvailability:
    """One product in one warehouse."""

    warehouse: Warehouse
    on_hand: int
    reserved: int
    available: int
    waiting: int
    incoming: Sequence[Supply]
    projection: list[Step]
    promise: Quote


@dataclass(frozen=True, slots=True)
class ProductAvailability:
    """One product in every warehouse asked for."""

    product: Product
    places: list[PlaceAvailability]


def product_availability(
    products: Sequence[Product], warehouses: Sequence[Warehouse], quantity: int
) -> list[ProductAvailability]:
    """Availability of each product in each warehouse; three queries."""
    places = [(product.pk, warehouse.pk) for product in products for warehouse in warehouses]
    lines, days = timelines(places, today=timezone.localdate()), pipeline.lead_times(places)
    rows = []
    for product in products:
        found = []
        for warehouse in warehouses:
            place = (product.pk, warehouse.pk)
            line = lines[place]
            projection = [Step(*step) for step in line.projection()]
            answer = promise_from(line, quantity, days.get(place))
            found.append(
                PlaceAvailability(
                    warehouse=warehouse,
                    on_hand=line.stock.on_hand,
                    reserved=line.stock.reserved,
                    available=line.stock.available,
                    waiting=line.stock.waiting,
                    incoming=line.supplies,
                    projection=projection,
                    promise=Quote(quantity, answer.now, answer.date, answer.basis, answer.document),
                )
            )
        rows.append(ProductAvailability(product, found))
    return rows
