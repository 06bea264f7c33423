"""Stock changes: the ledger, reservations and values move together, by figures worked out by hand."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from core.errors import InsufficientStock, InvalidInput
from inventory.models import Reservation, StockLevel, StockMove
from inventory.places import Basket, Grant, Issue, Receipt, Shortage
from inventory.services import adjust_stock, issue_stock, receive_stock, reserve_stock
from inventory.verification import stock_differences
from tests.factories import ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    product, warehouse = ProductFactory(), WarehouseFactory()
    stock(product, warehouse, 10, "3.3333")
    return product.pk, warehouse.pk


def level_of(place) -> StockLevel:
    return StockLevel.objects.get(product=place[0], warehouse=place[1])


def reserve(place, quantity, *, allow_short=False):
    return reserve_stock([Basket([(place, quantity)], allow_short)], at=timezone.now())[0]


def test_an_opening_balance_sets_quantity_and_value(place):
    level = level_of(place)
    assert (level.on_hand, level.reserved, level.available, level.value) == (10, 0, 10, Decimal("33.33"))


def test_baskets_are_served_in_turn_and_refused_whole(place):
    results = reserve_stock(
        [
            Basket([(place, 6)], allow_short=False),
            Basket([(place, 5)], allow_short=False),
            Basket([(place, 7)], allow_short=True),
            Basket([(place, 1)], allow_short=True),
        ],
        at=timezone.now(),
    )
    first, refused, short, nothing = results
    assert (first[0].wanted, first[0].granted) == (6, 6)
    assert refused == Shortage([4])
    assert (short[0].wanted, short[0].granted) == (7, 4)
    assert nothing == [Grant(1, 0, None)]
    assert level_of(place).reserved == 10


def test_one_basket_may_name_a_place_twice(place):
    grants = reserve_stock([Basket([(place, 6), (place, 6)], allow_short=True)], at=timezone.now())[0]
    assert [grant.granted for grant in grants] == [6, 4]


def test_a_place_that_was_never_stocked_grants_nothing():
    product, warehouse = ProductFactory(), WarehouseFactory()
    assert reserve((product.pk, warehouse.pk), 1, allow_short=True) == [Grant(1, 0, None)]


def test_issues_cost_the_moving_average_and_the_last_piece_takes_the_remainder(place):
    now = timezone.now()
    moves = issue_stock([Issue(place, 3, "A"), Issue(place, 7, "B")], kind=StockMove.Kind.SHIPMENT, at=now)
    # 33.33 × 3 / 10 = 9.999 → 10.00; the rest is 23.33.
    assert [move.value for move in moves] == [Decimal("-10.00"), Decimal("-23.33")]
    level = level_of(place)
    assert (level.on_hand, level.value) == (0, Decimal("0.00"))


def test_a_receipt_moves_the_average(place):
    now = timezone.now()
    receive_stock([Receipt(place, 10, Decimal("66.67"), "R")], kind=StockMove.Kind.RECEIPT, at=now)
    move = issue_stock([Issue(place, 5, "A")], kind=StockMove.Kind.SHIPMENT, at=now)[0]
    assert move.value == Decimal("-25.00")  # 100.00 for 20 pieces


def test_an_issue_consumes_its_reservation(place):
    reservation = reserve(place, 4)[0].reservation_id
    issue_stock([Issue(place, 3, "A", reservation)], kind=StockMove.Kind.SHIPMENT, at=timezone.now())
    assert Reservation.objects.get(pk=reservation).quantity == 1
    level = level_of(place)
    assert (level.on_hand, level.reserved) == (7, 1)


def test_more_than_on_hand_cannot_leave(place):
    with pytest.raises(InsufficientStock), transaction.atomic():
        issue_stock([Issue(place, 11, "A")], kind=StockMove.Kind.SHIPMENT, at=timezone.now())
    assert level_of(place).on_hand == 10


def test_found_pieces_are_worth_the_average(place):
    move = adjust_stock(product_id=place[0], warehouse_id=place[1], difference=3, reason="count")
    assert move.value == Decimal("10.00")  # 3 × 3.333 = 9.999
    assert level_of(place).on_hand == 13


def test_missing_pieces_are_taken_from_the_newest_reservations(place):
    old, new = reserve(place, 4)[0].reservation_id, reserve(place, 5)[0].reservation_id
    adjust_stock(product_id=place[0], warehouse_id=place[1], difference=-4, reason="broken")
    # 10 - 4 = 6 left for 9 reserved: the newest gives up 3.
    assert Reservation.objects.get(pk=old).quantity == 4
    assert Reservation.objects.get(pk=new).quantity == 2
    level = level_of(place)
    assert (level.on_hand, level.reserved, level.available) == (6, 6, 0)


@pytest.mark.parametrize(
    ("difference", "reason", "field"), [(0, "count", "difference"), (1, " ", "reason"), (10**12, "x", "difference")]
)
def test_a_wrong_adjustment_names_the_field_and_changes_nothing(place, difference, reason, field):
    with pytest.raises(InvalidInput) as refused:
        adjust_stock(product_id=place[0], warehouse_id=place[1], difference=difference, reason=reason)
    assert list(refused.value.field_errors) == [field]
    assert level_of(place).on_hand == 10


def test_more_than_there_is_cannot_be_missing(place):
    with pytest.raises(InsufficientStock):
        adjust_stock(product_id=place[0], warehouse_id=place[1], difference=-11, reason="theft")


def test_everything_above_ties_out(place):
    reserve(place, 4)
    adjust_stock(product_id=place[0], warehouse_id=place[1], difference=-8, reason="broken")
    assert stock_differences() == []
