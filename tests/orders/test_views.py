"""The pages of the order desk over HTTP."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from core.models import AuditEntry
from inventory.models import StockMove
from inventory.places import Receipt
from inventory.services import receive_stock
from orders import services
from orders.models import Customer, Order
from orders.values import NewShipment
from tests.factories import CustomerFactory, ProductFactory, SupplierItemFactory, UserFactory, stock

pytestmark = pytest.mark.django_db
PAGES = {
    "orders.confirm_order": [
        "/orders/new/",
        "/orders/products/?q=tea",
        "/orders/customers/?q=ann",
    ],
    "inventory.view_stocklevel": ["/promises/availability/", "/promises/availability/?q=tea&quantity=2"],
    "orders.view_order": ["/promises/", "/promises/?of=all", "/orders/", "/orders/?format=csv", "/orders/?format=xlsx"],
    "orders.view_customer": ["/customers/", "/customers/?format=csv", "/customers/?format=xlsx"],
    "orders.add_customer": ["/customers/new/"],
}


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li", last_name="Na"))
    return client


def ask(client, desk, *rows):
    lines = [{"product_id": product, "quantity": quantity, "unit_price": price} for product, quantity, price in rows]
    body = json.dumps({"warehouse": desk.warehouse.pk, "lines": lines})
    return client.post("/orders/quote/", body, content_type="application/json")


@pytest.mark.parametrize(("permission", "path"), [(p, path) for p, paths in PAGES.items() for path in paths])
def test_only_the_permission_opens_the_door(client, permission, path):
    assert client.get(path).status_code == 302
    client.force_login(UserFactory())
    assert client.get(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert client.get(path).status_code == 200


def test_documents_open_only_with_permission_and_denied_means_nothing_changed(client, desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    order = services.create_order(desk.order((product, 3)))
    client.force_login(UserFactory(permissions=["orders.view_order", "orders.view_customer"]))
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert 'id="cancel"' not in page
    assert reverse("orders:new") not in page
    assert client.post(f"/orders/{order.pk}/cancel/", {"reason": "x"}).status_code == 403
    assert client.post(f"/customers/{desk.customer.pk}/edit/", {"code": "X", "name": "X"}).status_code == 403
    assert client.post("/orders/quote/", "{}", content_type="application/json").status_code == 403
    order.refresh_from_db()
    assert order.status == "open"
    client.force_login(UserFactory())
    assert client.get(f"/orders/{order.pk}/").status_code == 403
    assert client.get(f"/customers/{desk.customer.pk}/").status_code == 403


# ---- entry


def test_products_are_suggested_with_what_the_warehouse_has(sales, desk):
    tea = ProductFactory(sku="TEA-1", name="Green tea", barcode="690001", price="12.50")
    ProductFactory(sku="TEA-10", name="Black tea")
    stock(tea, desk.warehouse, 7)
    rows = sales.get("/orders/products/", {"q": "690001", "warehouse": desk.warehouse.pk}).json()["results"]
    assert rows == [
        {
            "id": tea.pk,
            "label": "Green tea",
            "code": "TEA-1",
            "price": "12.50",
            "unit": "pcs",
            "exact": True,
            "available": 7,
        }
    ]
    rows = sales.get("/orders/products/", {"q": "tea-1", "warehouse": desk.warehouse.pk}).json()["results"]
    assert [(row["code"], row["exact"], row["available"]) for row in rows] == [("TEA-1", True, 7), ("TEA-10", False, 0)]
    assert sales.get("/orders/products/", {"q": " "}).json()["results"] == []


def test_customers_are_suggested_by_name_code_and_phone(sales):
    ann = CustomerFactory(code="C-7", name="Ann's Corner Shop", phone="138001", is_blocked=True)
    CustomerFactory(code="C-77", name="Bob")
    for text in ("corner ann", "138001"):
        assert [row["id"] for row in sales.get("/orders/customers/", {"q": text}).json()["results"]] == [ann.pk]
    rows = sales.get("/orders/customers/", {"q": "c-7"}).json()["results"]
    assert [(row["code"], row["exact"], row["blocked"]) for row in rows] == [
        ("C-7", True, True),
        ("C-77", False, False),
    ]


def test_a_quote_says_what_ships_now_and_when_the_rest(sales, desk):
    tea, rice, salt = desk.product(), desk.product(), desk.product()
    stock(tea, desk.warehouse, 10)
    stock(rice, desk.warehouse, 3)
    SupplierItemFactory(product=rice, supplier__lead_time_days=10)
    soon = (timezone.localdate() + timedelta(days=10)).isoformat()
    answer = ask(sales, desk, (tea.pk, "4", "2.50"), (rice.pk, "5", "1.00"), (salt.pk, "1", "1.00"), (tea.pk, "", "1"))
    quoted = answer.json()
    assert quoted["total"] == "16.00"  # 10.00 + 5.00 + 1.00
    assert [(line and (line["now"], line["short"], line["amount"])) for line in quoted["lines"]] == [
        (4, False, "10.00"),
        (3, True, "5.00"),
        (0, True, "1.00"),
        None,
    ]
    assert quoted["lines"][1]["text"] == f"3 can ship now. 2 by {soon}: to be ordered, supplier's lead time."
    assert quoted["lines"][2]["text"] == "1 without a date: nobody supplies it."
    assert {line["margin"] for line in quoted["lines"] if line} == {"–"}, "sales staff do not see margins"


def test_lines_of_one_product_share_its_stock(sales, desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 10)
    lines = ask(sales, desk, (tea.pk, "7", "1"), (tea.pk, "7", "1")).json()["lines"]
    assert [line["now"] for line in lines] == [7, 3]


def test_margin_is_price_less_average_cost_for_those_who_may(client, desk):
    tea, salt = desk.product(), desk.product()
    stock(tea, desk.warehouse, 10, unit_cost="6.00")
    client.force_login(UserFactory(permissions=["orders.confirm_order", "inventory.view_margin"]))
    lines = ask(client, desk, (tea.pk, "4", "10.00"), (salt.pk, "1", "5.00")).json()["lines"]
    assert (lines[0]["margin"], lines[0]["margin_share"]) == ("16.00", "40.0 %")
    assert (lines[1]["margin"], lines[1]["margin_share"]) == ("–", "–")


def test_a_quote_of_many_lines_costs_as_many_queries_as_one(sales, desk, django_assert_max_num_queries):
    products = [desk.product() for _n in range(20)]
    with django_assert_max_num_queries(14):
        ask(sales, desk, *[(product.pk, "2", "1.00") for product in products])


@pytest.mark.parametrize("address", ["quote", "products/match", "templates/save"])
def test_a_body_nested_too_deeply_is_refused(sales, address):
    answer = sales.post(f"/orders/{address}/", "[" * 100_000, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"lines": 3}', '{"lines": [], "warehouse": "x"}', "\x00"])
def test_a_malformed_quote_is_refused_quietly(sales, body):
    assert sales.post("/orders/quote/", body, content_type="application/json").status_code == 422


def test_the_form_offers_what_the_last_order_used(sales, desk):
    page = sales.get("/orders/new/", {"customer": desk.customer.pk}).content.decode()
    assert f'value="{desk.customer.code} {desk.customer.name}" data-id="{desk.customer.pk}"' in page
    assert "data-margin" not in page
    assert sales.get("/orders/new/", {"customer": "x"}).status_code == 200


# ---- the order's page


def test_the_page_tells_everything_that_happened_in_order(sales, desk):
    product = desk.product(sku="TEA-1")
    stock(product, desk.warehouse, 5)
    order = services.create_order(desk.order((product, 8)))
    services.ship_order(NewShipment(order.pk))
    receive_stock(
        [Receipt((product.pk, desk.warehouse.pk), 2, 12, "GR")], kind=StockMove.Kind.RECEIPT, at=timezone.now()
    )
    sales.post(f"/orders/{order.pk}/cancel/", {"reason": "Changed their mind"})
    response = sales.get(f"/orders/{order.pk}/")
    shipment = order.shipments.get().number
    assert [event.sentence for event in response.context["events"]] == [
        "Confirmed: 5 reserved, 3 waiting for stock.",
        f"Shipment {shipment}: 5 left the warehouse, 3 still to ship.",
        "Stock came in: 2 more reserved.",
        "Cancelled: 3; 2 of them were reserved and are free again. Reason: Changed their mind",
    ]
    assert [str(event.actor) for event in response.context["events"]][-1] == "Li Na"
    assert [(row.reserved, row.waiting, state) for row, state in response.context["rows"]] == [
        (0, 0, "5 shipped · 3 cancelled")
    ]


def test_stages_and_lines_say_what_is_reserved_and_what_waits(sales, desk):
    product = desk.product()
    stock(product, desk.warehouse, 5)
    SupplierItemFactory(product=product, supplier__lead_time_days=10)
    order = services.create_order(desk.order((product, 8)))
    soon = (timezone.localdate() + timedelta(days=10)).isoformat()
    context = sales.get(f"/orders/{order.pk}/").context
    assert [state for _row, state in context["rows"]] == [f"5 reserved · 3 wait until {soon}"]
    assert [(s["pieces"], s["is_current"]) for s in context["stages"]] == [
        (8, True),
        (5, False),
        (0, False),
    ]
    services.ship_order(NewShipment(order.pk))
    context = sales.get(f"/orders/{order.pk}/").context
    assert [(s["pieces"], s["is_current"]) for s in context["stages"]] == [(8, True), (5, False), (5, False)]


@pytest.mark.parametrize(
    ("in_stock", "sentence"),
    [
        (8, "is confirmed; all of it is reserved (8)."),
        (5, "is confirmed: 5 reserved, 3 waiting. The lines say until when."),
        (0, "is confirmed; all of it waits for stock (8). The lines say until when."),
    ],
)
def test_the_answer_to_confirming_says_what_is_reserved_and_what_waits(sales, desk, in_stock, sentence):
    product = desk.product()
    if in_stock:
        stock(product, desk.warehouse, in_stock)
    order = services.create_order(desk.order((product, 8)))
    page = sales.get(f"/orders/{order.pk}/", {"confirmed": "1"}).content.decode()
    assert f"Order {order.number} {sentence}" in page
    assert 'id="confirmed"' not in sales.get(f"/orders/{order.pk}/").content.decode()


def test_a_question_about_many_lines_stays_short(sales, desk):
    order = services.create_order(desk.order(*[(desk.product(sku=f"TEA-{n}"), 1) for n in range(11)]))
    question = sales.get(f"/orders/{order.pk}/").context["cancel_question"].splitlines()
    assert question == [
        f"Cancel order {order.number}?",
        *[f"TEA-{n}: drops 1 waiting." for n in range(8)],
        "… and 3 more lines",
        "This cannot be undone.",
    ]


def test_cancelling_asks_with_what_is_released_and_then_releases(sales, desk):
    product = desk.product(sku="TEA-1")
    level = stock(product, desk.warehouse, 5)
    order = services.create_order(desk.order((product, 8)))
    page = sales.get(f"/orders/{order.pk}/").content.decode()
    assert "TEA-1: frees 5, drops 3 waiting." in page
    assert sales.post(f"/orders/{order.pk}/cancel/", {"reason": ""}).status_code == 422
    assert sales.post(f"/orders/{order.pk}/cancel/", {"reason": "Twice entered"}).status_code == 302
    level.refresh_from_db()
    order.refresh_from_db()
    assert (level.reserved, order.status) == (0, "cancelled")
    refused = sales.post(f"/orders/{order.pk}/cancel/", {"reason": "Again"})
    assert refused.status_code == 409
    assert "this step is no longer possible" in refused.content.decode()


def test_a_live_refresh_gets_the_changing_part_alone(sales, desk):
    product = desk.product()
    order = services.create_order(desk.order((product, 1)))
    part = sales.get(f"/orders/{order.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="order"')
    assert "<html" not in part
    assert sales.get("/orders/999999/").status_code == 404


def test_every_step_that_services_write_has_its_sentence():
    import re
    from pathlib import Path

    from orders.timeline import WORDS

    sources = [*Path(services.__file__).parent.glob("*.py"), Path(services.__file__).parent.parent / "receivers.py"]
    calls = re.compile(r'audit\.(?:entry|record)\(\s*"order",\s*[\w.]+,\s*"(\w+)"')
    verbs = {verb for path in sources for verb in calls.findall(path.read_text("utf-8"))}
    by_the_core = {"mailed", "mail_failed", "mail_unclear"}  # core/mail.py writes them for any document
    assert verbs | by_the_core == set(WORDS)


# ---- the list


@pytest.fixture
def three(desk):
    """Three orders: TEA in full, RICE that waits (of 4: 1 there), and TEA by Ann for the web shop."""
    tea, rice = desk.product(sku="TEA-1", price="2.00"), desk.product(sku="RICE-1", price="3.00")
    stock(tea, desk.warehouse, 100)
    stock(rice, desk.warehouse, 1)
    first = services.create_order(desk.order((tea, 5)))
    second = services.create_order(desk.order((rice, 4), external_reference="WEB-0042"))
    desk.customer = CustomerFactory(name="Ann's Corner Shop", code="ANN")
    third = services.create_order(desk.order((tea, 1), (rice, 1)))
    return first, second, third


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [2, 1, 0]),
        ({"q": "web-00"}, [1]),
        ({"q": "corner"}, [2]),
        ({"q": "tea-1"}, [2, 0]),
        ({"waiting": "1"}, [2, 1]),
        ({"waiting": "1", "q": "ann"}, [2]),
        ({"status": "cancelled"}, []),
        ({"first": "2001-01-01", "last": "2001-12-31"}, []),
        ({"first": "0001-01-01", "last": "9999-12-31"}, [2, 1, 0]),
        ({"first": "9999-12-31"}, []),
        ({"status": "nonsense", "channel": "x", "first": "never"}, [2, 1, 0]),
    ],
)
def test_search_and_filters(sales, three, asked, found):
    assert [order.pk for order in sales.get("/orders/", asked).context["orders"]] == [three[i].pk for i in found]


def test_number_channel_warehouse_and_day(sales, desk, three):
    first = three[0]
    today = timezone.localdate().isoformat()
    for asked in (
        {"q": first.number.lower()},
        {"q": first.number, "channel": first.channel_id, "warehouse": first.warehouse_id},
        {"q": first.number, "first": today, "last": today},
    ):
        assert [order.pk for order in sales.get("/orders/", asked).context["orders"]] == [first.pk], asked


def test_figures_of_the_list(sales, three):
    rows = [(order.total, order.waiting) for order in sales.get("/orders/").context["orders"]]
    assert [(str(total), waiting) for total, waiting in rows] == [("5.00", 1), ("12.00", 3), ("10.00", 0)]


def test_pages_follow_the_last_order_shown(sales, three, monkeypatch):
    monkeypatch.setattr("orders.views.orders.PAGE_SIZE", 2)
    context = sales.get("/orders/").context
    assert ([order.pk for order in context["orders"]], context["next"]) == ([three[2].pk, three[1].pk], three[1].pk)
    context = sales.get("/orders/", {"before": three[1].pk}).context
    assert ([order.pk for order in context["orders"]], context["next"]) == ([three[0].pk], None)


def test_query_budgets(sales, three, django_assert_num_queries, django_assert_max_num_queries):
    sales.get("/orders/")
    with django_assert_max_num_queries(10):
        sales.get("/orders/")
    with django_assert_max_num_queries(19):
        sales.get(f"/orders/{three[2].pk}/")
    with django_assert_max_num_queries(9):
        sales.get("/customers/")


def test_the_filtered_list_exports(sales, three):
    content = b"".join(sales.get("/orders/", {"format": "csv", "q": "rice-1"}).streaming_content)
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header[0] == "Order"
    assert [(line[0], line[9], line[10]) for line in lines] == [
        (three[2].number, "5.00", "1"),
        (three[1].number, "12.00", "3"),
    ]
    book = load_workbook(io.BytesIO(b"".join(sales.get("/orders/", {"format": "xlsx"}).streaming_content)))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [order.number for order in reversed(three)]


def test_an_empty_list_says_so(sales):
    assert "No orders yet" in sales.get("/orders/").content.decode()
    assert "No order fits" in sales.get("/orders/", {"q": "nothing"}).content.decode()


# ---- customers


def test_a_customer_is_added_and_changed_on_record(sales):
    assert sales.post("/customers/new/", {"code": "ANN", "name": ""}).status_code == 422
    sales.post("/customers/new/", {"code": "ANN", "name": "Ann's Corner Shop", "phone": "138001"})
    ann = Customer.objects.get(code="ANN")
    again = sales.post("/customers/new/", {"code": "ANN", "name": "Another"})
    assert again.status_code == 422
    assert 'value="Another"' in again.content.decode()
    sales.post(f"/customers/{ann.pk}/edit/", {"code": "ANN", "name": "Ann's Shop", "phone": "138001"})
    ann.refresh_from_db()
    assert ann.name == "Ann's Shop"
    steps = AuditEntry.objects.filter(subject_type="customer", subject_id=ann.pk).order_by("pk")
    assert [(step.verb, step.data) for step in steps] == [
        ("added", {"code": "ANN", "name": "Ann's Corner Shop"}),
        ("changed", {"changes": {"name": ["Ann's Corner Shop", "Ann's Shop"]}}),
    ]


def test_the_services_refuse_a_taken_code_by_themselves():
    from core.errors import InvalidInput

    CustomerFactory(code="ANN")
    bob = CustomerFactory(code="BOB")
    with pytest.raises(InvalidInput) as refusal:
        services.add_customer({"code": "ANN", "name": "Another"})
    assert refusal.value.field_errors == {"code": "This code is already used by another customer."}
    assert bob.code == "BOB"


def test_a_customers_page_shows_what_is_open_and_what_was_bought(sales, desk):
    product = desk.product(price="10.00")
    stock(product, desk.warehouse, 10)
    shipped = services.create_order(desk.order((product, 4)))
    services.ship_order(NewShipment(shipped.pk))
    waiting = services.create_order(desk.order((product, 8)))
    context = sales.get(f"/customers/{desk.customer.pk}/").context
    assert context["revenue"] == 40
    assert [order.pk for order in context["open_orders"]] == [waiting.pk]
    assert [order.pk for order in context["closed_orders"]] == [shipped.pk]
    rows = sales.get("/customers/", {"q": desk.customer.code}).context["page"].object_list
    assert [(row.open_orders, row.last_order) for row in rows] == [(1, Order.objects.get(pk=waiting.pk).ordered_at)]
