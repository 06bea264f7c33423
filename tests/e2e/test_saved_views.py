"""Saved views by hand: kept from a phone, opened, renamed, shared, deleted; and of a list that loads in parts."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.models import SavedView
from tests.e2e.conftest import PHONE, watch

pytestmark = pytest.mark.usefixtures("db")


def chip(page: Page, name: str):
    return page.locator("#saved-views").get_by_role("link", name=name)


def test_a_phone_keeps_its_filters_and_the_list_opens_with_them(open_page):
    page = open_page("sales", width=PHONE)
    problems = watch(page)
    page.goto("/orders/")
    expect(page.locator("#saved-views")).to_be_hidden()
    page.goto("/orders/?status=shipped")
    page.get_by_role("button", name="Save as view").click()
    page.get_by_label("Name of the view").fill("Gone out")
    page.get_by_label("Open this list with it").check()
    # Sharing is the managers' to do.
    expect(page.get_by_label("Share with everybody")).to_have_count(0)
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("status").filter(has_text="The view “Gone out” is saved.")).to_be_visible()
    page.goto("/orders/")
    expect(page).to_have_url(re.compile(r"status=shipped&view=\d+$"))
    expect(chip(page, "Gone out")).to_have_attribute("aria-current", "true")
    expect(page.locator("#id_status")).to_have_value("shipped")
    chip(page, "Everything").click()
    expect(page.locator("#id_status")).to_have_value("")
    chip(page, "Gone out").click()
    page.get_by_role("button", name="Change view").click()
    page.locator("#view-rename").fill("Shipped")
    page.locator("#view-change").get_by_role("button", name="Save view").click()
    expect(chip(page, "Shipped")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.get_by_role("button", name="Change view").click()
    page.locator("#view-change").get_by_role("button", name="Delete").click()
    expect(page.locator("#confirm-question")).to_have_text("Delete the view “Shipped”?")
    assert SavedView.objects.count() == 1
    page.locator("#confirm-yes").click()
    expect(page.locator("#saved-views")).to_be_hidden()
    assert SavedView.objects.count() == 0
    assert problems == []


def test_a_buyer_finds_the_view_that_the_manager_shares(open_page):
    manager, buyer = open_page("manager"), open_page("buyer")
    problems = watch(manager) + watch(buyer)
    manager.goto("/purchasing/replenishment/")
    expect(manager.locator("#saved-views")).to_be_hidden()
    supplier = manager.locator("#id_supplier option").nth(2).get_attribute("value")
    # The rows come alone; what is kept is what the address says by then.
    manager.locator("#id_supplier").select_option(supplier)
    expect(manager).to_have_url(re.compile(f"supplier={supplier}"))
    manager.get_by_role("button", name="Save as view").click()
    manager.get_by_label("Name of the view").fill("My supplier")
    manager.get_by_label("Share with everybody").check()
    manager.get_by_role("button", name="Save view").click()
    expect(chip(manager, "My supplier")).to_have_attribute("aria-current", "true")
    buyer.goto("/purchasing/replenishment/")
    chip(buyer, "My supplier").click()
    expect(buyer.locator("#id_supplier")).to_have_value(supplier)
    buyer.get_by_role("button", name="Change view").click()
    expect(buyer.locator("#view-change").get_by_role("button", name="Delete")).to_have_count(0)
    # Other filters are no longer this view.
    buyer.keyboard.press("Escape")
    buyer.locator("#id_supplier").select_option("")
    expect(buyer.get_by_role("button", name="Change view")).to_be_hidden()
    assert problems == []
