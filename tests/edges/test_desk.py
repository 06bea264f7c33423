"""The pages at the edge of their input, as a signed-in browser sends it: an answer in words, never a 500."""

import json
import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from orders.models import Customer, Order
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from purchasing.services import create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.edges.values import HALF, NUL, UNKNOWN_IDS, WRONG_PRICES, WRONG_QUANTITIES, nothing_done
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ROOMS = ["orders", "inventory", "purchasing", "forecasting", "reports"]


class Desk:
    """A browser whose forms carry the page's token, as the real one's must."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.get(reverse("login"))
        self.token = self.client.cookies["csrftoken"].value
        self.client.force_login(UserFactory(role="Managers"))

    def send_json(self, address: str, body):
        """As the order desk's script does."""
        return self.client.generic(
            "POST", address, json.dumps(body), content_type="application/json", headers={"X-CSRFToken": self.token}
        )

    def send_form(self, address: str, fields: dict[str, str]):
        """As a browser sends a form; what UTF-8 does not have cannot be typed."""
        body = urlencode(fields | {"csrfmiddlewaretoken": self.token}, errors="replace")
        return self.client.generic("POST", address, body, content_type="application/x-www-form-urlencoded")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def order(shop) -> Order:
    return create_order(NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, [NewLine(shop.tea.pk, 4)]))


# --- the order desk ---------------------------------------------------------------------------------------------------


def typed(shop, **fields) -> dict:
    """A finished order as the page sends it, its second line with these fields."""
    lines = [{"product": shop.tea.pk, "quantity": 1, "unit_price": "10.00"} for _twice in range(2)]
    lines[1] |= fields
    return {
        "customer": shop.customer.pk,
        "channel": shop.channel.pk,
        "warehouse": shop.warehouse.pk,
        "requested_date": None,
        "note": "",
        "allow_backorder": True,
        "lines": lines,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", quantity) for quantity in WRONG_QUANTITIES]
    + [("unit_price", str(price)) for price in WRONG_PRICES]
    + [("product", pk) for pk in UNKNOWN_IDS],
    ids=ascii,
)
def test_a_wrong_line_is_named(desk, shop, field, value):
    with nothing_done():
        answer = desk.send_json("/api/v1/orders/", typed(shop, **{field: value}))
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [f"lines.1.{field}"]


@pytest.mark.parametrize("note", [NUL, HALF, "x" * 501], ids=ascii)
def test_a_wrong_note_is_named(desk, shop, note):
    with nothing_done():
        answer = desk.send_json("/api/v1/orders/", typed(shop) | {"note": note})
    assert [error["field"] for error in answer.json()["errors"]] == ["note"]


def test_without_the_pages_token_nothing_is_done(desk, shop):
    desk.token = "x" * 32
    with nothing_done():
        assert desk.send_json("/api/v1/orders/", typed(shop)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        5,
        {},
        {"lines": 5},
        {"lines": {}},
        {"lines": [None, 5, [], {}], "warehouse": 1},
        {"lines": [], "warehouse": 2**63},
        {"lines": [], "warehouse": NUL},
        {"lines": [{"product_id": 2**63, "quantity": 10**12, "unit_price": "NaN"}], "warehouse": 1},
        {"lines": [{"product_id": 1, "quantity": "1e3", "unit_price": "1e400"}], "warehouse": 1},
        {"lines": [{"product_id": HALF, "quantity": NUL, "unit_price": "sNaN"}], "warehouse": 1},
        {"lines": [{"product_id": 1, "quantity": 10**9, "unit_price": "999999999.99"}] * 600, "warehouse": 1},
    ],
    ids=lambda body: ascii(body)[:40],
)
def test_a_quote_for_half_typed_lines(desk, shop, body):
    answer = desk.send_json("/orders/quote/", body)
    assert answer.status_code in (200, 422)
    assert set(answer.json()) == {"lines", "total"} | ({"net", "tax"} if answer.status_code == 200 else set())


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, NUL])
def test_cancelling_needs_a_reason_and_keeps_what_was_typed(desk, order, reason):
    with nothing_done():
        answer = desk.send_form(f"/orders/{order.pk}/cancel/", {"reason": reason})
    assert answer.status_code == 422
    assert 'name="reason"' in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ""),
        ("code", "C1"),
        ("code", "x" * 41),
        ("code", NUL),
        ("name", ""),
        ("name", "x" * 201),
        ("name", NUL),
        ("email", "nobody"),
        ("phone", "1" * 41),
        ("address", "x" * 301),
    ],
    ids=ascii,
)
def test_a_customer_that_cannot_be_kept(desk, shop, field, value):
    fields = {"code": "C9", "name": "Wang", "phone": "", "email": "", "address": ""} | {field: value}
    answer = desk.send_form("/customers/new/", fields)
    assert answer.status_code == 422
    assert Customer.objects.count() == 1


