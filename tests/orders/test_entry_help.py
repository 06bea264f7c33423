"""What helps to type an order: the customer's own codes, lists pasted from a spreadsheet, a former order again."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import CustomerItem, Order
from orders.services import create_order
from orders.services.rules import set_substitute
from tests.factories import CustomerFactory, UserFactory, stock

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


def quoted(client, desk, *lines):
    body = {"warehouse": desk.warehouse.pk, "lines": [{"product_id": p.pk, "quantity": q} for p, q in lines]}
    answer = client.post("/orders/quote/", json.dumps(body), content_type="application/json").json()
    return [[(row["code"], row["text"]) for row in line["instead"]] for line in answer["lines"]]


def test_what_is_short_comes_with_what_there_is_instead(sales, desk, tea):
    mint, black, new, gone = (desk.product(sku=sku, name=sku.title()) for sku in ("MINT", "BLACK", "NEW", "GONE"))
    for product, pieces in ((tea, 2), (mint, 1200), (new, 5), (gone, 5)):
        stock(product, desk.warehouse, pieces)
    for other, kind in ((mint, "substitute"), (black, "substitute"), (new, "successor"), (gone, "substitute")):
        set_substitute(tea, other, kind)
    gone.is_active = False
    gone.save()
    offers = [
        ("NEW", "Take the successor NEW New (5 available)"),
        ("MINT", "Take MINT Mint instead (1,200 available)"),
    ]
    assert quoted(sales, desk, (tea, 3), (mint, 1), (tea, 1)) == [offers, [], offers], "the last is short too"
    assert quoted(sales, desk, (tea, 2)) == [[]]


def test_nobody_pays_for_offers_while_nothing_is_short(sales, desk, tea):
    stock(tea, desk.warehouse, 9)

    def queries(pieces):
        with CaptureQueriesContext(connection) as context:
            quoted(sales, desk, (tea, pieces))
        return len(context)

    assert queries(10) == queries(9) + 1, "whether there are any"


def test_the_last_order_is_looked_for_among_the_newest_only(sales, desk, monkeypatch):
    """There is no index for it: a user who never took an order would have all of them read."""
    mine = create_order(desk.order((desk.product(), 1)))
    Order.objects.filter(pk=mine.pk).update(created_by=sales.session["_auth_user_id"])
    assert sales.get("/orders/new/").context["last"] == mine
    create_order(desk.order((desk.product(), 1)))
    assert sales.get("/orders/new/").context["last"] == mine
    monkeypatch.setattr("orders.views.entry.MOST_LOOKED_AT", 1)
    assert sales.get("/orders/new/").context["last"] is None
