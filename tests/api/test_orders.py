"""Orders and shipments over the API: exact answers, refusals that name what is wrong, and what they leave behind."""

from decimal import Decimal

import pytest
from django.utils import timezone

from orders.models import LostDemand, Order, PriceList, PriceListItem, Promotion
from orders.services import last_step
from tests.api.conftest import Shop

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders/"


@pytest.fixture
def sales(client_of):
    return client_of(role="Sales")


def errors_of(response) -> dict[str, str]:
    assert response["Content-Type"] == "application/problem+json"
    return {error["field"]: error["detail"] for error in response.json()["errors"]}


def test_new_order_is_reserved_and_answered_in_full(sales, shop: Shop):
    body = shop.order(("TEA", 3), ("CUP", 2), requested_date="2030-05-01", external_reference="A-1", note="Ring twice")
    response = sales.post(URL, body, format="json")
    assert response.status_code == 201, response.content
    order = Order.objects.get()
    answer = response.json()
    tea, cup = answer.pop("lines")
    assert answer == {
        "id": order.pk,
        "number": order.number,
        "status": "open",
        "customer": {"id": shop.customer.pk, "code": "C1", "name": "Li"},
        "channel": {"id": shop.channel.pk, "code": "web", "name": "Web"},
        "warehouse": {"id": shop.warehouse.pk, "code": "MAIN", "name": "Main warehouse"},
        "external_reference": "A-1",
        "ordered_at": answer["ordered_at"],
        "requested_date": "2030-05-01",
        "note": "Ring twice",
        "ship_complete": False,
        "is_priority": False,
        "delivery_address": "",
        "contact_name": "",
        "contact_phone": "",
        "contact_email": "",
        "step": last_step(order.pk),
        "discount": "0.00",
        "freight": "0.00",
        "net": "35.00",
        "tax": "0.00",
        "gross": "35.00",
        "total": "35.00",
    }
    assert tea == {
        "line": 1,
        "product": {"id": shop.tea.pk, "sku": "TEA", "name": "Tea"},
        "quantity": 3,
        "unit_price": "10.00",
        "discount": "0.00",
        "tax_rate": "0.00",
        "amount": "30.00",
        "reserved": 3,
        "waiting": 0,
        "shipped": 0,
        "cancelled": 0,
        "returned": 0,
        "promised_date": "2030-05-01",
    }
    assert (cup["reserved"], cup["waiting"], cup["amount"]) == (0, 2, "5.00")
    shop.level.refresh_from_db()
    assert (shop.level.on_hand, shop.level.reserved) == (10, 3)
    assert order.created_by.username.startswith("user")  # the token's user, not the anonymous request's


@pytest.mark.parametrize("name", ["TEA", "tea", "690001"])
def test_products_are_named_by_sku_in_any_case_or_barcode(sales, shop: Shop, name):
    assert sales.post(URL, shop.order((name, 1)), format="json").json()["lines"][0]["product"]["sku"] == "TEA"


def test_everything_can_be_named_by_id(sales, shop: Shop):
    body = shop.order((shop.tea.pk, 1)) | {
        "customer": shop.customer.pk,
        "channel": shop.channel.pk,
        "warehouse": shop.warehouse.pk,
    }
    assert sales.post(URL, body, format="json").status_code == 201


def test_every_wrong_field_is_named(sales, shop: Shop):
    body = shop.order(("TEA", 0), ("TEA", "many")) | {"customer": "nobody", "chanel": "web"}
    del body["channel"]
    body["lines"][1]["unit_price"] = "-1"
    response = sales.post(URL, body, format="json")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert errors_of(response) == {
        "chanel": "There is no such field.",
        "channel": "This field is required.",
        "customer": "There is no such entry: nobody.",
        "lines.0.quantity": "Ensure this value is greater than or equal to 1.",
        "lines.1.quantity": "A valid integer is required.",
        "lines.1.unit_price": "Ensure this value is greater than or equal to 0.",
    }
    assert not Order.objects.exists()


def test_unknown_and_archived_products_are_named_by_line(sales, shop: Shop):
    shop.cup.is_active = False
    shop.cup.save()
    assert errors_of(sales.post(URL, shop.order(("TEA", 1), ("NOPE", 1)), format="json")) == {
        "lines.1.product": "There is no such product: NOPE."
    }
    assert errors_of(sales.post(URL, shop.order(("TEA", 1), ("CUP", 1)), format="json")) == {
        "lines.1.product": "CUP is archived and can't be sold."
    }


def test_refused_order_names_short_lines_and_is_lost_demand(sales, shop: Shop):
    response = sales.post(URL, shop.order(("TEA", 11), ("TEA", 1), allow_backorder=False), format="json")
    assert response.status_code == 409
    assert response.json() == {
        "type": "urn:tandem:problem:insufficient_stock",
        "title": "Conflict",
        "status": 409,
        "detail": "Line 1: only 10 of 11 TEA available.",
        "code": "insufficient_stock",
        "meta": {
            "lines": [
                {"line": 1, "sku": "TEA", "wanted": 11, "available": 10},
                {"line": 2, "sku": "TEA", "wanted": 1, "available": 0},
            ]
        },
    }
    assert not Order.objects.exists()
    assert LostDemand.objects.get().quantity == 12
    shop.level.refresh_from_db()
    assert shop.level.reserved == 0


