"""Cancellations that name no order: which line they hit, what they do to it, and that each does it once."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import audit
from core.errors import IllegalTransition, InvalidInput
from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import Order, Return, Reversal
from orders.services import (
    cancel_orders,
    create_order,
    create_orders,
    return_goods,
    reverse_orders,
    ship_order,
    ship_orders,
)
from orders.values import NewCancellation, NewReturn, NewReversal, NewShipment
from tests.factories import CustomerFactory, stock

pytestmark = pytest.mark.django_db


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def reversal(desk):
    """``reversal(product, 2, day=5)`` takes 2 pieces back; its outcome is what the service says of it."""

    def take(product, quantity, *, on=20, reference="C-1", key="1", price=None, customer=None):
        new = NewReversal(
            desk.channel.pk,
            reference,
            key,
            (customer or desk.customer).pk,
            product.pk,
            quantity,
            day(on),
            None if price is None else Decimal(price),
        )
        return reverse_orders([new])[0]

    return take


@pytest.fixture
def sold(desk):
    """``sold(product, 5, on=3, price="2.50")`` is an order of that day, shipped unless ``shipped=0``."""

    def sell(product, quantity, *, on, price="10.00", shipped=None):
        order = create_order(desk.order((product, quantity, Decimal(price)), ordered_at=day(on)))
        if shipped is None or shipped:
            line = order.lines.get().pk
            ship_order(NewShipment(order.pk, {line: shipped or quantity}, shipped_at=day(on)))
        return order

    return sell


def test_shipped_pieces_come_back_at_the_price_sold_and_the_cost_of_then(desk, sold, reversal):
    product = desk.product()
    stock(product, desk.warehouse, 10, "6.00")
    order = sold(product, 5, on=3, price="9.00")
    outcome = reversal(product, 2, price="9.00")
    assert (outcome.line_id, outcome.order_number, outcome.unit_price) == (
        order.lines.get().pk,
        order.number,
        Decimal("9.00"),
    )
    back = Return.objects.get()
    line = back.lines.get()
    assert (back.external_reference, back.returned_at, line.quantity, line.refund, line.cost) == (
        "C-1",
        day(20),
        2,
        Decimal("18.00"),
        Decimal("12.00"),
    )
    assert order.lines.get().returned == 2
    assert StockLevel.objects.get().on_hand == 7


def test_open_pieces_are_cancelled_first_and_their_stock_is_free(desk, sold, reversal):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    order = sold(product, 5, on=3, shipped=2)
    reversal(product, 4)
    line, level = order.lines.get(), StockLevel.objects.get()
    order.refresh_from_db()
    assert (line.cancelled, line.shipped, line.returned, order.status) == (3, 2, 1, "shipped")
    assert (level.on_hand, level.reserved) == (9, 0)
    assert [e.verb for e in audit.timeline("order", order.pk)] == ["confirmed", "shipped", "cancelled", "returned"]
    assert stock_differences() == []


def test_a_whole_open_order_is_cancelled(desk, sold, reversal):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    order = sold(product, 5, on=3, shipped=0)
    reversal(product, 2, key="1")
    order.refresh_from_db()
    assert (order.status, StockLevel.objects.get().reserved) == ("open", 3)
    reversal(product, 3, key="2")
    order.refresh_from_db()
    assert (order.status, StockLevel.objects.get().reserved) == ("cancelled", 0)


def test_the_line_meant_has_the_price_then_the_pieces_then_the_latest_date(desk, sold, reversal):
    product = desk.product()
    stock(product, desk.warehouse, 100)
    other_price = sold(product, 3, on=9, price="8.00")
    early = sold(product, 3, on=2)
    exact = sold(product, 3, on=4)
    larger = sold(product, 9, on=6)
    sold(product, 3, on=21)  # after the cancellation
    hits = [reversal(product, 3, price="10.00", key=str(n)).order_number for n in range(6)]
    assert hits == [exact.number, early.number, larger.number, larger.number, larger.number, other_price.number]
    assert reversal(product, 3, key="6").error.code == "nothing_to_reverse"


def test_what_matches_nothing_changes_nothing(desk, sold, reversal):
    product, other = desk.product(), desk.product()
    stock(product, desk.warehouse, 10)
    sold(product, 5, on=3)
    for outcome in (
        reversal(product, 6),
        reversal(product, 1, on=2),
        reversal(other, 1),
        reversal(product, 1, customer=CustomerFactory()),
    ):
        assert (outcome.error.code, outcome.line_id) == ("nothing_to_reverse", None)
    assert not Return.objects.exists()
    assert not Reversal.objects.exists()


def test_each_line_of_a_document_takes_effect_once(desk, sold, reversal):
    product = desk.product()
    stock(product, desk.warehouse, 20)
    sold(product, 5, on=3)
    first = reversal(product, 2)
    again = reversal(product, 2)
    assert (again.repeated, again.line_id) == (True, first.line_id)
    other = reversal(product, 3)
    assert (other.error.code, str(other.error)) == ("duplicate", "C-1 already cancelled 2 pieces of it")
    # A line of the same document that found nothing then may find its order later; that one keeps the reference.
    assert reversal(product, 4, key="2").error
    sold(product, 4, on=4)
    reversal(product, 4, key="2")
    assert list(Return.objects.order_by("pk").values_list("external_reference", "lines__quantity")) == [
        ("C-1", 2),
        ("", 4),
    ]


def test_several_lines_of_a_document_make_one_return_an_order(desk, sold):
    products = [desk.product(), desk.product()]
    for product in products:
        stock(product, desk.warehouse, 10)
    order = create_order(desk.order((products[0], 4), (products[1], 5), ordered_at=day(3)))
    ship_order(NewShipment(order.pk, shipped_at=day(3)))
    later = sold(products[0], 2, on=5)
    channel, customer = desk.channel.pk, desk.customer.pk
    news = [
        NewReversal(channel, "C-1", "a", customer, products[0].pk, 3, day(9)),
        NewReversal(channel, "C-1", "b", customer, products[1].pk, 5, day(9)),
        NewReversal(channel, "C-1", "c", customer, products[0].pk, 2, day(9)),
    ]
    reverse_orders(news)
    assert sorted(Return.objects.values_list("order", "external_reference")) == [(order.pk, "C-1"), (later.pk, "C-1")]
    assert sorted(Return.objects.filter(order=order).values_list("lines__quantity", flat=True)) == [3, 5]
    assert [outcome.repeated for outcome in reverse_orders(news)] == [True] * 3


def test_a_part_of_an_open_order_is_cancelled_waiting_pieces_first(desk):
    product = desk.product()
    stock(product, desk.warehouse, 4)
    order = create_order(desk.order((product, 6)))
    line = order.lines.get()
    cancel_orders([NewCancellation(order.pk, "fewer", {line.pk: 3})])
    # 2 waited, so 1 of the 4 reserved is given back.
    level = StockLevel.objects.get()
    line.refresh_from_db()
    assert (line.cancelled, level.reserved, Order.objects.get().status) == (3, 3, "open")
    assert audit.timeline("order", order.pk).last().data == {"reason": "fewer", "pieces": 3, "released": 1}
    assert stock_differences() == []


def test_a_wrong_part_is_named_and_changes_nothing(desk):
    product = desk.product()
    stock(product, desk.warehouse, 4)
    order = create_order(desk.order((product, 4)))
    line = order.lines.get()
    for quantities, field in [
        ({line.pk: 5}, "lines.1.quantity"),
        ({line.pk: -1}, "lines.1.quantity"),
        ({line.pk: 0}, "lines"),
        ({line.pk + 1: 1}, "lines"),
    ]:
        with pytest.raises(InvalidInput) as refused:
            cancel_orders([NewCancellation(order.pk, "x", quantities)])
        assert list(refused.value.field_errors) == [field]
    with pytest.raises(InvalidInput):
        cancel_orders([NewCancellation(order.pk, "x")] * 2)
    with pytest.raises(InvalidInput):
        cancel_orders([NewCancellation(order.pk + 1, "x")])
    ship_order(NewShipment(order.pk))
    with pytest.raises(IllegalTransition):
        cancel_orders([NewCancellation(order.pk, "x", {line.pk: 1})])
    assert StockLevel.objects.get().on_hand == 0


def test_the_number_of_queries_does_not_grow_with_the_orders(desk):
    product = desk.product()
    stock(product, desk.warehouse, 1000)

    def queries(count: int, name: str) -> tuple[int, ...]:
        news = [
            desk.order((product, 2), (product, 3), ordered_at=day(1 + n % 9), external_reference=f"{name}-{n}")
            for n in range(count)
        ]
        orders = [outcome.order for outcome in create_orders(news)]
        counts = []
        with CaptureQueriesContext(connection) as shipping:
            ship_orders([NewShipment(order.pk, shipped_at=order.ordered_at) for order in orders])
        counts.append(len(shipping))
        wanted = [
            NewReversal(desk.channel.pk, f"{name}-C{n}", "1", desk.customer.pk, product.pk, 1, day(15 + n % 9))
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as reversing:
            assert not any(outcome.error for outcome in reverse_orders(wanted))
        return *counts, len(reversing)

    queries(2, "warm")
    assert queries(2, "few") == queries(30, "many")


def test_returns_of_several_days_in_one_call_keep_their_days(desk, sold):
    product = desk.product()
    stock(product, desk.warehouse, 10)
    orders = [sold(product, 2, on=n) for n in (3, 4)]
    news = [
        NewReturn(order.pk, {order.shipments.get().lines.get().pk: 1}, returned_at=day(30) - timedelta(days=n))
        for n, order in enumerate(orders)
    ]
    returns = return_goods(news)
    assert [r.lines.get().move.effective_at for r in returns] == [day(30), day(29)]
    assert [r.lines.get().move.document for r in returns] == [r.number for r in returns]