# --- every page -------------------------------------------------------------------------------------------------------


def pages() -> list[tuple[str, tuple[str, ...]]]:
    """(name, arguments) of every page of the rooms."""
    found = []
    resolver = get_resolver()
    for room in ROOMS:
        _prefix, room_resolver = resolver.namespace_dict[room]
        for name, patterns in room_resolver.reverse_dict.lists():
            if isinstance(name, str):
                found.append((f"{room}:{name}", tuple(patterns[0][0][0][1])))
    return sorted(found)


PAGES = pages()
NUMBERED = [(name, arguments) for name, arguments in PAGES if arguments and arguments != ("measure",)]
ALWAYS = {"q", "page", "before", "warehouse", "format", "seen", "customer", "supplier"}
VALUES = ["9" * 30, "٣", "%00", "%ED%A0%80", "-1", "x" * 2000, "2026-02-30"]


def field_names(page) -> set[str]:
    """What the page's forms ask for."""
    if not page["Content-Type"].startswith("text/html"):
        return set()  # a paper to download
    names = re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"', page.content.decode())
    return set(names) - {"csrfmiddlewaretoken"}


@pytest.mark.parametrize(("name", "arguments"), NUMBERED)
def test_a_page_of_an_unknown_row_is_not_found(desk, shop, name, arguments):
    for number in ("0", str(2**63), "9" * 30):
        address = reverse(name, kwargs=dict.fromkeys(arguments, number))
        with nothing_done():
            assert desk.client.get(address).status_code in (404, 405), address
            assert desk.send_form(address, {"reason": "x"}).status_code in (404, 405, 409, 422), address


@pytest.mark.parametrize("name", [name for name, arguments in PAGES if not arguments])
def test_a_page_understands_or_ignores_every_parameter(desk, shop, name):
    address = reverse(name)
    names = sorted(ALWAYS | field_names(desk.client.get(address)))
    for value in VALUES:
        query = "&".join(f"{parameter}={value}" for parameter in names)
        assert desk.client.get(f"{address}?{query}").status_code < 500, (address, value)
    for parameter in names:  # each alone, so that one refusal does not hide the next
        assert desk.client.get(f"{address}?{parameter}={'9' * 30}").status_code < 500, (address, parameter)


@pytest.fixture
def rows(shop, order) -> dict[str, object]:
    """One row for each kind of argument and room, so that each form can be opened."""
    shipped = create_order(NewOrder(shop.customer.pk, shop.channel.pk, shop.warehouse.pk, [NewLine(shop.tea.pk, 1)]))
    shipment = ship_order(NewShipment(shipped.pk))
    lines = [NewPurchaseLine(shop.tea.pk, 6)]
    draft, placed = (
        create_purchase_orders([NewPurchaseOrder(shop.supplier.pk, shop.warehouse.pk, lines, place=place)])[0].pk
        for place in (False, True)
    )
    item = shop.tea.supplier_items.get().pk
    pks = {
        "orders:customer": shop.customer.pk,
        "orders:customer-edit": shop.customer.pk,
        "orders:delivery-note": shipment.pk,
        "purchasing:order-edit": draft,
        "purchasing:order-place": draft,
        "purchasing:item-edit": item,
        "purchasing:supplier": shop.supplier.pk,
        "purchasing:supplier-edit": shop.supplier.pk,
    }
    defaults = {"orders": order.pk, "purchasing": placed, "inventory": shop.tea.pk}
    return {
        name: {
            "pk": pks.get(name, defaults.get(name.split(":")[0], 0)),
            "product": shop.tea.pk,
            "product_id": shop.tea.pk,
            "warehouse": shop.warehouse.pk,
            "warehouse_id": shop.warehouse.pk,
            "kind": "confirmation",
        }
        for name, _arguments in PAGES
    }


TYPED = ["", "-1", "9" * 30, "x" * 2000, NUL, "NaN", "1e400", "0.005"]


@pytest.mark.parametrize(("name", "arguments"), [page for page in PAGES if page[1] != ("measure",)])
def test_a_form_full_of_nonsense_is_answered_in_words(desk, rows, name, arguments):
    try:
        address = reverse(name, kwargs={argument: rows[name][argument] for argument in arguments})
    except NoReverseMatch:
        pytest.fail(f"{name} has arguments that this test does not know")
    fields = field_names(desk.client.get(address))
    for value in TYPED:
        answer = desk.send_form(address, dict.fromkeys(fields | {"reason"}, value))
        assert answer.status_code < 500, (address, value)
