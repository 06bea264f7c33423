"""Quotations over the API: exact answers, steps, refusals that name what is wrong."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import StockLevel
from orders.models import Order, Quotation
from tests.api.conftest import Shop

pytestmark = pytest.mark.django_db
URL = "/api/v1/quotations/"


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.fixture
def sales(client_of):
    return client_of(role="Sales")


def reserved() -> int:
    return StockLevel.objects.get(product__sku="TEA").reserved


def test_a_quotation_is_answered_in_full_and_ordered_at_its_prices(sales, shop: Shop):
    body = shop.order(("TEA", 12), valid_until=day(7), held_until=day(2), discount="10.00", freight="5.00")
    response = sales.post(URL, body, format="json")
    assert response.status_code == 201, response.content
    answer = response.json()
    quotation = Quotation.objects.get()
    assert answer == {
        "id": quotation.pk,
        "number": quotation.number,
        "status": "open",
        "customer": {"id": shop.customer.pk, "code": "C1", "name": "Li"},
        "channel": {"id": shop.channel.pk, "code": "web", "name": "Web"},
        "warehouse": {"id": shop.warehouse.pk, "code": "MAIN", "name": "Main warehouse"},
        "quoted_at": answer["quoted_at"],
        "valid_until": day(7),
        "held_until": day(2),
        "requested_date": None,
        "note": "",
        "discount": "10.00",
        "freight": "5.00",
        "gross": "113.00",
        "decline_reason": "",
        "order": None,
        "order_id": None,
        "lines": [
            {
                "line": 1,
                "product": {"id": shop.tea.pk, "sku": "TEA", "name": "Tea"},
                "quantity": 12,
                "unit_price": "10.00",
                "discount": "0.00",
                "tax_rate": "0.00",
                "amount": "120.00",
                "held": 10,
            }
        ],
    }
    made = sales.post(f"{URL}{quotation.pk}/order/", {}, format="json")
    assert made.status_code == 201, made.content
    line = made.json()["lines"][0]
    assert (made.json()["net"], line["reserved"], line["waiting"]) == ("113.00", 10, 2)
    after = sales.get(f"{URL}{quotation.pk}/").json()
    order = Order.objects.get()
    assert (after["status"], after["order"], after["order_id"]) == ("ordered", order.number, order.pk)
    again = sales.post(f"{URL}{quotation.pk}/order/", {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


@pytest.mark.django_db(transaction=True)
def test_the_same_key_makes_one_quotation(sales, shop: Shop):
    body = shop.order(("TEA", 2), valid_until=day(7), held_until=day(2))
    answers = [sales.post(URL, body, format="json", headers={"Idempotency-Key": "k1"}) for _n in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (Quotation.objects.count(), reserved()) == (1, 2)


def test_steps(sales, shop: Shop):
    pk = sales.post(URL, shop.order(("TEA", 4), valid_until=day(7)), format="json").json()["id"]
    assert reserved() == 0
    held = sales.post(f"{URL}{pk}/hold/", {"held_until": day(7)}, format="json").json()
    assert (held["held_until"], held["lines"][0]["held"], reserved()) == (day(7), 4, 4)
    assert sales.post(f"{URL}{pk}/let-go/", {}, format="json").json()["held_until"] is None
    assert reserved() == 0
    declined = sales.post(f"{URL}{pk}/decline/", {"reason": "Too dear"}, format="json").json()
    assert (declined["status"], declined["decline_reason"]) == ("declined", "Too dear")
    assert [row["id"] for row in sales.get(f"{URL}?status=declined&customer=C1").json()["results"]] == [pk]
    assert sales.get(f"{URL}?status=open").json()["results"] == []


def test_every_wrong_field_is_named(sales, shop: Shop):
    body = shop.order(("TEA", 0), ("NOPE", 1))
    response = sales.post(URL, body, format="json")
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} >= {"valid_until", "lines.0.quantity"}
    body = shop.order(("TEA", 1), valid_until=day(-1), held_until=day(40))
    response = sales.post(URL, body, format="json")
    assert {error["field"] for error in response.json()["errors"]} == {"valid_until", "held_until"}
    assert not Quotation.objects.exists()
    unknown = sales.post(URL, shop.order(("TEA", 1), valid_until=day(1), allow_backorder=True), format="json")
    assert unknown.status_code == 400


def test_only_who_may_releases_the_credit(sales, client_of, shop: Shop):
    shop.customer.credit_limit = 10
    shop.customer.save()
    pk = sales.post(URL, shop.order(("TEA", 4), valid_until=day(7)), format="json").json()["id"]
    address = f"{URL}{pk}/order/"
    assert sales.post(address, {}, format="json").json()["code"] == "credit_exceeded"
    assert sales.post(address, {"release_credit": True}, format="json").status_code == 403
    manager = client_of(role="Managers")
    assert manager.post(address, {"release_credit": True}, format="json").status_code == 201


def test_a_new_one_takes_the_place_of_an_open_one(sales, shop: Shop):
    body = shop.order(("TEA", 10), valid_until=day(7), held_until=day(2))
    old = sales.post(URL, body, format="json").json()["id"]
    answer = sales.post(URL, body | {"replaces": old}, format="json").json()
    assert (answer["lines"][0]["held"], reserved()) == (10, 10)
    assert sales.get(f"{URL}{old}/").json()["status"] == "replaced"
    again = sales.post(URL, body | {"replaces": old}, format="json")
    assert (again.status_code, again.json()["code"], Quotation.objects.count()) == (409, "illegal_transition", 2)
    nobody = sales.post(URL, body | {"replaces": 999_999}, format="json")
    assert (nobody.status_code, Quotation.objects.count()) == (400, 2)
