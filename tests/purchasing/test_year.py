"""Sixteen weeks lived through day by day, as benchmarks/year.py does with a year of the real demand file."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from benchmarks.year import ORDER_COST, Series, Year, faults, opening_stock
from purchasing.models import GoodsReceipt, PurchaseOrder, ReorderSuggestion, StockPolicy

PAST, LIVED = 56, 56
MONDAY = date(2010, 3, 1)


def _series() -> list[Series]:
    """A steady seller, one that grows threefold as the past ends, one that sells now and then, and one that dies."""
    rng = np.random.default_rng(7)
    days = PAST + LIVED
    growing = np.where(np.arange(days) < PAST, 4, 12)
    rare = np.where(rng.random(days) < 0.1, rng.integers(1, 9, days), 0)
    dying = np.where(np.arange(days) < PAST - 14, rng.poisson(3, days), 0)
    demand = [rng.poisson(5, days), growing, rare, dying]
    lead = rng.integers(7, 22, (4, LIVED)).tolist()
    return [
        Series(f"Y-{n}", pieces.astype(np.int64), Decimal("10.00"), Decimal("6.00"), lead[n])
        for n, pieces in enumerate(demand)
    ]


@pytest.fixture
def year(transactional_db: None, redis_url: str) -> Year:
    lived = Year(_series(), MONDAY, PAST)
    lived.live()
    return lived


def test_weeks_lived_through_leave_books_that_prove_themselves(year: Year):
    wanted = np.array([one.demand[PAST:] for one in year.series])

    assert faults(year) == []
    # The opening stock lasts six weeks, of the growing one two: the rest was bought by rule, with no hand.
    assert year.lines_ordered[0] >= 1
    assert year.lines_ordered[1] >= 2
    assert year.lines_ordered[3] == 0
    assert PurchaseOrder.objects.count() == year.lines_ordered.sum()
    assert not ReorderSuggestion.objects.filter(status="approved", trace={}).exists()
    # Each on its day: no receipt before its order, none later than the lead time drawn for it.
    waits = [receipt.received_at - receipt.purchase_order.ordered_at for receipt in GoodsReceipt.objects.all()]
    assert waits
    assert all(6 <= wait.days <= 21 for wait in waits)
    # What was sold is what the books earned: 4.00 a piece.
    money = year.money()
    assert money["margin"] == pytest.approx(4 * year.sold.sum())
    assert money["ordering"] == float(ORDER_COST) * year.lines_ordered.sum()
    assert year.sold[0].sum() > 0.9 * wanted[0].sum()
    assert StockPolicy.objects.filter(source="forecast").count() == 4
    # A control: what is changed behind the services' back is named.
    ReorderSuggestion.objects.filter(pk=ReorderSuggestion.objects.latest("pk").pk).update(quantity=1_000_003)
    year.ordered[0] += 1
    assert [fault.split(" ")[0] for fault in faults(year)] == ["suggestion", "pieces"]


def test_the_opening_stock_is_six_weeks_of_the_last_quarter():
    assert opening_stock(np.array([0, 0, 2, 4, 0])) == 84  # 6 pieces in 3 days, 42 days
    assert opening_stock(np.zeros(5, dtype=np.int64)) == 0
