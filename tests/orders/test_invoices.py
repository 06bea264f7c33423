"""Invoices: what was shipped, once, at exactly what the order comes to; numbers without gaps; nothing changes later."""

from datetime import timedelta
from decimal import Decimal as D
from io import BytesIO
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from rest_framework.test import APIClient

from core.errors import IllegalTransition, InvalidInput, Outdated
from orders import services
from orders.invoicing import orders_to_invoice
from orders.models import Customer, Invoice, InvoicedShipmentLine, InvoiceLine, OrderLine
from orders.pricing import Billed, PricedLine, due, freight_due, totals
from orders.selectors import order_totals
from orders.services import create_order, issue_invoice, return_goods, ship_order
from orders.timeline import order_events
from orders.values import NewDetails, NewReturn, NewShipment, OrderChange
from tests.factories import CompanyFactory, UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(desk):
    """7 teas at 9.99, 5 % off, 13 % tax, and 3 cups at 3.33, 9 % tax; 2.5 % off the order, 10.00 freight; all there."""
    CompanyFactory(currency="EUR")
    Customer.objects.update(payment_days=30, address="1 Main Street")
    tea = desk.product(sku="TEA", name="Green tea", price="9.99", tax_rate="13")
    cup = desk.product(sku="CUP", name="Cup", price="3.33", tax_rate="9")
    for product in (tea, cup):
        stock(product, desk.warehouse, 50)
    return create_order(desk.order((tea, 7, None, D(5)), (cup, 3), discount=D("2.5"), freight=D(10)))


def ship(order, **pieces):
    keys = {line.product.sku: line.pk for line in OrderLine.objects.filter(order=order).select_related("product")}
    return ship_order(NewShipment(order.pk, {keys[sku.upper()]: n for sku, n in pieces.items()}))


def of_order(order):
    order.refresh_from_db()
    return order_totals(order, order.lines.all())


def test_figures_of_two_partial_invoices(order):
    # 7 teas: 69.93, less 5 % = 66.43 (66.4335), less 2.5 % = 64.77 (64.76925); tax 13 % = 8.42 (8.4201)
    # 3 cups: 9.99, less 2.5 % = 9.74 (9.74025); tax 9 % = 0.88 (0.8766); freight 10.00 with 13 % = 1.30
    ship(order, tea=2)
    first = issue_invoice(order.pk)
    # 2 teas: 19.98 -> 18.98 (18.981) -> 18.51 (18.5055); tax 2.41 (2.4063)
    assert (first.number, first.net, first.tax, first.gross) == ("IN-000001", D("28.51"), D("3.71"), D("32.22"))
    assert (first.freight, first.freight_tax_rate, first.freight_tax) == (D(10), D(13), D("1.30"))
    assert (first.issued_on, first.due_on) == (timezone.localdate(), timezone.localdate() + timedelta(days=30))
    ship(order, tea=5, cup=3)
    second = issue_invoice(order.pk)
    # the other 5 teas: 64.77 - 18.51 = 46.26, tax 8.42 - 2.41 = 6.01
    rows = [(row.sku, row.quantity, row.net, row.tax) for row in second.lines.order_by("position")]
    assert rows == [("TEA", 5, D("46.26"), D("6.01")), ("CUP", 3, D("9.74"), D("0.88"))]
    assert (second.number, second.freight, second.gross) == ("IN-000002", D(0), D("62.89"))
    assert first.gross + second.gross == of_order(order).gross == D("95.11")


def listed():
    """Orders that the list of what is to be invoiced shows."""
    return list(orders_to_invoice().values_list("pk", flat=True))


