"""The backtest on worlds small enough to be worked by hand, and what must hold in any."""

from dataclasses import replace
from datetime import date
from itertools import product as combinations

import numpy as np
import pytest

from forecasting.engine.backtest import (
    StockPoint,
    World,
    plan_path,
    price_of_less_stock,
    run,
    stock_curve,
    what_if,
)
from forecasting.engine.bound import best_receipts
from forecasting.engine.distribution import LeadTime
from forecasting.engine.policy import Economics
from forecasting.engine.textbook import fixed_levels, textbook_levels
from forecasting.engine.verdict import Estimate, verdicts
from forecasting.engine.world import Levels, draw_lead_times, follow, receive

MONDAY = date(2024, 1, 1)
# A piece costs 10 and keeping it a day 0.02; it sells for 14.
ECONOMICS = Economics(
    price=14.0, unit_cost=10.0, order_cost=2.0, holding_rate=0.02 * 365.25 / 10, lost_share=1.0, goodwill=0.0
)


def world(demand: list[list[float]], first: int = 0, **changes: object) -> World:
    rows = len(demand)
    values = {
        "start": MONDAY, "demand": np.array(demand, dtype=float), "first": first,
        "keys": [f"P{n}" for n in range(rows)], "economics": [ECONOMICS] * rows,
        "lead_times": [LeadTime(2.0, 0.0)] * rows, "opening": np.zeros(rows),
    }  # fmt: skip
    return World(**(values | changes))


