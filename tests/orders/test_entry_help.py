"""What helps to type an order: the customer's own codes, lists pasted from a spreadsheet, a former order again."""

import json

import pytest

from orders.models import CustomerItem
from orders.services import create_order
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales"))
    return client


@pytest.fixture
def tea(desk):
    product = desk.product(sku="TEA-1", name="Green tea", barcode="690001", price="12.50")
    CustomerItem.objects.create(customer=desk.customer, product=product, code="Art. 7")
    return product


def match(client, codes, customer=""):
    body = json.dumps({"codes": codes, "customer": customer})
    found = client.post("/orders/products/match/", body, content_type="application/json").json()["results"]
    return [product and product["code"] for product in found]


def test_a_customers_own_code_is_found_for_that_customer_only(sales, desk, tea):
    def codes(text, customer):
        rows = sales.get("/orders/products/", {"q": text, "customer": customer}).json()["results"]
        return [(row["code"], row["exact"]) for row in rows]

    assert codes("art. 7", desk.customer.pk) == [("TEA-1", True)]
    assert codes("art", desk.customer.pk) == [("TEA-1", False)]
    assert codes("art. 7", CustomerFactory().pk) == []
    assert codes("tea-1", desk.customer.pk) == [("TEA-1", True)]


def test_pasted_codes_are_matched_exactly(sales, desk, tea):
    desk.product(sku="OLD", is_active=False)
    codes = ["tea-1", " 690001 ", "ART. 7", "TEA", "OLD", ""]
    assert match(sales, codes, desk.customer.pk) == ["TEA-1", "TEA-1", "TEA-1", None, None, None]
    assert match(sales, ["ART. 7"]) == [None]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"codes": 3}'])
def test_a_malformed_paste_is_refused_quietly(sales, body):
    assert sales.post("/orders/products/match/", body, content_type="application/json").status_code == 422


def test_an_order_is_begun_from_a_former_one(sales, desk, tea):
    order = create_order(desk.order((tea, 3), (desk.product(is_active=True), 1)))
    start = sales.get("/orders/new/", {"repeat": order.pk}).context["start"]
    assert start["customer"]["id"] == desk.customer.pk
    first, second = start["lines"]
    assert (first["product"]["code"], first["quantity"], second["quantity"]) == ("TEA-1", "3", "1")
    for nonsense in ("x", "0", "999999"):
        assert sales.get("/orders/new/", {"repeat": nonsense}).context["start"] is None


def test_denied_without_the_permission(client, desk, tea):
    client.force_login(UserFactory(permissions=["orders.confirm_order"]))
    order = create_order(desk.order((tea, 3)))
    assert client.get("/orders/new/", {"repeat": order.pk}).context["start"] is None
    client.force_login(UserFactory())
    assert client.post("/orders/products/match/", "{}", content_type="application/json").status_code == 403
