"""What a replay knows of promotions and events: what was announced by then, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from core import audit
from forecasting.backtesting import load_world
from forecasting.engine.backtest import plan_path
from forecasting.foresight import PastCalendar
from forecasting.models import DemandEvent, HolidayCalendar
from forecasting.services import compute_backtest, request_backtest
from orders.models import Promotion
from tests.forecasting.conftest import AS_OF, at

FIRST, LAST = AS_OF - timedelta(weeks=8), AS_OF - timedelta(days=1)
FIFTH = FIRST + timedelta(weeks=4)  # the morning of the fifth plan
SALE = FIFTH + timedelta(days=2), FIFTH + timedelta(days=4)


def event(created: date, days: tuple[date, date] = SALE, **values) -> DemandEvent:
    values = {"name": "Sale", "kind": "event", "planned_uplift": Decimal(3)} | values
    return DemandEvent.objects.create(starts_on=days[0], ends_on=days[1], created_at=at(created), **values)


def promotion(announced: date | None, days: tuple[date, date] = SALE, **values) -> Promotion:
    values = {"name": "Sale", "discount": Decimal(20)} | values
    row = Promotion.objects.create(first_day=days[0], last_day=days[1], **values)
    if announced:
        audit.record("promotion", row.pk, "added", at=at(announced))
    return row


def known(as_of: date) -> list[str]:
    calendar = PastCalendar([], FIRST - timedelta(weeks=100), LAST)
    return [("event" if s.event_id else "promotion") for s in calendar.known(FIRST - timedelta(weeks=100), as_of)]


def means(shop) -> list[float]:
    """Demand expected over lead time and review by the plan of each week."""
    return plan_path(load_world([(shop.product.pk, shop.warehouse.pk)], FIRST, LAST)).mean[0].tolist()


@pytest.fixture
def ten_a_day(shop):
    shop.sell({AS_OF - timedelta(days=n): 10 for n in range(1, 401)})
    return shop


class TestWhatWasKnown:
    def test_an_event_counts_from_the_morning_after_it_was_entered(self, db):
        event(FIRST)
        assert [known(FIRST + timedelta(days=n)) for n in (0, 1)] == [[], ["event"]]

    def test_one_changed_later_counts_from_then_or_when_it_is_over(self, db):
        changed = event(FIRST)
        audit.record("demand_event", changed.pk, "changed", at=at(SALE[0]))
        assert known(SALE[0]) == []
        assert known(SALE[1]) == ["event"]
        audit.record("demand_event", changed.pk, "changed", at=at(LAST))
        assert known(SALE[1]) == []
        assert known(SALE[1] + timedelta(days=1)) == ["event"]

    def test_a_promotion_counts_from_the_record_of_its_announcement(self, db):
        promotion(FIRST)
        assert [known(FIRST + timedelta(days=n)) for n in (0, 1)] == [[], ["promotion"]]

    def test_one_without_a_record_counts_when_it_is_over(self, db):
        promotion(None)
        assert [known(SALE[1] + timedelta(days=n)) for n in (0, 1)] == [[], ["promotion"]]

    def test_an_event_of_the_same_name_overrides_a_promotion_once_it_is_known(self, db):
        promotion(FIRST)
        event(FIRST + timedelta(days=7))
        assert known(FIRST + timedelta(days=7)) == ["promotion"]
        assert known(FIRST + timedelta(days=8)) == ["event"]


class TestPlans:
    def test_stock_is_there_in_time_for_what_was_announced(self, ten_a_day):
        """Ten days' lead time and one of review: 11 · 10, and for the three days of the sale 20 more each."""
        event(FIRST)
        planned = means(ten_a_day)
        assert planned[2] == pytest.approx(110.0, abs=0.5)  # two weeks before: it begins after the interval
        assert planned[4] == pytest.approx(170.0, abs=0.5)

    def test_what_was_announced_too_late_surprises(self, ten_a_day):
        event(SALE[1])
        assert means(ten_a_day)[:5] == pytest.approx([110.0] * 5, abs=0.5)

    def test_days_of_a_past_event_are_no_usual_demand(self, shop):
        shop.sell({AS_OF - timedelta(days=n): 10 for n in range(1, 401)})
        shop.sell({SALE[0] + timedelta(days=n): 20 for n in range(3)})
        assert means(shop)[5] > 115
        event(LAST)  # entered late, but over by the sixth plan
        assert means(shop)[5] == pytest.approx(112.8, abs=0.1)  # drawn towards what all did

    def test_nothing_that_comes_later_changes_an_earlier_plan(self, ten_a_day):
        """Neither demand after the fifth plan nor anything entered after it, even of the days before the sale."""
        place = (ten_a_day.product.pk, ten_a_day.warehouse.pk)
        event(FIRST)
        promotion(FIRST, (FIRST - timedelta(weeks=30), FIRST - timedelta(weeks=29)), name="Autumn")
        HolidayCalendar.objects.create(country="CN")
        world = load_world([place], FIRST, LAST)
        before = plan_path(world)
        event(FIFTH, (FIFTH + timedelta(days=8), FIFTH + timedelta(days=20)), name="Later", planned_uplift=Decimal(9))
        promotion(FIFTH, (FIFTH + timedelta(days=1), FIFTH + timedelta(days=15)), name="Autumn", discount=Decimal(70))
        promotion(None, (FIFTH + timedelta(days=1), FIFTH + timedelta(days=15)), name="Autumn", discount=Decimal(60))
        again = load_world([place], FIRST, LAST)
        scrambled = again.demand.copy()
        scrambled[:, again.first + 28 :] = np.random.default_rng(1).permutation(np.arange(28.0)) * 9
        after = plan_path(replace(again, demand=scrambled))
        for name in ("mean", "variance", "lot", "reorder_point", "service_level"):
            assert getattr(before, name)[:, :5].tolist() == getattr(after, name)[:, :5].tolist()
        assert (before.mean[:, 5:] != after.mean[:, 5:]).all()

    def test_only_the_products_concerned_are_planned_otherwise(self, ten_a_day):
        of_another = promotion(FIRST, discount=Decimal(50))
        event(FIRST, (FIRST - timedelta(weeks=20), FIRST - timedelta(weeks=19)), name="Sale")
        assert means(ten_a_day)[4] == pytest.approx(110.0, abs=3.0)  # measured: such days do nothing
        assert of_another.product_id is None

    def test_the_page_is_told_the_same_every_time(self, ten_a_day):
        event(FIRST)
        results = []
        for _ in range(2):
            backtest = request_backtest(FIRST, LAST, {})
            assert compute_backtest(backtest.pk)
            backtest.refresh_from_db()
            results.append(backtest.result)
        assert results[0] == results[1]
        assert DemandEvent.objects.get().measured_pieces is None  # a replay notes nothing
