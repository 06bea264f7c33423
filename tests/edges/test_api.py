"""The API at the edge of its input: a problem that names the field, and nothing done; or it works. Never a 500."""

import json

import pytest

from orders.models import Order
from orders.services import create_order
from orders.values import NewLine, NewOrder
from tests.api.conftest import Shop
from tests.edges.values import GOOD_PRICES, HALF, NUL, UNKNOWN_IDS, UNSTORABLE, nothing_done

pytestmark = pytest.mark.django_db
V1 = "/api/v1/"
ORDERS = f"{V1}orders/"


@pytest.fixture
def client(client_of):
    return client_of(role="Integrations")


@pytest.fixture
def order(shop: Shop) -> Order:
    return create_order(NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, [NewLine(shop.tea.pk, 4)]))


def send(client, url: str, body) -> object:
    """POST with the JSON that a program could write, lone surrogates and numbers of any size included."""
    text = body if isinstance(body, str) else json.dumps(body)
    return client.generic("POST", url, text, content_type="application/json")


def wrong_fields(client, url: str, body) -> list[str]:
    """Names of the fields that the problem names."""
    with nothing_done():
        response = send(client, url, body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid"), response.content
    return [error["field"] for error in response.json()["errors"]]


def with_line(shop: Shop, **fields) -> dict:
    """An order whose second line has these fields."""
    body = shop.order(("TEA", 1), ("TEA", 1))
    body["lines"][1] |= fields
    return body


WRONG_NUMBERS = [0, -1, 10**9 + 1, 10**12, 2**63, 10**400, 1.5, "1.5", "x", "", None, [], {}]


@pytest.mark.parametrize("quantity", WRONG_NUMBERS, ids=lambda value: repr(value)[:12])
def test_order_quantity(client, shop, quantity):
    assert wrong_fields(client, ORDERS, with_line(shop, quantity=quantity)) == ["lines.1.quantity"]


@pytest.mark.parametrize(
    "price",
    ["-0.01", "0.005", "NaN", "sNaN", "Infinity", "-inf", "1e400", "1e-400", "1000000000", 1e300, "x", [], True],
    ids=str,
)
def test_order_price(client, shop, price):
    assert wrong_fields(client, ORDERS, with_line(shop, unit_price=price)) == ["lines.1.unit_price"]


@pytest.mark.parametrize(("price", "stored"), [*GOOD_PRICES.items(), ("", "10.00"), (None, "10.00"), (3, "3.00")])
def test_order_price_that_is_fine(client, shop, price, stored):
    """An empty one is the product's list price."""
    answer = send(client, ORDERS, with_line(shop, unit_price=price))
    assert answer.status_code == 201, answer.content
    assert answer.json()["lines"][1]["unit_price"] == stored


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e", "01", "9" * 5000])
def test_numbers_that_json_does_not_have(client, shop, number):
    text = json.dumps(with_line(shop, quantity=0)).replace('"quantity": 0', f'"quantity": {number}')
    with nothing_done():
        response = send(client, ORDERS, text)
    assert (response.status_code, response.json()["code"]) == (400, "parse_error"), response.content


@pytest.mark.parametrize(
    "reference", [*UNKNOWN_IDS, "nobody", "x" * 101, "", *UNSTORABLE, None, True, 1.5, [], {}], ids=ascii
)
@pytest.mark.parametrize("field", ["customer", "channel", "warehouse", "product"])
def test_order_of_an_unknown_row(client, shop, field, reference):
    if field == "product":
        assert wrong_fields(client, ORDERS, with_line(shop, product=reference)) == ["lines.1.product"]
    else:
        assert wrong_fields(client, ORDERS, shop.order(("TEA", 1)) | {field: reference}) == [field]


@pytest.mark.parametrize("text", ["x" * 501, *UNSTORABLE, 5, [], {}, None], ids=ascii)
@pytest.mark.parametrize("field", ["note", "external_reference"])
def test_order_text(client, shop, field, text):
    if text == 5:  # a number is a text, too
        assert send(client, ORDERS, shop.order(("TEA", 1)) | {field: text}).json()[field] == "5"
    else:
        assert wrong_fields(client, ORDERS, shop.order(("TEA", 1)) | {field: text}) == [field]


@pytest.mark.parametrize("name", [NUL, HALF, "x" * 10_000], ids=["NUL", "half", "long"])
def test_a_field_that_does_not_exist(client, shop, name):
    with nothing_done():
        response = send(client, ORDERS, shop.order(("TEA", 1)) | {name: 1})
    assert response.status_code == 400
    assert "There is no such field." in response.content.decode()


@pytest.mark.parametrize("day", ["2026-02-30", "10000-01-01", "0000-01-01", "tomorrow", 5, "2026-01-01T00:00"])
def test_order_date(client, shop, day):
    assert wrong_fields(client, ORDERS, shop.order(("TEA", 1), requested_date=day)) == ["requested_date"]


def test_ten_thousand_lines(client, shop):
    lines = [("TEA", 1)] * 10_000
    answer = send(client, ORDERS, shop.order(*lines))
    assert answer.status_code == 201, answer.content
    assert (len(answer.json()["lines"]), answer.json()["total"]) == (10_000, "100000.00")
    assert wrong_fields(client, ORDERS, shop.order(*lines, ("TEA", 1))) == ["lines"]
    last = shop.order(*lines[1:], ("NOPE", 1))
    assert wrong_fields(client, ORDERS, last) == ["lines.9999.product"]


@pytest.mark.django_db(transaction=True)
def test_half_characters_are_repeated_as_they_were_sent(client, shop):
    body = {"orders": [shop.order(("TEA", 1), external_reference=HALF)]}
    answers = [
        client.generic(
            "POST",
            f"{ORDERS}bulk/",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": "K"},
        )
        for _twice in range(2)
    ]
    assert answers[0].content == answers[1].content
    (result,) = answers[0].json()["results"]
    assert (result["outcome"], result["external_reference"]) == ("refused", HALF)


@pytest.mark.parametrize("lines", [[], None, {}, "x", [None], ["TEA"], [[]]], ids=str)
def test_lines_that_are_none(client, shop, lines):
    assert {field.split(".")[0] for field in wrong_fields(client, ORDERS, shop.order() | {"lines": lines})} == {"lines"}


def test_a_price_below_cost_is_taken(client, shop):
    assert send(client, ORDERS, with_line(shop, unit_price="0.01")).status_code == 201


def test_archived_and_blocked(client, shop):
    shop.cup.is_active = False
    shop.cup.save()
    assert wrong_fields(client, ORDERS, shop.order(("TEA", 1), ("CUP", 1))) == ["lines.1.product"]
    shop.customer.is_blocked = True
    shop.customer.save()
    with nothing_done():
        response = send(client, ORDERS, shop.order(("TEA", 1)))
    assert (response.status_code, response.json()["code"]) == (409, "customer_blocked")


@pytest.mark.parametrize("body", [{"orders": []}, {"orders": None}, {}, {"orders": {}}], ids=str)
def test_bulk_that_is_none(client, shop, body):
    assert wrong_fields(client, f"{ORDERS}bulk/", body) == ["orders"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"quantity": 10**12}, "lines.1.quantity"),
        ({"quantity": 10**400}, "lines.1.quantity"),
        ({"unit_price": "NaN"}, "lines.1.unit_price"),
        ({"unit_price": "1e400"}, "lines.1.unit_price"),
        ({"product": 2**63}, "lines.1.product"),
        ({"product": NUL}, "lines.1.product"),
        ({"product": HALF}, "lines.1.product"),
        ({"quantity": 10**9, "unit_price": "999999999.99"}, "lines.1.quantity"),
    ],
)
def test_bulk_names_the_field_of_the_one_order_and_takes_the_others(client, shop, fields, named):
    bodies = [shop.order(("TEA", 1)), with_line(shop, **fields), shop.order(("TEA", 2))]
    answer = send(client, f"{ORDERS}bulk/", {"orders": bodies})
    assert answer.status_code == 200, answer.content
    assert [row["outcome"] for row in answer.json()["results"]] == ["created", "refused", "created"]
    assert [error["field"] for error in answer.json()["results"][1]["problem"]["errors"]] == [named]
    assert Order.objects.count() == 2


