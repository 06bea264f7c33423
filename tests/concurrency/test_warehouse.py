"""Two people, or one impatient one, confirm the same shipment or correct the same shelf at once."""

from functools import partial

from core.errors import Outdated
from inventory.models import StockLevel, StockMove
from inventory.places import Agreed
from inventory.services import adjust_stock
from inventory.verification import stock_differences
from orders.models import Shipment
from orders.services import create_order, ship_order
from orders.values import NewShipment
from tests.concurrency.test_orders import Post, names
from tests.factories import ProductFactory, stock


def order_of_ten():
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 10)
    order = create_order(post.order((product, 10)))
    return order, {order.lines.get().pk: 3}


def test_one_form_sent_twice_at_once_ships_once(race):
    order, three = order_of_ten()
    send = partial(ship_order, NewShipment(order.pk, three, shipments_before=0))
    assert names(race(*[send] * 4)) == {"Shipment": 1, "Outdated": 3}
    assert order.lines.get().shipped == 3
    assert Shipment.objects.count() == 1
    assert stock_differences() == []


def test_control_a_sender_who_knows_nothing_ships_again(race):
    order, three = order_of_ten()
    assert names(race(*[partial(ship_order, NewShipment(order.pk, three))] * 2)) == {"Shipment": 2}
    assert order.lines.get().shipped == 6


def correction(product, warehouse, **more):
    return partial(
        adjust_stock, product_id=product.pk, warehouse_id=warehouse.pk, difference=-4, reason="count", **more
    )


def test_one_correction_sent_twice_at_once_happens_once(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 10)
    results = race(*[correction(product, post.warehouse, agreed=Agreed(on_hand=10, cut=0))] * 4)
    assert names(results) == {"StockMove": 1, "Outdated": 3}
    assert all(result.meta == {"on_hand": 6} for result in results if isinstance(result, Outdated))
    assert StockLevel.objects.get().on_hand == 6
    assert stock_differences() == []


def test_control_without_what_was_agreed_it_happens_twice(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 10)
    assert names(race(*[correction(product, post.warehouse)] * 2)) == {"StockMove": 2}
    assert StockLevel.objects.get().on_hand == 2


def test_an_order_and_a_correction_at_once_never_cut_more_than_agreed(race):
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 10)
    results = race(
        partial(create_order, post.order((product, 10))),
        correction(product, post.warehouse, agreed=Agreed(on_hand=10, cut=0)),
    )
    reserved = StockLevel.objects.get().reserved
    # The order first: the correction is refused. The correction first: the order gets what is left.
    assert (names(results[1:]), reserved) in [({"Outdated": 1}, 10), ({"StockMove": 1}, 6)]
    assert StockMove.objects.count() == 1 + (reserved == 6)
    assert stock_differences() == []
