"""Lists sorted as asked, over all their pages, with rows that tie and rows that have no such figure."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from inventory.selectors import StockWish, product_list, stock_list
from orders.selectors import customer_list
from orders.services import cancel_order, create_order
from orders.values import NewLine, NewOrder
from purchasing.models import PurchaseOrder
from purchasing.selectors import PurchaseWish, purchase_order_list
from tests.core.test_pages import walk
from tests.factories import (
    ChannelFactory,
    CustomerFactory,
    ProductFactory,
    SupplierFactory,
    UserFactory,
    WarehouseFactory,
    stock,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelves():
    """SKU @ warehouse: pieces on hand and their value. A@N 5 for 50, A@S 5 for 10, b@N 9 for 9, C@N none."""
    north, south = WarehouseFactory(code="N"), WarehouseFactory(code="S")
    a, b, c = (ProductFactory(sku=sku, name=name, price=price) for sku, name, price in GOODS)
    stock(a, north, 5, "10.00")
    stock(a, south, 5, "2.00")
    stock(b, north, 9, "1.00")
    stock(c, north, 1, "1.00")
    create_order(NewOrder(CustomerFactory().pk, ChannelFactory().pk, north.pk, [NewLine(b.pk, 7), NewLine(c.pk, 1)]))


GOODS = [("A", "zebra", "3.00"), ("b", "ant", "5.00"), ("C", "moose", "3.00")]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["A@N", "A@S", "b@N", "C@N"]),
        ("available", ["C@N", "b@N", "A@N", "A@S"]),
        ("on_hand", ["b@N", "A@N", "A@S", "C@N"]),
        ("value", ["A@N", "A@S", "b@N", "C@N"]),
    ],
)
@pytest.mark.parametrize("size", [1, 3])
def test_stock(shelves, sort, expected, size):
    rows = stock_list(StockWish(sort=sort))
    names = {row.pk: f"{row.product.sku}@{row.warehouse.code}" for row in rows}
    assert [names[pk] for page in walk(rows, size) for pk in page] == expected


@pytest.mark.parametrize(("sort", "expected"), [("", "AbC"), ("name", "bCA"), ("price", "bAC")])
def test_products(shelves, sort, expected):
    rows = product_list(sort=sort)
    names = {row.pk: row.sku for row in rows}
    assert "".join(names[pk] for page in walk(rows, 1) for pk in page) == expected


def test_values_are_no_order_for_who_may_not_see_them(client, shelves):
    client.force_login(UserFactory(permissions=["inventory.view_stocklevel"]))
    page = client.get("/stock/?sort=value")
    assert "Highest value" not in page.content.decode()
    assert [level.product.sku for level in page.context["levels"]] == ["A", "A", "b", "C"]
    client.force_login(UserFactory(role="Managers"))
    assert "Highest value" in client.get("/stock/?sort=value").content.decode()


def test_purchase_orders_by_day_those_without_one_last():
    supplier, other = SupplierFactory(name="Zhou"), SupplierFactory(name="An")
    days = [date(2030, 5, 2), None, date(2030, 5, 1), date(2030, 5, 2)]
    orders = [
        PurchaseOrder.objects.create(
            number=f"P{n}", supplier=other if n == 2 else supplier, warehouse=WarehouseFactory(), expected_on=day
        )
        for n, day in enumerate(days)
    ]

    def sorted_by(sort):
        rows = purchase_order_list(PurchaseWish(sort=sort))
        return [orders.index(row) for page in walk(rows, 1) for row in [rows.get(pk=page[0])]]

    assert sorted_by("expected") == [2, 0, 3, 1]
    assert sorted_by("supplier") == [2, 3, 1, 0]
    assert sorted_by("") == [3, 2, 1, 0]


def test_customers_by_last_order_and_by_what_is_open():
    warehouse, channel, tea = WarehouseFactory(), ChannelFactory(), ProductFactory()
    old, busy, never, done = (CustomerFactory(name=name) for name in ("D", "C", "B", "A"))
    today = timezone.now()

    def order(customer, days):
        at = today - timedelta(days=days)
        return create_order(NewOrder(customer.pk, channel.pk, warehouse.pk, [NewLine(tea.pk, 1)], ordered_at=at))

    order(old, 9)
    order(busy, 5)
    order(busy, 3)
    cancel_order(order(done, 1).pk, reason="test")

    def sorted_by(sort):
        return [pk for page in walk(customer_list(sort=sort), 1) for pk in page]

    assert sorted_by("") == [done.pk, never.pk, busy.pk, old.pk]
    assert sorted_by("recent") == [done.pk, busy.pk, old.pk, never.pk]
    assert sorted_by("open") == [busy.pk, old.pk, done.pk, never.pk]


def exported(client, path):
    return b"".join(client.get(path).streaming_content).decode().lstrip("\ufeff").splitlines()


def test_products_and_customers_go_out_as_they_are_sorted(client, shelves):
    client.force_login(UserFactory(role="Managers"))
    header, *rows = exported(client, "/products/?sort=price&format=csv")
    assert header == "SKU,Name,Barcode,Category,Unit,List price,Tax rate (%)"
    assert [row.split(",")[0] for row in rows] == ["b", "A", "C"]
    assert rows[0].endswith(",pcs,5.00,0.00")
    CustomerFactory(code="X1", name="=Zoe", phone="555", email="z@example.org", address="1 Quay")
    header, *rows = exported(client, "/customers/?sort=recent&format=csv")
    assert header == "Code,Name,Phone,E-mail,Address,Open orders,Last order"
    assert rows[0].endswith(f",1,{timezone.localdate()}")
    assert rows[1] == "X1,'=Zoe,555,z@example.org,1 Quay,0,"
