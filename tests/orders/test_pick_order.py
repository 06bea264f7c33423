"""Which orders stand in the pick queue, and in what turn: priority first, complete ones only when they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import IllegalTransition
from orders import picking
from orders.services import create_order, ship_order
from orders.values import NewShipment
from tests.factories import stock

pytestmark = pytest.mark.django_db


def numbers_in_queue(desk, **wish):
    return [order.number for order in picking.pick_queue(desk.warehouse.pk, **wish)]


def test_priority_is_picked_first_page_by_page(desk):
    product = desk.product()
    stock(product, desk.warehouse, 9)
    today = timezone.localdate()
    made = [
        create_order(desk.order((product, 1), requested_date=today + timedelta(days=days), is_priority=urgent))
        for days, urgent in ((0, False), (2, True), (1, False), (1, True))
    ]
    in_turn = [made[n] for n in (3, 1, 0, 2)]
    assert numbers_in_queue(desk) == [order.number for order in in_turn]
    for place, order in enumerate(in_turn):
        assert numbers_in_queue(desk, after=order.pk) == [later.number for later in in_turn[place + 1 :]]
    (sheet,) = picking.pick_sheets([order.pk for order in made])
    assert sheet.orders == in_turn


def test_an_order_that_ships_only_complete_waits_for_its_last_piece(desk):
    product = desk.product()
    stock(product, desk.warehouse, 3)
    desk.customer.ship_complete = True
    desk.customer.save()
    order = create_order(desk.order((product, 5)))
    split_allowed = create_order(desk.order((product, 1), ship_complete=False))
    assert (order.ship_complete, split_allowed.ship_complete) == (True, False)
    assert numbers_in_queue(desk) == []
    with pytest.raises(IllegalTransition, match="ships only complete: 2 pieces would be left"):
        ship_order(NewShipment(order.pk))
    stock(product, desk.warehouse, 2)
    assert numbers_in_queue(desk) == [order.number]
    ship_order(NewShipment(order.pk))
    order.refresh_from_db()
    assert order.status == "shipped"
