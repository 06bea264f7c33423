"""Freight that is invoiced late: what of it went with pieces that had left is a cost of the day it is booked for."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models import OutboxEvent
from inventory.models import StockLevel, StockMove
from inventory.places import Issue
from inventory.services import issue_stock
from purchasing.models import GoodsReceipt, LandedCost
from purchasing.services import add_landed_cost
from reports import drilldown, selectors
from reports.metrics import Figures, Sums
from reports.models import KpiSnapshot
from reports.periods import Period
from reports.selectors import Slice
from reports.services import refresh_changed_days, refresh_snapshots
from tests.reports.conftest import at, day

WEEK = Period(day(1), day(5))


@pytest.fixture
def landed(trade):
    """On day 5 freight of 40.00 comes for the 20 pieces of F that arrived on day 4; 17 are there: 3 left."""
    receipt = GoodsReceipt.objects.get(lines__line__product=trade.f)
    trade.cost = add_landed_cost(receipt.pk, kind="freight", amount=D("40.00"), document="INV-9", at=at(5, 18))
    refresh_snapshots(day(1), day(5))
    return trade


def test_the_share_of_what_left_is_an_expense_of_its_day(landed):
    assert (landed.cost.into_stock, landed.cost.expensed) == (D("34.00"), D("6.00"))
    part = landed.cost.parts.get()
    assert (part.amount, part.into_stock) == (D("40.00"), D("34.00"))
    assert list(
        KpiSnapshot.objects.filter(landed_expense__gt=0).values_list("day", "warehouse__code", "landed_expense")
    ) == [(day(5), "N", D("6.00"))]
    figures = selectors.figures(Slice(WEEK), selectors.known_days())
    assert (figures.landed_expense, figures.gross_profit) == (D("6.00"), 52)
    # 52 - 0.86 - 30 - 6, and the 34.00 that stock gained are held for a day: 0.034.
    assert (figures.holding_cost, figures.contribution) == (D("0.89"), D("15.11"))
    assert figures.inventory_value == 256


def test_the_rows_behind_it(landed):
    columns = [column.key for column in drilldown.ROWS["landed_expense"].columns]
    (row,) = drilldown.page("landed_expense", Slice(WEEK), WEEK, offset=0, limit=10)
    found = dict(zip(columns, row, strict=False))
    receipt = landed.cost.receipt
    assert (found["day"], found["document"], found["invoice"], found["kind"], found["sku"]) == (
        day(5),
        receipt.number,
        "INV-9",
        "freight",
        "F",
    )
    assert (found["amount"], found["landed_expense"]) == (D("40.00"), D("6.00"))


@pytest.mark.parametrize(("warehouse", "category"), [(None, None), ("north", None), ("south", None), (None, "home")])
def test_rows_add_up_to_their_figure(landed, warehouse, category):
    w, c = (getattr(landed, name).pk if name else None for name in (warehouse, category))
    where = Slice(WEEK, w, c)
    figures = selectors.figures(where, WEEK)
    for measure in ("landed_expense", "contribution", "inventory_value"):
        assert round(drilldown.totals(measure, where, WEEK).sums[measure] or 0, 2) == getattr(figures, measure), measure


def test_one_booked_for_a_day_of_the_past_is_heard_of(trade):
    """All pieces have left, so the ledger says nothing: the outbox does."""
    refresh_changed_days()
    receipt = GoodsReceipt.objects.get(lines__line__product=trade.f)
    level = StockLevel.objects.get(product=trade.f, warehouse=trade.north)
    issue_stock([Issue((trade.f.pk, trade.north.pk), level.on_hand, "X")], kind=StockMove.Kind.ADJUSTMENT, at=at(5, 20))
    refresh_changed_days()
    cost = add_landed_cost(receipt.pk, kind="duty", amount=D("12.34"), at=at(3))
    assert (cost.into_stock, OutboxEvent.objects.filter(topic="landed_cost.booked").count()) == (0, 1)
    refresh_changed_days()
    assert KpiSnapshot.objects.get(landed_expense__gt=0).day == day(3)
    assert selectors.figures(Slice(WEEK), WEEK).landed_expense == D("12.34")


@given(st.lists(st.decimals(0, 9999, places=2), min_size=5, max_size=5))
def test_the_steps_shown_add_up(money):
    revenue, cogs, holding, ordering, late = money
    figures = Figures(
        Sums(revenue=revenue, cogs=cogs, holding_cost=holding, ordering_cost=ordering, landed_expense=late), 10
    )
    assert figures.contribution == revenue - cogs - holding - ordering - late


def test_parts_add_up_to_the_cost(landed):
    for cost in LandedCost.objects.all():
        assert sum(part.amount for part in cost.parts.all()) == cost.amount
        assert sum(part.into_stock for part in cost.parts.all()) == cost.into_stock
