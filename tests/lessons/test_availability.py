"""Lessons 47 to 53 of REQUIREMENTS section 2: availability, intake and news, where no other test shows them.

The whole table, with the tests that stand elsewhere, is docs/lessons.md.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InsufficientStock
from core.models import OutboxEvent
from inventory.models import StockLevel
from inventory.selectors import availability
from inventory.services import adjust_stock
from orders.availability import product_availability
from orders.models import Order, ShipmentLine
from orders.promise import promise
from orders.quotes import Charges, TypedLine, quote
from orders.services import cancel_order, change_order, create_order, return_goods, ship_order
from orders.values import NewQuantity, NewReturn, NewShipment, OrderChange
from purchasing.models import ReorderMark
from purchasing.services import create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import SupplierItemFactory, stock
from tests.orders.conftest import Desk

pytestmark = pytest.mark.django_db


def test_lesson_47_a_promise_asks_no_more_the_more_is_open(desk):
    """Lines asked for and open orders on them grow; the number of queries does not."""
    products = [desk.product() for _n in range(30)]
    for product in products:
        stock(product, desk.warehouse, 5)
    places = [(product.pk, desk.warehouse.pk) for product in products]
    with CaptureQueriesContext(connection) as few:
        promise([(places[0], 10)])
    for _n in range(10):
        create_order(desk.order(*[(product, 1) for product in products]))
    with CaptureQueriesContext(connection) as many:
        promise([(place, 10) for place in places])
    assert len(few) == len(many)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    on_hand=st.integers(0, 12),
    earlier=st.lists(st.integers(1, 6), max_size=4),
    wanted=st.lists(st.integers(1, 8), min_size=1, max_size=3),
)
def test_lesson_48_green_means_that_confirming_succeeds(on_hand, earlier, wanted):
    """And red means that it does not: the page, the API and confirming ask the same function."""
    desk = Desk()
    product = desk.product()
    if on_hand:
        stock(product, desk.warehouse, on_hand)
    for quantity in earlier:
        create_order(desk.order((product, quantity)))
    typed = [TypedLine(product.pk, quantity, product.price) for quantity in wanted]
    answers = quote(typed, desk.warehouse.pk, Charges(), with_margin=False)[0]
    (row,) = product_availability([product], [desk.warehouse], sum(wanted))
    is_green = not any(answer.is_short for answer in answers)
    assert is_green == (row.places[0].promise.now == sum(wanted))
    try:
        create_order(desk.order(*[(product, quantity) for quantity in wanted], allow_backorder=False))
    except InsufficientStock:
        assert not is_green
    else:
        assert is_green


@pytest.fixture
def causes(desk):
    """Everything that changes stock, as (name, call, topic of the fact for outsiders)."""
    item = SupplierItemFactory()
    product, place = item.product, (item.product_id, desk.warehouse.pk)
    stock(product, desk.warehouse, 50)
    shipped, cancelled, changed, waiting = (create_order(desk.order((product, 2))) for _n in range(4))
    ship_order(NewShipment(shipped.pk))
    line = ShipmentLine.objects.get()
    new = NewPurchaseOrder(item.supplier_id, desk.warehouse.pk, [NewPurchaseLine(product.pk, 5)])
    (purchase,) = create_purchase_orders([new])
    count = {"product_id": place[0], "warehouse_id": place[1], "difference": -1, "reason": "count"}
    return place, [
        ("order", lambda: create_order(desk.order((product, 1))), "order.created"),
        ("change", lambda: change_order(OrderChange(changed.pk, [NewQuantity(1, 3)])), "order.changed"),
        ("cancel", lambda: cancel_order(cancelled.pk, reason="x"), "order.cancelled"),
        ("ship", lambda: ship_order(NewShipment(waiting.pk)), "order.shipped"),
        ("return", lambda: return_goods([NewReturn(shipped.pk, {line.pk: 1})]), "order.returned"),
        ("receive", lambda: receive_goods([NewReceipt(purchase.pk)]), "goods.received"),
        ("count", lambda: adjust_stock(**count), "stock.adjusted"),
    ]


def test_lesson_50_every_cause_of_a_change_is_heard(causes):
    """Orders as much as corrections by hand: a mark for the reorder check, and a fact for outsiders."""
    place, calls = causes
    for name, call, topic in calls:
        ReorderMark.objects.all().delete()
        OutboxEvent.objects.all().delete()
        call()
        assert set(ReorderMark.objects.values_list("product_id", "warehouse_id")) == {place}, name
        assert list(OutboxEvent.objects.values_list("topic", flat=True)) == [topic], name


def test_lesson_51_available_is_the_same_everywhere(desk, client_of):
    """On hand less reserved, on every screen, list and filter."""
    product = desk.product(sku="TEA")
    stock(product, desk.warehouse, 10)
    create_order(desk.order((product, 4)))
    place = (product.pk, desk.warehouse.pk)
    client = client_of(role="Managers")
    (row,) = product_availability([product], [desk.warehouse], 7)
    answers = {
        "row": StockLevel.objects.get().available,
        "selector": availability([place])[place].available,
        "page": row.places[0].available,
        "promise": row.places[0].promise.now,
        "quote": quote([TypedLine(product.pk, 7, product.price)], desk.warehouse.pk, Charges(), with_margin=False)[0][
            0
        ].now,
        "stock list": client.get("/api/v1/stock/?product=TEA").json()["results"][0]["available"],
        "availability list": client.get("/api/v1/availability/").json()["results"][0]["places"][0]["available"],
    }
    assert set(answers.values()) == {6}, answers
    assert client.get("/api/v1/stock/?available_min=7").json()["results"] == []
    assert len(client.get("/api/v1/stock/?available_min=6").json()["results"]) == 1


def test_lesson_52_a_day_of_orders_from_a_channel_comes_in_bulk_and_may_come_twice(shop, client_of):
    """Three hundred orders in three requests, each sent twice: three hundred orders."""
    client = client_of(role="Integrations")
    stock(shop.cup, shop.warehouse, 1000)
    for part in range(3):
        orders = [shop.order(("CUP", 1), external_reference=f"W-{part}-{n}") for n in range(100)]
        answers = [client.post("/api/v1/orders/bulk/", {"orders": orders}, format="json").json() for _twice in range(2)]
        assert [(answer["created"], answer["repeated"]) for answer in answers] == [(100, 0), (0, 100)]
    assert Order.objects.count() == 300
    assert StockLevel.objects.get(product=shop.cup).reserved == 300
