"""The rest of a sales person's day: changing and splitting orders, pasted lists, quotations, templates, returns."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from orders.models import OrderTemplate, Quotation, Return, ReturnAuthorization
from orders.services import change_order, create_order, make_quotation, ship_order
from orders.services.rules import set_substitute
from orders.values import NewQuantity, NewQuotation, NewShipment, OrderChange
from tests.e2e.conftest import PHONE, watch
from tests.e2e.test_order_desk import ALL_NOW, Shop, choose_customer, confirmed_order, field, in_days, promise, start

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def shop(db) -> Shop:
    return Shop()


def agree(page: Page) -> None:
    """Answer the page's question."""
    page.locator("#confirm-yes").click()


# ---- changing an order


def test_an_order_is_changed_and_says_what_changed(open_page, shop):
    tea, cup = shop.product(1, 10), shop.product(2, 5)
    order = create_order(shop.order(shop.customer, tea, 4))
    page = open_page("sales")
    problems = watch(page)
    page.goto(f"/orders/{order.pk}/")
    page.locator("#change-order").click()
    page.locator("#id_quantity-1").fill("6")
    page.locator("#id_note").fill("gate 2")
    page.locator("[name=add-0-product]").fill(cup.sku)
    page.keyboard.press("Enter")
    expect(page.locator("[name=add-0-quantity]")).to_be_focused()
    page.keyboard.type("3")
    page.locator("#save").click()
    changed = page.locator("#what-changed")
    expect(changed).to_contain_text(f"Line 1, {tea.sku}: 4 → 6 pieces.")
    expect(changed).to_contain_text(f"Line 2 added: 3 pieces of {cup.sku}.")
    expect(changed).to_contain_text("Note: – → gate 2.")
    expect(page.locator("#timeline")).to_contain_text("5 pieces more are reserved, 0 wait for stock.")
    assert (shop.reserved(tea), shop.reserved(cup)) == (6, 3)
    assert problems == []


@pytest.mark.parametrize("script", ["shell", "order_change"])
def test_a_change_is_not_sent_before_the_scripts_that_guard_it_have_come(open_page, shop, script):
    tea = shop.product(1, 10)
    order = create_order(shop.order(shop.customer, tea, 4))
    page = open_page("sales")
    held, has_come = [], False
    page.route(f"**/js/{script}*.js", lambda route: route.continue_() if has_come else held.append(route))
    page.goto(f"/orders/{order.pk}/change/", wait_until="commit")
    save = page.locator("#save")
    expect(save).to_be_visible()
    page.locator("#id_quantity-1").evaluate("input => { input.value = 6; input.focus(); }")
    page.keyboard.press("Enter")
    page.mouse.click(*_middle(save))
    page.wait_for_timeout(300)  # An answer of the server would have come by now.
    assert page.url.endswith("/change/")
    has_come = True
    for route in held:
        route.continue_()
    page.wait_for_load_state()
    save.click()
    expect(page.locator("#what-changed")).to_contain_text("4 → 6 pieces.")


def _middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_line_is_closed_short_after_a_question(open_page, shop):
    tea = shop.product(1, 2)
    order = create_order(shop.order(shop.customer, tea, 5))
    page = open_page("sales", width=PHONE)
    page.goto(f"/orders/{order.pk}/change/")
    expect(page.locator("#id_reason-1")).to_be_hidden()
    page.locator("#id_close-1").check()
    page.locator("#id_reason-1").fill("No more made")
    page.locator("#save").click()
    expect(page.locator("#confirm-question")).to_contain_text("Closed lines stay closed")
    assert order.lines.get().cancelled == 0
    agree(page)
    expect(page.locator("#what-changed")).to_contain_text("5 pieces will not be delivered. Reason: No more made")
    order.refresh_from_db()
    assert (order.status, shop.reserved(tea)) == ("cancelled", 0)


