"""The company that the benchmarks sell from: made by the product's own services in a database of its own."""

import random
from collections.abc import Callable
from decimal import Decimal

from django.utils import timezone

from inventory.models import Product, Warehouse
from inventory.places import Receipt
from inventory.services import open_balance
from orders.models import Channel, Customer
from orders.services import create_order, create_orders
from orders.values import NewLine, NewOrder

PRODUCTS, CUSTOMERS, PLENTY = 2_000, 200, 100_000_000


class World:
    """Primary keys of the benchmark's company."""

    def __init__(self) -> None:
        self.warehouse = Warehouse.objects.create(code="BENCH", name="Benchmark").pk
        self.channel = Channel.objects.create(code="bench", name="Benchmark").pk
        self.products = self.add_products("B", PRODUCTS, PLENTY)
        rows = Customer.objects.bulk_create(Customer(code=f"B{n}", name=f"Customer {n}") for n in range(CUSTOMERS))
        self.customers = [row.pk for row in rows]

    def add_products(self, prefix: str, count: int, on_hand: int) -> list[int]:
        """``count`` more products with that many pieces each; returns their primary keys."""
        rows = Product.objects.bulk_create(
            Product(sku=f"{prefix}-{n:06d}", name=f"Product {prefix} {n}", price=Decimal("9.90")) for n in range(count)
        )
        keys = [row.pk for row in rows]
        receipts = [Receipt((pk, self.warehouse), on_hand, Decimal(on_hand), "BENCH") for pk in keys]
        open_balance(receipts, at=timezone.now(), reason="benchmark")
        return keys

    def new_order(self, chance: random.Random, lines: int = 3, reference: str = "") -> NewOrder:
        """An order of ``lines`` different random products, one piece each."""
        return NewOrder(
            customer_id=chance.choice(self.customers),
            channel_id=self.channel,
            warehouse_id=self.warehouse,
            lines=[NewLine(product, 1) for product in chance.sample(self.products, lines)],
            external_reference=reference,
        )

    def confirm_loop(self) -> Callable[[int], Callable[[], object]]:
        """One order of three lines a repetition, through the service."""

        def make(number: int) -> Callable[[], object]:
            chance = random.Random(number)
            return lambda: create_order(self.new_order(chance))

        return make

    def bulk_loop(self, size: int) -> Callable[[int], Callable[[], object]]:
        """``size`` orders of three lines a call, through the bulk intake."""

        def make(number: int) -> Callable[[], object]:
            chance = random.Random(number)

            def work() -> int:
                outcomes = create_orders([self.new_order(chance) for _n in range(size)])
                assert all(outcome.order for outcome in outcomes)
                return size

            return work

        return make
