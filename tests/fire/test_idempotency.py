"""Idempotency keys over real sockets: one effect and one answer, to the byte, whatever happens on the line."""

import http.client
import json
import re
from collections import Counter
from functools import partial

import pytest

from core.models import AuditEntry, IdempotencyKey
from inventory.models import StockMove
from inventory.verification import stock_differences
from orders.models import LostDemand, Order, Shipment
from orders.services import create_order
from orders.values import NewLine, NewOrder
from purchasing.models import GoodsReceipt, PurchaseOrder, ReorderSuggestion
from purchasing.services import create_purchase_orders, drain_marks
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.permissions.test_api import MATRIX
from tests.processes import wait_until
from tests.races import at_once


def test_the_same_request_at_the_same_moment_has_one_effect_and_one_answer(shop, channel):
    body = shop.order(("TEA", 3))
    answers = at_once([partial(channel.post, "orders/", body, "K1")] * 8, connected=False)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert Counter(answer.headers.get("Idempotency-Replayed") for answer in answers) == {None: 1, "true": 7}
    assert Order.objects.count() == 1
    shop.level.refresh_from_db()
    assert shop.level.reserved == 3


def test_another_body_at_the_same_moment_is_refused(shop, channel):
    bodies = [shop.order(("TEA", 1 + n % 2)) for n in range(8)]
    answers = at_once([partial(channel.post, "orders/", body, "K1") for body in bodies], connected=False)
    assert Counter(answer.status for answer in answers) == {201: 4, 409: 4}
    assert {answer.json()["code"] for answer in answers if answer.status == 409} == {"duplicate"}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert Order.objects.count() == 1


def test_a_refusal_at_the_same_moment_is_one_lost_demand(shop, channel):
    body = shop.order(("TEA", 11), allow_backorder=False)
    answers = at_once([partial(channel.post, "orders/", body, "K1")] * 6, connected=False)
    assert {answer.status for answer in answers} == {409}
    assert len({answer.body for answer in answers}) == 1
    assert LostDemand.objects.get().quantity == 11


def test_who_hangs_up_before_the_answer_gets_it_on_asking_again(shop, channel):
    body = shop.order(("TEA", 3))
    connection = http.client.HTTPConnection("127.0.0.1", channel.port)
    connection.request("POST", "/api/v1/orders/", json.dumps(body).encode(), channel.headers("K1"))
    connection.close()
    wait_until(lambda: IdempotencyKey.objects.filter(status=201).exists(), "the answer is stored")
    again = channel.post("orders/", body, "K1")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert Order.objects.get().number == again.json()["number"]


def test_half_a_request_has_no_effect(shop, channel):
    body = json.dumps(shop.order(("TEA", 3))).encode()
    connection = http.client.HTTPConnection("127.0.0.1", channel.port)
    headers = channel.headers("K1") | {"Content-Length": str(len(body))}
    connection.request("POST", "/api/v1/orders/", body[:-10], headers)
    connection.close()
    assert channel.post("orders/", json.loads(body), "K1").status == 201
    assert Order.objects.count() == 1


@pytest.fixture
def documents(shop):
    """One document for each kind of POST."""

    def order(pieces=1):
        lines = [NewLine(shop.tea.pk, pieces)]
        return create_order(NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, lines)).pk

    def purchase(place):
        lines = [NewPurchaseLine(shop.tea.pk, 6)]
        new = NewPurchaseOrder(shop.supplier.pk, shop.warehouse.pk, lines, place=place)
        return create_purchase_orders([new])[0].pk

    create_order(NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, [NewLine(shop.cup.pk, 3)]))
    drain_marks()
    suggestion = ReorderSuggestion.objects.get().pk
    tea = {"product": "TEA", "quantity": 6}
    return {
        "orders/": shop.order(("TEA", 1)),
        "orders/bulk/": {"orders": [shop.order(("TEA", 1))]},
        f"orders/{order()}/change/": {"lines": [{"line": 1, "quantity": 2}]},
        f"orders/{order(2)}/split/": {"lines": [{"line": 1, "quantity": 1}]},
        f"orders/{order()}/cancel/": {"reason": "mistake"},
        f"orders/{order()}/ship/": {},
        "stock-adjustments/": {"product": "TEA", "warehouse": "MAIN", "difference": 2, "reason": "found"},
        "purchase-orders/": {"supplier": "S1", "warehouse": "MAIN", "lines": [tea]},
        f"purchase-orders/{purchase(False)}/place/": {},
        f"purchase-orders/{purchase(True)}/cancel/": {"reason": "mistake"},
        f"purchase-orders/{purchase(True)}/receive/": {},
        "reorder-suggestions/approve/": {"lines": [{"id": suggestion}]},
        f"reorder-suggestions/{suggestion}/dismiss/": {},
    }


def test_every_post_is_repeatable(shop, channel, documents):
    """Suggestions can be approved or dismissed, not both: the second of the two is refused, each time alike."""
    assert {re.sub("[0-9]+", "0", path) for path in documents} == {row[1] for row in MATRIX if row[0] == "post"}
    before = AuditEntry.objects.count()
    for number, (path, body) in enumerate(documents.items()):
        answers = at_once([partial(channel.post, path, body, f"K{number}")] * 3, connected=False)
        answers.append(channel.post(path, body, f"K{number}"))
        assert len({(answer.status, answer.body) for answer in answers}) == 1, path
        assert answers[0].status in ([409] if path.endswith("dismiss/") else [200, 201]), answers[0].body
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1, path
    assert (Order.objects.count(), Shipment.objects.count(), GoodsReceipt.objects.count()) == (8, 1, 1)
    assert (PurchaseOrder.objects.count(), StockMove.objects.filter(kind="adjustment").count()) == (5, 1)
    # One step each for: order, bulk, change, cancel, ship, purchase, place, cancel, receive, approve; a split is one
    # on either order.
    assert AuditEntry.objects.count() - before == 12
    assert stock_differences() == []