# --- what is done to orders and stock ---------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", WRONG_NUMBERS, ids=lambda value: repr(value)[:12])
def test_change_quantity(client, order, quantity):
    body = {"lines": [{"line": 1, "quantity": quantity}]}
    assert wrong_fields(client, f"{ORDERS}{order.pk}/change/", body) == ["lines.0.quantity"]


@pytest.mark.parametrize("line", [*UNKNOWN_IDS, 2, "x", None], ids=str)
def test_change_and_ship_of_an_unknown_line(client, order, line):
    lines = {"lines": [{"line": line, "quantity": 1}]}
    assert wrong_fields(client, f"{ORDERS}{order.pk}/change/", lines) == ["lines.0.line"]
    assert wrong_fields(client, f"{ORDERS}{order.pk}/ship/", lines) == ["lines.0.line"]
    close = {"close": [{"line": line, "reason": "x"}]}
    assert wrong_fields(client, f"{ORDERS}{order.pk}/change/", close) == ["close.0.line"]


@pytest.mark.parametrize("text", ["x" * 201, *UNSTORABLE, "", " ", None, []], ids=ascii)
def test_reasons(client, order, shop, text):
    close = {"close": [{"line": 1, "reason": text}]}
    assert wrong_fields(client, f"{ORDERS}{order.pk}/change/", close) == ["close.0.reason"]
    assert wrong_fields(client, f"{ORDERS}{order.pk}/cancel/", {"reason": text}) == ["reason"]
    count = {"product": "TEA", "warehouse": "MAIN", "difference": 1, "reason": text}
    assert wrong_fields(client, f"{V1}stock-adjustments/", count) == ["reason"]


