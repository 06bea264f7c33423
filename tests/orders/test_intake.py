"""Orders in: what is reserved, what waits, what is refused, and what of it is recorded."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core import audit
from core.errors import Duplicate, InsufficientStock, InvalidInput
from core.models import OutboxEvent
from inventory.models import StockLevel
from inventory.selectors import waiting_by_place
from inventory.verification import stock_differences
from orders.checks import CustomerBlocked
from orders.models import LostDemand, Order, OrderLine
from orders.promise import promise
from orders.services import create_order, create_orders
from orders.signals import orders_created
from orders.values import NewLine, NewOrder
from purchasing.models import ReorderMark
from purchasing.services import create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.factories import SupplierItemFactory, stock

pytestmark = pytest.mark.django_db


def held(line: OrderLine) -> int:
    return sum(line.allocations.values_list("reservation__quantity", flat=True))


def test_an_order_reserves_its_stock_in_its_own_transaction(desk):
    product = desk.product(price="12.50")
    stock(product, desk.warehouse, 10)
    order = create_order(desk.order((product, 4)))
    line = order.lines.get()
    assert (order.status, line.quantity, line.unit_price, line.amount) == ("open", 4, Decimal("12.50"), Decimal("50"))
    assert held(line) == 4
    assert line.promised_date == timezone.localdate()
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.available) == (10, 4, 6)
    assert [e.verb for e in audit.timeline("order", order.pk)] == ["confirmed"]
    assert OutboxEvent.objects.filter(topic="order.created").get().payload["number"] == order.number
    assert ReorderMark.objects.filter(product=product, warehouse=desk.warehouse).exists()
    assert LostDemand.objects.count() == 0


def test_a_short_line_keeps_what_there_is_and_waits_for_the_rest(desk):
    product = desk.product()
    stock(product, desk.warehouse, 3)
    order = create_order(desk.order((product, 5)))
    assert held(order.lines.get()) == 3
    place = (product.pk, desk.warehouse.pk)
    assert waiting_by_place([place]) == {place: 2}
    lost = LostDemand.objects.get()
    assert (lost.kind, lost.quantity, lost.line_id) == ("backordered", 2, order.lines.get().pk)


def test_without_backorder_nothing_is_taken_and_the_whole_demand_is_recorded(desk):
    plenty, scarce = desk.product(), desk.product()
    stock(plenty, desk.warehouse, 10)
    stock(scarce, desk.warehouse, 3)
    with pytest.raises(InsufficientStock) as refused:
        create_order(desk.order((plenty, 2), (scarce, 5), allow_backorder=False))
    assert refused.value.meta == {"lines": [{"line": 2, "sku": scarce.sku, "wanted": 5, "available": 3}]}
    assert Order.objects.count() == 0
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}
    assert sorted(LostDemand.objects.values_list("kind", "product", "quantity")) == sorted(
        [("refused", plenty.pk, 2), ("refused", scarce.pk, 5)]
    )


def test_a_refused_request_that_is_repeated_is_counted_once(desk):
    product = desk.product()
    for _attempt in range(2):
        with pytest.raises(InsufficientStock):
            create_order(desk.order((product, 5), allow_backorder=False, external_reference="WEB-1"))
    assert LostDemand.objects.get().quantity == 5


def test_many_orders_share_stock_in_turn_each_with_its_own_outcome(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    outcomes = create_orders(
        [
            desk.order((product, 6), allow_backorder=False),
            desk.order((product, 6), allow_backorder=False),
            desk.order((product, 0)),
            desk.order((product, 6)),
        ]
    )
    assert [type(o.error).__name__ for o in outcomes] == ["NoneType", "InsufficientStock", "InvalidInput", "NoneType"]
    assert held(outcomes[0].order.lines.get()) == 6
    assert held(outcomes[3].order.lines.get()) == 4
    assert stock_differences() == []


def test_an_external_reference_has_one_effect(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    first = create_order(desk.order((product, 4), external_reference="WEB-1"))
    again = create_orders([desk.order((product, 4), external_reference="WEB-1")])[0]
    assert (again.repeated, again.order.pk) == (True, first.pk)
    with pytest.raises(Duplicate) as refused:
        create_order(desk.order((product, 5), external_reference="WEB-1"))
    assert refused.value.meta == {"number": first.number}
    assert StockLevel.objects.get().reserved == 4


def test_one_batch_cannot_use_a_reference_twice(desk):
    product = desk.product()
    outcomes = create_orders([desk.order((product, 1), external_reference="A") for _twice in range(2)])
    assert [type(o.error).__name__ for o in outcomes] == ["NoneType", "Duplicate"]


@pytest.mark.parametrize("quantity", [0, -1, 10**12])
def test_an_impossible_quantity_names_its_line(desk, quantity):
    product = desk.product()
    with pytest.raises(InvalidInput) as refused:
        create_order(desk.order((product, 1), (product, quantity)))
    assert list(refused.value.field_errors) == ["lines.1.quantity"]
    assert Order.objects.count() == 0


@pytest.mark.parametrize("price", ["-0.01", "0.001", "NaN", "Infinity", "1e12"])
def test_an_impossible_price_names_its_line(desk, price):
    with pytest.raises(InvalidInput) as refused:
        create_order(desk.order((desk.product(), 1, Decimal(price))))
    assert list(refused.value.field_errors) == ["lines.0.unit_price"]


def test_an_archived_product_and_a_blocked_customer_are_refused(desk):
    archived = desk.product(is_active=False)
    with pytest.raises(InvalidInput) as refused:
        create_order(desk.order((archived, 1)))
    assert list(refused.value.field_errors) == ["lines.0.product"]
    desk.customer.is_blocked = True
    desk.customer.save(update_fields=["is_blocked"])
    with pytest.raises(CustomerBlocked):
        create_order(desk.order((desk.product(), 1)))
    assert LostDemand.objects.count() == 0


def test_every_missing_reference_is_named_at_once():
    with pytest.raises(InvalidInput) as refused:
        create_order(NewOrder(0, 0, 0, []))
    assert set(refused.value.field_errors) == {"customer", "channel", "warehouse", "lines"}


def test_a_receiver_that_fails_undoes_the_order(desk):
    product = desk.product()
    stock(product, desk.warehouse, 10)

    def fail(sender, **kwargs):
        raise RuntimeError("no")

    orders_created.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            create_order(desk.order((product, 4)))
    finally:
        orders_created.disconnect(fail)
    assert Order.objects.count() == 0
    assert StockLevel.objects.get().reserved == 0


def test_the_number_of_statements_does_not_grow_with_the_lines(desk):
    products = [desk.product() for _ in range(40)]
    for product in products:
        stock(product, desk.warehouse, 10)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        create_order(desk.order((products[0], 1)))
    with CaptureQueriesContext(connection) as many:
        create_orders([desk.order(*((product, 1) for product in products)) for _order in range(5)])
    assert len(few) == len(many)


def test_promise_counts_stock_then_supply_then_lead_time(desk):
    product = desk.product()
    item = SupplierItemFactory(product=product, supplier__lead_time_days=10)
    place = (product.pk, desk.warehouse.pk)
    today = timezone.localdate()
    stock(product, desk.warehouse, 5)
    soon = today + timedelta(days=3)
    create_purchase_orders(
        [NewPurchaseOrder(item.supplier_id, desk.warehouse.pk, [NewPurchaseLine(product.pk, 8)], expected_on=soon)]
    )
    now, incoming, later = (promise([(place, quantity)])[0] for quantity in (5, 13, 14))
    assert (now.now, now.date, now.basis) == (5, today, "stock")
    assert (incoming.now, incoming.date, incoming.basis) == (5, soon, "incoming")
    assert (later.now, later.date, later.basis) == (5, today + timedelta(days=10), "lead_time")
    # Six wait already: they take six of the eight.
    create_order(desk.order((product, 11)))
    assert promise([(place, 2)])[0].date == soon
    assert promise([(place, 3)])[0].basis == "lead_time"


def test_what_nobody_supplies_has_no_date(desk):
    product = desk.product()
    answer = promise([((product.pk, desk.warehouse.pk), 1)])[0]
    assert (answer.now, answer.date, answer.basis) == (0, None, "none")


def test_a_wish_for_later_is_promised_for_later(desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    wish = date(2030, 1, 31)
    assert create_order(desk.order((product, 5), requested_date=wish)).lines.get().promised_date == wish


def test_a_line_without_a_price_takes_the_list_price_and_one_with_keeps_it(desk):
    product = desk.product(price="9.99")
    order = create_order(
        NewOrder(
            desk.customer.pk,
            desk.channel.pk,
            desk.warehouse.pk,
            [NewLine(product.pk, 1), NewLine(product.pk, 1, Decimal("8.50"))],
        )
    )
    assert [str(p) for p in order.lines.order_by("position").values_list("unit_price", flat=True)] == ["9.99", "8.50"]
