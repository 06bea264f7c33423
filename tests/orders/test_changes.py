"""Changing an order: each piece reserved, waiting, released or lost is worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import audit
from core.errors import IllegalTransition, InsufficientStock, InvalidInput
from core.models import OutboxEvent
from inventory.models import StockLevel
from inventory.selectors import waiting_by_place
from inventory.verification import stock_differences
from orders.checks import CustomerBlocked
from orders.models import LostDemand, Order, OrderLine
from orders.services import cancel_order, change_order, create_order, ship_order
from orders.timeline import order_events
from orders.values import NewLine, NewQuantity, NewShipment, OrderChange, ShortClose
from purchasing.models import ReorderMark
from reports.models import KpiSnapshot
from reports.services import refresh_changed_days
from tests.factories import SupplierItemFactory, stock

pytestmark = pytest.mark.django_db


def held(order: Order) -> list[int]:
    lines = order.lines.order_by("position")
    return [sum(line.allocations.values_list("reservation__quantity", flat=True)) for line in lines]


def change(order: Order, quantities=(), added=(), closed=(), **kwargs) -> Order:
    """``change(order, [(line, quantity)], [(product, quantity)], [(line, reason)])``"""
    return change_order(
        OrderChange(
            order.pk,
            quantities=[NewQuantity(*wanted) for wanted in quantities],
            added=[NewLine(product.pk, *rest) for product, *rest in added],
            closed=[ShortClose(*close) for close in closed],
            **kwargs,
        )
    )


def lost(order: Order) -> dict[int, int]:
    rows = LostDemand.objects.filter(line__order=order, kind="backordered")
    return dict(rows.values_list("line__position", "quantity"))


def untouched(order: Order, quantities: list[int], reserved: list[int]) -> None:
    assert list(order.lines.order_by("position").values_list("quantity", flat=True)) == quantities
    assert held(order) == reserved
    assert [entry.verb for entry in audit.timeline("order", order.pk)] == ["confirmed"]
    assert not OutboxEvent.objects.filter(topic="order.changed").exists()
    assert stock_differences() == []


def test_more_is_reserved_at_once(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    order = create_order(desk.order((product, 4)))
    ReorderMark.objects.all().delete()
    assert change(order, [(1, 9)]).status == "open"
    assert (held(order), order.lines.get().quantity, order.lines.get().amount) == ([9], 9, Decimal("90.00"))
    assert StockLevel.objects.get().reserved == 9
    assert ReorderMark.objects.filter(product=product).exists()
    assert OutboxEvent.objects.filter(topic="order.changed").get().payload == {
        "order": order.pk,
        "number": order.number,
    }
    assert [e.verb for e in audit.timeline("order", order.pk)] == ["confirmed", "changed"]
    assert stock_differences() == []


def test_what_more_cannot_be_had_waits_and_is_lost_demand_once(desk):
    item = SupplierItemFactory(supplier__lead_time_days=10)
    stock(item.product, desk.warehouse, 6)
    order = create_order(desk.order((item.product, 4)))
    change(order, [(1, 9)])
    assert (held(order), lost(order)) == ([6], {1: 3})
    assert order.lines.get().promised_date == timezone.localdate() + timedelta(days=10)
    change(order, [(1, 11)])
    assert (held(order), lost(order)) == ([6], {1: 5})
    place = (item.product_id, desk.warehouse.pk)
    assert waiting_by_place([place]) == {place: 5}
    stock(item.product, desk.warehouse, 50)
    assert (held(order), lost(order)) == ([11], {1: 5})
    assert stock_differences() == []


def test_without_backorder_all_of_it_or_nothing(desk):
    plenty, scarce = desk.product(), desk.product()
    stock(plenty, desk.warehouse, 10)
    stock(scarce, desk.warehouse, 3)
    order = create_order(desk.order((plenty, 5), (scarce, 2)))
    with pytest.raises(InsufficientStock) as refused:
        change(order, [(1, 2), (2, 4)], [(plenty, 1)], allow_backorder=False)
    assert refused.value.meta == {"lines": [{"line": 2, "sku": scarce.sku, "wanted": 2, "available": 1}]}
    untouched(order, [5, 2], [5, 2])
    assert sorted(LostDemand.objects.values_list("kind", "product", "quantity")) == sorted(
        [("refused", plenty.pk, 1), ("refused", scarce.pk, 2)]
    )


def test_a_refused_change_that_is_repeated_is_counted_once(desk):
    product = desk.product()
    order = create_order(desk.order((product, 4)))
    for _attempt in range(2):
        with pytest.raises(InsufficientStock):
            change(order, [(1, 9)], allow_backorder=False, request="K1")
    assert LostDemand.objects.filter(kind="refused").get().quantity == 5


def test_pieces_given_up_by_one_line_serve_another_of_the_same_change(desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    order = create_order(desk.order((product, 5)))
    change(order, [(1, 2)], [(product, 3, Decimal("8.00"))], allow_backorder=False)
    assert held(order) == [2, 3]
    assert [str(price) for price in order.lines.order_by("position").values_list("unit_price", flat=True)] == [
        "10.00",
        "8.00",
    ]


def test_less_gives_up_what_waits_first_and_then_what_is_reserved(desk):
    product = desk.product()
    stock(product, desk.warehouse, 6)
    order = create_order(desk.order((product, 10)))
    other = create_order(desk.order((product, 3)))
    assert (held(order), lost(order), held(other)) == ([6], {1: 4}, [0])
    change(order, [(1, 7)])
    assert (held(order), lost(order), held(other)) == ([6], {1: 1}, [0])
    change(order, [(1, 4)])
    assert (held(order), lost(order), held(other)) == ([4], {}, [2])
    assert [e.verb for e in audit.timeline("order", other.pk)] == ["confirmed", "backorder_filled"]
    assert StockLevel.objects.get().reserved == 6
    assert stock_differences() == []


def test_less_takes_the_newest_reservations(desk):
    product = desk.product()
    stock(product, desk.warehouse, 4)
    order = create_order(desk.order((product, 9)))
    stock(product, desk.warehouse, 5)
    change(order, [(1, 6)])
    parts = order.lines.get().allocations.order_by("reservation_id")
    assert list(parts.values_list("reservation__quantity", flat=True)) == [4, 2]


def test_a_line_is_closed_short_with_its_reason_and_its_demand_stays_lost(desk):
    product, other = desk.product(), desk.product()
    stock(product, desk.warehouse, 3)
    order = create_order(desk.order((product, 5), (other, 2)))
    change(order, closed=[(1, " discontinued ")])
    line = order.lines.get(position=1)
    assert (line.quantity, line.cancelled, line.open_quantity, held(order)) == (5, 5, 0, [0, 0])
    assert lost(order) == {1: 2, 2: 2}
    assert StockLevel.objects.get(product=product).available == 3
    assert "discontinued" in order_events(order.pk)[-1].sentence
    order.refresh_from_db()
    assert order.status == "open"


def test_closing_the_last_open_line_ends_the_order(desk):
    product, gone = desk.product(), desk.product()
    stock(product, desk.warehouse, 3)
    shipped = create_order(desk.order((product, 3), (gone, 2)))
    ship_order(NewShipment(shipped.pk))
    assert change(shipped, closed=[(2, "no supplier")]).status == "shipped"
    never = create_order(desk.order((gone, 2)))
    assert change(never, closed=[(1, "no supplier")]).status == "cancelled"
    for order in (shipped, never):
        with pytest.raises(IllegalTransition):
            change(order, [(1, 9)])


def test_a_quantity_never_falls_below_what_has_shipped(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 9)))
    ship_order(NewShipment(order.pk, {order.lines.get().pk: 4}))
    with pytest.raises(InvalidInput) as refused:
        change(order, [(1, 3)])
    assert refused.value.field_errors == {"lines.0.quantity": "Enter a whole number from 4 to 1000000000."}
    order = change(order, [(1, 4)])
    assert (order.status, held(order), StockLevel.objects.get().available) == ("shipped", [0], 5)


def test_a_line_added_to_a_product_that_was_never_stocked_waits(desk):
    product, new = desk.product(), desk.product(price="2.50")
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 1)))
    change(order, added=[(new, 4)])
    line = order.lines.get(position=2)
    assert (line.quantity, line.unit_price, line.promised_date, lost(order)) == (4, Decimal("2.50"), None, {2: 4})
    stock(new, desk.warehouse, 4)
    assert held(order) == [1, 4]


def test_every_wrong_field_is_named_and_nothing_changes(desk):
    product, archived = desk.product(), desk.product(is_active=False)
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 5), (product, 1)))
    with pytest.raises(InvalidInput) as refused:
        change(
            order,
            [(1, 0), (1, 6), (7, 2), (2, 10**12)],
            [(archived, 1), (product, 0), (product, 1, Decimal("0.005"))],
            [(2, "x"), (9, " ")],
        )
    assert set(refused.value.field_errors) == {
        "lines.0.quantity",
        "lines.1.line",
        "lines.2.line",
        "lines.3.quantity",
        "add.0.product",
        "add.1.quantity",
        "add.2.unit_price",
        "close.0.line",
        "close.1.line",
        "close.1.reason",
    }
    untouched(order, [5, 1], [5, 1])


@pytest.mark.parametrize("order_id", [0, 10**12])
def test_an_unknown_order(order_id):
    with pytest.raises(InvalidInput):
        change_order(OrderChange(order_id, quantities=[NewQuantity(1, 1)]))


def test_an_empty_change_is_refused_and_one_that_changes_nothing_leaves_no_trace(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 5)))
    with pytest.raises(InvalidInput):
        change(order)
    change(order, [(1, 5)])
    untouched(order, [5], [5])


def test_an_archived_product_can_only_become_less(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 5)))
    product.is_active = False
    product.save(update_fields=["is_active"])
    with pytest.raises(InvalidInput):
        change(order, [(1, 6)])
    change(order, [(1, 4)])
    assert held(order) == [4]


def test_a_blocked_customer_can_only_take_less(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 5)))
    desk.customer.is_blocked = True
    desk.customer.save(update_fields=["is_blocked"])
    with pytest.raises(CustomerBlocked):
        change(order, [(1, 6)])
    untouched(order, [5], [5])
    change(order, [(1, 4)])
    assert held(order) == [4]


def test_a_changed_order_is_cancelled_with_every_line(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    order = create_order(desk.order((product, 5)))
    change(order, [(1, 12)], [(product, 3)])
    cancel_order(order.pk, reason="changed their mind")
    assert (held(order), StockLevel.objects.get().available) == ([0, 0], 9)
    assert list(OrderLine.objects.order_by("position").values_list("quantity", "cancelled")) == [(12, 12), (3, 3)]


def test_the_timeline_tells_the_change_in_sentences(desk):
    tea, cup, pot = desk.product(sku="TEA"), desk.product(sku="CUP"), desk.product(sku="POT")
    stock(tea, desk.warehouse, 9)
    stock(pot, desk.warehouse, 9)
    order = create_order(desk.order((tea, 5), (pot, 4)))
    change(order, [(1, 3)], [(cup, 2)], [(2, "broken")])
    assert order_events(order.pk)[-1].sentence == (
        "Line 1, TEA: 5 → 3 pieces. Line 3 added: 2 pieces of CUP. "
        "Line 2, POT, closed: 4 pieces will not be delivered. Reason: broken "
        "0 pieces more are reserved, 2 wait for stock. 6 reserved pieces are free again."
    )


def test_figures_of_the_order_day_follow_the_change(desk):
    product = desk.product()
    stock(product, desk.warehouse, 4, at=timezone.now() - timedelta(days=30))
    order = create_order(desk.order((product, 10), ordered_at=timezone.now() - timedelta(days=20)))
    refresh_changed_days()
    change(order, [(1, 7)])
    refresh_changed_days()
    row = KpiSnapshot.objects.get(day=timezone.localdate(order.ordered_at))
    assert (row.demanded, row.filled_at_once) == (7, 4)


def test_the_number_of_statements_does_not_grow_with_the_lines(desk):
    products = [desk.product() for _ in range(40)]
    for product in products:
        stock(product, desk.warehouse, 20)
    small = create_order(desk.order(*[(product, 5) for product in products[:3]]))
    large = create_order(desk.order(*[(product, 5) for product in products]))
    with CaptureQueriesContext(connection) as few:
        change(small, [(1, 7), (2, 2)], [(products[3], 2)], [(3, "x")])
    with CaptureQueriesContext(connection) as many:
        quantities = [(n, 7 if n % 2 else 2) for n in range(1, 31)]
        change(large, quantities, [(product, 1) for product in products], [(n, "x") for n in range(31, 41)])
    assert len(few) == len(many)