def test_two_browsers_on_one_order_the_second_sees_the_first_and_overwrites_nothing(open_page, shop):
    tea, cup = shop.product(1, 20), shop.product(2, 20)
    order = create_order(shop.order(shop.customer, tea, 4))
    first, second = open_page("sales"), open_page("manager", width=PHONE)
    for page in (first, second):
        page.goto(f"/orders/{order.pk}/change/")
    second.locator("#id_quantity-1").fill("9")
    second.locator("#id_note").fill("call before")
    second.locator("[name=add-0-product]").fill(cup.sku)
    second.keyboard.press("Enter")
    expect(second.locator("[name=add-0-quantity]")).to_be_focused()
    second.keyboard.type("2")

    first.locator("#id_quantity-1").fill("6")
    first.locator("#save").click()
    expect(first.locator("#what-changed")).to_contain_text("4 → 6 pieces.")
    # The second hears of it while it types, before it sends anything.
    expect(second.locator("main")).to_contain_text(f"Line 1, {tea.sku}: 4 → 6 pieces.")
    expect(second.locator("#id_quantity-1")).to_have_value("9")

    second.locator("#save").click()
    expect(second.locator("main")).to_contain_text("Nothing of yours was saved")
    assert (order.lines.get().quantity, shop.reserved(tea), shop.reserved(cup)) == (6, 6, 0)
    # What it typed is still there, on the order as it is now; it agrees and saves.
    expect(second.locator("#id_quantity-1")).to_have_value("9")
    expect(second.locator("#id_note")).to_have_value("call before")
    expect(second.locator("[name=add-0-quantity]")).to_have_value("2")
    second.locator("#save").click()
    expect(second.locator("#what-changed")).to_contain_text("6 → 9 pieces.")
    assert (shop.reserved(tea), shop.reserved(cup)) == (9, 2)


def test_what_the_second_did_not_touch_stays_as_the_first_left_it(open_page, shop):
    tea = shop.product(1, 20)
    order = create_order(shop.order(shop.customer, tea, 4))
    page = open_page("sales")
    page.goto(f"/orders/{order.pk}/change/")
    page.locator("#id_note").fill("call before")
    change_order(OrderChange(order.pk, quantities=[NewQuantity(1, 7)]))
    page.locator("#save").click()
    expect(page.locator("main")).to_contain_text("Nothing of yours was saved")
    expect(page.locator("#id_quantity-1")).to_have_value("7")
    page.locator("#save").click()
    expect(page.locator("#what-changed")).to_contain_text("Note: – → call before.")
    order.refresh_from_db()
    assert (order.note, order.lines.get().quantity) == ("call before", 7)


def test_an_order_is_split_and_both_know_each_other(open_page, shop):
    tea = shop.product(1, 3)
    order = create_order(shop.order(shop.customer, tea, 5))
    page = open_page("sales")
    problems = watch(page)
    page.goto(f"/orders/{order.pk}/")
    page.get_by_role("link", name="Split", exact=True).click()
    page.locator("#move-waiting").click()
    page.locator("[name=requested_date]").fill(in_days(20))
    page.get_by_role("button", name="Split the order").click()
    expect(page.locator("main")).to_contain_text(f"its pieces were moved from {order.number}")
    expect(page.locator("#line-1")).to_contain_text("2")
    expect(page.locator("#timeline")).to_contain_text(f"Split off from order {order.number}: 0 reserved, 2 waiting")
    part = order.splits.get()
    page.get_by_role("link", name=order.number).first.click()
    expect(page.locator("#timeline")).to_contain_text(f"{tea.sku} × 2 went to order {part.number}.")
    assert ([line.quantity for line in order.lines.all()], shop.reserved(tea)) == ([3], 3)
    assert problems == []


# ---- typing less


def test_a_list_copied_from_excel_becomes_lines(open_page, shop):
    tea, cup = shop.product(1, 50), shop.product(2, 50)
    page = open_page("sales")
    page.goto("/orders/new/")
    choose_customer(page, shop.customer)
    text = f"SKU\tQty\tPrice\n{tea.sku}\t12\t\nNO-SUCH\t3\t\n{cup.barcode}\t4\t7.50\n"
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text", text);
          const input = document.querySelector(".entry-line[role=group] [data-field=product]");
          input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )
    expect(field(page, 1, "product")).to_have_value(f"{tea.sku} {tea.name}")
    expect(field(page, 2, "product")).to_have_value("NO-SUCH")
    expect(field(page, 2, "product")).to_have_attribute("aria-invalid", "true")
    expect(field(page, 3, "unit_price")).to_have_value("7.50")
    expect(promise(page, 1)).to_have_text(ALL_NOW)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entry-error-list")).to_contain_text("Line 2:")
    assert shop.orders() == []
    field(page, 2, "product").focus()
    page.keyboard.press("Control+Delete")
    page.keyboard.press("Control+Enter")
    confirmed_order(page)
    (order,) = shop.orders()
    lines = order.lines.order_by("position").values_list("product__sku", "quantity", "unit_price")
    assert [(sku, pieces, str(price)) for sku, pieces, price in lines] == [(tea.sku, 12, "10.00"), (cup.sku, 4, "7.50")]


