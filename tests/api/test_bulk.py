"""Many orders in one request: a result each, repeatable, gzipped, bounded; the number of queries does not grow."""

import gzip
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry, OutboxEvent
from inventory.verification import stock_differences
from orders.models import LostDemand, Order
from tests.api.conftest import Shop
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders/bulk/"


@pytest.fixture
def shop_client(client_of):
    return client_of(role="Integrations")


def send(client, *orders, **kwargs):
    return client.post(URL, {"orders": list(orders)}, format="json", **kwargs)


def packed(client, body: bytes, **headers):
    return client.generic("POST", URL, body, content_type="application/json", headers=headers)


def problem(response) -> tuple[int, str, str]:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    return response.status_code, body["code"], body["detail"]


def test_each_order_has_its_own_result(shop_client, shop: Shop):
    CustomerFactory(code="C2", name="Wang", is_blocked=True)
    response = send(
        shop_client,
        shop.order(("TEA", 7), external_reference="A-1"),
        shop.order(("NOPE", 1), ("TEA", 0), external_reference="A-2"),
        shop.order(("TEA", 4), ("CUP", 2), external_reference="A-3"),
        shop.order(("TEA", 1), allow_backorder=False, external_reference="A-4"),
        shop.order(("TEA", 1), external_reference="A-5") | {"customer": "C2"},
        shop.order(("TEA", 1), ("NOPE", 1), external_reference="A-6") | {"customer": "nobody"},
        "no order",
    )
    assert response.status_code == 200, response.content
    answer = response.json()
    first, third = Order.objects.order_by("pk")
    assert (answer["created"], answer["repeated"], answer["refused"]) == (2, 0, 5)
    created, wrong, short, refused, blocked, unknown, nonsense = answer["results"]
    assert created == {
        "external_reference": "A-1",
        "outcome": "created",
        "order": {"id": first.pk, "number": first.number, "status": "open", "reserved": 7, "waiting": 0},
        "problem": None,
    }
    # 10 - 7 = 3 of 4 TEA, none of 2 CUP.
    assert short["order"] == {"id": third.pk, "number": third.number, "status": "open", "reserved": 3, "waiting": 3}
    assert (wrong["outcome"], wrong["order"], wrong["problem"]["code"]) == ("refused", None, "invalid")
    assert wrong["problem"]["errors"] == [
        {"field": "lines.1.quantity", "detail": "Ensure this value is greater than or equal to 1."}
    ]
    assert (refused["problem"]["status"], refused["problem"]["code"]) == (409, "insufficient_stock")
    assert refused["problem"]["meta"]["lines"] == [{"line": 1, "sku": "TEA", "wanted": 1, "available": 0}]
    assert blocked["problem"]["code"] == "customer_blocked"
    assert unknown["problem"]["errors"] == [
        {"field": "customer", "detail": "There is no such entry: nobody."},
        {"field": "lines.1.product", "detail": "There is no such product: NOPE."},
    ]
    assert (nonsense["external_reference"], nonsense["problem"]["code"]) == ("", "invalid")
    assert sorted(LostDemand.objects.values_list("kind", "quantity")) == [
        ("backordered", 1),
        ("backordered", 2),
        ("refused", 1),
    ]
    assert stock_differences() == []


def test_signals_audit_and_outbox_are_those_of_every_order(shop_client, shop: Shop):
    send(shop_client, shop.order(("TEA", 1)), shop.order(("TEA", 2)))
    orders = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    assert list(AuditEntry.objects.filter(verb="confirmed").order_by("pk").values_list("subject_id", "data")) == [
        (orders[0], {"reserved": 1, "waiting": 0}),
        (orders[1], {"reserved": 2, "waiting": 0}),
    ]
    assert OutboxEvent.objects.filter(topic="order.created").count() == 2
    assert Order.objects.first().created_by.groups.get().name == "Integrations"


def test_sent_again_nothing_happens(shop_client, shop: Shop):
    first = send(shop_client, shop.order(("TEA", 3), external_reference="A-1"))
    again = send(
        shop_client,
        shop.order(("TEA", 3), external_reference="A-1"),
        shop.order(("TEA", 4), external_reference="A-1"),
        shop.order(("TEA", 1), external_reference="A-2"),
        shop.order(("TEA", 1), external_reference="A-2"),
    ).json()["results"]
    assert [result["outcome"] for result in again] == ["repeated", "refused", "created", "refused"]
    assert again[0]["order"] == first.json()["results"][0]["order"]
    assert [again[1]["problem"]["code"], again[3]["problem"]["code"]] == ["duplicate", "duplicate"]
    shop.level.refresh_from_db()
    assert (Order.objects.count(), shop.level.reserved) == (2, 4)


