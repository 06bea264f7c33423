"""A sales person's minute: an order typed with the keyboard alone, wrong input, lost answers, an ended session."""

import re
from datetime import timedelta
from itertools import count

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from inventory.models import Product, StockLevel, StockMove, Warehouse
from inventory.places import Receipt
from inventory.services import receive_stock
from orders.models import Channel, Customer, Order
from orders.services import change_order, create_order
from orders.values import NewLine, NewOrder, NewQuantity, OrderChange
from purchasing.services import create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.e2e.conftest import PASSWORD, PHONE
from tests.factories import CustomerFactory, ProductFactory, SupplierItemFactory, stock

pytestmark = pytest.mark.usefixtures("db")
numbers = count(1)
ALL_NOW = "All of it can ship now."


class Shop:
    """A customer and products of one test's own, in the warehouse that the desk offers first."""

    def __init__(self) -> None:
        self.code = f"E{next(numbers)}"
        self.warehouse = Warehouse.objects.filter(is_active=True).first()
        self.customer = CustomerFactory(code=f"{self.code}-SHOP", name=f"{self.code} Lotus Corner")

    def product(self, number: int, in_stock: int) -> Product:
        sku = f"{self.code}-{number:02d}"
        product = ProductFactory(sku=sku, name=f"Lotus {self.code}x{number:02d}", barcode=f"69{sku}", price="10.00")
        if in_stock:
            stock(product, self.warehouse, in_stock, unit_cost="6.00")
        return product

    def order(self, customer: Customer, product: Product, quantity: int) -> NewOrder:
        lines = [NewLine(product.pk, quantity)]
        return NewOrder(customer.pk, Channel.objects.first().pk, self.warehouse.pk, lines)

    def orders(self) -> list[Order]:
        return list(Order.objects.filter(customer=self.customer).order_by("pk"))

    def reserved(self, product: Product) -> int:
        return StockLevel.objects.get(product=product, warehouse=self.warehouse).reserved


@pytest.fixture
def shop(db) -> Shop:
    return Shop()


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def row(page: Page, number: int) -> Locator:
    return page.locator(".entry-line[role=group]").nth(number - 1)


def promise(page: Page, number: int) -> Locator:
    return row(page, number).locator("[data-part=promise]")


def field(page: Page, number: int, name: str) -> Locator:
    return row(page, number).locator(f"[data-field={name}]")


def choose_customer(page: Page, customer: Customer) -> None:
    page.locator("#customer").fill(customer.code)
    page.keyboard.press("Enter")
    expect(field(page, 1, "product")).to_be_focused()