def test_an_invoice_of_one_of_two_shipments(order):
    assert listed() == []
    one, two = ship(order, tea=1), ship(order, tea=2)
    assert listed() == [order.pk]
    invoice = issue_invoice(order.pk, [two.pk])
    assert listed() == [order.pk]
    assert [row.quantity for row in invoice.lines.all()] == [2]
    with pytest.raises(InvalidInput) as refusal:
        issue_invoice(order.pk, [one.pk, two.pk])
    assert set(refusal.value.field_errors) == {"shipments"}
    assert [row.quantity for row in issue_invoice(order.pk, [one.pk]).lines.all()] == [1]
    assert listed() == []
    with pytest.raises(IllegalTransition, match="invoiced"):
        issue_invoice(order.pk)
    assert Invoice.objects.count() == 2
    ship(order, cup=1)
    assert listed() == [order.pk]


def test_nothing_shipped_nothing_to_invoice(order):
    with pytest.raises(IllegalTransition, match="shipped"):
        issue_invoice(order.pk)
    with pytest.raises(InvalidInput):
        issue_invoice(0)
    assert not Invoice.objects.exists()


def test_a_cancelled_rest_leaves_nothing_of_the_freight(order):
    ship(order, tea=7)
    first = issue_invoice(order.pk)
    services.cancel_order(order.pk, reason="x")
    assert first.gross == of_order(order).gross == D("84.49")
    assert not issue_invoice_or_none(order)


def issue_invoice_or_none(order):
    try:
        return issue_invoice(order.pk)
    except IllegalTransition:
        return None


def test_a_discount_changed_in_between_is_made_good_by_the_next_invoice(order):
    ship(order, tea=6)
    first = issue_invoice(order.pk)
    services.change_order(OrderChange(order.pk, details=NewDetails(discount=D(10), freight=D(4))))
    ship(order, tea=1, cup=3)
    second = issue_invoice(order.pk)
    assert second.freight == D(-6)
    assert first.gross + second.gross == of_order(order).gross


def test_what_becomes_another_amount_meanwhile_is_not_issued(order):
    ship(order, tea=2)
    with pytest.raises(Outdated):
        issue_invoice(order.pk, expected=D("32.21"))
    assert issue_invoice(order.pk, expected=D("32.22")).number == "IN-000001"


