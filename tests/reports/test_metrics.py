"""The formulas, worked out by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from reports.metrics import (
    Figures,
    Sums,
    change,
    days_of_inventory,
    holding_cost_of_day,
    ratio,
    round_parts,
    turnover,
)
from reports.periods import Period, month_start, natural_step, preset


def test_turnover_and_days_of_inventory():
    # 30 000 sold in 73 days are 150 000 a year; over 25 000 of stock that is 6 times, so 60.83 days
    turns = turnover(D(30000), D(25000), 73)
    assert turns == 6
    assert round(days_of_inventory(turns), 2) == D("60.83")


@pytest.mark.parametrize(("cogs", "average", "days"), [(D(5), D(0), 30), (D(5), None, 0), (D(5), D(-1), 30)])
def test_turnover_without_stock_is_unknown(cogs, average, days):
    assert turnover(cogs, average, days) is None


def test_stock_that_never_sells_has_no_days_of_inventory():
    assert turnover(D(0), D(100), 30) == 0
    assert days_of_inventory(D(0)) is None
    assert days_of_inventory(None) is None


def test_holding_cost_of_a_day():
    # 25 % a year of 1 460 is 365 a year, 1 a day
    assert holding_cost_of_day(D(1460), D("0.25")) == 1
    assert holding_cost_of_day(D("0.01"), D("0.25")) == D("0.0000068493")


def test_ratio_of_nothing_is_unknown():
    assert ratio(0, 0) is None
    assert ratio(1, 4) == D("0.25")


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (D(120), D(100), D("0.2")),
        (D(50), D(100), D("-0.5")),
        (D(5), D(0), None),
        (D(5), D(-5), None),
        (None, D(1), None),
    ],
)
def test_change(now, before, expected):
    assert change(now, before) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["0.335", "0.335", "0.330"], ["0.34", "0.33", "0.33"]),
        (["10.004", "10.004", "10.004"], ["10.01", "10.00", "10.00"]),
        (["-0.335", "0.335"], ["-0.33", "0.33"]),
        ([], []),
    ],
)
def test_rounded_parts_are_the_rounded_total(parts, expected):
    rounded = round_parts([D(part) for part in parts])
    assert rounded == [D(part) for part in expected]
    assert sum(rounded, D(0)) == round(sum(map(D, parts), D(0)), 2)


def test_contribution_is_made_of_the_rounded_parts():
    figures = Figures(Sums(revenue=D(100), cogs=D(60), holding_cost=D("1.005"), ordering_cost=D("2.004")), 10)
    assert (figures.gross_profit, figures.gross_margin) == (40, D("0.4"))
    assert (figures.holding_cost, figures.ordering_cost) == (D("1.01"), D("2.00"))
    assert figures.contribution == D("36.99")


def test_an_empty_slice_has_no_rates():
    figures = Figures(Sums(), 0)
    assert [figures.average_inventory, figures.turnover, figures.days_of_inventory] == [None, None, None]
    assert [figures.stockout_rate, figures.fill_rate, figures.on_time_rate, figures.gross_margin] == [None] * 4
    assert figures.contribution == 0


def test_sums_add_up():
    one = Sums(revenue=D(1), demanded=3)
    assert one + replace(one, revenue=D(2)) == Sums(revenue=D(3), demanded=6)


def test_periods_of_comparison():
    period = Period(date(2024, 2, 1), date(2024, 2, 29))
    assert period.previous() == Period(date(2024, 1, 3), date(2024, 1, 31))
    assert period.last_year() == Period(date(2023, 2, 1), date(2023, 2, 28))


def test_buckets_cut_at_mondays_and_months():
    period = Period(date(2026, 1, 30), date(2026, 2, 9))  # a Friday to a Monday
    assert [(b.first.day, b.last.day) for b in period.buckets("week")] == [(30, 1), (2, 8), (9, 9)]
    assert [(b.first.day, b.last.day) for b in period.buckets("month")] == [(30, 31), (1, 9)]
    assert len(list(period.buckets("day"))) == period.days == 11


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("this_month", date(2026, 3, 1), date(2026, 3, 15)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
        ("quarter", date(2026, 1, 1), date(2026, 3, 15)),
        ("12_months", date(2025, 3, 16), date(2026, 3, 15)),
        ("90_days", date(2025, 12, 16), date(2026, 3, 15)),
    ],
)
def test_presets(name, first, last):
    assert preset(name, date(2026, 3, 15)) == Period(first, last)


def test_month_start_crosses_years():
    assert month_start(date(2026, 1, 31), -1) == date(2025, 12, 1)
    assert month_start(date(2026, 12, 5), 1) == date(2027, 1, 1)


def test_steps_keep_lines_readable():
    assert [natural_step(Period(date(2026, 1, 1), date(2026, m, 28))) for m in (1, 3, 12)] == ["day", "week", "month"]