def test_lines_are_kept_under_a_name_and_put_in_again(open_page, shop):
    tea, cup = shop.product(1, 50), shop.product(2, 50)
    page = open_page("sales")
    problems = watch(page)
    start(page, shop, (tea, "3"), (cup, "2"))
    page.get_by_role("button", name="Templates").click()
    page.locator("#template-name").fill(f"{shop.code} tour")
    page.keyboard.press("Enter")
    expect(page.locator("#template-saved")).to_have_text(f"Saved as template {shop.code} tour.")
    page.keyboard.press("Control+Enter")
    confirmed_order(page)

    page.goto("/orders/new/")
    choose_customer(page, shop.customer)
    page.get_by_role("button", name="Templates").click()
    expect(page.locator("#template")).to_be_focused()
    page.keyboard.type(f"{shop.code} to")
    expect(page.locator(".typeahead-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field(page, 2, "product")).to_have_value(f"{cup.sku} {cup.name}")
    expect(field(page, 3, "product")).to_be_focused()
    expect(promise(page, 1)).to_have_text(ALL_NOW)
    page.keyboard.press("Control+Enter")
    confirmed_order(page)
    first, second = shop.orders()
    assert list(first.lines.values_list("product", "quantity")) == list(second.lines.values_list("product", "quantity"))
    assert problems == []

    page.goto("/orders/templates/")
    page.get_by_role("button", name=f"Delete {shop.code} tour").click()
    agree(page)
    expect(page.locator("main")).to_contain_text(f"Template {shop.code} tour was deleted.")
    assert not OrderTemplate.objects.filter(name__startswith=f"{shop.code} ").exists()


def test_what_is_short_is_replaced_by_what_there_is(open_page, shop):
    tea, mint = shop.product(1, 1), shop.product(2, 30)
    set_substitute(tea, mint, "substitute")
    page = open_page("sales", width=PHONE)
    start(page, shop, (tea, "4"))
    page.get_by_role("button", name=f"Take {mint.sku} {mint.name} instead (30 available)").click()
    expect(field(page, 1, "product")).to_have_value(f"{mint.sku} {mint.name}")
    expect(field(page, 1, "quantity")).to_have_value("4")
    expect(promise(page, 1)).to_have_text(ALL_NOW)
    expect(page.locator("[data-instead]")).to_have_count(0)
    page.get_by_role("button", name="Confirm order").click()
    confirmed_order(page)
    assert (shop.reserved(tea), shop.reserved(mint)) == (0, 4)


# ---- quotations


def test_what_is_typed_becomes_a_quotation_that_holds_stock_and_then_an_order(open_page, shop):
    tea = shop.product(1, 10)
    page = open_page("sales")
    problems = watch(page)
    start(page, shop, (tea, "4"))
    page.locator("#offer").click()
    expect(page.locator("#valid_until")).to_be_focused()
    page.locator("#held_until").fill(in_days(5))
    page.locator("#save-quotation").click()
    page.wait_for_url(re.compile(r"/quotations/\d+/$"))
    quotation = Quotation.objects.get(customer=shop.customer)
    assert (quotation.valid_until.isoformat(), shop.reserved(tea), shop.orders()) == (in_days(14), 4, [])
    expect(page.locator("#timeline")).to_contain_text(f"all of it held until {in_days(5)} (4)")
    assert problems == []
    # Nobody else is shown the pieces held.
    other = open_page("sales")
    other.goto("/orders/new/")
    choose_customer(other, shop.customer)
    field(other, 1, "product").fill(tea.sku)
    expect(other.locator("#lines [role=option] .hint")).to_have_text("6 available")

    page.locator("#order-it").click()
    expect(page.locator("#confirm-question")).to_contain_text("4 held pieces pass over to it.")
    agree(page)
    number = confirmed_order(page)
    (order,) = shop.orders()
    assert (order.number, order.quotation, shop.reserved(tea)) == (number, quotation, 4)
    expect(page.locator("#timeline")).to_contain_text(f"From quotation {quotation.number}, at the prices offered.")


def test_a_new_offer_begins_from_the_old_one_and_takes_its_place(open_page, shop):
    tea = shop.product(1, 5)
    new = NewQuotation(shop.order(shop.customer, tea, 5), timezone.localdate() + timedelta(9), timezone.localdate())
    old = make_quotation(new)
    page = open_page("sales", width=PHONE)
    page.goto(f"/quotations/{old.pk}/")
    page.get_by_role("link", name="New one from it").click()
    expect(field(page, 1, "quantity")).to_have_value("5")
    field(page, 1, "quantity").fill("4")
    page.locator("#offer").click()
    expect(page.locator("#replaces-part")).to_contain_text(old.number)
    page.locator("#held_until").fill(in_days(2))
    page.locator("#save-quotation").click()
    page.wait_for_url(lambda url: re.search(r"/quotations/\d+/$", url) and not url.endswith(f"/{old.pk}/"))
    expect(page.locator("#timeline")).to_contain_text(f"all of it held until {in_days(2)} (4)")
    old.refresh_from_db()
    assert (old.status, shop.reserved(tea)) == ("replaced", 4)


def test_a_wrong_day_is_named_at_its_field_and_everything_typed_stays(open_page, shop):
    tea = shop.product(1, 10)
    page = open_page("sales", width=PHONE)
    start(page, shop, (tea, "4"))
    page.locator("#offer").click()
    page.locator("#valid_until").fill(in_days(3))
    page.locator("#held_until").fill(in_days(9))
    page.locator("#save-quotation").click()
    expect(page.locator("#entry-error-list")).to_contain_text(f"Enter a day from {in_days(0)} to {in_days(3)}.")
    expect(page.locator("#held_until")).to_have_class(re.compile("is-invalid"))
    expect(field(page, 1, "quantity")).to_have_value("4")
    assert not Quotation.objects.filter(customer=shop.customer).exists()
    page.locator("#held_until").fill("")
    page.locator("#save-quotation").click()
    page.wait_for_url(re.compile(r"/quotations/\d+/$"))
    expect(page.locator("main")).to_contain_text("No stock is held")
    assert shop.reserved(tea) == 0


# ---- returns


def shipped_order(shop: Shop):
    tea = shop.product(1, 5)
    order = create_order(shop.order(shop.customer, tea, 5))
    ship_order(NewShipment(order.pk))
    return order


def test_a_return_goes_from_the_desk_to_the_warehouse_and_ends_in_a_credit_note(open_page, shop):
    order = shipped_order(shop)
    sales = open_page("sales")
    problems = watch(sales)
    sales.goto(f"/orders/{order.pk}/")
    sales.get_by_role("link", name="Authorise a return").click()
    sales.locator("[name=reason]").fill("Broken cups")
    sales.locator("[name^=pieces-]").fill("3")
    sales.get_by_role("button", name="Authorise").click()
    sales.wait_for_url(re.compile(r"/returns/authorised/\d+/$"))
    authorization = ReturnAuthorization.objects.get(order=order)
    expect(sales.locator("h1")).to_have_text(authorization.number)
    sales.get_by_role("link", name="Slip for the parcel").click()
    until = (timezone.localdate() + timedelta(days=30)).isoformat()
    expect(sales.locator("main")).to_contain_text(f"write {authorization.number} on it, and send it by {until}")
    assert problems == []

    warehouse = open_page("warehouse", width=PHONE)
    warehouse.goto("/returns/")
    warehouse.locator("#id_q").fill(authorization.number)
    warehouse.keyboard.press("Enter")
    warehouse.wait_for_url(f"**/returns/authorised/{authorization.pk}/")
    warehouse.get_by_role("button", name="Receive", exact=True).click()
    warehouse.locator("[name=fit-1]").fill("2")
    warehouse.locator("[name=scrap-1]").fill("1")
    warehouse.get_by_role("button", name="Book and write the credit note").click()
    agree(warehouse)
    warehouse.wait_for_url(re.compile(r"/returns/\d+/$"))
    expect(warehouse.locator(".paper-table")).to_contain_text("20.00")
    expect(warehouse.locator(".paper-table tfoot")).to_contain_text("30.00")
    authorization.refresh_from_db()
    assert (authorization.status, Return.objects.get(order=order).authorization) == ("closed", authorization)


def test_goods_that_are_here_are_booked_in_one_step(open_page, shop):
    order = shipped_order(shop)
    page = open_page("sales")
    page.goto(f"/orders/{order.pk}/authorise-return/")
    page.get_by_role("link", name="The goods are here: book in one step").click()
    page.locator("[name=reason]").fill("Wrong size")
    page.locator("[name^=back-]").fill("2")
    page.locator("[name^=scrap-]").fill("3")
    page.get_by_role("button", name="Book the return").click()
    agree(page)
    expect(page.locator("#order-return")).to_contain_text("At most the pieces that came back can be scrapped.")
    expect(page.locator("[name=reason]")).to_have_value("Wrong size")
    assert not Return.objects.filter(order=order).exists()
    page.locator("[name^=scrap-]").fill("1")
    page.get_by_role("button", name="Book the return").click()
    agree(page)
    page.wait_for_url(re.compile(r"/returns/\d+/$"))
    expect(page.locator(".paper-table tfoot")).to_contain_text("20.00")
    assert order.lines.get().returned == 2