@pytest.mark.parametrize("quantity", [-1, 5, 10**12, 10**400, 1.5, "x", None], ids=lambda value: repr(value)[:12])
def test_ship_quantity(client, order, quantity):
    body = {"lines": [{"line": 1, "quantity": quantity}]}
    assert wrong_fields(client, f"{ORDERS}{order.pk}/ship/", body) == ["lines.0.quantity"]


@pytest.mark.parametrize("difference", [0, 10**9 + 1, -(10**12), 10**400, 1.5, "x", None], ids=lambda v: repr(v)[:12])
def test_adjustment_difference(client, shop, difference):
    body = {"product": "TEA", "warehouse": "MAIN", "difference": difference, "reason": "count"}
    assert wrong_fields(client, f"{V1}stock-adjustments/", body) == ["difference"]


@pytest.mark.parametrize(
    "cost", ["-0.0001", "NaN", "sNaN", "Infinity", "1e400", "1e-400", "0.00001", "1e10", 1e300, "x"]
)
def test_costs(client, shop, cost):
    count = {"product": "TEA", "warehouse": "MAIN", "difference": 1, "reason": "count", "unit_cost": cost}
    assert wrong_fields(client, f"{V1}stock-adjustments/", count) == ["unit_cost"]
    line = {"product": "TEA", "quantity": 6, "unit_cost": cost}
    buy = {"supplier": "S1", "warehouse": "MAIN", "lines": [line]}
    assert wrong_fields(client, f"{V1}purchase-orders/", buy) == ["lines.0.unit_cost"]


ACTIONS = ["change", "cancel", "ship"]


@pytest.mark.parametrize("pk", ["0", str(2**63), "9" * 40, "00000000000000000000"])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_unknown_order(client, pk, action):
    with nothing_done():
        response = send(client, f"{ORDERS}{pk}/{action}/", {"reason": "x"})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


# --- lists ------------------------------------------------------------------------------------------------------------

LISTS = ["products", "stock", "stock-moves", "availability", "customers", "orders", "shipments", "purchase-orders"]
PARAMETERS = ["search", "product", "number", "customer_id", "page_size", "cursor", "warehouse", "ordered_after"]


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "9" * 400, "-1", "x" * 3000, "%F0%9F%9A%9A", "1e400", "NaN"])
@pytest.mark.parametrize("address", LISTS)
def test_filters_never_break(client, shop, address, value):
    for name in PARAMETERS:
        response = client.get(f"{V1}{address}/?{name}={value}")
        assert response.status_code in (200, 400, 404), (name, response.content)
