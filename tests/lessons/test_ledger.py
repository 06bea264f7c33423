"""Lessons 14 to 24 of REQUIREMENTS section 2: the ledger, costs and profit, where no other test shows them.

The whole table, with the tests that stand elsewhere, is docs/lessons.md.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import StockLevel, StockMove
from inventory.places import Receipt
from inventory.services import adjust_stock, open_balance
from inventory.verification import stock_differences
from orders.models import ShipmentLine
from orders.services import create_order, create_orders, return_goods, ship_order, ship_orders
from orders.values import NewReturn, NewShipment
from reports.models import KpiSnapshot
from reports.services import refresh_all
from tests.factories import stock

pytestmark = pytest.mark.django_db


def trade(desk, product, times: int) -> None:
    """So many orders shipped, each a row of the ledger."""
    orders = create_orders([desk.order((product, 1)) for _n in range(times)])
    ship_orders([NewShipment(outcome.order.pk) for outcome in orders])


def test_lesson_14_a_back_dated_fact_is_a_new_row_and_nothing_before_it_is_rewritten(desk):
    product = desk.product()
    stock(product, desk.warehouse, 20)
    trade(desk, product, 5)
    before = list(StockMove.objects.order_by("pk").values())
    long_ago = timezone.now() - timedelta(days=400)
    late = Receipt((product.pk, desk.warehouse.pk), 10, Decimal("90.00"), "LATE")
    open_balance([late], at=long_ago, reason="found in the drawer")
    after = list(StockMove.objects.order_by("pk").values())
    assert after[:-1] == before
    assert (after[-1]["effective_at"], after[-1]["quantity"]) == (long_ago, 10)
    assert after[-1]["recorded_at"].date() == timezone.now().date()


def test_lessons_15_and_16_the_cost_of_a_correction_does_not_grow_with_history(desk):
    """As many statements after three hundred moves as after three, and one row written; nothing is queued."""
    products = [desk.product() for _n in range(2)]
    costs = []
    for product, moves in zip(products, (3, 300), strict=True):
        stock(product, desk.warehouse, 500)
        trade(desk, product, moves)
        rows = StockMove.objects.count()
        with CaptureQueriesContext(connection) as statements:
            adjust_stock(
                product_id=product.pk,
                warehouse_id=desk.warehouse.pk,
                difference=-2,
                reason="broken last year",
                at=timezone.now() - timedelta(days=365),
            )
        costs.append((len(statements), StockMove.objects.count() - rows))
    assert costs[0] == costs[1]
    assert costs[0][1] == 1


def test_lesson_17_a_correction_is_always_possible_and_always_reversible(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    order = create_order(desk.order((product, 4)))
    line = ship_order(NewShipment(order.pk)).lines.get()
    place = {"product_id": product.pk, "warehouse_id": desk.warehouse.pk}
    adjust_stock(**place, difference=-6, reason="theft")
    adjust_stock(**place, difference=6, reason="found again")
    return_goods([NewReturn(order.pk, {line.pk: 4})])
    level = StockLevel.objects.get()
    assert (level.on_hand, level.value) == (10, Decimal("60.00"))
    assert stock_differences() == []


def test_lesson_20_gross_profit_with_returns_is_the_ledgers(desk):
    """Sold 8 of 10 at 10.00 that cost 6.00, bought more at 9.00, 3 of the 8 came back: 5 were sold, at 6.00."""
    product = desk.product(price="10.00")
    stock(product, desk.warehouse, 10, "6.00")
    order = create_order(desk.order((product, 8)))
    line = ship_order(NewShipment(order.pk)).lines.get()
    stock(product, desk.warehouse, 10, "9.00")
    return_goods([NewReturn(order.pk, {line.pk: 3})])
    refresh_all()
    day = KpiSnapshot.objects.get(day=timezone.localdate())
    assert (day.revenue, day.cogs, day.revenue - day.cogs) == (Decimal("50.00"), Decimal("30.00"), Decimal("20.00"))
    sold = StockMove.objects.filter(kind__in=["shipment", "return"])
    assert -sum(move.value for move in sold) == Decimal("30.00")


def test_lessons_21_to_23_a_margin_is_of_what_left_when_it_left(desk):
    """Moving average at shipping; neither a later price nor a later receipt nor a correction reaches back."""
    product = desk.product(price="10.00")
    stock(product, desk.warehouse, 10, "6.00")
    stock(product, desk.warehouse, 10, "8.00")
    order = create_order(desk.order((product, 4)))
    product.price = Decimal("99.00")
    product.save(update_fields=["price"])
    line = ship_order(NewShipment(order.pk)).lines.get()
    assert (line.revenue, line.cost) == (Decimal("40.00"), Decimal("28.00"))  # 140.00 for 20 pieces
    stock(product, desk.warehouse, 100, "1.00", at=timezone.now() - timedelta(days=90))
    adjust_stock(product_id=product.pk, warehouse_id=desk.warehouse.pk, difference=-50, reason="count")
    assert ShipmentLine.objects.values_list("revenue", "cost").get() == (Decimal("40.00"), Decimal("28.00"))


def test_lesson_24_a_count_is_taken_while_everything_is_reserved(desk):
    """The newest order gives up what is missing and waits again; when it is found, it gets it back."""
    product = desk.product()
    stock(product, desk.warehouse, 8)
    old, new = create_order(desk.order((product, 4))), create_order(desk.order((product, 4)))
    adjust_stock(product_id=product.pk, warehouse_id=desk.warehouse.pk, difference=-8, reason="flood")
    assert (StockLevel.objects.get().on_hand, StockLevel.objects.get().reserved) == (0, 0)
    stock(product, desk.warehouse, 5)
    held = [sum(order.lines.get().allocations.values_list("reservation__quantity", flat=True)) for order in (old, new)]
    assert held == [4, 1]