def type_line(page: Page, number: int, text: str, quantity: str) -> None:
    """Type one line as somebody does who never touches the mouse; ends in the next line."""
    expect(field(page, number, "product")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(field(page, number, "quantity")).to_be_focused()
    page.keyboard.type(quantity)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(field(page, number + 1, "product")).to_be_focused()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def confirmed_order(page: Page) -> str:
    """The number of the order whose page the desk has led to."""
    page.wait_for_url(re.compile(r"/orders/\d+/\?confirmed=1$"), wait_until="domcontentloaded")
    return page.locator("h1").first.inner_text()


def start(page: Page, shop: Shop, *lines: tuple[Product, str]) -> None:
    """Open the desk and type an order; it is not sent."""
    page.goto("/orders/new/")
    choose_customer(page, shop.customer)
    for number, (product, quantity) in enumerate(lines, 1):
        type_line(page, number, product.sku, quantity)


def test_an_order_with_the_keyboard_alone(open_page, shop):
    in_stock = {3: 4, 7: 0, 9: 0}
    products = {n: shop.product(n, in_stock.get(n, 10)) for n in range(1, 11)}
    on_its_way = SupplierItemFactory(product=products[3], supplier__code=f"{shop.code}-A")
    SupplierItemFactory(product=products[7], supplier__code=f"{shop.code}-B", supplier__lead_time_days=9)
    lines, arrival = [NewPurchaseLine(products[3].pk, 20)], timezone.localdate() + timedelta(days=5)
    new = NewPurchaseOrder(on_its_way.supplier_id, shop.warehouse.pk, lines, expected_on=arrival)
    (purchase,) = create_purchase_orders([new])
    page = open_page()
    page.goto("/")
    page.keyboard.type("sales")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("#new-order")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#customer")).to_be_focused()
    page.keyboard.type(f"{shop.code} lotus")
    page.keyboard.press("Enter")
    quantities = {n: n for n in range(1, 11)} | {3: 6, 7: 3, 9: 1}
    for n, product in products.items():
        typed = [product.sku, product.name.lower(), product.barcode][n % 3]
        type_line(page, n, typed, str(quantities[n]))
    expect(promise(page, 1)).to_have_text(ALL_NOW)
    expect(promise(page, 3)).to_have_text(f"4 can ship now. 2 by {in_days(5)}: on the way with {purchase.number}.")
    expect(promise(page, 7)).to_have_text(f"3 by {in_days(9)}: to be ordered, supplier's lead time.")
    expect(promise(page, 9)).to_have_text("1 without a date: nobody supplies it.")
    expect(promise(page, 10)).to_have_text(ALL_NOW)
    expect(page.locator("#total")).to_have_text("460.00")  # 1+2+6+4+5+6+3+8+1+10 = 46 at 10.00
    expect(page.locator("[data-part=margin]")).to_have_count(0)
    page.keyboard.press("Control+Enter")

    number = confirmed_order(page)
    expect(page.locator("#confirmed")).to_have_text(
        f"Order {number} is confirmed: 40 reserved, 6 waiting. The lines say until when."
    )
    cells = page.locator("#line-3 td.number")
    expect(cells).to_have_text(["6", "4", "2", "–", "10.00", "60.00"])
    order = Order.objects.get(number=number)
    assert (order.customer, order.created_by.username, order.lines.count()) == (shop.customer, "sales", 10)
    assert [shop.reserved(products[n]) for n in (1, 3, 10)] == [1, 4, 10]

    tab_to(page, 'a[href="/orders/"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/")
    tab_to(page, "#id_q")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(number)


def test_who_may_see_it_sees_the_margin_while_typing(open_page, shop):
    page = open_page("manager")
    start(page, shop, (shop.product(1, 10), "4"))
    expect(row(page, 1).locator("[data-part=margin]")).to_have_text("16.00 40.0 %")  # 4 × (10 - 6)


def test_wrong_input_is_named_at_its_line_and_everything_typed_is_kept(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    page.goto("/orders/new/")
    page.keyboard.type("nobody at all")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No customer fits: check the spelling, or add the customer first.")).to_be_visible()
    choose_customer(page, shop.customer)
    page.keyboard.type("NO-SUCH-SKU")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No product fits: check the SKU, or type a part of the name.")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    page.get_by_role("button", name="Add line").click()
    wrong = ["0", "-1", "1000000000000", "1.5"]
    for number, quantity in enumerate(wrong, 2):
        type_line(page, number, product.sku, quantity)
    page.keyboard.press("Control+Enter")

    too_much = "Enter a whole number from 1 to 1,000,000,000."
    expect(page.locator("#entry-error")).to_have_text("The order was not saved. Everything you typed is still here.")
    expect(page.locator("#entry-error-list li")).to_have_text(
        ["Line 1: Choose a product from the list.", *[f"Line {number}: {too_much}" for number in (2, 3, 4, 5)]]
    )
    expect(field(page, 1, "product")).to_be_focused()
    expect(field(page, 1, "product")).to_have_value("NO-SUCH-SKU")
    for number, quantity in enumerate(wrong, 2):
        expect(field(page, number, "quantity")).to_have_value(quantity)
        expect(field(page, number, "quantity")).to_have_attribute("aria-invalid", "true")
    assert shop.orders() == []


def test_a_blocked_customer_is_named_at_once(open_page, shop):
    Customer.objects.filter(pk=shop.customer.pk).update(is_blocked=True)
    page = open_page("sales", width=PHONE)
    page.goto("/orders/new/")
    page.keyboard.type(shop.customer.code)
    page.keyboard.press("Enter")
    expect(page.get_by_text("This customer is blocked for new orders.")).to_be_visible()
    page.get_by_role("button", name="Confirm order").click()
    expect(page.locator("#entry-error-list li")).to_have_text(
        ["This customer is blocked for new orders.", "An order needs at least one line."]
    )
    assert shop.orders() == []


def test_stock_that_somebody_else_took_is_named_at_its_line(open_page, shop):
    page, product, plenty = open_page("sales"), shop.product(1, 5), shop.product(2, 5)
    start(page, shop, (plenty, "2"), (product, "5"))
    page.locator("#allow_backorder").uncheck()
    expect(promise(page, 2)).to_have_text(ALL_NOW)
    create_order(shop.order(CustomerFactory(code=f"{shop.code}-B"), product, 3))
    page.get_by_role("button", name="Confirm order").click()
    expect(page.locator("#entry-error-list li")).to_have_text(["Line 2: Only 2 of 5 available."])
    expect(field(page, 2, "quantity")).to_have_value("5")
    assert shop.orders() == []

    page.locator("#allow_backorder").check()
    page.keyboard.press("Control+Enter")
    number = confirmed_order(page)
    expect(page.locator("#confirmed")).to_contain_text(f"Order {number} is confirmed: 4 reserved, 3 waiting.")


def test_the_promise_follows_the_stock_while_the_page_is_open(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 0)
    start(page, shop, (product, "4"))
    expect(promise(page, 1)).to_have_text("4 without a date: nobody supplies it.")
    expect(page.locator("#connection")).to_have_attribute("aria-label", "Live")
    receipt = Receipt((product.pk, shop.warehouse.pk), 4, 24, "GR")
    receive_stock([receipt], kind=StockMove.Kind.RECEIPT, at=timezone.now())
    expect(promise(page, 1)).to_have_text(ALL_NOW)


def test_a_double_click_makes_one_order(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    start(page, shop, (product, "2"))
    page.get_by_role("button", name="Confirm order").dblclick()
    number = confirmed_order(page)
    assert ([order.number for order in shop.orders()], shop.reserved(product)) == ([number], 2)


@pytest.mark.parametrize("reload", [False, True])
def test_an_answer_that_was_lost_makes_no_second_order(open_page, shop, reload):
    page, product = open_page("sales"), shop.product(1, 10)
    start(page, shop, (product, "2"))

    lost = []

    def lose_the_first_answer(route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    # The route stays: while Playwright takes one away, what the page asks for just then can hang for ever.
    page.route("**/api/v1/orders/", lose_the_first_answer)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entry-error")).to_contain_text("the order will be saved only once")
    (order,) = shop.orders()
    if reload:
        page.reload()
        expect(field(page, 1, "quantity")).to_have_value("2")
    page.keyboard.press("Control+Enter")
    assert confirmed_order(page) == order.number
    assert (shop.orders(), shop.reserved(product)) == ([order], 2)


def test_an_ended_session_loses_nothing(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    start(page, shop, (product, "3"))
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entry-error")).to_contain_text("Your session has ended")
    assert shop.orders() == []

    with page.expect_popup() as popup:
        page.locator("#entry-sign-in").click()
    popup.value.locator("#id_username").fill("sales")
    popup.value.locator("#id_password").fill(PASSWORD)
    popup.value.keyboard.press("Enter")
    popup.value.wait_for_url("**/day/")
    page.get_by_role("button", name="Confirm order").click()
    number = confirmed_order(page)
    assert [order.number for order in shop.orders()] == [number]


def test_a_half_typed_order_outlives_the_language_switch(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    start(page, shop, (product, "3"))
    page.locator("#note").fill("back door")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("h1")).to_have_text("新建订单")
    expect(page.locator("#customer")).to_have_value(f"{shop.customer.code} {shop.customer.name}")
    expect(field(page, 1, "quantity")).to_have_value("3")
    expect(page.locator("#note")).to_have_value("back door")
    expect(promise(page, 1)).to_have_text("现在全部可发。")
    page.get_by_role("button", name="重新开始").click()
    expect(page.locator("#customer")).to_have_value("")
    page.get_by_role("button", name="English").click()


def test_a_question_asked_again_at_once_is_answered_anew(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    order = create_order(shop.order(shop.customer, product, 4))
    page.goto(f"/orders/{order.pk}/")
    page.get_by_label("Reason").fill("Twice entered")
    # All in one task: whatever the first dialog still has to say comes when the second is open.
    page.evaluate(
        """() => {
          const cancel = document.querySelector("#cancel button"), dialog = document.getElementById("confirm");
          cancel.click();
          dialog.querySelector("[value=no]").click();
          cancel.click();
        }"""
    )
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#timeline li").last).to_contain_text("Reason: Twice entered")
    assert shop.reserved(product) == 0


def refresh_under_the_question(page: Page) -> None:
    """What a live note does: the page reads the order again, the button behind the question is another one then."""
    page.evaluate("document.getElementById('cancel-button').dataset.old = 'yes'")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('tandem:orders-changed', { detail: [] }))")
    expect(page.locator("#cancel-button[data-old]")).to_have_count(0)


def test_a_refresh_while_the_question_is_open_takes_no_answer_away(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    order = create_order(shop.order(shop.customer, product, 4))
    page.goto(f"/orders/{order.pk}/")
    page.get_by_label("Reason").fill("Twice entered")
    page.get_by_role("button", name="Cancel order").click()
    refresh_under_the_question(page)
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#timeline li").last).to_contain_text("Reason: Twice entered")
    assert shop.reserved(product) == 0


def test_what_a_refresh_makes_of_the_question_is_asked_before_it_is_done(open_page, shop):
    page, product = open_page("sales"), shop.product(1, 10)
    order = create_order(shop.order(shop.customer, product, 4))
    page.goto(f"/orders/{order.pk}/")
    page.get_by_label("Reason").fill("Twice entered")
    page.get_by_role("button", name="Cancel order").click()
    change_order(OrderChange(order.pk, [NewQuantity(1, 6)]))
    refresh_under_the_question(page)
    expect(page.locator("#cancel-button")).to_have_attribute("data-confirm", re.compile("frees 6"))
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#confirm-question")).to_contain_text(f"{product.sku}: frees 6.")
    assert shop.reserved(product) == 6
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#timeline li").last).to_contain_text("Reason: Twice entered")
    assert shop.reserved(product) == 0


def test_an_order_is_cancelled_after_a_question(open_page, shop):
    page, product = open_page("sales", width=PHONE), shop.product(1, 10)
    order = create_order(shop.order(shop.customer, product, 4))
    page.goto(f"/orders/{order.pk}/")
    page.get_by_label("Reason").fill("Twice entered")
    page.get_by_role("button", name="Cancel order").click()
    expect(page.locator("#confirm-question")).to_contain_text(f"{product.sku}: frees 4.")
    page.get_by_role("button", name="Go back").click()
    assert shop.reserved(product) == 4
    page.get_by_role("button", name="Cancel order").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#timeline li").last).to_contain_text("Reason: Twice entered")
    assert shop.reserved(product) == 0
