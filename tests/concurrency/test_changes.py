"""Races of order changes with everything else that touches the same pieces."""

from collections import Counter
from functools import partial
from threading import Event
from unittest.mock import patch

from core.errors import DomainError
from inventory.models import StockLevel
from inventory.selectors import waiting_by_place
from inventory.verification import stock_differences
from orders.models import LostDemand, Order
from orders.services import cancel_order, change_order, create_order, ship_order
from orders.signals import orders_created
from orders.values import NewLine, NewQuantity, NewShipment, OrderChange, ShortClose
from orders.verification import order_differences
from tests.concurrency.test_orders import Post, names
from tests.factories import ProductFactory, stock
from tests.processes import wait_until
from tests.races import somebody_waits_for_a_lock


def set_quantity(order: Order, quantity: int, line: int = 1, **kwargs) -> OrderChange:
    return OrderChange(order.pk, quantities=[NewQuantity(line, quantity)], **kwargs)


def test_many_changes_of_one_order_come_one_after_the_other(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 30)
    order = create_order(post.order((product, 1)))
    calls = [partial(change_order, OrderChange(order.pk, added=[NewLine(product.pk, 2)])) for _n in range(12)]
    assert names(race(*calls)) == {"Order": 12}
    assert sorted(order.lines.values_list("position", flat=True)) == list(range(1, 14))
    assert StockLevel.objects.get().reserved == 25
    assert order_differences() == []


def test_the_last_pieces_go_to_one_of_two_changes(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 12)
    orders = [create_order(post.order((product, 1))) for _n in range(10)]
    results = race(*[partial(change_order, set_quantity(o, 3, allow_backorder=False)) for o in orders])
    assert names(results) == {"Order": 1, "InsufficientStock": 9}
    assert StockLevel.objects.get().reserved == 12
    assert Counter(LostDemand.objects.values_list("kind", "quantity")) == {("refused", 2): 9}


def test_change_ship_and_cancel_at_once_tie_out(race):
    post, product, other = Post(), ProductFactory(), ProductFactory()
    stock(product, post.warehouse, 60)
    stock(other, post.warehouse, 60)
    orders = [create_order(post.order((product, 4), (other, 4))) for _n in range(12)]
    waiting = [create_order(post.order((product, 30))) for _n in range(2)]
    calls = []
    for n, order in enumerate(orders):
        calls += [
            partial(change_order, set_quantity(order, 1 + n % 7)),
            partial(ship_order, NewShipment(order.pk)),
            partial(change_order, OrderChange(order.pk, closed=[ShortClose(2, "race")])),
        ]
        calls += [partial(cancel_order, order.pk, reason="race")] if n % 3 == 0 else []
    results = race(*calls)
    assert all(isinstance(result, DomainError | Order) or hasattr(result, "number") for result in results), results
    place = (product.pk, post.warehouse.pk)
    level = StockLevel.objects.get(product=product)
    assert level.available == 0 or place not in waiting_by_place([place])
    assert len(waiting) == 2
    assert stock_differences() == []
    assert order_differences() == []


def test_changes_and_orders_in_opposite_line_order_never_deadlock(race):
    post = Post()
    products = [ProductFactory() for _n in range(5)]
    for product in products:
        stock(product, post.warehouse, 500)
    lines = [(product, 2) for product in products]
    orders = [create_order(post.order(*lines[::step])) for step in (1, -1) * 6]
    calls = [partial(change_order, OrderChange(o.pk, [NewQuantity(n, n % 3 + 1) for n in range(1, 6)])) for o in orders]
    calls += [partial(create_order, post.order(*lines[::step])) for step in (1, -1) * 6]
    with patch("core.transactions.MAX_TRIES", 1):  # no retry may hide one
        assert names(race(*calls)) == {"Order": 24}
    assert stock_differences() == []


def test_the_first_order_and_the_first_receipt_of_a_product_meet(race):
    """The order commits when the receipt is done or waits for it; either way no line waits for what is there."""
    post, product = Post(), ProductFactory()
    entered, received = Event(), Event()

    def hold(sender, **kwargs):
        entered.set()
        wait_until(lambda: received.is_set() or somebody_waits_for_a_lock(), "the receipt is done or waits")

    def receive():
        entered.wait(timeout=60)
        stock(product, post.warehouse, 10)
        received.set()

    orders_created.connect(hold)
    try:
        assert names(race(partial(create_order, post.order((product, 4))), receive)) == {"Order": 1, "NoneType": 1}
    finally:
        orders_created.disconnect(hold)
    place = (product.pk, post.warehouse.pk)
    assert waiting_by_place([place]) == {}
    assert StockLevel.objects.get().available == 6
