"""The warehouse's minute: the scanner types, the page counts; the queue follows by itself; papers print."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Warehouse
from orders.models import Channel, Order, Shipment
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from tests.e2e.conftest import PHONE
from tests.factories import CustomerFactory, ProductFactory, stock

pytestmark = pytest.mark.usefixtures("db")
numbers = count(1)


@pytest.fixture
def order(db) -> Order:
    """Two pieces of A and three of B, of which only one is there."""
    code, warehouse = f"P{next(numbers)}", Warehouse.objects.first()
    products = [ProductFactory(sku=f"{code}-{part}", name="Lotus", barcode=f"69-{code}-{part}") for part in "AB"]
    for product, pieces in zip(products, (10, 1), strict=True):
        stock(product, warehouse, pieces)
    customer = CustomerFactory(code=f"{code}-SHOP", name=f"{code} Lotus Corner")
    lines = [NewLine(products[0].pk, 2), NewLine(products[1].pk, 3)]
    return create_order(NewOrder(customer.pk, Channel.objects.first().pk, warehouse.pk, lines))


def scan(page: Page, code: str) -> None:
    """What a scanner does: type quickly, then Enter, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def open_queue(open_page, order: Order, **kwargs) -> Page:
    page = open_page("warehouse", **kwargs)
    page.goto(f"/picking/?warehouse={order.warehouse_id}&q={order.customer.code}")
    return page


def test_scanning_counts_and_says_what_is_wrong(open_page, order):
    page = open_queue(open_page, order, width=PHONE)
    page.get_by_role("link", name=order.number).click()
    a, b = (line.product for line in order.lines.order_by("position"))
    first, second, said = page.get_by_label(a.sku), page.get_by_label(b.sku), page.locator("#scanned")
    expect(first).to_have_value("2")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, a.barcode)
    expect(said).to_have_text(f"{a.sku}: 1 of 2 picked.")
    expect(first).to_have_value("1")
    expect(second).to_have_value("0")
    scan(page, a.sku.lower())
    scan(page, a.barcode)
    expect(said).to_have_text(f"{a.sku}: all 2 are picked already. Put this one back.")
    scan(page, "690009")
    expect(said).to_have_text("690009 is not to be picked for this order. Put it back.")
    # A scan that lands in a quantity is still a scan.
    first.focus()
    scan(page, b.barcode)
    expect(second).to_have_value("1")
    expect(first).to_have_value("2")
    page.get_by_role("button", name="One fewer").last.click()
    page.get_by_role("button", name="Confirm shipment").click()
    expect(page.locator("#confirm-question")).to_contain_text(f"Ship 2 pcs of order {order.number}?")
    expect(page.locator("#confirm-question")).to_contain_text("1 reserved pcs stay for a later shipment.")
    page.locator("#confirm-yes").click()
    page.wait_for_url("**/shipments/*/")
    shipment = Shipment.objects.get(order=order)
    assert dict(shipment.lines.values_list("line__product__sku", "quantity")) == {a.sku: 2}


def test_a_scan_before_the_script_has_come_ships_nothing(open_page, order):
    page = open_page("warehouse")
    page.route("**/js/ship*.js", lambda route: route.abort())
    page.goto(f"/picking/{order.pk}/")
    expect(page.locator("#shipment")).to_be_visible()
    page.locator("#scan").evaluate("element => element.focus()")
    scan(page, order.lines.first().product.barcode)
    page.wait_for_timeout(300)  # An answer of the server would have come by now.
    assert not order.shipments.exists()
    assert page.locator("#shipment").is_visible()


def test_ticked_orders_go_on_one_list_that_prints_without_the_frame(open_page, order):
    page = open_queue(open_page, order)
    expect(page.locator("#print-list")).to_be_disabled()
    page.locator("#tick-all").check()
    expect(page.locator("#tick-count")).to_have_text("1")
    page.locator("#print-list").click()
    expect(page.locator(".paper")).to_contain_text(order.number)
    page.emulate_media(media="print")
    expect(page.locator("aside")).to_be_hidden()
    expect(page.locator(".page-header")).to_be_hidden()
    expect(page.locator(".paper")).to_be_visible()


def test_a_new_order_appears_by_itself_and_ticks_stay(open_page, order):
    page = open_queue(open_page, order)
    expect(page.locator("#connection")).to_have_attribute("aria-label", "Live")
    page.get_by_label(order.number).check()
    line = NewLine(order.lines.first().product_id, 1)
    new = create_order(NewOrder(order.customer_id, order.channel_id, order.warehouse_id, [line]))
    expect(page.get_by_label(new.number)).to_be_visible()
    expect(page.get_by_label(order.number)).to_be_checked()
    expect(page.get_by_label(new.number)).not_to_be_checked()
    expect(page.locator("#tick-count")).to_have_text("1")


def test_an_open_page_says_that_a_colleague_shipped(open_page, order):
    page = open_queue(open_page, order)
    page.get_by_role("link", name=order.number).click()
    expect(page.locator("#connection")).to_have_attribute("aria-label", "Live")
    ship_order(NewShipment(order.pk, {order.lines.get(position=1).pk: 1}))
    page.get_by_role("link", name="Show it as it is now").click()
    expect(page.get_by_label(order.lines.get(position=1).product.sku)).to_have_value("1")
