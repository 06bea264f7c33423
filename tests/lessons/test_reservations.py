"""Lessons 1 to 13 of REQUIREMENTS section 2: overselling and reservation races, where no other test shows them.

The whole table, with the tests that stand elsewhere, is docs/lessons.md.
"""

from functools import partial
from threading import Event
from unittest.mock import patch

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from rest_framework.authtoken.models import Token

from core.transactions import MAX_TRIES, retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.models import Reservation, StockLevel
from inventory.places import Basket, Shortage
from inventory.services import reserve_stock
from inventory.verification import stock_differences
from orders.models import Allocation, LostDemand, Order
from orders.selectors import OrderWish, order_list
from orders.services import create_order, create_orders
from orders.verification import order_differences
from purchasing.models import ReorderMark
from tests.architecture.test_house import offenders
from tests.concurrency.test_orders import Post, names
from tests.factories import ProductFactory, stock
from tests.processes import wait_until
from tests.races import somebody_waits_for_a_lock


@pytest.mark.django_db
def test_lesson_2_a_hundred_orders_are_a_hundred_allocations(desk):
    """An order and what holds its stock are written together or not at all."""
    product = desk.product()
    stock(product, desk.warehouse, 100)
    for _n in range(20):
        create_order(desk.order((product, 1)))
    create_orders([desk.order((product, 1)) for _n in range(80)])
    assert (Order.objects.count(), Allocation.objects.count(), Reservation.objects.count()) == (100, 100, 100)
    assert StockLevel.objects.get().available == 0
    with patch("orders.services.intake.audit.record_many", side_effect=RuntimeError), pytest.raises(RuntimeError):
        create_order(desk.order((product, 1)))
    assert (Order.objects.count(), Allocation.objects.count()) == (100, 100)
    assert order_differences() == []


def test_lessons_3_and_12_stock_is_reserved_in_one_place():
    """No fast path around the reservation: only inventory's services write reservations, only they take them."""
    # Expired pieces are held back beside it, for nobody.
    services = ("inventory/services.py", "inventory/blocks.py")
    written = r"Reservation\.objects\.(create|bulk_create|update|filter\(.*\)\.update)|_columns\(\s*Reservation\b"
    assert offenders(written, allowed=services) == []
    assert offenders(r"add_to_column\(Reservation\b", allowed=services) == []
    assert offenders(r"(?i)(insert into|update) (inventory_reservation|orders_orderline|orders_allocation)\b") == []
    assert offenders(r"StockLevel\.objects\.(create|bulk_create|.*\.update\()") == []
    inserts = r"\bOrderLine\.objects\.(create|bulk_create)|_columns\(\s*OrderLine\b"
    services = ("intake", "changes", "splitting")
    assert offenders(inserts, allowed=tuple(f"orders/services/{name}.py" for name in services)) == []


@pytest.mark.django_db
def test_lesson_5_stock_is_checked_again_when_the_order_is_confirmed(desk, client_of, shop):
    """What a quote promised is worth nothing once somebody else was quicker."""
    client = client_of(role="Sales")
    line = {"product_id": shop.tea.pk, "quantity": 10, "unit_price": "10.00"}
    body = {"warehouse": shop.warehouse.pk, "lines": [line]}
    client.force_login(user_of(client))
    assert client.post("/orders/quote/", body, format="json").json()["lines"][0]["short"] is False
    assert client.post("/api/v1/orders/", shop.order(("TEA", 1)), format="json").status_code == 201
    refused = client.post("/api/v1/orders/", shop.order(("TEA", 10), allow_backorder=False), format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert refused.json()["meta"]["lines"] == [{"line": 1, "sku": "TEA", "wanted": 10, "available": 9}]


def user_of(client):
    return Token.objects.get(key=client._credentials["HTTP_AUTHORIZATION"].removeprefix("Token ")).user


def test_lesson_7_skip_locked_is_for_work_queues_only():
    """A counter that is skipped because somebody holds it is a counter that is wrong."""
    queues = ("core/locks.py", "orders/locks.py", "purchasing/locks.py", "forecasting/locks.py")
    assert offenders(r"(?i)skip[_ ]locked=|for (no key )?update (of \w+ )?skip locked", allowed=queues) == []


@pytest.mark.django_db
def test_lesson_7_a_place_has_one_row(desk):
    """Nobody can make a second quantity for the same pieces."""
    product = desk.product()
    stock(product, desk.warehouse, 1)
    with pytest.raises(IntegrityError, match="stocklevel_one_per_place"), transaction.atomic():
        StockLevel.objects.create(product=product, warehouse=desk.warehouse)


def test_lesson_9_what_fits_exactly_is_never_refused(race):
    """The guard stands on one row and gives no false alarm, however many come at once."""
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 60)
    calls = [partial(create_order, post.order((product, 3), allow_backorder=False)) for _n in range(20)]
    assert names(race(*calls)) == {"Order": 20}
    assert StockLevel.objects.get().available == 0


