"""The pages of products over HTTP."""

from decimal import Decimal

import pytest

from core.errors import InvalidInput
from core.models import AuditEntry
from inventory.models import Product
from inventory.products import add_product, change_product
from tests.factories import ProductFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db
FIELDS = {
    "sku": "TEA-2",
    "name": "Black tea",
    "barcode": "690002",
    "unit": "pcs",
    "price": "12.50",
    "tax_rate": "0",
    "is_active": "on",
}


def test_a_product_is_added_and_changed_on_record(manager, tea):
    added = manager.post("/products/new/", FIELDS)
    product = Product.objects.get(sku="TEA-2")
    assert added.url == f"/products/{product.pk}/"
    changed = FIELDS | {"price": "13.00", "category": tea.category_id}
    del changed["is_active"]
    manager.post(f"/products/{product.pk}/edit/", changed)
    product.refresh_from_db()
    assert (product.price, product.category, product.is_active) == (Decimal("13.00"), tea.category, False)
    events = manager.get(f"/products/{product.pk}/").context["events"]
    assert [event.sentence for event in events] == [
        "list price: 12.50 → 13.00 · category: – → Drinks · Archived",
        "Added as TEA-2 Black tea.",
    ]
    manager.post(f"/products/{product.pk}/edit/", changed)
    assert AuditEntry.objects.filter(subject_type="product").count() == 2, "nothing changed, nothing recorded"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"sku": "tea-1"}, "This SKU is already used by another product."),
        ({"barcode": "690001"}, "This barcode is already used by another product."),
        ({"sku": ""}, "This field is required."),
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"price": "1.234"}, "no more than 2 decimal places"),
    ],
)
def test_wrong_products_are_refused_with_the_field_named(manager, tea, fields, error):
    response = manager.post("/products/new/", FIELDS | fields)
    assert response.status_code == 422
    assert error in response.content.decode()
    assert 'value="Black tea"' in response.content.decode()
    assert Product.objects.count() == 1


def test_the_services_refuse_a_taken_sku_or_barcode_by_themselves(tea):
    other = ProductFactory(sku="RICE-1")
    for call in (
        lambda: add_product({"sku": "Tea-1", "name": "x"}),
        lambda: change_product(other.pk, {"sku": "TEA-1"}),
    ):
        with pytest.raises(InvalidInput) as refusal:
            call()
        assert refusal.value.field_errors == {"sku": "This SKU is already used by another product."}
        # The failed statement undid its own transaction only.
    assert other.sku == "RICE-1"


def test_lists_show_what_is_sold_or_what_is_archived(keeper, tea, here):
    ProductFactory(sku="OLD-1", is_active=False)
    stock(tea, here, 8)
    rows = keeper.get("/products/").context["rows"]
    assert [(product.sku, total.available) for product, total in rows] == [("TEA-1", 8)]
    assert [product.sku for product, _t in keeper.get("/products/", {"archived": "1"}).context["rows"]] == ["OLD-1"]
    assert keeper.get("/products/", {"q": "690001"}).context["rows"][0][0] == tea


def test_pages_of_products_follow_the_last_one_shown(keeper, monkeypatch):
    monkeypatch.setattr("inventory.views.products.PAGE_SIZE", 2)
    for sku in ("b", "A", "c"):
        ProductFactory(sku=sku)
    first = keeper.get("/products/")
    assert [product.sku for product, _t in first.context["rows"]] == ["A", "b"]
    second = keeper.get("/products/", {"after": first.context["next"]})
    assert [product.sku for product, _t in second.context["rows"]] == ["c"]


def test_a_products_page_leads_to_its_cards_and_forecast(manager, tea, here):
    stock(tea, here, 8)
    empty = WarehouseFactory(code="C9")
    content = manager.get(f"/products/{tea.pk}/").content.decode()
    cards = [f"/stock/{tea.pk}/{warehouse.pk}/" for warehouse in (here, empty)]
    for address in (*cards, f"/forecasts/{tea.pk}/", f"/products/{tea.pk}/edit/"):
        assert address in content
    assert manager.get("/products/0/").status_code == 404
