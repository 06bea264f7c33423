"""The rows behind each figure add up to it, in the five days worked out in conftest."""

from datetime import date
from decimal import Decimal as D

import pytest

from reports import drilldown, selectors
from reports.measures import MEASURES
from reports.periods import Period
from reports.selectors import Slice
from reports.services import refresh_snapshots
from tests.reports.conftest import day

WEEK = Period(day(1), day(5))


@pytest.fixture
def week(trade):
    refresh_snapshots(day(1), day(5))
    return trade


def listed(measure, where=None, *keys):
    columns = [column.key for column in drilldown.ROWS[measure].columns]
    found = drilldown.page(measure, where or Slice(WEEK), WEEK, offset=0, limit=100)
    return [tuple(row[columns.index(key)] for key in keys) for row in found]


def test_every_measure_has_its_rows():
    assert set(drilldown.ROWS) == set(MEASURES)


def test_sales_list_shipments_and_returns(week):
    assert listed("revenue", None, "day", "kind", "sku", "quantity", "revenue", "cogs") == [
        (day(5), "return", "F", -1, -10, -6),
        (day(5), "shipment", "F", 4, 40, 24),
        (day(3), "shipment", "F", 6, 60, 36),
        (day(2), "shipment", "F", 4, 40, 24),
    ]


def test_contribution_by_product_and_warehouse(week):
    keys = ("sku", "warehouse", "gross_profit", "holding_cost", "ordering_cost", "contribution")
    assert listed("contribution", None, *keys) == [
        ("F", "North", 52, D("0.318"), 20, D("31.682")),
        ("H", "South", 0, D("0.3"), 0, D("-0.3")),
        ("H", "North", 0, D("0.24"), 10, D("-10.24")),
    ]


def test_turnover_and_stockouts_by_product_and_warehouse(week):
    assert listed("turnover", None, "sku", "warehouse", "average_inventory", "cogs") == [
        ("F", "North", D("63.6"), 78),
        ("H", "South", 60, 0),
        ("H", "North", 48, 0),
    ]
    ((turns, days),) = [
        row[1:] for row in listed("turnover", None, "sku", "turnover", "days_of_inventory") if row[0] == "F"
    ]
    assert round(turns, 4) == D("89.5283")  # 78 * 73 / 63.6
    assert round(days, 4) == D("4.0769")  # 318 / 78
    assert listed("stockout_rate", None, "sku", "warehouse", "place_days", "stockout_days") == [
        ("F", "North", 5, 1),
        ("H", "South", 5, 0),
        ("H", "North", 4, 0),
    ]


def test_ordering_cost_by_line(week):
    assert listed("ordering_cost", None, "day", "sku", "line_value", "order_cost", "ordering_cost") == [
        (day(2), "H", 60, 30, 10),
        (day(2), "F", 120, 30, 20),
    ]


def test_short_and_late_lines(week):
    assert listed("fill_rate", None, "day", "kind", "sku", "ordered", "short") == [
        (day(4), "refused", "H", None, 8),
        (day(2), "backordered", "F", 10, 4),
    ]
    assert listed("on_time_rate", None, "day", "sales_order", "due", "shipped", "last_shipped", "days_late") == [
        (day(3), week.b.number, 10, 10, day(5), 2)
    ]


def test_stock_at_the_end_of_an_earlier_day(week):
    where = Slice(Period(day(1), day(4)))
    found = listed("inventory_value", where, "sku", "warehouse", "on_hand", "inventory_value")
    assert found[0] == ("F", "North", 20, 120)
    assert sorted(found[1:]) == [("H", "North", 5, 60), ("H", "South", 5, 60)]


@pytest.mark.parametrize(
    ("as_of", "slow"),
    [
        (date(2026, 5, 30), []),  # 89 days after south's hooks arrived
        (date(2026, 5, 31), [("H", "South", 90, D(1))]),
        (date(2026, 6, 1), [("H", "North", 90, D("0.5")), ("H", "South", 91, D("0.5"))]),
        (date(2026, 6, 3), [("H", "North", 92, D("0.5")), ("H", "South", 93, D("0.5"))]),  # flour: 89 since it shipped
        (
            date(2026, 6, 4),
            [("F", "North", 90, D(102) / 222), ("H", "North", 93, D(60) / 222), ("H", "South", 94, D(60) / 222)],
        ),
    ],
)
def test_slow_movers_after_ninety_days(week, as_of, slow):
    where = Slice(Period(date(2026, 5, 1), as_of))
    refresh_snapshots(day(1), as_of)
    found = drilldown.page("slow_movers", where, Period(day(1), as_of), offset=0, limit=10)
    assert sorted((row[0], row[3], row[7], round(row[9], 12)) for row in found) == [
        (sku, place, days, round(share, 12)) for sku, place, days, share in slow
    ]


SLICES = [(None, None), ("north", None), (None, "home"), ("south", "food")]


@pytest.mark.parametrize(("warehouse", "category"), SLICES)
def test_rows_add_up_to_their_figure(week, warehouse, category):
    w, c = (getattr(week, name).pk if name else None for name in (warehouse, category))
    where = Slice(WEEK, w, c)
    figures = selectors.figures(where, WEEK)
    costs = ("holding_cost", "ordering_cost", "landed_expense")
    money = ("revenue", "cogs", "gross_profit", *costs, "inventory_value", "contribution")
    for measure in money:
        assert round(drilldown.totals(measure, where, WEEK).sums[measure], 2) == getattr(figures, measure), measure
    stockouts = drilldown.totals("stockout_rate", where, WEEK).sums
    assert (stockouts["stockout_days"], stockouts["place_days"]) == (
        figures.sums.stockout_days,
        figures.sums.place_days,
    )
    short = drilldown.totals("fill_rate", where, WEEK).sums["short"]
    assert short == figures.sums.demanded - figures.sums.filled_at_once
    late = drilldown.totals("on_time_rate", where, WEEK).count
    assert late == figures.sums.lines_due - figures.sums.lines_on_time


def test_pages_and_exports_see_the_same_rows(week):
    whole = drilldown.page("revenue", Slice(WEEK), WEEK, offset=0, limit=10)
    assert drilldown.page("revenue", Slice(WEEK), WEEK, offset=2, limit=1) == whole[2:3]
    assert list(drilldown.every_row("revenue", Slice(WEEK), WEEK)) == whole
    assert drilldown.totals("revenue", Slice(WEEK), WEEK).count == 4