@pytest.mark.django_db(transaction=True)
def test_the_same_request_under_its_key_gets_the_first_answer(shop_client, shop: Shop):
    bodies = [shop.order(("TEA", 1)), shop.order(("NOPE", 1))]
    first = send(shop_client, *bodies, headers={"Idempotency-Key": "batch-1"})
    again = send(shop_client, *bodies, headers={"Idempotency-Key": "batch-1"})
    other = send(shop_client, bodies[0], headers={"Idempotency-Key": "batch-1"})
    assert (first.status_code, again.content, again["Idempotency-Replayed"]) == (200, first.content, "true")
    assert problem(other)[:2] == (409, "duplicate")
    assert Order.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_orders(shop_client, shop: Shop):
    def queries(count: int, prefix: str) -> int:
        orders = [
            shop.order(("TEA", 1), ("CUP", 1), external_reference=f"{prefix}-{n}", allow_backorder=n % 2 == 0)
            for n in range(count)
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert send(shop_client, *orders).status_code == 200
        return len(captured)

    queries(2, "warm")
    assert queries(2, "few") == queries(60, "many")


def test_a_gzipped_body_is_unpacked(shop_client, shop: Shop):
    body = json.dumps({"orders": [shop.order(("TEA", 2))]}).encode()
    half = len(body) // 2
    for form in (gzip.compress(body), gzip.compress(body[:half]) + gzip.compress(body[half:])):
        response = packed(shop_client, form, **{"Content-Encoding": "gzip"})
        assert (response.status_code, response.json()["created"]) == (200, 1), response.content
    assert Order.objects.count() == 2


def test_a_body_that_is_no_gzip_is_named(shop_client, shop: Shop):
    whole = gzip.compress(json.dumps({"orders": [shop.order(("TEA", 2))]}).encode())
    for broken in (b"{}", whole[:-4], whole[:30], whole + b"rest"):
        response = packed(shop_client, broken, **{"Content-Encoding": "gzip"})
        assert problem(response) == (400, "parse_error", "The body is not valid gzip, or it is cut off.")
    response = packed(shop_client, whole, **{"Content-Encoding": "br"})
    assert problem(response)[:2] == (415, "unsupported_media_type")
    assert not Order.objects.exists()


def test_too_large_a_body_is_refused_before_it_is_read_or_unpacked(shop_client, shop: Shop, settings):
    settings.API_MAX_BODY_BYTES = 4_000_000  # above the limit of Django's forms, which is not ours
    bomb = gzip.compress(b'{"orders": [' + b" " * 60_000_000 + b"]}")
    assert len(bomb) < 100_000
    expected = (413, "content_too_large", "The request is larger than 4 MB (unpacked); send it in several parts.")
    assert problem(packed(shop_client, bomb, **{"Content-Encoding": "gzip"})) == expected
    order = json.dumps(shop.order(("TEA", 1))).encode()
    assert problem(packed(shop_client, b'{"orders": [' + order + b" " * 4_000_000 + b"]}")) == expected
    assert packed(shop_client, b'{"orders": [' + order + b" " * 3_000_000 + b"]}").json()["created"] == 1


def test_too_many_orders_or_lines_are_refused(shop_client, shop: Shop, monkeypatch):
    order = shop.order(("TEA", 1))
    assert problem(send(shop_client, *[order] * 1001)) == (
        413,
        "content_too_large",
        "At most 1000 orders in one request; send the others in another.",
    )
    monkeypatch.setattr("orders.bulk.MAX_LINES", 3)
    assert problem(send(shop_client, shop.order(*[("TEA", 1)] * 2), shop.order(*[("TEA", 1)] * 2)))[:2] == (
        413,
        "content_too_large",
    )
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({}, "orders", "This field is required."),
        ({"orders": []}, "orders", "Ensure this field has at least 1 elements."),
        ({"orders": "x"}, "orders", 'Expected a list of items but got type "str".'),
        ({"orders": [], "order": 1}, "order", "There is no such field."),
    ],
)
def test_a_request_that_is_no_list_of_orders(shop_client, body, field, detail):
    response = shop_client.post(URL, body, format="json")
    assert response.status_code == 400
    assert {"field": field, "detail": detail} in response.json()["errors"]


def test_a_thousand_orders_in_one_request(shop_client, shop: Shop):
    response = send(shop_client, *[shop.order(("CUP", 1), external_reference=f"W-{n}") for n in range(1000)])
    assert (response.status_code, response.json()["created"]) == (200, 1000)
    assert Order.objects.filter(lines__unit_price=Decimal("2.50")).count() == 1000