def random_world(rows: int = 12, days: int = 140, **changes: object) -> World:
    demand = np.random.default_rng(5).negative_binomial(0.8, 0.2, (rows, days)).astype(float)
    first = 84
    values = {
        "lead_times": [LeadTime(6.0 + n % 3, 2.0) for n in range(rows)], "opening": np.full(rows, 60.0),
        "groups": ["a", "b"] * (rows // 2), "receipts": np.full((rows, days - first), 3.0),
    }  # fmt: skip
    return replace(world(demand.tolist(), first, **values), **changes)


class TestFollowing:
    def test_a_week_by_hand(self):
        """Reorder at 4, up to 10, two days' lead time: 6 come on the third day, one day too late for the last piece."""
        small = world([[4, 3, 3, 2, 0]], opening=np.array([6.0]))
        outcome = follow(small, Levels(np.array([[4.0]]), np.array([[10.0]])), np.full((1, 5), 2))
        # Evenings: 2 (8 ordered), 0 with 1 short, 8 came and 3 went: 5 (position 5), 3 (7 ordered), 3.
        assert outcome.sold.tolist() == [11.0]
        assert outcome.short.tolist() == [1.0]
        assert outcome.stockout_days.tolist() == [1.0]
        assert outcome.orders.tolist() == [2.0]
        assert outcome.stock.tolist() == [pytest.approx(13 / 5)]
        assert outcome.stock_value.tolist() == [pytest.approx(26.0)]
        assert outcome.profit.tolist() == [pytest.approx(11 * 4 - 13 * 0.02 - 2 * 2)]

    def test_orders_come_in_the_suppliers_lots(self):
        packs = Economics(14.0, 10.0, 2.0, 0.1, 1.0, 0.0, moq=10, order_multiple=4)
        small = world([[0, 0, 0, 0]], economics=[packs])
        assert follow(small, Levels(np.array([[4.0]]), np.array([[5.0]])), np.ones((1, 4), int)).stock == pytest.approx(
            [12 * 3 / 4]
        )

    def test_what_waits_is_served_from_elsewhere_and_costs_goodwill(self):
        patient = Economics(14.0, 10.0, 2.0, 0.1, 0.25, 0.5)
        outcome = receive(world([[5]], economics=[patient]), np.array([[1.0]]))
        assert outcome.margin.tolist() == [4 * (1 + 0.75 * 4)]
        assert outcome.goodwill.tolist() == [0.5 * 4]

    def test_lead_times_depend_on_seed_and_product_only(self):
        many, one = random_world(), random_world(rows=2)
        assert (draw_lead_times(many, 1)[:2] == draw_lead_times(one, 1)).all()
        assert (draw_lead_times(many, 1) != draw_lead_times(many, 2)).any()
        drawn = draw_lead_times(random_world(days=4084), 0)
        assert drawn.mean(axis=1)[:3] == pytest.approx([6, 7, 8], abs=0.15)
        assert drawn.std(axis=1)[:3] == pytest.approx([2, 2, 2], abs=0.15)


class TestOthers:
    def test_fixed_levels_by_hand(self):
        """2 pieces a day for 2 days and two weeks: 32; a lot of sqrt(2 · 2 · 2 / 0.02) = 20."""
        levels = fixed_levels(world([[0] * 10 + [2] * 30 + [9, 9]], first=40))
        assert levels.reorder_point.tolist() == [[32.0]]
        assert levels.order_up_to.tolist() == [[52.0]]

    def test_textbook_levels_by_hand(self):
        """Weeks of 7 and 21: mean 2 a day, sigma² 98 / 7 a day; 2·2 + 1.6449·sqrt(2·14)."""
        levels = textbook_levels(world([[1, 3] * 49], first=84))
        assert levels.reorder_point[0, 0] == pytest.approx(
            2 * 2 + 1.6449 * np.sqrt(2 * np.var([13, 15] * 6, ddof=1) / 7)
        )
        assert levels.reorder_point.shape == (1, 2)


class TestBound:
    @pytest.mark.parametrize("seed", range(6))
    def test_no_plan_of_receipts_earns_more(self, seed):
        """Every way to cut seven days into lots, tried one by one."""
        random = np.random.default_rng(seed)
        demand = random.integers(0, 6, (1, 7)).astype(float)
        lead_times = random.integers(1, 4, (1, 7))
        small = world(demand.tolist(), opening=np.array([float(random.integers(0, 5))]))
        shortage, holding, cost = np.array([0.05]), np.array([0.02]), np.array([0.15])
        free = [day for day in range(7) if day in np.arange(7) + lead_times[0]]
        left = np.diff(np.maximum(np.cumsum(demand[0]) - small.opening[0], 0), prepend=0)

        def worth(receipts: np.ndarray) -> float:
            shelf = earned = 0.0
            for day in range(7):
                shelf += receipts[day]
                sold = min(shelf, left[day])
                shelf -= sold
                earned += 0.05 * sold - 0.02 * shelf - 0.15 * (receipts[day] > 0)
            return earned

        best = worth(best_receipts(demand, small.opening, lead_times, shortage, holding, cost)[0])
        most = 0.0
        for ends in combinations(range(8), repeat=len(free)):
            receipts = np.zeros(7)
            for day, end in zip(free, ends, strict=True):
                receipts[day] = left[day:end].sum()
            most = max(most, worth(receipts))
        assert best == pytest.approx(most)

    def test_nobody_beats_it(self):
        for seed in range(3):
            outcomes = run(random_world(), seed=seed).outcomes
            for name in ("tandem", "fixed", "z_score", "actual"):
                assert (outcomes[name].profit <= outcomes["bound"].profit + 1e-9).all()


class TestRun:
    def test_what_happens_later_changes_no_earlier_plan(self):
        whole = random_world()
        scrambled = whole.demand.copy()
        scrambled[:, 112:] = np.random.default_rng(1).permutation(scrambled[:, 112:], axis=1)[::-1] * 9
        before, after = plan_path(whole), plan_path(random_world(demand=scrambled))
        for name in ("mean", "variance", "lot", "reorder_point", "service_level"):
            assert (getattr(before, name)[:, :5] == getattr(after, name)[:, :5]).all()  # four weeks and the next plan
            assert (getattr(before, name)[:, 5:] != getattr(after, name)[:, 5:]).any()

    def test_the_same_seed_gives_the_same_bytes(self):
        first, second, other = (run(random_world(), seed=seed) for seed in (3, 3, 4))
        for name, outcome in first.outcomes.items():
            assert outcome.profit.tobytes() == second.outcomes[name].profit.tobytes()
        assert first.verdicts() == second.verdicts()
        assert first.verdicts() != other.verdicts()

    def test_progress_is_told_week_by_week(self):
        told = []
        run(random_world(rows=2), progress=lambda done, total: told.append((done, total)))
        assert told == [(week, 8) for week in range(1, 9)]

    def test_a_typed_service_level_moves_the_stock(self):
        low, high = (run(random_world(), service=service).outcomes["tandem"] for service in (0.5, 0.99))
        assert low.stock.sum() < high.stock.sum()
        assert low.short.sum() > high.short.sum()

    def test_other_terms(self):
        changed = what_if(random_world(), lead_time=1.5, holding_rate=0.5)
        assert changed.lead_times[0] == LeadTime(9.0, 3.0)
        assert {row.holding_rate for row in changed.economics} == {0.5}
        assert what_if(random_world(), lead_time=1.0).economics[0] == ECONOMICS

    def test_absurd_worlds_are_replayed(self):
        nothing = np.zeros((2, 30))
        nothing[1, [3, 4, 9]] = [-5, np.inf, np.nan]
        outcome = run(world(nothing.tolist(), first=0)).outcomes["tandem"]
        assert outcome.orders.tolist() == [0, 0]
        assert outcome.profit.tolist() == [0, 0]


class TestVerdicts:
    def outcomes(self):
        demand = world([[4], [6]])
        return {"fixed": receive(demand, np.array([[1.0], [3.0]])), "bound": receive(demand, np.array([[4.0], [6.0]]))}

    def test_totals_by_hand(self):
        """4 of 10 pieces earn 4 each less two orders at 2: 12 of the bound's 36."""
        fixed, bound = verdicts(self.outcomes(), days=1)
        assert fixed.policy == "fixed"
        assert fixed.profit.value == 12.0
        assert (fixed.profit.low, fixed.profit.high) == (4.0, 20.0)  # twice the first product, twice the second
        assert fixed.share_of_bound.value == pytest.approx(100 / 3)
        assert fixed.fill_rate.value == pytest.approx(40.0)
        assert fixed.stockout_days.value == pytest.approx(365.25)
        assert (fixed.margin, fixed.ordering, fixed.short, fixed.orders) == (16.0, 4.0, 6.0, 2.0)
        assert bound.gain.value == 24.0
        assert fixed.gain == Estimate(0.0, 0.0, 0.0)

    def test_some_products_only(self):
        (fixed, _bound) = verdicts(self.outcomes(), days=1, rows=np.array([False, True]))
        assert fixed.profit == Estimate(10.0, 10.0, 10.0)
        assert verdicts(self.outcomes(), days=1, rows=np.array([False, False])) == []


class TestStockCurve:
    def test_less_stock_serves_less(self):
        result = run(random_world())
        points = stock_curve(result, scales=(0.5, 1.0, 1.5))
        assert points[1].profit == pytest.approx(result.outcomes["tandem"].profit.sum())
        assert (points[1].stock_change, points[1].profit_change) == (0.0, 0.0)
        assert points[0].stock_value < points[1].stock_value < points[2].stock_value
        assert points[0].fill_rate < points[2].fill_rate

    def test_the_price_of_less_stock_lies_between_two_points(self):
        points = [StockPoint(0.8, 80, 90, 95, -20.0, -30.0), StockPoint(1.0, 100, 120, 99, 0.0, 0.0)]
        assert price_of_less_stock(points, 0.1) == pytest.approx(15.0)
