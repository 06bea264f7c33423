"""Who waits for what, which purchase order serves them, what is late and what speed is worth; by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import pipeline
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from purchasing.models import StockPolicy
from purchasing.services import confirm_purchase_order
from purchasing.shortages import Cure, shortages
from purchasing.surges import surges
from tests.factories import ChannelFactory, CustomerFactory, SupplierItemFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db
PAGE = "/purchasing/shortages/"


@pytest.fixture
def today():
    return timezone.localdate()


def sell(buying, quantity, *, product=None, due_on=None, price="10.00"):
    lines = [NewLine((product or buying.tea).pk, quantity, Decimal(price))]
    new = NewOrder(CustomerFactory(name="Café Rose").pk, ChannelFactory().pk, buying.warehouse.pk, lines)
    order = create_order(new)
    if due_on:
        order.requested_date = due_on
        order.save(update_fields=["requested_date"])
        order.lines.update(promised_date=None)
    return order


def test_customers_wait_in_their_order(buying, today):
    stock(buying.tea, buying.warehouse, 4)
    first, second = sell(buying, 6), sell(buying, 5)
    place = (buying.tea.pk, buying.warehouse.pk)
    waiting = pipeline.waiting([place])[place]
    assert [(one.document, one.quantity, one.revenue) for one in waiting] == [
        (first.number, 2, Decimal("20.00")),
        (second.number, 5, Decimal("50.00")),
    ]


def test_supply_serves_those_who_wait_and_late_ones_are_at_risk(buying, today):
    sell(buying, 4, due_on=today + timedelta(days=10))
    sell(buying, 8, due_on=today + timedelta(days=3))
    order = buying.order((buying.tea, 10))  # here in 7 days
    found = shortages()
    (one,) = found.expedite
    assert (one.line.purchase_order, one.pieces, one.revenue) == (order, 10, Decimal("100.00"))
    assert [(part.pieces, part.is_late) for part in one.served] == [(4, False), (6, True)]
    # Half of 6 × (10.00 - 2.50) goes elsewhere.
    assert (one.margin_at_risk, one.express) == (Decimal("22.50"), None)
    (short,) = found.unserved
    assert (short.product, short.pieces, short.revenue) == (buying.tea, 2, Decimal("20.00"))
    assert short.cures == [Cure("order", "Tea farm", today + timedelta(days=7), 2)]


def test_speed_is_worth_it_when_it_saves_more_than_it_costs(buying, today):
    buying.supplier.express_days, buying.supplier.express_cost = 2, Decimal("20.00")
    buying.supplier.save()
    sell(buying, 6, due_on=today + timedelta(days=3))
    order = buying.order((buying.tea, 10))
    (one,) = shortages().expedite
    assert (one.express.day, one.express.saves, one.express.is_worth_it) == (
        today + timedelta(days=2), Decimal("22.50"), True,
    )  # fmt: skip
    buying.supplier.express_days = 4
    buying.supplier.save()
    (one,) = shortages().expedite
    assert (one.express.saves, one.express.is_worth_it) == (Decimal("0.00"), False)
    confirm_purchase_order(order.pk, {order.lines.get().pk: today + timedelta(days=3)})
    (one,) = shortages().expedite
    assert (one.late, one.margin_at_risk, one.express) == ([], Decimal("0.00"), None)


def test_the_quickest_cure_comes_first(buying, today):
    north = WarehouseFactory(code="NORTH")
    stock(buying.tea, north, 3)
    SupplierItemFactory(
        supplier__code="MILL", supplier__name="Mill", supplier__lead_time_days=5, supplier__express_days=1,
        supplier__express_cost=Decimal(40), product=buying.tea, is_preferred=False,
    )  # fmt: skip
    sell(buying, 8)
    (short,) = shortages().unserved
    assert [(cure.kind, cure.source, cure.pieces, cure.cost) for cure in short.cures] == [
        ("express", "Mill", 8, 40),
        # Transfers take two days as long as nobody knows better.
        ("transfer", "NORTH", 3, 0),
        ("order", "Mill", 8, 0),
    ]
    assert [(cure.day - today).days for cure in short.cures] == [1, 2, 5]


def test_a_surge_is_demand_that_no_usual_week_reaches(buying):
    StockPolicy.objects.create(
        product=buying.tea, warehouse=buying.warehouse, updated_at=timezone.now(),
        basis={"mean": 20.0, "sd": 4.0, "weeks": 4.0},
    )  # fmt: skip
    stock(buying.tea, buying.warehouse, 30)
    # 5 a week, deviating by 2: more than 11 is a surge.
    order = sell(buying, 11)
    assert surges() == []
    ship_order(NewShipment(order.pk))
    assert surges() == []
    sell(buying, 3)
    (surge,) = surges()
    assert (surge.wanted, surge.expected, surge.times, surge.available, surge.days_left) == (14, 5.0, 2.8, 16, 8)


def test_the_page_names_orders_and_cures(buyer, buying, today, django_assert_max_num_queries):
    assert "Nobody waits" in buyer.get(PAGE).content.decode()
    sell(buying, 4, due_on=today + timedelta(days=2))
    order = buying.order((buying.tea, 10))
    cups = sell(buying, 3, product=buying.cup)
    page = buyer.get(PAGE).content.decode()
    assert order.number in page
    assert f"{cups.number}" in page
    assert "Café Rose" in page
    assert f"{today + timedelta(days=7)} when ordered today from Tea farm" in page
    with django_assert_max_num_queries(20):
        buyer.get(PAGE, headers={"HX-Target": "shortages"})
