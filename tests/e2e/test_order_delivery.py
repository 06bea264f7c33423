"""Where an order goes: the customer's addresses appear with the customer, chosen by keyboard, kept over a reload."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders.models import Order, Shipment
from orders.services import create_order, save_address, save_contact, ship_order
from orders.values import NewShipment
from tests.e2e.test_order_desk import Shop, choose_customer, confirmed_order, start, type_line

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def shop(db) -> Shop:
    shop = Shop()
    wu = save_contact(shop.customer.pk, {"name": "Wu", "phone": "555"})
    save_address(shop.customer.pk, {"label": "Dock", "address": "9 Dock Road", "contact": wu, "is_default": True})
    save_address(shop.customer.pk, {"label": "Shop", "address": "2 High Street"})
    return shop


def delivered(number: str) -> tuple[str, str]:
    order = Order.objects.get(number=number)
    return order.delivery_address, order.contact_name


def test_the_usual_place_is_chosen_already_and_costs_no_key(open_page, shop):
    page = open_page("sales")
    start(page, shop, (shop.product(1, 5), "2"))
    expect(page.locator("#deliver_to option:checked")).to_have_text("Dock: 9 Dock Road")
    expect(page.locator("#contact option:checked")).to_have_text("Wu")
    page.keyboard.press("Control+Enter")
    assert delivered(confirmed_order(page)) == ("9 Dock Road", "Wu")


def test_another_of_its_addresses_by_keyboard(open_page, shop):
    page = open_page("sales")
    page.goto("/orders/new/")
    choose_customer(page, shop.customer)
    expect(page.locator("#delivery")).to_be_visible()
    page.locator("#deliver_to").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#deliver_to option:checked")).to_have_text("Shop: 2 High Street")
    expect(page.locator("#contact")).to_have_value("")
    page.locator("[data-field=product]").first.focus()
    type_line(page, 1, shop.product(1, 5).sku, "2")
    page.keyboard.press("Control+Enter")
    assert delivered(confirmed_order(page)) == ("2 High Street", "")


def test_an_address_of_its_own_is_asked_for_and_outlives_a_reload(open_page, shop):
    page = open_page("sales")
    start(page, shop, (shop.product(1, 5), "2"))
    page.locator("#deliver_to").select_option("other")
    expect(page.locator("#other_address")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entry-errors")).to_contain_text("Type the address that the goods go to")
    expect(page.locator("#other_address")).to_be_focused()
    page.keyboard.type("Pier 4")
    page.reload()
    expect(page.locator("#other_address")).to_have_value("Pier 4")
    page.keyboard.press("Control+Enter")
    assert delivered(confirmed_order(page)) == ("Pier 4", "")


def test_a_shipment_is_invoiced_after_a_question(open_page, shop):
    order = create_order(shop.order(shop.customer, shop.product(1, 5), 3))
    ship_order(NewShipment(order.pk))
    page = open_page("sales")
    page.goto(f"/orders/{order.pk}/")
    page.get_by_role("link", name="Invoice what has shipped").click()
    expect(page.locator("#totals")).to_contain_text("30.00")
    page.get_by_role("button", name="Issue the invoice").click()
    page.get_by_role("button", name="Yes, do it").click()
    page.wait_for_url("**/invoices/*/")
    expect(page.locator("h2")).to_contain_text("Invoice IN-")
    assert order.invoices.get().due_on == timezone.localdate()
    assert Shipment.objects.get(order=order).lines.get().invoiced.invoice_line.invoice.order == order


def test_the_printed_pick_list_stands_in_the_history(open_page, shop):
    order = create_order(shop.order(shop.customer, shop.product(1, 5), 3))
    page = open_page("warehouse")
    page.goto(f"/picking/list/?order={order.pk}")
    with page.expect_response("**/picking/list/printed/") as answer:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert answer.value.status == 204
    page.goto(f"/orders/{order.pk}/")
    expect(page.locator("#timeline")).to_contain_text("Pick list printed: 3 to fetch.")
