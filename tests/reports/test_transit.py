"""Money on the road: what left with a transfer counts as the destination's inventory until it is there."""

from decimal import Decimal as D

import pytest

from inventory import transfers
from inventory.models import StockMove
from reports import drilldown, selectors
from reports.models import KpiSnapshot
from reports.periods import Period
from reports.selectors import Slice
from reports.services import refresh_snapshots
from tests.reports.conftest import at, day

WEEK = Period(day(1), day(5))


@pytest.fixture
def moved(trade):
    """2 of H worth 24.00 leave SOUTH on day 2 for a new place; one is there on day 4, one still on the road."""
    c = trade
    new = transfers.NewTransfer(c.south.pk, c.north.pk, [(c.h.pk, 2)], day(9).replace(year=2030))
    transfer = transfers.request_transfer(new)
    transfers.send_transfer(transfer.pk, at=at(2))
    transfers.receive_transfer(transfer.pk, {transfer.lines.get().pk: 1}, at=at(4))
    refresh_snapshots(day(1), day(5))
    c.transfer = transfer
    return c


def test_every_day_has_all_the_money(moved):
    found = KpiSnapshot.objects.filter(category=moved.home).order_by("day", "warehouse__code")
    assert list(found.values_list("day", "warehouse__code", "inventory_value")) == [
        (day(1), "S", 60),
        # 60.00 arrived at N on day 2, and 24.00 are on their way there.
        (day(2), "N", 84), (day(2), "S", 36),
        (day(3), "N", 84), (day(3), "S", 36),
        (day(4), "N", 84), (day(4), "S", 36),
        (day(5), "N", 84), (day(5), "S", 36),
    ]  # fmt: skip
    on_the_road = D(12)
    ledger = sum(StockMove.objects.values_list("value", flat=True))
    assert selectors.figures(Slice(WEEK), WEEK).inventory_value == ledger + on_the_road == 222


def test_the_rows_show_what_is_on_the_road(moved):
    columns = [column.key for column in drilldown.ROWS["inventory_value"].columns]
    rows = drilldown.page("inventory_value", Slice(WEEK), WEEK, offset=0, limit=10)
    keys = ("sku", "warehouse", "on_hand", "in_transit", "inventory_value")
    found = [tuple(dict(zip(columns, row, strict=False))[key] for key in keys) for row in rows]
    assert found == [
        ("F", "North", 17, 0, D(102)),
        ("H", "North", 6, 1, D(84)),
        ("H", "South", 3, 0, D(36)),
    ]


@pytest.mark.parametrize(("warehouse", "category"), [(None, None), ("north", None), ("south", None), (None, "home")])
def test_rows_add_up_to_their_figure(moved, warehouse, category):
    w, c = (getattr(moved, name).pk if name else None for name in (warehouse, category))
    where = Slice(WEEK, w, c)
    figures = selectors.figures(where, WEEK)
    for measure in ("holding_cost", "inventory_value", "contribution"):
        assert round(drilldown.totals(measure, where, WEEK).sums[measure], 2) == getattr(figures, measure), measure
    average = drilldown.totals("average_inventory", where, WEEK).sums["average_inventory"]
    assert round(average, 2) == round(figures.average_inventory, 2)


def test_a_later_period_begins_with_what_is_on_the_road(moved):
    refresh_snapshots(day(5), day(5))
    last = Period(day(5), day(5))
    assert selectors.figures(Slice(last, warehouse_id=moved.north.pk), last).inventory_value == 102 + 84
