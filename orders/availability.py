"""Availability as outsiders ask for it: stock, supply on the way and a promise, by product and warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inventory import pipeline
from inventory.models import Product, Warehouse
from inventory.places import Supply
from inventory.selectors import availability
from orders.promise import promise


@dataclass(frozen=True, slots=True)
class Quote:
    """The promise for a quantity of one product from one warehouse."""

    quantity: int
    now: int
    date: date | None
    basis: str
    document: str


@dataclass(frozen=True, slots=True)
class PlaceAvailability:
    """One product in one warehouse."""

    warehouse: Warehouse
    on_hand: int
    reserved: int
    available: int
    waiting: int
    incoming: list[Supply]
    promise: Quote


@dataclass(frozen=True, slots=True)
class ProductAvailability:
    """One product in every warehouse asked for."""

    product: Product
    places: list[PlaceAvailability]


def product_availability(
    products: Sequence[Product], warehouses: Sequence[Warehouse], quantity: int
) -> list[ProductAvailability]:
    """Availability of each product in each warehouse; a constant number of queries."""
    places = [(product.pk, warehouse.pk) for product in products for warehouse in warehouses]
    stock, incoming = availability(places), pipeline.incoming(places)
    promises = dict(zip(places, promise([(place, quantity) for place in places]), strict=True))
    rows = []
    for product in products:
        found = []
        for warehouse in warehouses:
            place = (product.pk, warehouse.pk)
            level, answer = stock[place], promises[place]
            found.append(
                PlaceAvailability(
                    warehouse=warehouse,
                    on_hand=level.on_hand,
                    reserved=level.reserved,
                    available=level.available,
                    waiting=level.waiting,
                    incoming=incoming.get(place, []),
                    promise=Quote(quantity, answer.now, answer.date, answer.basis, answer.document),
                )
            )
        rows.append(ProductAvailability(product, found))
    return rows
