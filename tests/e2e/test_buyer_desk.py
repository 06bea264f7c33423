"""The buyer's minute: choose, correct, order; an order typed by hand; the warehouse counts the delivery in."""

from itertools import count

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from inventory.models import Product, StockLevel, Warehouse
from purchasing.models import PurchaseOrder, StockPolicy
from purchasing.services import create_purchase_orders, drain_marks, mark_for_check
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.e2e.conftest import PHONE
from tests.factories import ProductFactory, SupplierFactory, SupplierItemFactory

pytestmark = pytest.mark.usefixtures("db")
numbers = count(1)


class Desk:
    """A supplier of one test's own, with product A (12.50, from 10, packs of 5, pallets of 15) and product B (1.00)."""

    def __init__(self) -> None:
        code = f"Q{next(numbers)}"
        self.warehouse = Warehouse.objects.first()
        self.supplier = SupplierFactory(code=f"{code}-FARM", name=f"{code} Lotus Farm")
        self.a, self.b = (self.product(code, part) for part in "AB")
        SupplierItemFactory(
            supplier=self.supplier, product=self.a, unit_cost="12.5000", moq=10, order_multiple=5, pallet_quantity=15
        )
        SupplierItemFactory(supplier=self.supplier, product=self.b, unit_cost="1.0000")

    def product(self, code: str, part: str) -> Product:
        return ProductFactory(sku=f"{code}-{part}", name=f"Lotus {code}{part}", barcode=f"69-{code}-{part}")

    def suggest(self) -> None:
        """20 of A and 7 of B are suggested."""
        for product, up_to in ((self.a, 20), (self.b, 7)):
            StockPolicy.objects.create(
                product=product, warehouse=self.warehouse, order_up_to=up_to, updated_at=timezone.now()
            )
            mark_for_check({(product.pk, self.warehouse.pk)})
        drain_marks()

    def orders(self) -> list[PurchaseOrder]:
        return list(PurchaseOrder.objects.filter(supplier=self.supplier))


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


def quantity_of(page: Page, product: Product):
    return page.get_by_label(f"Pieces of {product.sku} to order")


def test_choosing_correcting_and_ordering(open_page, desk):
    desk.suggest()
    page = open_page("buyer")
    page.goto(f"/purchasing/replenishment/?supplier={desk.supplier.pk}")
    page.get_by_label(f"Choose everything of {desk.supplier.name}").check()
    expect(page.locator("#desk-total")).to_have_text("257.00")  # 20 × 12.50 + 7 × 1.00
    a = quantity_of(page, desk.a)
    a.fill("23")
    expect(page.locator("#suggestions")).to_contain_text("Packs of 5: order 20 or 25.")
    page.get_by_role("button", name="Review and order").click()
    expect(a).to_be_focused()
    a.fill("25")
    expect(page.locator("#desk-total")).to_have_text("319.50")
    expect(page.locator(".desk-row", has_text=desk.a.sku).locator(".desk-pallets")).to_have_text(
        "Whole pallets: 15 or 30."
    )
    expect(page.locator(".desk-row", has_text=desk.b.sku).locator(".desk-pallets")).to_have_count(0)
    # The list comes anew, and then without A: what was chosen and typed stays.
    page.evaluate("document.body.dispatchEvent(new CustomEvent('tandem:suggestions-changed'))")
    page.get_by_label("Search").fill(desk.b.sku)
    expect(a).to_have_count(0)
    expect(page.locator("#desk-hidden")).to_have_text("(1 of them not shown by the filter)")
    page.get_by_role("button", name="Review and order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This will be ordered")
    page.get_by_role("button", name="Go back").click()
    expect(quantity_of(page, desk.a)).to_have_value("25")
    page.get_by_role("button", name="Review and order").click()
    page.get_by_label("Why another quantity than suggested?").fill("A fair in May")
    page.get_by_role("button", name="Save as drafts").click()
    page.wait_for_url("**/purchasing/orders/*/")
    (order,) = desk.orders()
    assert order.status == "draft"
    assert dict(order.lines.values_list("product__sku", "quantity")) == {desk.a.sku: 25, desk.b.sku: 7}


def test_dismissing_in_a_dialog_leaves_the_rest_as_it_was(open_page, desk):
    desk.suggest()
    page = open_page("buyer", width=PHONE)
    page.goto(f"/purchasing/replenishment/?supplier={desk.supplier.pk}")
    quantity_of(page, desk.b).fill("9")
    page.locator(".desk-row", has_text=desk.a.sku).get_by_role("link", name="Dismiss").click()
    page.get_by_label("Reason").fill("Delisted")
    page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    expect(quantity_of(page, desk.a)).to_have_count(0)
    expect(quantity_of(page, desk.b)).to_have_value("9")
    expect(page.locator("#desk-count")).to_have_text("1")


def test_an_order_is_typed_and_scanned(open_page, desk):
    page = open_page("buyer")
    page.goto(f"/purchasing/orders/new/?supplier={desk.supplier.pk}")
    page.get_by_label("Product").first.click()
    page.keyboard.type("lotus")
    page.get_by_role("option", name=desk.a.sku).click()
    expect(page.get_by_label("Quantity").first).to_have_value("10")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type(desk.b.barcode)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Quantity").nth(1)).to_have_value("1")
    expect(page.locator("#total")).to_have_text("126.00")
    page.get_by_label("Quantity").first.fill("11")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator("#lines")).to_contain_text(f"{desk.a.sku}: at least 10 pieces, in packs of 5.")
    page.get_by_label("Quantity").first.fill("15")
    page.get_by_role("button", name="Place with the supplier").click()
    page.locator("#confirm-yes").click()
    page.wait_for_url("**/purchasing/orders/*/")
    (order,) = desk.orders()
    assert order.status == "ordered"
    assert dict(order.lines.values_list("product__sku", "quantity")) == {desk.a.sku: 15, desk.b.sku: 1}


def test_a_delivery_is_counted_in_by_scanner(open_page, desk):
    lines = [NewPurchaseLine(desk.a.pk, 10), NewPurchaseLine(desk.b.pk, 2)]
    (order,) = create_purchase_orders([NewPurchaseOrder(desk.supplier.pk, desk.warehouse.pk, lines)])
    page = open_page("warehouse", width=PHONE)
    page.goto("/purchasing/receiving/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type(order.number)
    page.keyboard.press("Enter")
    said, a, b = page.locator("#scan-said"), page.get_by_label(desk.a.sku), page.get_by_label(desk.b.sku)
    expect(a).to_have_value("10")
    expect(page.get_by_label("Scan")).to_be_focused()
    for code, answer in (
        (desk.b.barcode, f"{desk.b.barcode}: 1 of 2"),
        (desk.b.sku.lower(), f"{desk.b.sku.lower()}: 2 of 2"),
        (desk.b.sku, f"{desk.b.sku}: all 2 expected are counted already. Put the rest aside."),
        ("690009", "690009 is not on this order. Put it aside."),
    ):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        expect(said).to_have_text(answer)
    expect(a).to_have_value("0")
    expect(b).to_have_value("2")
    page.get_by_role("button", name="Receive").click()
    expect(page.locator("#confirm-question")).to_contain_text(f"Receive 2 pieces of {order.number}")
    page.locator("#confirm-yes").click()
    page.wait_for_url("**/receiving/receipts/*/")
    expect(page.get_by_role("status").first).to_contain_text("10 are still expected.")
    assert StockLevel.objects.get(product=desk.b, warehouse=desk.warehouse).on_hand == 2
