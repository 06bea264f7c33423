"""Quotation, order confirmation, delivery note and credit note as PDF: figures by hand, in the customer's language."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from orders.models import Customer, CustomerItem
from orders.services import create_order, make_quotation, return_goods, ship_order
from orders.values import NewQuotation, NewReturn, NewShipment
from tests.factories import CompanyFactory, UserFactory, stock

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


@pytest.fixture
def order(desk):
    """5 teas at 10.00 with 13 % tax, 5 % off the order and 7.00 freight; three are in stock."""
    CompanyFactory(currency="EUR")
    tea = desk.product(sku="TEA", name="绿茶 · Green tea", price="10.00", tax_rate="13")
    stock(tea, desk.warehouse, 3)
    CustomerItem.objects.create(customer=desk.customer, product=tea, code="OWN-7")
    return create_order(desk.order((tea, 5), discount=D("5"), freight=D("7"), external_reference="PO-77"))


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales"))
    return client


def test_order_confirmation(sales, order):
    text = text_of(sales.get(f"/orders/{order.pk}/confirmation.pdf"))
    # 50.00 - 2.50 + 7.00 = 54.50 net; tax 13 % of 47.50 = 6.175 -> 6.18, of 7.00 = 0.91
    for part in ("Orderconfirmation", order.number, "PO-77", "OWN-7", "€50.00", "-€2.50", "€54.50", "€7.09", "€61.59"):
        assert part in text, part


def test_documents_are_written_in_the_customers_language_whoever_asks(sales, order):
    Customer.objects.update(language="zh-hans")
    text = text_of(sales.get(f"/orders/{order.pk}/confirmation.pdf"))
    assert "订单确认书" in text
    assert "Order" not in text
    Customer.objects.update(language="en")
    text = text_of(sales.get(f"/orders/{order.pk}/confirmation.pdf", headers={"accept-language": "zh-hans"}))
    assert "Orderconfirmation" in text
    Customer.objects.update(language="")
    text = text_of(sales.get(f"/orders/{order.pk}/confirmation.pdf", headers={"accept-language": "zh-hans"}))
    assert "订单确认书" in text


def test_delivery_note_and_credit_note(sales, order):
    ship_order(NewShipment(order.pk))
    shipment = order.shipments.get()
    text = text_of(sales.get(f"/shipments/{shipment.pk}/delivery-note.pdf"))
    assert "TEA" in text
    assert "532" in text, "five ordered, three delivered, two to follow"
    assert "€" not in text, "no prices in the parcel"
    part = shipment.lines.get()
    (returned,) = return_goods([NewReturn(order.pk, {part.pk: 2}, reason="Wet")])
    text = text_of(sales.get(f"/returns/{returned.pk}/credit-note.pdf"))
    # Two of three at 9.50: 19.00 and 13 % = 2.47
    for part in ("Creditnote", returned.number, "Wet", "€19.00", "€2.47", "€21.47"):
        assert part in text, part


def test_a_quotation_says_prices_tax_its_last_day_and_the_customers_codes(sales, desk):
    CompanyFactory(currency="EUR")
    tea = desk.product(sku="TEA", name="绿茶 · Green tea", price="10.00", tax_rate="13")
    CustomerItem.objects.create(customer=desk.customer, product=tea, code="OWN-7")
    until = timezone.localdate() + timedelta(days=20)
    line = desk.order((tea, 5), discount=D("5"), freight=D("7"), note="As talked about")
    line = replace(line, lines=[replace(line.lines[0], discount=D("10"))])
    quotation = make_quotation(NewQuotation(line, until))
    text = text_of(sales.get(f"/quotations/{quotation.pk}/quotation.pdf"))
    # 5 × 10.00 − 10 % = 45.00; − 5 % = 42.75; + 7.00 = 49.75 net. Tax 13 %: of 42.75 = 5.5575 → 5.56, of 7.00 = 0.91.
    for part in ("OWN-7", "−10.00%", "45.00", "-€2.25", "€7.00", "€49.75", "€6.47", "€56.22", f"{until}", "Astalked"):
        assert part in text, part
    Customer.objects.update(language="zh-hans")
    text = text_of(sales.get(f"/quotations/{quotation.pk}/quotation.pdf"))
    for part in ("报价单", "贵方物料编码：OWN-7"):
        assert part in text, part
    assert "Quotation" not in text
    assert "code" not in text
    body = sales.get(f"/quotations/{quotation.pk}/").content.decode()
    assert f"/quotations/{quotation.pk}/quotation.pdf" in body
    over_the_api = f"/api/v1/quotations/{quotation.pk}/document/"
    assert "报价单" in text_of(sales.get(over_the_api))


@pytest.mark.parametrize(
    ("address", "permission"),
    [
        ("/orders/0/confirmation.pdf", "orders.view_order"),
        ("/quotations/0/quotation.pdf", "orders.view_quotation"),
        ("/shipments/0/delivery-note.pdf", "orders.view_shipment"),
        ("/returns/0/credit-note.pdf", "orders.view_return"),
    ],
)
def test_only_the_permission_opens_a_document(client, address, permission):
    client.force_login(UserFactory())
    assert client.get(address).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert client.get(address).status_code == 404


def test_documents_over_the_api(client, order):
    ship_order(NewShipment(order.pk))
    client.force_login(UserFactory(role="Integrations"))
    url = f"/api/v1/orders/{order.pk}/confirmation/"
    assert "€61.59" in text_of(client.get(url, headers={"accept": "application/pdf"}))
    assert "€61.59" in text_of(client.get(url))
    assert "TEA" in text_of(client.get(f"/api/v1/shipments/{order.shipments.get().pk}/delivery-note/"))
    missing = client.get("/api/v1/orders/0/confirmation/", headers={"accept": "application/pdf"})
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    assert missing.json()["status"] == 404


def test_the_pages_offer_their_document(sales, order):
    assert f"/orders/{order.pk}/confirmation.pdf" in sales.get(f"/orders/{order.pk}/").content.decode()
    ship_order(NewShipment(order.pk))
    pk = order.shipments.get().pk
    assert f"/shipments/{pk}/delivery-note.pdf" in sales.get(f"/shipments/{pk}/").content.decode()
