"""From falling stock to a purchase order and back into stock, by figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.errors import IllegalTransition, InvalidInput
from inventory.models import StockLevel
from orders.services import create_order
from orders.values import NewLine, NewOrder
from purchasing.decision import Need, Offer, decide
from purchasing.lots import round_up_to_lot
from purchasing.models import PurchaseOrder, ReorderMark, ReorderSuggestion, StockPolicy
from purchasing.services import (
    approve_suggestions,
    cancel_purchase_order,
    create_purchase_orders,
    dismiss_suggestion,
    drain_marks,
    place_purchase_order,
    receive_goods,
    set_policies,
)
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt, PolicyInput
from tests.factories import ChannelFactory, CustomerFactory, SupplierItemFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("quantity", "moq", "multiple", "expected"),
    [(0, 10, 5, 0), (-3, 1, 1, 0), (1, 1, 1, 1), (3, 10, 5, 10), (11, 10, 5, 15), (12, 10, 12, 12), (3, 10, 4, 12)],
)
def test_lots(quantity, moq, multiple, expected):
    assert round_up_to_lot(quantity, moq, multiple) == expected


@given(st.integers(1, 10**6), st.integers(1, 5000), st.integers(1, 500))
def test_a_lot_is_the_smallest_that_the_supplier_accepts(quantity, moq, multiple):
    lot = round_up_to_lot(quantity, moq, multiple)
    assert lot >= quantity
    assert lot >= moq
    assert lot % multiple == 0
    assert lot - multiple < max(quantity, moq)


def test_need_orders_at_the_reorder_point_up_to_the_level():
    offers = (Offer(item=1, order_multiple=6),)
    above = Need(available=8, on_order=5, waiting=2, reorder_point=10, order_up_to=30, offers=offers)
    assert (above.position, decide(above).quantity) == (11, 0)
    at = Need(available=7, on_order=5, waiting=2, reorder_point=10, order_up_to=30, offers=offers)
    assert (at.position, at.missing, decide(at).quantity) == (10, 20, 24)
    assert decide(Need.of(at.snapshot())).quantity == 24


@pytest.fixture
def item():
    return SupplierItemFactory(unit_cost="2.5000", moq=10, order_multiple=5, supplier__lead_time_days=7)


@pytest.fixture
def warehouse():
    return WarehouseFactory()


def order(item, warehouse, quantity):
    customer, channel = CustomerFactory(), ChannelFactory()
    return create_order(NewOrder(customer.pk, channel.pk, warehouse.pk, [NewLine(item.product_id, quantity)]))


def policy(item, warehouse, reorder_point, order_up_to):
    set_policies([PolicyInput(item.product_id, warehouse.pk, 0, reorder_point, order_up_to, 0.95)])


def test_the_whole_flow(item, warehouse):
    stock(item.product, warehouse, 20)
    policy(item, warehouse, 12, 40)
    assert drain_marks() == 2
    assert ReorderSuggestion.objects.count() == 0
    waiting = order(item, warehouse, 23)
    drain_marks()
    suggestion = ReorderSuggestion.objects.get()
    # position = 0 available + 0 on order - 3 waiting; 43 up to the level, in packs of 5.
    assert (suggestion.quantity, suggestion.supplier_item_id) == (45, item.pk)
    assert decide(Need.of(suggestion.inputs)).quantity == 45

    (purchase,) = approve_suggestions({suggestion.pk: 45})
    assert (purchase.status, purchase.order_cost) == ("ordered", Decimal("30.00"))
    assert purchase.expected_on == timezone.localdate() + timedelta(days=7)
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.purchase_order_line.quantity) == ("approved", 45)
    drain_marks()
    assert not ReorderSuggestion.objects.filter(status="open").exists()

    line = purchase.lines.get()
    receive_goods([NewReceipt(purchase.pk, {line.pk: 40})])
    purchase.refresh_from_db()
    assert purchase.status == "partly_received"
    assert sum(waiting.lines.get().allocations.values_list("reservation__quantity", flat=True)) == 23
    receive_goods([NewReceipt(purchase.pk)])
    purchase.refresh_from_db()
    assert purchase.status == "received"
    level = StockLevel.objects.get()
    # 20 × 6.00 + 45 × 2.50
    assert (level.on_hand, level.reserved, level.value) == (65, 23, Decimal("232.50"))


def test_ten_orders_make_one_suggestion(item, warehouse):
    policy(item, warehouse, 5, 10)
    for _ in range(10):
        order(item, warehouse, 1)
    assert ReorderMark.objects.count() == 11
    assert drain_marks() == 11
    assert drain_marks() == 0
    assert ReorderSuggestion.objects.get().quantity == 20


def test_a_suggestion_follows_the_stock_and_goes_when_it_is_no_longer_needed(item, warehouse):
    policy(item, warehouse, 5, 10)
    drain_marks()
    suggestion = ReorderSuggestion.objects.get()
    assert suggestion.quantity == 10
    order(item, warehouse, 4)
    drain_marks()
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.quantity) == ("open", 15)
    stock(item.product, warehouse, 50)
    drain_marks()
    suggestion.refresh_from_db()
    assert suggestion.status == "obsolete"


def test_policies_set_by_hand_stay(item, warehouse):
    StockPolicy.objects.create(
        product=item.product,
        warehouse=warehouse,
        reorder_point=7,
        order_up_to=9,
        source="manual",
        updated_at=timezone.now(),
    )
    policy(item, warehouse, 100, 200)
    assert StockPolicy.objects.get().reorder_point == 7


def test_a_suggestion_can_be_approved_only_once(item, warehouse):
    policy(item, warehouse, 5, 10)
    drain_marks()
    suggestion = ReorderSuggestion.objects.get()
    approve_suggestions({suggestion.pk: 10})
    with pytest.raises(IllegalTransition):
        approve_suggestions({suggestion.pk: 10})
    assert PurchaseOrder.objects.count() == 1


def test_lot_rules_bind_the_buyer_too(item, warehouse):
    for quantity in (5, 11, 0, -5):
        with pytest.raises(InvalidInput) as refused:
            create_purchase_orders(
                [NewPurchaseOrder(item.supplier_id, warehouse.pk, [NewPurchaseLine(item.product_id, quantity)])]
            )
        assert list(refused.value.field_errors) == ["lines.0.quantity"]
    assert PurchaseOrder.objects.count() == 0


def test_dismissing(item, warehouse):
    policy(item, warehouse, 5, 10)
    drain_marks()
    suggestion = ReorderSuggestion.objects.get()
    assert dismiss_suggestion(suggestion.pk).status == "dismissed"
    with pytest.raises(IllegalTransition):
        dismiss_suggestion(suggestion.pk)


def test_a_draft_counts_as_on_order_and_is_placed_later(item, warehouse):
    policy(item, warehouse, 5, 10)
    new = NewPurchaseOrder(item.supplier_id, warehouse.pk, [NewPurchaseLine(item.product_id, 10)], place=False)
    (draft,) = create_purchase_orders([new])
    drain_marks()
    assert ReorderSuggestion.objects.count() == 0
    with pytest.raises(IllegalTransition):
        receive_goods([NewReceipt(draft.pk)])
    placed = place_purchase_order(draft.pk)
    assert (placed.status, placed.expected_on) == ("ordered", timezone.localdate() + timedelta(days=7))


def test_cancelling_frees_the_way_for_a_new_suggestion(item, warehouse):
    policy(item, warehouse, 5, 10)
    drain_marks()
    (purchase,) = approve_suggestions({ReorderSuggestion.objects.get().pk: 10})
    cancel_purchase_order(purchase.pk, reason="supplier closed")
    drain_marks()
    assert ReorderSuggestion.objects.filter(status="open").get().quantity == 10
    with pytest.raises(IllegalTransition):
        receive_goods([NewReceipt(purchase.pk)])


def test_more_than_expected_cannot_be_received(item, warehouse):
    (purchase,) = create_purchase_orders(
        [NewPurchaseOrder(item.supplier_id, warehouse.pk, [NewPurchaseLine(item.product_id, 10)])]
    )
    line = purchase.lines.get()
    for quantity in (11, -1):
        with pytest.raises(InvalidInput) as refused:
            receive_goods([NewReceipt(purchase.pk, {line.pk: quantity})])
        assert list(refused.value.field_errors) == [f"lines.{line.pk}.quantity"]
    assert StockLevel.objects.count() == 0
