"""Five days of a small company, worked out by hand (all times in the company's zone, 2 to 6 March 2026).

Food F costs 6, sells at 10; home ware H costs 12, sells at 20. Holding 36.5 % a year: 0.001 of the value a day.

day  north, F                                   north, H             south, H          end-of-day values
 1   opening 10 = 60; order A 4, due day 2                           opening 5 = 60    60 |  0 | 60
 2   ship A: 40 for 24; order B 10, due day 3,  5 arrive = 60 (told                    36 | 60 | 60
     gets 6, 4 wait                             last); order: 120 + 60 for 30
 3   ship 6 of B: 60 for 36                                                             0 | 60 | 60
 4   20 arrive = 120, 4 go to B                                      8 wanted, refused 120 | 60 | 60
 5   ship 4 of B: 40 for 24; 1 of A returned:                                          102 | 60 | 60
     10 for 6
"""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from core.errors import InsufficientStock
from orders.models import ShipmentLine
from orders.services import create_order, return_goods, ship_order
from orders.values import NewLine, NewOrder, NewReturn, NewShipment
from purchasing.services import cancel_purchase_order, create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import (
    CategoryFactory,
    ChannelFactory,
    CompanyFactory,
    CustomerFactory,
    ProductFactory,
    SupplierFactory,
    SupplierItemFactory,
    WarehouseFactory,
    stock,
)


def day(number: int) -> date:
    return date(2026, 3, 1 + number)


def at(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, 1 + number, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def company(db):
    """Places, products and partners; nothing has happened yet."""
    CompanyFactory(holding_rate=Decimal("0.3650"))
    food, home = CategoryFactory(name="Food"), CategoryFactory(name="Home")
    c = SimpleNamespace(
        food=food,
        home=home,
        f=ProductFactory(sku="F", name="=Flour", category=food, price=10),
        h=ProductFactory(sku="H", name="Hook", category=home, price=20),
        north=WarehouseFactory(code="N", name="North"),
        south=WarehouseFactory(code="S", name="South"),
        customer=CustomerFactory(name="Ann"),
        channel=ChannelFactory(),
        supplier=SupplierFactory(order_cost=30),
    )
    SupplierItemFactory(supplier=c.supplier, product=c.f, unit_cost=6)
    SupplierItemFactory(supplier=c.supplier, product=c.h, unit_cost=12)
    return c


@pytest.fixture
def order(company):
    """Confirm an order of one line."""

    def place(product, warehouse, quantity, when, due, **more):
        lines = [NewLine(product.pk, quantity)]
        return create_order(
            NewOrder(
                customer_id=company.customer.pk,
                channel_id=company.channel.pk,
                warehouse_id=warehouse.pk,
                lines=lines,
                ordered_at=when,
                requested_date=due,
                **more,
            )
        )

    return place


@pytest.fixture
def trade(company, order):
    """The five days above."""
    c = company
    stock(c.f, c.north, 10, "6", at=at(1, 8))
    stock(c.h, c.south, 5, "12", at=at(1, 8))
    a = order(c.f, c.north, 4, at(1), day(2))
    ship_order(NewShipment(a.pk, shipped_at=at(2)))
    b = order(c.f, c.north, 10, at(2, 13), day(3))
    lines = [NewPurchaseLine(c.f.pk, 20), NewPurchaseLine(c.h.pk, 5)]
    placed = [NewPurchaseOrder(c.supplier.pk, c.north.pk, lines, ordered_at=at(n)) for n in (2, 3)]
    purchase, mistake = create_purchase_orders(placed)
    cancel_purchase_order(mistake.pk, reason="twice")
    of_f, of_h = purchase.lines.order_by("product__sku")
    ship_order(NewShipment(b.pk, shipped_at=at(3)))
    receive_goods([NewReceipt(purchase.pk, {of_f.pk: 20}, received_at=at(4))])
    with pytest.raises(InsufficientStock):
        order(c.h, c.south, 8, at(4), day(6), allow_backorder=False)
    ship_order(NewShipment(b.pk, shipped_at=at(5)))
    sold = ShipmentLine.objects.get(shipment__order=a)
    return_goods([NewReturn(a.pk, {sold.pk: 1}, returned_at=at(5))])
    receive_goods([NewReceipt(purchase.pk, {of_h.pk: 5}, received_at=at(2, 20))])
    c.purchase, c.a, c.b = purchase, a, b
    return c
