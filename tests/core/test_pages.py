"""Pages that follow the last row shown: every row once, in order, uncounted, while rows come and go."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.pages import following_page
from inventory.models import Product
from orders.selectors import customer_list
from tests.factories import CustomerFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def products():
    prices = ["3.00", "1.00", "3.00", "2.00", "1.00", "3.00", "2.00"]
    return [ProductFactory(price=Decimal(price)) for price in prices]


def walk(rows, size: int) -> list[list[int]]:
    """Primary keys page by page."""
    pages, after = [], None
    while True:
        page = following_page(rows, after, size)
        pages.append([row.pk for row in page])
        assert page.is_first == (len(pages) == 1)
        if page.next is None:
            return pages
        after = str(page.next)


@pytest.mark.parametrize("order", [("-price", "pk"), ("price", "-pk"), ("-pk",), ("sku",)])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_every_row_once_in_its_order(products, order, size):
    rows = Product.objects.order_by(*order)
    pages = walk(rows, size)
    assert [pk for page in pages for pk in page] == [row.pk for row in rows]
    assert {len(page) for page in pages[:-1]} <= {size}


def test_rows_that_come_and_go_do_not_shift_the_pages(products):
    rows = Product.objects.order_by("-price", "pk")
    first = following_page(rows, None, 3)
    ProductFactory(price=Decimal("9.00"))
    products[2].delete()
    second = following_page(rows, str(first.next), 3)
    assert [row.pk for row in second] == [products[n].pk for n in (3, 6, 1)]


@pytest.mark.parametrize("after", ["", "0", "-1", "x", "9" * 40, "٣", str(10**12)])
def test_after_nothing_known_comes_the_first_page(products, after):
    page = following_page(Product.objects.order_by("pk"), after, 3)
    assert page.is_first
    assert [row.pk for row in page] == [product.pk for product in products[:3]]


def test_a_search_puts_the_exact_code_first_and_pages_the_rest():
    exact = CustomerFactory(code="LI", name="Zhang")
    others = [CustomerFactory(code=f"LI-{n}", name=f"Customer {n}") for n in range(4)]
    pages = walk(customer_list("li"), 2)
    assert [pk for page in pages for pk in page] == [exact.pk, *(other.pk for other in others)]


LISTS = ["orders:customers", "orders:list", "inventory:stock", "inventory:products", "forecasting:list"]
LISTS += ["purchasing:suppliers", "purchasing:policies", "purchasing:orders"]


@pytest.mark.parametrize("name", LISTS)
def test_no_list_counts_its_rows(client, name):
    client.force_login(UserFactory(role="Managers"))
    with CaptureQueriesContext(connection) as statements:
        assert client.get(reverse(name)).status_code == 200
    assert [q["sql"] for q in statements if 'COUNT(*) AS "__count"' in q["sql"]] == []


def test_the_page_leads_on_and_back(client):
    CustomerFactory.create_batch(51)
    client.force_login(UserFactory(role="Managers"))
    first = client.get("/customers/")
    assert len(first.context["page"]) == 50
    second = client.get(f"/customers/?after={first.context['page'].next}")
    assert len(second.context["page"]) == 1
    assert "First page" in second.content.decode()
    assert 'rel="next"' not in second.content.decode()
