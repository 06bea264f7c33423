"""Splitting an order: no piece becomes free or is wanted twice on the way; every figure is worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import IllegalTransition, InvalidInput, Outdated
from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import LinePromise, LostDemand, Owed
from orders.services import cancel_order, create_order, last_step, ship_order, split_order
from orders.services.promising import check_marked_promises
from orders.timeline import order_events
from orders.values import NewShipment, NewSplit
from orders.verification import demand_differences, stray_reservations
from purchasing.services import create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.factories import SupplierItemFactory, stock

pytestmark = pytest.mark.django_db


def held(order):
    lines = order.lines.order_by("position")
    return [sum(line.allocations.values_list("reservation__quantity", flat=True)) for line in lines]


def books_tie_out():
    return (stock_differences(), demand_differences(), stray_reservations()) == ([], [], [])


def test_what_waits_goes_first_then_the_newest_reservations(desk):
    item = SupplierItemFactory(supplier__lead_time_days=10)
    stock(item.product, desk.warehouse, 4)
    order = create_order(desk.order((item.product, 12, Decimal("8.00")), note="gate 2"))
    stock(item.product, desk.warehouse, 3)  # 7 reserved in two parts (4 and 3), 5 wait
    later = timezone.localdate() + timedelta(days=30)
    part = split_order(NewSplit(order.pk, {1: 6}, later))
    assert (held(order), held(part)) == ([6], [1])
    line, moved = order.lines.get(), part.lines.get()
    assert (line.quantity, moved.quantity, str(moved.unit_price)) == (6, 6, "8.00")
    assert list(line.allocations.order_by("pk").values_list("reservation__quantity", flat=True)) == [4, 2]
    assert (part.requested_date, moved.promised_date) == (later, later)
    assert (part.customer, part.note, part.split_from, part.ordered_at) == (
        order.customer,
        "gate 2",
        order,
        order.ordered_at,
    )
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.demanded) == (7, 7, 12)
    # When it was ordered 8 could not be served; 5 of them moved.
    lost = dict(LostDemand.objects.values_list("line__order", "quantity"))
    assert lost == {order.pk: 3, part.pk: 5}
    assert books_tie_out()


def promises(order):
    rows = LinePromise.objects.filter(line__order=order, replaced_at=None).order_by("line__position")
    return list(rows.values_list("pieces", "date", "basis", "document", "reason", "cause"))


def owed():
    return sorted(Owed.objects.values_list("due", "pieces"))


def test_the_promise_goes_with_the_pieces_at_once_and_the_check_finds_it_true(desk):
    item = SupplierItemFactory(supplier__lead_time_days=10)
    arrival = timezone.localdate() + timedelta(days=5)
    lines = [NewPurchaseLine(item.product_id, 20)]
    new = NewPurchaseOrder(item.supplier_id, desk.warehouse.pk, lines, expected_on=arrival)
    (purchase,) = create_purchase_orders([new])
    stock(item.product, desk.warehouse, 4)
    order = create_order(desk.order((item.product, 12)))
    assert promises(order) == [(8, arrival, "incoming", purchase.number, "confirmed", "")]
    later = timezone.localdate() + timedelta(days=30)
    part = split_order(NewSplit(order.pk, {1: 3}, later))
    assert promises(order) == [(5, arrival, "incoming", purchase.number, "changed", part.number)]
    assert promises(part) == [(3, later, "incoming", purchase.number, "changed", part.number)]
    assert owed() == [(arrival, 5), (later, 3)]
    rest = split_order(NewSplit(order.pk, {1: 5}))
    assert (promises(order), owed()) == ([], [(arrival, 5), (later, 3)])
    assert promises(rest) == [(5, arrival, "incoming", purchase.number, "changed", rest.number)]
    before = list(LinePromise.objects.filter(replaced_at=None).order_by("pk").values_list("pk", flat=True))
    while check_marked_promises():
        pass
    # The same promises stand: none was made anew.
    assert list(LinePromise.objects.filter(replaced_at=None).order_by("pk").values_list("pk", flat=True)) == before
    assert not [event for event in order_events(part.pk) if event.verb == "re_promised"]


def test_a_line_that_is_all_reserved_takes_no_promise_along(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 12)
    order = create_order(desk.order((tea, 12)))
    part = split_order(NewSplit(order.pk, {1: 3}))
    assert (promises(order), promises(part)) == ([], [])


def test_a_line_may_move_whole(desk):
    tea, rice = desk.product(sku="TEA"), desk.product(sku="RICE")
    stock(tea, desk.warehouse, 5)
    order = create_order(desk.order((tea, 5), (rice, 2)))
    part = split_order(NewSplit(order.pk, {2: 2}))
    assert (held(order), held(part)) == ([5, 0], [0])
    assert list(order.lines.order_by("position").values_list("quantity", "cancelled")) == [(5, 0), (2, 2)]
    assert [event.sentence for event in order_events(order.pk)][-1] == f"Split: RICE × 2 went to order {part.number}."
    assert [event.sentence for event in order_events(part.pk)] == [
        f"Split off from order {order.number}: 0 reserved, 2 waiting for stock."
    ]
    ship_order(NewShipment(order.pk))
    order.refresh_from_db()
    assert order.status == "shipped"
    assert books_tie_out()


def test_what_has_shipped_stays_and_ends_the_order_when_the_rest_moves(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 3)
    order = create_order(desk.order((tea, 5)))
    ship_order(NewShipment(order.pk))
    part = split_order(NewSplit(order.pk, {1: 2}))
    order.refresh_from_db()
    assert (order.status, order.lines.get().quantity, part.lines.get().quantity) == ("shipped", 3, 2)
    with pytest.raises(IllegalTransition):
        split_order(NewSplit(order.pk, {1: 1}))
    assert books_tie_out()


@pytest.mark.parametrize(
    ("quantities", "field"),
    [({}, "lines"), ({1: 0}, "lines"), ({7: 1}, "lines"), ({1: 6}, "lines.1.quantity"), ({1: 5}, "lines")],
)
def test_what_cannot_be_split_is_named_and_changes_nothing(desk, quantities, field):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    order = create_order(desk.order((tea, 5)))
    with pytest.raises(InvalidInput) as refused:
        split_order(NewSplit(order.pk, quantities))
    assert list(refused.value.field_errors) == [field]
    assert (held(order), order.splits.count(), len(order_events(order.pk))) == ([5], 0, 1)


def test_who_has_not_seen_the_last_step_splits_nothing(desk):
    tea = desk.product()
    order = create_order(desk.order((tea, 5)))
    seen = last_step(order.pk)
    split_order(NewSplit(order.pk, {1: 1}, seen=seen))
    with pytest.raises(Outdated):
        split_order(NewSplit(order.pk, {1: 1}, seen=seen))
    with pytest.raises(Outdated):
        cancel_order(order.pk, reason="x", seen=seen)
    assert (order.splits.count(), order.lines.get().quantity) == (1, 4)