def test_lesson_10_reserving_by_hand_races_with_orders_and_takes_no_piece_twice(race):
    """Whoever reserves, an order or another document, takes the same lock."""
    post, product = Post(), ProductFactory()
    stock(product, post.warehouse, 10)
    place = (product.pk, post.warehouse.pk)

    def by_hand():
        with transaction.atomic(durable=True):
            return reserve_stock([Basket([(place, 1)], allow_short=False)], at=timezone.now())[0]

    calls = [by_hand, partial(create_order, post.order((product, 1), allow_backorder=False))] * 10
    results = race(*calls)
    granted = sum(isinstance(result, Order | list) for result in results)
    refused = names(results)["InsufficientStock"] + sum(isinstance(result, Shortage) for result in results)
    assert (granted, refused) == (10, 10)
    assert StockLevel.objects.get().reserved == 10
    assert stock_differences() == []


def test_lesson_11_orders_of_other_products_do_not_wait(race):
    """The lock is on the stock row: a product that somebody holds keeps nobody from the next one."""
    post, held, other = Post(), ProductFactory(), ProductFactory()
    for product in (held, other):
        stock(product, post.warehouse, 10)
    locked, done = Event(), Event()

    def hold():
        with transaction.atomic(durable=True):
            lock_stock_levels([(held.pk, post.warehouse.pk)])
            locked.set()
            assert done.wait(timeout=60), "the other product's order waited"

    def sell():
        locked.wait(timeout=60)
        create_order(post.order((other, 1)))
        done.set()

    assert names(race(hold, sell)) == {"NoneType": 2}


def test_lesson_11_control_orders_of_the_held_product_do_wait(race):
    post, held = Post(), ProductFactory()
    stock(held, post.warehouse, 10)
    locked, sold = Event(), Event()

    def hold():
        with transaction.atomic(durable=True):
            lock_stock_levels([(held.pk, post.warehouse.pk)])
            locked.set()
            wait_until(somebody_waits_for_a_lock, "the order waits")
            assert not sold.is_set()

    def sell():
        locked.wait(timeout=60)
        create_order(post.order((held, 1)))
        sold.set()

    assert names(race(hold, sell)) == {"NoneType": 2}


@pytest.mark.django_db
def test_lesson_13_a_shortage_is_seen_by_somebody(desk, client_of):
    """Short lines are in the answer, in the list of waiting orders, in lost demand and in what is to be bought."""
    product = desk.product()
    stock(product, desk.warehouse, 3)
    ReorderMark.objects.all().delete()
    order = create_order(desk.order((product, 5)))
    (waiting,) = order_list(OrderWish(waiting=True))
    assert (waiting.pk, waiting.waiting) == (order.pk, 2)
    assert LostDemand.objects.get().quantity == 2
    assert ReorderMark.objects.filter(product=product, warehouse=desk.warehouse).exists()


@pytest.mark.django_db(transaction=True)
def test_lesson_53_a_deadlock_is_retried_a_bounded_number_of_times():
    """Then it is an error that the caller sees, not a loop."""
    tries = []

    @retry_on_conflict
    @transaction.atomic(durable=True)
    def always_in_a_deadlock():
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    with patch("core.transactions.time.sleep"), pytest.raises(OperationalError):
        always_in_a_deadlock()
    assert len(tries) == MAX_TRIES
