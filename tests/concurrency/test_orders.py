"""Races over orders and stock, each beside a control that shows the test can fail."""

from collections import Counter
from functools import partial
from threading import Barrier
from unittest.mock import patch

from django.db import IntegrityError, OperationalError, transaction

from core.errors import InsufficientStock
from inventory.models import Reservation, StockLevel
from inventory.selectors import waiting_by_place
from inventory.services import plan_reservations
from inventory.verification import stock_differences
from orders.models import LostDemand, Order
from orders.services import cancel_order, create_order, create_orders, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, WarehouseFactory, stock


class Post:
    """A warehouse, a channel and a customer to order with."""

    def __init__(self) -> None:
        self.warehouse, self.channel, self.customer = WarehouseFactory(), ChannelFactory(), CustomerFactory()

    def order(self, *lines, **kwargs) -> NewOrder:
        wanted = [NewLine(product.pk, quantity) for product, quantity in lines]
        return NewOrder(self.customer.pk, self.channel.pk, self.warehouse.pk, wanted, **kwargs)


def names(results) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def after_everybody_looked(looked: Barrier):
    """``plan_reservations`` of orders that all have seen the same stock before any of them writes."""

    def plan(baskets, keys, *, seen=None):
        if seen is not None:
            looked.wait(timeout=60)
        return plan_reservations(baskets, keys, seen=seen)

    return patch("orders.services.intake.plan_reservations", plan)


def test_two_hundred_connections_after_the_last_hundred_pieces(race):
    post, product = Post(), ProductFactory()
    level = stock(product, post.warehouse, 100)
    buy = partial(create_order, post.order((product, 1), allow_backorder=False))
    results = race(*[buy] * 200)
    assert names(results) == {"Order": 100, "InsufficientStock": 100}
    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.available) == (100, 100, 0)
    assert Order.objects.count() == 100
    assert LostDemand.objects.filter(kind="refused").count() == 100
    assert stock_differences() == []


def test_who_saw_the_last_piece_too_looks_again_under_the_lock(race):
    post, product = Post(), ProductFactory()
    level = stock(product, post.warehouse, 1)
    with after_everybody_looked(Barrier(4)):
        results = race(*[partial(create_order, post.order((product, 1), allow_backorder=False))] * 4)
    assert names(results) == {"Order": 1, "InsufficientStock": 3}
    level.refresh_from_db()
    assert level.reserved == 1


def test_who_saw_the_last_piece_too_waits_when_he_may(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 5)
    with after_everybody_looked(Barrier(2)):
        results = race(*[partial(create_order, post.order((product, 4)))] * 2)
    assert names(results) == {"Order": 2}
    assert sorted(Reservation.objects.values_list("quantity", flat=True)) == [1, 4]
    assert list(LostDemand.objects.values_list("kind", "quantity")) == [("backordered", 3)]
    assert stock_differences() == []


def test_control_without_lock_and_second_look_only_the_constraint_saves_us(race):
    post, product = Post(), ProductFactory()
    level = stock(product, post.warehouse, 1)
    with (
        after_everybody_looked(Barrier(2)),
        patch("inventory.services.lock_with_writes", lambda places: None),
        patch("orders.services.intake.OVERSOLD", "no second look"),
    ):
        results = race(*[partial(create_order, post.order((product, 1), allow_backorder=False))] * 2)
    assert names(results) == {"Order": 1, "IntegrityError": 1}
    assert "stocklevel_not_oversold" in str(next(r for r in results if isinstance(r, IntegrityError)))
    level.refresh_from_db()
    assert level.reserved == 1


def test_backorders_split_the_last_pieces_exactly(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 30)
    results = race(*[partial(create_order, post.order((product, 4)))] * 20)
    assert names(results) == {"Order": 20}
    place = (product.pk, post.warehouse.pk)
    assert StockLevel.objects.get().reserved == 30
    assert waiting_by_place([place]) == {place: 50}
    assert stock_differences() == []


def test_opposite_line_orders_never_deadlock(race):
    post = Post()
    products = [ProductFactory() for _ in range(6)]
    for product in products:
        stock(product, post.warehouse, 1000)
    forward = [(product, 1) for product in products]
    calls = [partial(create_order, post.order(*(forward if n % 2 else reversed(forward)))) for n in range(24)]
    with patch("core.transactions.MAX_TRIES", 1):  # no retry may hide one
        assert names(race(*calls)) == {"Order": 24}
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {24}


def test_control_locking_in_the_order_asked_for_does_deadlock(race):
    post = Post()
    first, second = ProductFactory(), ProductFactory()
    levels = [stock(first, post.warehouse, 9), stock(second, post.warehouse, 9)]
    barrier = Barrier(2)

    def lock(pks):
        with transaction.atomic():
            StockLevel.objects.select_for_update().get(pk=pks[0])
            barrier.wait(timeout=60)
            StockLevel.objects.select_for_update().get(pk=pks[1])

    pks = [level.pk for level in levels]
    results = race(partial(lock, pks), partial(lock, pks[::-1]))
    assert names(results) == {"NoneType": 1, "OperationalError": 1}
    assert any("deadlock" in str(r) for r in results if isinstance(r, OperationalError))


def test_the_same_reference_at_the_same_moment_is_one_order(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 100)
    new = post.order((product, 3), external_reference="WEB-7")
    results = race(*[partial(create_order, new)] * 12)
    assert names(results) == {"Order": 12}
    assert len({order.pk for order in results}) == 1
    assert StockLevel.objects.get().reserved == 3
    assert LostDemand.objects.count() == 0


def test_batches_with_shared_references_settle(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 100)
    batch = [post.order((product, 1), external_reference=f"WEB-{n}") for n in range(10)]
    results = race(*[partial(create_orders, batch)] * 6)
    assert all(outcome.error is None for result in results for outcome in result)
    assert Order.objects.count() == 10
    assert StockLevel.objects.get().reserved == 10


def test_ship_cancel_and_order_at_once_tie_out(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 40)
    orders = [create_order(post.order((product, 2))) for _ in range(20)]
    waiting = [create_order(post.order((product, 2))) for _ in range(5)]
    calls = []
    for order in orders:
        calls += [partial(ship_order, NewShipment(order.pk)), partial(cancel_order, order.pk, reason="race")]
    calls += [partial(create_order, post.order((product, 1))) for _ in range(10)]
    results = race(*calls)
    assert set(names(results)) <= {"Shipment", "Order", "IllegalTransition"}
    shipped = names(results)["Shipment"]
    cancelled = Order.objects.filter(status="cancelled").count()
    assert shipped + cancelled == 20
    level = StockLevel.objects.get()
    assert level.on_hand == 40 - 2 * shipped
    # What the cancelled orders freed went to those who waited, in full.
    wanted = 2 * len(waiting) + 10
    assert level.reserved == min(wanted, 2 * cancelled)
    assert stock_differences() == []


def test_an_insufficient_answer_is_not_an_error_of_the_server(race):
    post, product = Post(), ProductFactory()
    results = race(*[partial(create_order, post.order((product, 1), allow_backorder=False))] * 4)
    assert all(isinstance(result, InsufficientStock) for result in results)
