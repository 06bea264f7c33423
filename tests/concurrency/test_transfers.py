"""Two people at one transfer, and a sale beside it. Each race has its control."""

from functools import partial
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from inventory import transfers
from inventory.models import StockLevel, StockMove, Transfer
from inventory.places import Basket
from inventory.services import reserve_stock
from inventory.verification import stock_differences, transfer_differences
from tests.inventory.test_transfers import Route

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def route():
    return Route()


def kinds(results) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_a_transfer_is_sent_once(race, route):
    transfer = route.ask((route.tea, 4))
    send = partial(transfers.send_transfer, transfer.pk)
    assert kinds(race(send, send)) == ["IllegalTransition", "Transfer"]
    assert StockLevel.objects.get(product=route.tea).on_hand == 6


def test_control_without_the_lock_it_leaves_twice(race, route):
    transfer = route.ask((route.tea, 4))
    met = Barrier(2)

    def unlocked(pk):
        row = Transfer.objects.select_related("source", "destination").get(pk=pk)
        met.wait(timeout=30)
        return row

    send = partial(transfers.send_transfer, transfer.pk)
    with patch("inventory.transfers.lock_transfer", unlocked):
        assert kinds(race(send, send)) == ["Transfer", "Transfer"]
    assert StockLevel.objects.get(product=route.tea).on_hand == 2
    assert transfer_differences()


def test_two_tablets_receive_it_once(race, route):
    transfer = route.ask((route.tea, 4))
    transfers.send_transfer(transfer.pk)
    receive = partial(transfers.receive_transfer, transfer.pk)
    results = race(receive, receive)
    assert kinds(results) == ["IllegalTransition", "Transfer"]
    assert StockLevel.objects.get(product=route.tea, warehouse=route.north).on_hand == 4
    assert not transfer_differences()


def test_the_last_pieces_are_sold_or_sent(race, route):
    """6 wanted by an order and 6 by a transfer, of 10: one of them gets less, and nothing is held that is not there."""
    transfer = route.ask((route.tea, 6))
    place = (route.tea.pk, route.south.pk)

    def sell():
        # A reservation is an inner service: an order's transaction is around it.
        with transaction.atomic():
            return reserve_stock([Basket([(place, 6)], allow_short=True)], at=timezone.now())

    def send():
        return transfers.send_transfer(transfer.pk)

    race(sell, send)
    level = StockLevel.objects.get(product=route.tea, warehouse=route.south)
    sent = -sum(StockMove.objects.filter(kind="transfer").values_list("quantity", flat=True))
    assert (level.on_hand, level.reserved) in {(4, 4), (10, 6)}
    assert level.on_hand == 10 - sent
    assert not stock_differences()
    assert not transfer_differences()
