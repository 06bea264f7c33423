"""The manager's dashboard in a browser: figures with units, and charts that are drawn with values."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import watch

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
