"""The buyer's line of days: today, runs out, order by, arrival, next review."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from purchasing.dates import dates_of
from purchasing.decision import Need, Offer

NEED = Need(45, 0, 5, 20, 60, daily_demand=Decimal(4), as_of="2026-11-24")
OFFER = Offer(lead_time_days=7)


def test_one_line_of_days():
    dates = dates_of(NEED, OFFER)
    # 45 there, 5 of them owed: 40 last ten days; a delivery takes seven.
    assert (dates.runs_out, dates.order_by, dates.arrival) == (
        date(2026, 12, 4),
        date(2026, 11, 27),
        date(2026, 12, 1),
    )
    assert (dates.today, dates.next_review, dates.is_late) == (date(2026, 11, 24), date(2026, 11, 25), False)


def test_too_late_says_for_how_many_days_there_will_be_none():
    late = dates_of(replace(NEED, available=13), OFFER)  # eight left: two days, and seven until more comes
    assert (late.order_by, late.is_late, late.days_short) == (date(2026, 11, 19), True, 5)


def test_nobody_knows_how_fast_it_sells():
    unknown = dates_of(replace(NEED, daily_demand=None), OFFER)
    assert (unknown.runs_out, unknown.order_by, unknown.is_late, unknown.days_short) == (None, None, False, 0)
    assert unknown.arrival == date(2026, 12, 1)
