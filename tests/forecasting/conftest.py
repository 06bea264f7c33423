"""A small company whose demand is known to the piece."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Product, Warehouse
from orders.models import Channel, Customer
from orders.services import create_orders
from orders.values import NewLine, NewOrder
from tests.concurrency.conftest import race
from tests.factories import (
    ChannelFactory,
    CompanyFactory,
    CustomerFactory,
    ProductFactory,
    SupplierItemFactory,
    WarehouseFactory,
    stock,
)

__all__ = ["race", "shop"]

AS_OF = date(2026, 6, 1)


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


@dataclass
class Shop:
    customer: Customer
    channel: Channel
    warehouse: Warehouse
    product: Product

    def sell(self, quantities: Mapping[date, int], product: Product | None = None) -> None:
        """One order of ``product`` on each day."""
        outcomes = create_orders(
            [
                NewOrder(
                    self.customer.pk,
                    self.channel.pk,
                    self.warehouse.pk,
                    [NewLine((product or self.product).pk, quantity)],
                    ordered_at=at(day),
                )
                for day, quantity in quantities.items()
            ]
        )
        assert all(outcome.error is None for outcome in outcomes)

    def sell_weekly(self, quantity: int, weeks: int, product: Product | None = None) -> None:
        """The same in each of the last ``weeks`` weeks before AS_OF."""
        self.sell({AS_OF - timedelta(weeks=week, days=-2): quantity for week in range(1, weeks + 1)}, product)


@pytest.fixture
def shop(db) -> Shop:
    CompanyFactory(holding_rate=Decimal("0.2500"))
    product = ProductFactory(sku="CUP", price=Decimal("10.00"))
    SupplierItemFactory(product=product, unit_cost=Decimal("6.0000"), moq=24, order_multiple=12)
    warehouse = WarehouseFactory(code="EAST")
    shop = Shop(CustomerFactory(), ChannelFactory(), warehouse, product)
    stock(product, warehouse, 10_000, "5.00", at=at(date(2023, 1, 1)))
    return shop