def test_numbers_have_no_gaps(order):
    ship(order, tea=1)
    with (
        patch("orders.services.invoices.InvoicedShipmentLine.objects.bulk_create", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        issue_invoice(order.pk)
    assert issue_invoice(order.pk).number == "IN-000001", "the number drawn by what failed came back"
    ship(order, tea=1)
    assert issue_invoice(order.pk).number == "IN-000002"


@pytest.mark.parametrize("model", [Invoice, InvoiceLine, InvoicedShipmentLine])
def test_the_database_lets_nobody_change_or_delete_one(order, model):
    ship(order, tea=1)
    issue_invoice(order.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all()._raw_delete("default")
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(id=model.objects.get().pk)
    assert model.objects.count() == 1


def test_the_database_lets_no_shipment_line_be_invoiced_twice(order):
    ship(order, tea=1)
    issue_invoice(order.pk)
    part = InvoicedShipmentLine.objects.get()
    with pytest.raises(IntegrityError, match="shipment_line"), transaction.atomic():
        InvoicedShipmentLine.objects.create(shipment_line_id=part.shipment_line_id, invoice_line=part.invoice_line)


def test_a_credit_note_works_as_before(order):
    shipment = ship(order, tea=7)
    invoice = issue_invoice(order.pk)
    line = shipment.lines.get()
    (returned,) = return_goods([NewReturn(order.pk, {line.pk: 7})])
    row = invoice.lines.get()
    assert sum(back.refund for back in returned.lines.all()) == row.net == D("64.77")


MONEY = st.integers(0, 50_000).map(lambda cents: D(cents) / 100)
RATES = st.sampled_from([D(0), D(6), D(9), D(13), D("0.05")])
PERCENT = st.sampled_from([D(0), D("2.5"), D("33.33"), D(100)])


@st.composite
def deliveries(draw):
    """Ordered lines, and the pieces of each that leave in each of a few parts until all have."""
    lines, parts = [], draw(st.integers(1, 4))
    for _line in range(draw(st.integers(1, 4))):
        cuts = draw(st.lists(st.integers(0, 9), min_size=parts, max_size=parts))
        lines.append((draw(MONEY), draw(PERCENT), draw(RATES), cuts))
    return lines


@settings(deadline=None, derandomize=True, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(lines=deliveries(), discount=PERCENT, freight=MONEY)
def test_invoices_of_any_parts_add_up_to_the_order(lines, discount, freight):
    ordered = [PricedLine(sum(cuts), price, percent, rate) for price, percent, rate, cuts in lines]
    billed, freight_billed = [Billed()] * len(lines), Billed()
    for part in range(len(lines[0][3])):
        add = freight_due(ordered, freight, freight_billed)
        freight_billed = Billed(0, freight_billed.net + add.net, freight_billed.tax + add.tax)
        for index, (price, percent, rate, cuts) in enumerate(lines):
            before = billed[index]
            add = due(PricedLine(before.pieces + cuts[part], price, percent, rate), discount, before)
            assert add.net >= 0
            assert add.tax >= 0
            billed[index] = Billed(before.pieces + add.pieces, before.net + add.net, before.tax + add.tax)
    whole = totals(ordered, discount, freight)
    assert sum((b.net for b in billed), freight_billed.net) == whole.net
    assert sum((b.tax for b in billed), freight_billed.tax) == whole.tax


# ---- pages and documents


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li"))
    return client


def test_it_is_looked_at_issued_once_and_the_timeline_says_so(sales, order):
    one, two = ship(order, tea=2), ship(order, tea=1)
    page = f"/orders/{order.pk}/invoice/"
    assert page in sales.get(f"/orders/{order.pk}/").content.decode()
    assert sales.get(page).context["totals"].gross == D("42.67")
    looked = sales.post(page, {"shipment": [one.pk], "look": "1", "expected": "42.67"})
    assert looked.context["totals"].gross == D("32.22")
    assert not Invoice.objects.exists()
    stale = sales.post(page, {"shipment": [one.pk], "issue": "1", "expected": "42.67"})
    assert stale.status_code == 409
    answer = sales.post(page, {"shipment": [one.pk], "issue": "1", "expected": "32.22"})
    invoice = Invoice.objects.get()
    assert answer["Location"] == f"/invoices/{invoice.pk}/"
    again = sales.post(page, {"shipment": [one.pk], "issue": "1", "expected": "32.22"})
    assert (again.status_code, Invoice.objects.count()) == (422, 1)
    event = order_events(order.pk)[-1]
    assert (event.verb, event.actor.first_name) == ("invoiced", "Li")
    assert event.sentence.startswith("Invoice IN-000001: 32.22, to be paid by ")
    assert two.pk in [shipment.pk for shipment, _chosen in sales.get(page).context["shipments"]]
    text = sales.get(f"/invoices/{invoice.pk}/").content.decode()
    for part in ("TEA", one.number, "€32.22", "1 Main Street"):
        assert part in text, part


def test_later_edits_change_no_invoice(sales, order):
    ship(order, tea=7, cup=3)
    invoice = issue_invoice(order.pk)
    services.change_customer(order.customer_id, {"name": "Renamed", "address": "Elsewhere", "payment_days": 1})
    order.lines.first().product.__class__.objects.update(name="Other name")
    file = BytesIO(sales.get(f"/invoices/{invoice.pk}/invoice.pdf").content)
    text = "".join("".join(page.extract_text() for page in PdfReader(file).pages).split())
    for part in ("Invoice", "IN-000001", "1MainStreet", "Greentea", "€84.51", "€10.00", "€95.11", "2.50%"):
        assert part in text, part
    assert "Renamed" not in text


def test_it_is_written_in_the_customers_language_and_mailed(sales, order):
    Customer.objects.update(language="zh-hans", email="buyer@shop.example")
    ship(order, tea=1)
    invoice = issue_invoice(order.pk)
    file = BytesIO(sales.get(f"/invoices/{invoice.pk}/invoice.pdf").content)
    assert "发票" in PdfReader(file).pages[0].extract_text()
    form = sales.get(f"/mail/invoice/{invoice.pk}/").context["form"]
    assert (form["to"].value(), form["title"].value()[:2]) == ("buyer@shop.example", "发票")
    with translation.override("en"):
        typed = {"key": "6e0a5f3a-5d0f-4f7c-9a51-0d2f0a6f3f11", "to": "a@b.example", "title": "T", "text": "x"}
        assert sales.post(f"/mail/invoice/{invoice.pk}/", typed)["Location"] == f"/orders/{order.pk}/"


def test_the_list_is_searched_and_exported(sales, order, desk):
    assert b"No invoices yet" in sales.get("/invoices/").content
    assert [row.pk for row in sales.get("/invoices/due/").context["page"]] == []
    ship(order, tea=1)
    assert [row.pk for row in sales.get("/invoices/due/").context["page"]] == [order.pk]
    assert [row.pk for row in sales.get(f"/invoices/due/?q={order.number}").context["page"]] == [order.pk]
    invoice = issue_invoice(order.pk)
    assert [row.pk for row in sales.get("/invoices/due/").context["page"]] == []
    today, tomorrow = timezone.localdate(), timezone.localdate() + timedelta(days=1)
    for query, found in [
        ("", 1),
        ("q=in-000001", 1),
        (f"q={order.number}", 1),
        (f"q={desk.customer.code}", 1),
        ("q=nothing", 0),
        (f"first={today}&last={today}", 1),
        (f"first={tomorrow}", 0),
        ("first=nonsense", 1),
    ]:
        assert len(sales.get(f"/invoices/?{query}").context["page"]) == found, query
    csv = b"".join(sales.get("/invoices/?format=csv")).decode("utf-8-sig").splitlines()
    assert csv[1].split(",")[:1] + csv[1].split(",")[-3:] == [invoice.number, "19.25", "2.50", "21.75"]
    assert sales.get("/invoices/?format=xlsx")["Content-Type"].endswith("sheet")


@pytest.mark.parametrize("page", ["/invoices/", "/invoices/due/", "/invoices/1/", "/invoices/1/invoice.pdf"])
def test_who_may_not_see_invoices_sees_none(client, order, page):
    client.force_login(UserFactory(permissions=["orders.view_order"]))
    assert client.get(page).status_code == 403
    client.force_login(UserFactory(permissions=["orders.view_order", "orders.view_invoice"]))
    assert client.get(f"/orders/{order.pk}/invoice/").status_code == 403


# ---- API


def test_the_api_issues_and_reads_them(order):
    api = APIClient()
    api.force_login(UserFactory(role="Integrations"))
    one, two = ship(order, tea=2), ship(order, tea=1)
    answer = api.post("/api/v1/invoices/", {"order": order.pk, "shipments": [one.number]}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["number"], body["gross"], body["freight"]) == ("IN-000001", "32.22", "10.00")
    assert (body["order"]["number"], body["shipments"]) == (order.number, [one.number])
    assert [(row["line"], row["sku"], row["quantity"], row["net"]) for row in body["lines"]] == [(1, "TEA", 2, "18.51")]
    wrong = api.post("/api/v1/invoices/", {"order": order.pk, "shipments": [one.number, "SH-9"]}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "shipments")
    assert api.post("/api/v1/invoices/", {"order": order.pk}, format="json").json()["shipments"] == [two.number]
    assert api.post("/api/v1/invoices/", {"order": order.pk}, format="json").status_code == 409
    listed = api.get(f"/api/v1/invoices/?order={order.number}").json()["results"]
    assert [row["number"] for row in listed] == ["IN-000002", "IN-000001"]
    assert api.get(f"/api/v1/invoices/{body['id']}/document/")["Content-Type"] == "application/pdf"