def test_external_reference_is_one_order(sales, shop: Shop):
    first = sales.post(URL, shop.order(("TEA", 3), external_reference="A-1"), format="json")
    again = sales.post(URL, shop.order(("TEA", 3), external_reference="A-1"), format="json")
    other = sales.post(URL, shop.order(("TEA", 4), external_reference="A-1"), format="json")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()
    assert other.json()["code"] == "duplicate"
    assert Order.objects.count() == 1


def test_cancel_releases_the_stock(sales, shop: Shop):
    order = sales.post(URL, shop.order(("TEA", 3)), format="json").json()
    response = sales.post(f"{URL}{order['id']}/cancel/", {"reason": "Wrong address"}, format="json")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert response.json()["lines"][0]["cancelled"] == 3
    shop.level.refresh_from_db()
    assert shop.level.reserved == 0
    again = sales.post(f"{URL}{order['id']}/cancel/", {"reason": "Wrong address"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert errors_of(sales.post(f"{URL}{order['id']}/cancel/", {}, format="json")) == {
        "reason": "This field is required."
    }


def test_ship_a_part_then_the_rest_at_the_cost_of_the_day(client_of, shop: Shop):
    manager = client_of(role="Managers")
    order = manager.post(URL, shop.order(("CUP", 1), ("TEA", 5)), format="json").json()
    ship = f"{URL}{order['id']}/ship/"
    part = manager.post(ship, {"lines": [{"line": 2, "quantity": 2}], "tracking": "SF1"}, format="json")
    assert part.status_code == 201
    answer = part.json()
    assert (answer["order"]["status"], answer["tracking"]) == ("partly_shipped", "SF1")
    assert answer["lines"] == [
        {
            "line": 2,
            "product": {"id": shop.tea.pk, "sku": "TEA", "name": "Tea"},
            "quantity": 2,
            "revenue": "20.00",
            "cost": "12.00",
        }
    ]
    rest = manager.post(ship, {}, format="json")
    assert rest.json()["lines"][0]["quantity"] == 3
    assert manager.get("/api/v1/shipments/?order=" + order["number"]).json()["results"] == [rest.json(), answer]
    nothing_left = manager.post(ship, {}, format="json")
    assert (nothing_left.status_code, nothing_left.json()["code"]) == (409, "illegal_transition")


def test_shipping_names_wrong_lines_as_the_request_does(client_of, shop: Shop):
    manager = client_of(role="Managers")
    order = manager.post(URL, shop.order(("CUP", 1), ("TEA", 5)), format="json").json()
    ship = f"{URL}{order['id']}/ship/"
    too_many = manager.post(ship, {"lines": [{"line": 2, "quantity": 6}]}, format="json")
    assert errors_of(too_many) == {"lines.0.quantity": "5 of TEA can ship; enter 0 to 5."}
    lines = [{"line": 2, "quantity": 1}, {"line": 2, "quantity": 1}, {"line": 9, "quantity": 1}]
    assert errors_of(manager.post(ship, {"lines": lines}, format="json")) == {
        "lines.1.line": "This line stands here twice.",
        "lines.2.line": "The document has no such line.",
    }
    assert Order.objects.get().status == "open"


def test_cost_of_a_shipment_is_for_those_who_may_see_it(client_of, shop: Shop):
    manager = client_of(role="Managers")
    order = manager.post(URL, shop.order(("TEA", 5)), format="json").json()
    manager.post(f"{URL}{order['id']}/ship/", {}, format="json")
    assert manager.get("/api/v1/shipments/").json()["results"][0]["lines"][0]["cost"] == "30.00"
    assert client_of(role="Sales").get("/api/v1/shipments/").json()["results"][0]["lines"][0]["cost"] is None


def test_amounts_beyond_the_columns_name_their_line(sales, shop: Shop):
    body = shop.order(("TEA", 1_000_000_000))
    body["lines"][0]["unit_price"] = str(Decimal("999999999.99"))
    assert errors_of(sales.post(URL, body, format="json")) == {
        "lines.0.quantity": "A line comes to at most 99999999999999.99; split it."
    }
    assert not Order.objects.exists()


def test_change_answers_with_the_order_as_it_is_now(sales, shop: Shop):
    order = sales.post(URL, shop.order(("TEA", 3), ("CUP", 2)), format="json").json()
    body = {
        "lines": [{"line": 1, "quantity": 12}],
        "add": [{"product": "690001", "quantity": 1, "unit_price": "9.50"}],
        "close": [{"line": 2, "reason": "No supplier"}],
    }
    response = sales.post(f"{URL}{order['id']}/change/", body, format="json")
    assert response.status_code == 200, response.content
    figures = [
        (line["line"], line["quantity"], line["reserved"], line["waiting"], line["cancelled"], line["unit_price"])
        for line in response.json()["lines"]
    ]
    assert figures == [(1, 12, 10, 2, 0, "10.00"), (2, 2, 0, 0, 2, "2.50"), (3, 1, 0, 1, 0, "9.50")]
    assert response.json()["total"] == "129.50"  # what is closed is not charged
    shop.level.refresh_from_db()
    assert shop.level.reserved == 10


def test_change_and_split_refuse_what_was_not_seen(sales, shop: Shop):
    order = sales.post(URL, shop.order(("TEA", 3), ("CUP", 2)), format="json").json()
    own = f"{URL}{order['id']}/"
    moved = {"requested_date": "2030-06-01", "is_priority": True, "seen": order["step"]}
    changed = sales.post(f"{own}change/", moved, format="json").json()
    assert (changed["requested_date"], changed["is_priority"]) == ("2030-06-01", True)
    split = {"lines": [{"line": 2, "quantity": 2}], "requested_date": "2030-07-01", "seen": order["step"]}
    for path, body in (("split", split), ("change", moved), ("cancel", {"reason": "x", "seen": order["step"]})):
        refused = sales.post(f"{own}{path}/", body, format="json")
        assert (refused.status_code, refused.json()["code"]) == (409, "outdated")
    part = sales.post(f"{own}split/", split | {"seen": changed["step"]}, format="json").json()
    assert (part["requested_date"], part["lines"][0]["quantity"], part["is_priority"]) == ("2030-07-01", 2, True)
    wrong = {"lines": [{"line": 1, "quantity": 4}, {"line": 9, "quantity": 1}]}
    assert errors_of(sales.post(f"{own}split/", wrong, format="json")) == {
        "lines.1.line": "The document has no such line."
    }
    del wrong["lines"][1]
    assert errors_of(sales.post(f"{own}split/", wrong, format="json")) == {
        "lines.0.quantity": "3 of TEA are open; enter 0 to 3."
    }


def test_change_names_wrong_fields_as_the_request_does(sales, shop: Shop):
    order = sales.post(URL, shop.order(("TEA", 3)), format="json").json()
    change = f"{URL}{order['id']}/change/"
    assert errors_of(sales.post(change, {}, format="json")) == {"lines": "Say what to change."}
    body = {"lines": [{"line": 1, "quantity": 0}], "add": [{"product": "TEA"}], "close": [{"line": 1}], "linez": []}
    assert errors_of(sales.post(change, body, format="json")) == {
        "linez": "There is no such field.",
        "lines.0.quantity": "Ensure this value is greater than or equal to 1.",
        "add.0.quantity": "This field is required.",
        "close.0.reason": "This field is required.",
    }
    body = {"lines": [{"line": 4, "quantity": 1}], "add": [{"product": "NOPE", "quantity": 1}]}
    assert errors_of(sales.post(change, body, format="json")) == {"add.0.product": "There is no such product: NOPE."}
    del body["add"]
    assert errors_of(sales.post(change, body, format="json")) == {"lines.0.line": "The document has no such line."}
    refused = sales.post(change, {"lines": [{"line": 1, "quantity": 11}], "allow_backorder": False}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert refused.json()["detail"] == "Line 1: only 7 of 8 more TEA available."
    assert Order.objects.get().lines.get().quantity == 3


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"discount": "3.33", "freight": "7.5", "requested_date": "2030-05-01", "note": " a ", "is_priority": True},
        {"ship_complete": True, "external_reference": "R-1", "release_credit": True},
        {"freight": "-0", "discount": "-0.0"},
    ],
)
def test_the_answer_to_a_new_order_is_what_reading_it_says(client_of, shop: Shop, terms, allow):
    """It is made of what is in memory, so every way a field comes to its value is compared with the rows."""
    day = timezone.localdate()
    shop.customer.price_list = PriceList.objects.create(name="Friends")
    shop.customer.tax_rate, shop.customer.credit_limit = Decimal("6.50"), Decimal("100000.00")
    if "release_credit" in terms:
        shop.customer.credit_limit = Decimal("1.00")
    shop.customer.save()
    PriceListItem.objects.create(
        price_list=shop.customer.price_list, product=shop.cup, min_quantity=3, unit_price="2.15", first_day=day
    )
    Promotion.objects.create(name="Cups", product=shop.cup, discount="7", first_day=day, last_day=day)
    body = shop.order(("690001", 3), ("tea", 2), **terms, allow_backorder=allow)
    body["lines"] += [
        {"product": shop.tea.pk, "quantity": 4, "unit_price": "9.9", "discount": "12.5"},
        {"product": "TEA", "quantity": 1, "unit_price": "0"},
    ]
    if allow:
        body["lines"] += [{"product": "CUP", "quantity": 7}, {"product": "TEA", "quantity": 5}]
    desk = client_of(role="Managers")
    made = desk.post(URL, body, format="json")
    assert made.status_code == 201, made.content
    read = desk.get(f"{URL}{made.json()['id']}/").json()
    assert made.json() == read
    assert [line["waiting"] for line in read["lines"]] == ([0, 0, 0, 0, 7, 5] if allow else [0, 0, 0, 0])
    assert made.json()["step"] == last_step(read["id"])
