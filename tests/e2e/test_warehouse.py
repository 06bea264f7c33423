"""The warehouse's minute in a real browser: the scanner types, the page counts."""

import pytest
from playwright.sync_api import Page, expect

from orders.models import Shipment
from orders.services import create_order
from orders.values import NewLine, NewOrder
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, WarehouseFactory, stock


@pytest.fixture
def order(transactional_db):
    """Two pieces of TEA and three of RICE, of which only one is there."""
    warehouse, tea = WarehouseFactory(), ProductFactory(sku="TEA-1", barcode="690001")
    rice = ProductFactory(sku="RICE-1", barcode="690002")
    stock(tea, warehouse, 10)
    stock(rice, warehouse, 1)
    lines = [NewLine(tea.pk, 2), NewLine(rice.pk, 3)]
    return create_order(NewOrder(CustomerFactory().pk, ChannelFactory().pk, warehouse.pk, lines))


def scan(page: Page, code: str) -> None:
    """What a scanner does: type quickly, then Enter, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_scanning_counts_and_says_what_is_wrong(sign_in, live_server, order):
    page = sign_in(role="Warehouse")
    page.goto(f"{live_server.url}/picking/")
    page.get_by_role("link", name=order.number).click()
    tea, rice = page.get_by_label("TEA-1"), page.get_by_label("RICE-1")
    said = page.locator("#scanned")
    expect(tea).to_have_value("2")
    scan(page, "690001")
    expect(said).to_have_text("TEA-1: 1 of 2 picked.")
    expect(tea).to_have_value("1")
    expect(rice).to_have_value("0")
    scan(page, "tea-1")
    scan(page, "690001")
    expect(said).to_have_text("TEA-1: all 2 are picked already. Put this one back.")
    scan(page, "690009")
    expect(said).to_have_text("690009 is not to be picked for this order. Put it back.")
    # A scan that lands in a quantity is still a scan.
    tea.focus()
    scan(page, "690002")
    expect(rice).to_have_value("1")
    expect(tea).to_have_value("2")
    page.get_by_role("button", name="One fewer").first.click()
    page.get_by_role("button", name="Confirm shipment").click()
    expect(page.locator("#confirm-question")).to_contain_text(f"Ship 2 pcs of order {order.number}?")
    expect(page.locator("#confirm-question")).to_contain_text("1 reserved pcs stay for a later shipment.")
    page.locator("#confirm-yes").click()
    page.wait_for_url("**/shipments/*/")
    assert dict(Shipment.objects.get().lines.values_list("line__product__sku", "quantity")) == {"TEA-1": 2}


def test_ticked_orders_go_on_one_list_that_prints_without_the_frame(sign_in, live_server, order):
    page = sign_in(role="Warehouse")
    page.goto(f"{live_server.url}/picking/")
    expect(page.locator("#print-list")).to_be_disabled()
    page.locator("#tick-all").check()
    expect(page.locator("#tick-count")).to_have_text("1")
    page.locator("#print-list").click()
    expect(page.locator(".paper")).to_contain_text("TEA-1")
    page.emulate_media(media="print")
    expect(page.locator("aside")).to_be_hidden()
    expect(page.locator(".page-header")).to_be_hidden()
    expect(page.locator(".paper")).to_be_visible()


def test_a_new_order_appears_by_itself_and_ticks_stay(sign_in, live_server, order):
    page = sign_in(role="Warehouse")
    page.goto(f"{live_server.url}/picking/")
    page.get_by_label(order.number).check()
    line = order.lines.first()
    new = create_order(NewOrder(order.customer_id, order.channel_id, order.warehouse_id, [NewLine(line.product_id, 1)]))
    page.evaluate("document.body.dispatchEvent(new CustomEvent('tandem:orders-changed'))")
    expect(page.get_by_label(new.number)).to_be_visible()
    expect(page.get_by_label(order.number)).to_be_checked()
    expect(page.get_by_label(new.number)).not_to_be_checked()
    expect(page.locator("#tick-count")).to_have_text("1")
