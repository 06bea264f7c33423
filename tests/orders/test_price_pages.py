"""Price lists and promotions over HTTP, and prices while an order is typed."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import AuditEntry
from orders.models import Order, PriceList, PriceListItem, Promotion
from orders.services import create_order
from tests.factories import CategoryFactory, UserFactory, stock

pytestmark = pytest.mark.django_db
NEW = "/prices/lists/new/"


@pytest.fixture
def manager(client):
    client.force_login(UserFactory(role="Managers"))
    return client


@pytest.mark.parametrize(
    ("method", "path", "permission", "status"),
    [
        ("get", "/prices/", "orders.view_pricelist", 200),
        ("get", "/prices/lists/0/", "orders.view_pricelist", 404),
        ("post", NEW, "orders.change_pricelist", 422),
        ("post", "/prices/items/0/remove/", "orders.change_pricelist", 404),
        ("post", "/prices/promotions/new/", "orders.change_promotion", 422),
        ("post", "/prices/promotions/0/", "orders.change_promotion", 404),
        ("post", "/prices/promotions/0/remove/", "orders.change_promotion", 404),
    ],
)
def test_only_the_permission_opens_the_door(client, method, path, permission, status):
    client.force_login(UserFactory())
    assert getattr(client, method)(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(path).status_code == status


def test_who_only_sees_a_list_adds_no_price(client, desk):
    listed = PriceList.objects.create(name="Wholesale")
    desk.product(sku="TEA")
    client.force_login(UserFactory(role="Sales"))
    assert "Add price" not in client.get(f"/prices/lists/{listed.pk}/").content.decode()
    typed = {"product": "TEA", "min_quantity": "1", "unit_price": "9.00"}
    assert client.post(f"/prices/lists/{listed.pk}/", typed).status_code == 403
    assert not PriceListItem.objects.exists()


def test_a_list_with_a_price_is_made_and_the_price_removed(manager, desk):
    tea = desk.product(sku="TEA", barcode="690001")
    assert manager.post(NEW, {"name": "Wholesale"}).status_code == 302
    page = f"/prices/lists/{PriceList.objects.get().pk}/"
    typed = {"product": "690001", "min_quantity": "10", "unit_price": "9.00"}
    assert manager.post(page, typed).status_code == 302
    item = PriceListItem.objects.get()
    assert (item.product, item.min_quantity, str(item.unit_price)) == (tea, 10, "9.00")
    again = manager.post(page, typed)
    assert again.status_code == 422
    assert "The list already has a price" in again.content.decode()
    wrong = manager.post(page, typed | {"product": "x", "unit_price": "-1", "min_quantity": "0"})
    assert set(wrong.context["form"].errors) == {"product", "unit_price", "min_quantity"}
    days = manager.post(page, typed | {"first_day": "2030-01-02", "last_day": "2030-01-01"})
    assert set(days.context["form"].errors) == {"last_day"}
    assert manager.post(f"/prices/items/{item.pk}/remove/").status_code == 302
    assert not PriceListItem.objects.exists()
    assert [e.verb for e in AuditEntry.objects.order_by("pk")] == ["added", "price_set", "price_removed"]


def test_a_promotion_is_made_changed_and_removed(manager):
    category = CategoryFactory(name="Tea")
    typed = {"name": "Tea week", "category": category.pk, "discount": "15", "min_quantity": "1"}
    days = {"first_day": "2030-01-01", "last_day": "2030-01-07"}
    assert manager.post("/prices/promotions/new/", typed | days).status_code == 302
    promotion = Promotion.objects.get()
    page = f"/prices/promotions/{promotion.pk}/"
    assert manager.post(page, typed | days | {"discount": "20"}).status_code == 302
    wrong = manager.post(page, typed | {"discount": "0", "first_day": "2030-01-02", "last_day": "2030-01-01"})
    assert set(wrong.context["form"].errors) == {"discount", "last_day"}
    assert "Tea week" in manager.get("/prices/").content.decode()
    promotion.refresh_from_db()
    assert str(promotion.discount) == "20.00"
    manager.post(f"{page}remove/")
    assert not Promotion.objects.exists()


def ask(client, desk, *lines, **head):
    body = {"warehouse": desk.warehouse.pk, "customer": desk.customer.pk, "lines": lines} | head
    return client.post("/orders/quote/", json.dumps(body), content_type="application/json").json()


def test_the_price_comes_while_typing_with_its_source_and_the_total_with_tax(client, desk):
    client.force_login(UserFactory(role="Sales"))
    tea = desk.product(sku="TEA", price="10.00", tax_rate="13")
    stock(tea, desk.warehouse, 100, unit_cost="8.20")
    desk.customer.price_list = PriceList.objects.create(name="Wholesale")
    desk.customer.save()
    PriceListItem.objects.create(price_list=desk.customer.price_list, product=tea, min_quantity=5, unit_price="8.00")
    today = timezone.localdate()
    Promotion.objects.create(name="Tea week", discount="5", first_day=today, last_day=today + timedelta(days=1))
    line = {"product_id": tea.pk, "quantity": "1", "unit_price": ""}
    answer = ask(client, desk, line, line | {"quantity": "5"}, line | {"unit_price": "9.90", "discount": "10"})
    assert [(r["unit_price"], r["price_name"], r["below_cost"], r["amount"]) for r in answer["lines"]] == [
        ("9.50", "Tea week", False, "9.50"),
        ("8.00", "Wholesale", True, "40.00"),
        ("9.90", "", False, "8.91"),
    ]
    assert {row["margin"] for row in answer["lines"]} == {"–"}
    # 58.41 less 10 %: 8.55 + 36.00 + 8.02 (8.019); freight 7.00; 13 %: 1.11 + 4.68 + 1.04 + 0.91
    total = ask(
        client,
        desk,
        line,
        line | {"quantity": "5"},
        line | {"unit_price": "9.90", "discount": "10"},
        discount="10",
        freight="7",
    )
    assert (total["net"], total["tax"], total["total"]) == ("59.57", "7.74", "67.31")
    assert ask(client, desk, line, discount="x")["net"] == "9.50"


def test_the_orders_page_and_api_show_the_totals(client, desk):
    tea = desk.product(sku="TEA", price="10.00", tax_rate="13")
    client.force_login(UserFactory(role="Sales"))
    body = {
        "customer": desk.customer.pk,
        "channel": desk.channel.pk,
        "warehouse": desk.warehouse.pk,
        "discount": "10",
        "freight": "7.00",
        "lines": [{"product": tea.pk, "quantity": 5, "discount": "2.50"}],
    }
    answer = client.post("/api/v1/orders/", json.dumps(body), content_type="application/json").json()
    # 50.00 → 48.75 → 43.875 → 43.88; 13 %: 5.7044 → 5.70; freight 7.00 with 0.91
    assert [answer[name] for name in ("total", "net", "tax", "gross")] == ["48.75", "50.88", "6.61", "57.49"]
    order = Order.objects.get()
    page = client.get(f"/orders/{order.pk}/")
    assert str(page.context["totals"].gross) == "57.49"
    assert "Order discount 10.00 %" in page.content.decode()
    assert [str(row.total) for row in client.get("/orders/").context["orders"]] == ["50.88"]


def test_only_who_may_release_credit_confirms_over_the_limit(client, desk):
    desk.customer.credit_limit = "5.00"
    desk.customer.save()
    tea = desk.product(price="10.00")
    body = {
        "customer": desk.customer.pk,
        "channel": desk.channel.pk,
        "warehouse": desk.warehouse.pk,
        "lines": [{"product": tea.pk, "quantity": 1}],
    }

    def send(user, **more):
        client.force_login(user)
        return client.post("/api/v1/orders/", json.dumps(body | more), content_type="application/json")

    refused = send(UserFactory(role="Sales"))
    assert (refused.status_code, refused.json()["code"], refused.json()["meta"]["over"]) == (
        409,
        "credit_exceeded",
        "5.00",
    )
    assert send(UserFactory(role="Sales"), release_credit=True).status_code == 403
    assert Order.objects.count() == 0
    assert send(UserFactory(role="Managers"), release_credit=True).status_code == 201


def test_a_customers_page_shows_terms_and_credit(client, desk):
    desk.customer.credit_limit, desk.customer.payment_days = "500.00", 30
    desk.customer.save()
    create_order(desk.order((desk.product(price="10.00"), 3)))
    client.force_login(UserFactory(role="Sales"))
    page = client.get(f"/customers/{desk.customer.pk}/")
    assert str(page.context["credit_used"]) == "30.00"
    assert "500.00" in page.content.decode()
