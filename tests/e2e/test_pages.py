"""Every page that a role can reach from its navigation, in both languages and two widths; the dashboard's charts."""

import re
from collections import deque

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESKTOP, PHONE, watch

ROLES = ["sales", "warehouse", "buyer", "manager", "admin"]
# Not pages of ours, or not pages at all.
NOT_PAGES = re.compile(r"^(?!/)|^//|^/(admin|api|static|sign-out)/|[?&]format=|\.pdf$|/pdf/$")
WIDTHS = (DESKTOP, PHONE)

# Latin words that Chinese business writing keeps; keys stand in <kbd> and are not read.
CHINESE_TOO = re.compile(
    "ABC|XYZ|SKU|Excel|CSV|PDF|API|Tandem|English|CNY|USD|EUR|CPU|Syntetos|Boylan|Teunter|Babai|Brier|OTIF|max"
)
CODES = re.compile(r"\S+@\S+|\b[A-Z]{1,4}-?\d[\d-]*\b|[A-Z]?\d+-\w+")
# Reasons and documents in the demo's stock ledger, which nobody can change.
LEDGER = re.compile(r"(开账|破损|发错货|不想要了|运输破损) · [a-z ]+|OPENING")
LEFTOVERS = re.compile(r"\{\{|\{%|%\(\w+\)|\bNone\b|\bNaN\b|\bundefined\b")
READ_TEXTS = """() => {
  const skipped = "script, style, kbd, code, [lang=en]";
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(skipped)) texts.push(walker.currentNode.data);
  for (const name of ["placeholder", "title", "aria-label", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (!element.closest(skipped)) texts.push(element.getAttribute(name));
  return texts.map((text) => text.trim()).filter(Boolean);
}"""
READ_OVERFLOW = """() => {
  if (document.documentElement.scrollWidth <= innerWidth) return null;
  const wide = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
  return wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" … ") || "the frame";
}"""

checked: set[str] = set()


def kind_of(address: str) -> str:
    """The address without what differs between two pages of one kind."""
    return re.sub(r"\d+", "0", address.partition("?")[0])


@pytest.mark.parametrize("username", ROLES)
def test_every_page_from_the_navigation(open_page, username):
    page = open_page(username)
    problems = watch(page)
    page.goto("/")
    navigation = _addresses(page, ".navbar-nav a.nav-link")
    assert navigation, "the role sees no room"
    todo = deque(dict.fromkeys([*navigation, *_addresses(page, "main a")]))
    visited: set[str] = set()
    while todo:
        address = todo.popleft()
        kind = kind_of(address)
        if kind in visited or (kind in checked and address not in navigation):
            continue
        visited.add(kind)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address} answered {answer.status}"
        todo.extend(_addresses(page, "main a, .page-header a"))
        # What another role has shown already only has to open.
        if kind not in checked:
            problems += _problems_in_both_languages(page)
    checked.update(visited)
    assert not problems, "\n".join(problems)


def _addresses(page: Page, selector: str) -> list[str]:
    found = page.eval_on_selector_all(selector, "links => links.map((link) => link.getAttribute('href') || '')")
    return [address for address in found if not NOT_PAGES.search(address)]


def _problems_in_both_languages(page: Page) -> list[str]:
    """Look at the page as it is, then switch the language with its button and look again."""
    problems = _problems_of(page)
    other = page.locator(".tandem-account [name=language]:not([aria-pressed])")
    language = other.get_attribute("value")
    other.click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    return problems + _problems_of(page)


def _problems_of(page: Page) -> list[str]:
    language, problems = page.get_attribute("html", "lang"), []
    texts = page.evaluate(READ_TEXTS)
    problems += [f"{page.url}: left over in {text!r}" for text in texts if LEFTOVERS.search(text)]
    if language == "zh-hans":
        problems += [f"{page.url}: not in Chinese: {text!r}" for text in texts if not _is_chinese(text)]
    for width in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        if wide := _overflow(page):
            problems.append(f"{page.url} ({language}): wider than {width} px: {wide}")
    return problems


def _overflow(page: Page) -> str | None:
    """What is wider than the page and stays so: a chart follows a new width a moment later."""
    wide = None
    for _look in range(50):
        wide = page.evaluate(READ_OVERFLOW)
        if not wide:
            return None
        page.wait_for_timeout(100)
    return wide


def _is_chinese(text: str) -> bool:
    words = re.findall(r"[A-Za-z]{3,}", CODES.sub("", LEDGER.sub("", text)))
    return all(CHINESE_TOO.fullmatch(word) for word in words)


def test_a_phone_reaches_every_room_through_the_menu(open_page):
    page = open_page("sales", width=PHONE)
    page.goto("/")
    entry = page.get_by_role("link", name="Customers", exact=True)
    expect(entry).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    entry.click()
    expect(page).to_have_url(re.compile(reverse("orders:customers") + "$"))


def test_the_language_chosen_stays_with_the_user(open_page):
    page = open_page("sales")
    page.goto("/orders/")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("h1")).to_have_text("订单")
    again = open_page("sales", language="zh-hans")
    again.goto("/customers/")
    expect(again.locator("h1")).to_have_text("客户")
    again.get_by_role("button", name="English").click()
    expect(again.locator("h1")).to_have_text("Customers")


# ---- the manager's dashboard

CHARTS = ["profit", "waterfall", "inventory", "service", "split"]


def test_tiles_have_units_and_charts_are_drawn(open_page):
    page = open_page("manager")
    problems = watch(page)
    page.goto("/dashboard/?period=last_90_days")
    tiles = page.locator(".kpi")
    texts = [re.sub(r"\s+", " ", text) for text in tiles.all_inner_texts()]
    assert len(texts) >= 9, "revenue, profit, contribution, stock, turnover, days, stockout, fill, on time, slow movers"
    assert [text for text in texts if not re.search(r"CNY|%|days|times a year", text)] == []
    assert [text for text in texts if not re.search(r"\d", text)] == []
    for name in CHARTS:
        chart = page.locator(f"[data-chart={name}]")
        expect(chart.locator("svg")).to_be_visible()
        # Bars, lines and axes are paths; an empty chart has only its axes' few.
        expect(chart.locator("svg path").nth(5)).to_be_attached()
        assert re.search(r"CNY|%", chart.locator("svg").text_content()), f"the axis of {name} has no unit"
    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator("[data-chart=profit] svg")).to_have_attribute("width", re.compile(r"^3\d\d$"))
    assert problems == []


def test_a_figure_leads_to_its_rows_and_their_export(open_page):
    page = open_page("manager")
    page.goto("/dashboard/?period=last_90_days")
    page.locator(".kpi-value").first.click()
    expect(page.locator("table tbody tr").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
