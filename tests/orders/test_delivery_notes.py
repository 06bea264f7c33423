"""The delivery notes of several orders in one file, each in its customer's language and with its own page numbers."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from orders.models import Customer
from orders.services import create_order, ship_order
from orders.values import NewShipment
from tests.factories import CompanyFactory, CustomerFactory, UserFactory, stock

pytestmark = pytest.mark.django_db
ADDRESS = "/shipments/delivery-notes.pdf"


@pytest.fixture
def orders(desk):
    """One with two shipments for a Chinese reader, one with a note of two pages for an English one, one not shipped."""
    CompanyFactory()
    Customer.objects.update(language="zh-hans")
    tea = desk.product(sku="TEA")
    stock(tea, desk.warehouse, 20)
    first = create_order(desk.order((tea, 4)))
    for _part in range(2):
        ship_order(NewShipment(first.pk, {first.lines.get().pk: 2}))
    desk.customer = CustomerFactory(language="en")
    many = [desk.product(sku=f"P-{n:03d}") for n in range(60)]
    for product in many:
        stock(product, desk.warehouse, 1)
    second = create_order(desk.order(*((product, 1) for product in many)))
    ship_order(NewShipment(second.pk))
    return [first, second, create_order(desk.order((tea, 1)))]


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales"))
    return client


def test_one_file_with_every_note(sales, orders):
    answer = sales.post(ADDRESS, {"order": [order.pk for order in orders]})
    assert answer["Content-Type"] == "application/pdf"
    pages = ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(answer.content)).pages]
    numbers = [shipment.number for order in orders for shipment in order.shipments.order_by("pk")]
    assert len(numbers) == 3
    assert [next(n for n in numbers if n in page) for page in pages] == [*numbers[:2], numbers[2], numbers[2]]
    assert ["发货单" in page for page in pages] == [True, True, False, False]
    ends = ["第1页，共1页", "第1页，共1页", "Page1of2", "Page2of2"]
    assert [page[-len(end) :] for page, end in zip(pages, ends, strict=True)] == ends


def test_orders_that_have_not_shipped_or_too_many_say_so(sales, orders):
    answer = sales.post(ADDRESS, {"order": [orders[2].pk, "x"]}, follow=True)
    assert "None of the orders chosen has shipped yet." in answer.content.decode()
    answer = sales.post(ADDRESS, {"order": [orders[0].pk, *range(10**6, 10**6 + 100)]}, follow=True)
    assert "at most 100 orders" in answer.content.decode()
    assert sales.get(ADDRESS).status_code == 405


def test_the_pages_offer_it_to_those_who_may(sales, orders, client):
    assert ADDRESS in sales.get("/orders/").content.decode()
    assert ADDRESS in sales.get(f"/orders/{orders[0].pk}/").content.decode()
    assert ADDRESS not in sales.get(f"/orders/{orders[1].pk}/").content.decode()
    client.force_login(UserFactory(permissions=["orders.view_order"]))
    assert ADDRESS not in client.get("/orders/").content.decode()
    assert client.post(ADDRESS, {"order": [orders[0].pk]}).status_code == 403
