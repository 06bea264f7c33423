"""Shipping, cancelling, filling and returning, by figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from core import audit
from core.errors import IllegalTransition, InvalidInput
from inventory.models import StockLevel, StockMove
from inventory.places import Receipt
from inventory.services import adjust_stock, open_balance
from inventory.verification import stock_differences
from orders.models import Order, ShipmentLine
from orders.services import cancel_order, create_order, return_goods, ship_order, ship_orders
from orders.values import NewReturn, NewShipment
from tests.factories import stock

pytestmark = pytest.mark.django_db


def held(order: Order) -> list[int]:
    return [
        sum(line.allocations.values_list("reservation__quantity", flat=True)) for line in order.lines.order_by("pk")
    ]


def test_a_whole_shipment_fixes_revenue_and_cost(desk):
    product = desk.product(price="10.00")
    stock(product, desk.warehouse, 10, "6.00")
    order = create_order(desk.order((product, 4)))
    shipment = ship_order(NewShipment(order.pk, tracking="SF123"))
    line = shipment.lines.get()
    assert (line.quantity, line.revenue, line.cost) == (4, Decimal("40.00"), Decimal("24.00"))
    order.refresh_from_db()
    assert order.status == "shipped"
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.value) == (6, 0, Decimal("36.00"))
    assert [e.verb for e in audit.timeline("order", order.pk)] == ["confirmed", "shipped"]


def test_a_part_ships_and_the_rest_stays_reserved(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    order = create_order(desk.order((product, 4)))
    ship_order(NewShipment(order.pk, {order.lines.get().pk: 3}))
    order.refresh_from_db()
    assert (order.status, order.lines.get().shipped, held(order)) == ("partly_shipped", 3, [1])
    ship_order(NewShipment(order.pk))
    order.refresh_from_db()
    assert order.status == "shipped"
    with pytest.raises(IllegalTransition):
        ship_order(NewShipment(order.pk))


def test_past_margins_never_change(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10, "6.00")
    order = create_order(desk.order((product, 4)))
    ship_order(NewShipment(order.pk))
    open_balance(
        [Receipt((product.pk, desk.warehouse.pk), 10, Decimal("900.00"), "LATE")],
        at=timezone.now() - timedelta(days=30),
        reason="back-dated",
    )
    assert ShipmentLine.objects.get().cost == Decimal("24.00")
    with pytest.raises(DatabaseError), transaction.atomic():
        ShipmentLine.objects.update(cost=1)


def test_only_reserved_pieces_ship_and_the_line_is_named(desk):
    product = desk.product()
    stock(product, desk.warehouse, 3)
    order = create_order(desk.order((product, 5)))
    line = order.lines.get()
    for quantity in (4, -1):
        with pytest.raises(InvalidInput) as refused:
            ship_order(NewShipment(order.pk, {line.pk: quantity}))
        assert list(refused.value.field_errors) == ["lines.1.quantity"]
    with pytest.raises(InvalidInput):
        ship_order(NewShipment(order.pk, {line.pk + 999: 1}))
    assert StockMove.objects.filter(kind="shipment").count() == 0


def test_shipments_of_several_days_in_one_call_keep_their_days(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    orders = [create_order(desk.order((product, 2))) for _ in range(3)]
    now = timezone.now()
    days = [now - timedelta(days=1), now - timedelta(days=3), now - timedelta(days=1)]
    shipments = ship_orders([NewShipment(o.pk, shipped_at=d) for o, d in zip(orders, days, strict=True)])
    assert [s.lines.get().move.effective_at for s in shipments] == days
    assert [s.lines.get().move.document for s in shipments] == [s.number for s in shipments]


def test_cancelling_releases_the_stock_to_the_one_who_waited_longest(desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    first = create_order(desk.order((product, 5)))
    second = create_order(desk.order((product, 3)))
    third = create_order(desk.order((product, 3)))
    cancelled = cancel_order(first.pk, reason="customer changed their mind")
    assert (cancelled.status, held(first)) == ("cancelled", [0])
    assert (held(second), held(third)) == ([3], [2])
    assert [e.verb for e in audit.timeline("order", second.pk)] == ["confirmed", "backorder_filled"]
    with pytest.raises(IllegalTransition):
        cancel_order(first.pk, reason="again")
    assert stock_differences() == []


def test_cancelling_the_rest_of_a_shipped_order_keeps_what_left(desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    order = create_order(desk.order((product, 8)))
    ship_order(NewShipment(order.pk))
    order = cancel_order(order.pk, reason="no longer wanted")
    line = order.lines.get()
    assert (order.status, line.shipped, line.cancelled) == ("shipped", 5, 3)


def test_new_stock_goes_to_the_earliest_wish(desk):
    product = desk.product()
    today = timezone.localdate()
    late = create_order(desk.order((product, 4), requested_date=today + timedelta(days=9)))
    early = create_order(desk.order((product, 4), requested_date=today))
    stock(product, desk.warehouse, 6)
    assert (held(early), held(late)) == ([4], [2])


def test_a_count_that_finds_less_makes_the_newest_order_wait_again(desk):
    product = desk.product()
    stock(product, desk.warehouse, 8)
    old, new = create_order(desk.order((product, 4))), create_order(desk.order((product, 4)))
    adjust_stock(product_id=product.pk, warehouse_id=desk.warehouse.pk, difference=-3, reason="count")
    assert (held(old), held(new)) == ([4], [1])
    assert [e.verb for e in audit.timeline("order", new.pk)] == ["confirmed", "reservation_cut"]
    adjust_stock(product_id=product.pk, warehouse_id=desk.warehouse.pk, difference=2, reason="found again")
    assert held(new) == [3]


def test_returns_reverse_the_original_cost_to_the_cent(desk):
    product = desk.product(price="10.00")
    stock(product, desk.warehouse, 3, "3.3333")  # worth 10.00
    order = create_order(desk.order((product, 3)))
    line = ship_order(NewShipment(order.pk)).lines.get()
    assert line.cost == Decimal("10.00")
    stock(product, desk.warehouse, 10, "9.00")
    parts = [return_goods([NewReturn(order.pk, {line.pk: 1}, reason="broken")])[0].lines.get() for _ in range(3)]
    # Running totals 3.33, 6.67, 10.00.
    assert [part.cost for part in parts] == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert [part.refund for part in parts] == [Decimal("10.00")] * 3
    with pytest.raises(InvalidInput):
        return_goods([NewReturn(order.pk, {line.pk: 1})])
    assert order.lines.get().returned == 3
    assert StockLevel.objects.get().on_hand == 13
    assert stock_differences() == []


def test_pieces_of_another_order_cannot_come_back(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    one, two = create_order(desk.order((product, 2))), create_order(desk.order((product, 2)))
    line = ship_order(NewShipment(one.pk)).lines.get()
    with pytest.raises(InvalidInput):
        return_goods([NewReturn(two.pk, {line.pk: 1})])
