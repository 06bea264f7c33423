"""Values worked by hand."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from forecasting.engine import distribution, patterns, policy, promotions, season, spread
from forecasting.engine.choice import choose
from forecasting.engine.distribution import LeadTime, gamma_quantile, learn_lead_time
from forecasting.engine.history import ages
from forecasting.engine.lead_time import lead_time_demand, learn_curve, undershoot
from forecasting.engine.level import Level
from forecasting.engine.patterns import Pattern
from forecasting.engine.plan import History, Item, Pool, make_plans
from forecasting.engine.policy import Economics, LeadTimeDemand, Money
from forecasting.engine.spread import Curve, Interval, fixed

MONDAY = date(2024, 1, 1)


def rows(*values: float) -> np.ndarray:
    return np.array([values], dtype=float)


def economics(**changes: object) -> Economics:
    values = {
        "price": 20.0, "unit_cost": 10.0, "order_cost": 0.0, "holding_rate": 0.25, "lost_share": 1.0, "goodwill": 0.0,
    }  # fmt: skip
    return Economics(**(values | changes))


def money(**changes: object) -> Money:
    return Money.of([economics(**changes)], [Pattern.SMOOTH])


def item(daily: np.ndarray, **changes: object) -> Item:
    values = {
        "history": History(MONDAY, daily, np.zeros(len(daily))),
        "lead_time": LeadTime(13.0, 0.0),
        "review_days": 1.0,
        "economics": economics(),
    }
    return Item(**(values | changes))


def plan_for(daily: np.ndarray, **changes: object):
    return make_plans([item(daily, **changes)], Curve())[0]


def constant(mean: float = 20.0, variance: float = 20.0, weekly: float = 10.0) -> LeadTimeDemand:
    values = {
        "weeks": 2.0, "weeks_variance": 0.0, "mean": mean, "spread": variance / mean**1.5,
        "variance_of_demand": variance, "variance_of_lead_time": 0.0, "variance": variance,
        "weekly_rate": weekly, "clearing_rate": weekly, "usual_mean": mean, "usual_variance": variance,
        "undershoot": 0.0,
    }  # fmt: skip
    return LeadTimeDemand(**{name: np.array([value]) for name, value in values.items()})


class TestSpread:
    def test_moments_of_interval_sums_by_hand(self):
        # Sums of two of 1, 3, 5, 3: 4, 8, 8; recent ones weigh a little more.
        mean, variance = spread.interval_moments(rows(1, 3, 5, 3), np.array([4]), fixed([2]), 1e5)
        assert mean == pytest.approx([20 / 3], rel=1e-4)
        assert variance == pytest.approx([(16 + 64 + 64) / 3 - (20 / 3) ** 2], rel=1e-4)

    def test_a_random_length_adds_nothing_to_the_variance_of_demand(self):
        mean, variance = spread.interval_moments(rows(2, 2, 2, 2), np.array([4]), fixed([1, 2]), 1.0)
        assert (mean[0], variance[0]) == pytest.approx((3.0, 0.0), abs=1e-9)

    def test_a_tail_is_that_of_the_gamma_with_the_same_quantile(self):
        """Every tenth week a peak of 11: that is their 95 % quantile, which a gamma of their variance has below 9."""
        weeks, age = np.tile([1.0] * 9 + [11.0], 30)[None], np.array([300])
        mean, variance = spread.interval_moments(weeks, age, fixed([1]), 1.0)
        _mean, by_tail = spread.interval_spread(weeks, age, fixed([1]), 1.0, 1.0)
        assert gamma_quantile(np.array(spread.TAIL), mean, by_tail) == pytest.approx([11.0], rel=1e-2)
        assert gamma_quantile(np.array(spread.TAIL), mean, variance)[0] < 9.0
        _mean, between = spread.interval_spread(weeks, age, fixed([1]), 1.0, 0.5)
        assert between == pytest.approx(np.sqrt(variance * by_tail))

    def test_without_a_tail_to_go_by_the_variance_counts(self):
        few, flat = rows(*[1.0, 5.0] * 4), rows(*[3.0] * 40)
        for demand in (few, flat, np.zeros((1, 40))):
            moments = spread.interval_moments(demand, ages(demand), fixed([1]), 1.0)
            assert np.array_equal(spread.interval_spread(demand, ages(demand), fixed([1]), 1.0, 1.0), moments, True)

    def test_the_view_that_told_tails_best_is_taken(self):
        random = np.random.default_rng(3)
        peaks = np.where(random.random((60, 200)) < 0.1, 12.0, 1.0) * random.uniform(0.9, 1.1, (60, 200))
        assert learn_curve(peaks, fixed([1]), 1.0).by_tail == 1.0
        assert learn_curve(random.gamma(0.5, 4.0, (60, 200)), fixed([1]), 1.0).by_tail == 0.0
        assert learn_curve(peaks[:19], fixed([1]), 1.0).by_tail == 0.0  # too few to say

    def test_own_variation_is_drawn_towards_the_curve(self):
        curve = Curve(math.log(4.0), 0.0)
        got = spread.relative_spread(np.array([4.0, np.nan]), np.array([8.0, np.nan]), np.array([4.0, 4.0]), curve)
        assert got == pytest.approx([1.0**0.6 * 4.0**0.4, 4.0])

    def test_the_curve_is_found_again(self):
        mean = np.geomspace(1, 1000, 50)
        found = spread.fit_curve(mean, Curve(0.3, 0.4).at(mean) * mean**1.5, mean)
        assert (found.intercept, found.slope) == pytest.approx((0.3, 0.4))


class TestPatterns:
    def test_every_other_week_is_intermittent(self):
        assert patterns.classify(np.tile([5.0, 0.0], 30), is_seasonal=False) is Pattern.INTERMITTENT

    def test_sales_that_fall_to_a_tenth_are_dying(self):
        assert patterns.classify(np.repeat([20.0, 2.0], [60, 13]), is_seasonal=False) is Pattern.DYING

    def test_twelve_weeks_are_new(self):
        assert patterns.classify(np.ones(12), is_seasonal=True) is Pattern.NEW

    def test_the_rest_is_smooth_or_seasonal(self):
        assert patterns.classify(np.ones(60), is_seasonal=False) is Pattern.SMOOTH
        assert patterns.classify(np.ones(60), is_seasonal=True) is Pattern.SEASONAL


class TestSeason:
    WEEKS = 104

    def yearly(self, swing: float) -> np.ndarray:
        days = np.arange(self.WEEKS) * 7 + 3.5
        return np.asarray(100 * np.exp(swing * np.cos(2 * np.pi * days / 365.25)))

    def test_a_winter_season_is_found(self):
        noise = np.exp(np.random.default_rng(0).normal(0, 0.05, self.WEEKS))
        found = season.fit_season(self.yearly(0.5) * noise, MONDAY)
        index = found.index(MONDAY, 52)
        assert index.mean() == pytest.approx(1.0, abs=0.01)
        assert index[0] / index[26] == pytest.approx(math.exp(1.0), rel=0.1)

    def test_noise_has_no_season(self):
        totals = np.random.default_rng(3).poisson(100, self.WEEKS).astype(float)
        assert season.fit_season(totals, MONDAY) == season.Season()

    def test_a_year_is_too_short(self):
        assert season.fit_season(self.yearly(0.5)[:60], MONDAY) == season.Season()

    def test_a_product_that_swings_twice_as_much_follows_more_strongly(self):
        shape = season.fit_season(self.yearly(0.2), MONDAY).index(MONDAY, self.WEEKS)
        strong, _index = season.own_index(1 + 1.4 * (shape - 1), shape)
        weak, _index = season.own_index(1 + 0.2 * (shape - 1), shape)
        assert strong == pytest.approx(1.4, abs=0.1)
        assert weak == pytest.approx(0.2, abs=0.1)


class TestChoice:
    def pick(self, demand: np.ndarray, interval: int = 2):
        return choose(demand[None], ages(demand[None]), np.array([interval]))

    def test_noise_keeps_the_blend(self):
        assert self.pick(np.random.default_rng(2).poisson(5, 104).astype(float)).model[0] == 0

    def test_steady_growth_takes_the_trend(self):
        chosen = self.pick(np.arange(10.0, 114.0))
        assert chosen.model[0] == 2
        assert chosen.paths.ahead(chosen.model, 2)[0] == pytest.approx([114.0, 115.0], rel=0.02)

    def test_errors_are_shares_of_interval_demand(self):
        # Alternating 0 and 20: the last week again is wrong by 20 every time.
        accuracy = self.pick(np.tile([0.0, 20.0], 40)[1:], 1).accuracy[0]
        assert (accuracy.origins, accuracy.weeks) == (26, 1)
        assert accuracy.naive_wape == pytest.approx(2.0)

    def test_what_comes_later_changes_no_earlier_state(self):
        past = np.random.default_rng(1).poisson(20, 80).astype(float)
        other = past.copy()
        other[60:] = 500
        before, after = self.pick(past).paths, self.pick(other).paths
        assert before.level[:, :, :60] == pytest.approx(after.level[:, :, :60])


class TestPromotions:
    def panel(self) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(5)
        events = np.zeros((30, 84, 3))
        events[..., 1] = random.random((30, 84)) < 0.15
        events[..., 0] = events[..., 1]
        events[..., 2] = np.where(events[..., 1] > 0, 0.8, 1.0)
        return 100.0 * np.where(events[:, :80, 1] > 0, 5.0, 1.0) * np.exp(random.normal(0, 0.1, (30, 80))), events

    def test_a_fivefold_uplift_is_measured_and_forecast(self):
        demand, events = self.panel()
        shared = promotions.learn_shared(demand, events, 1.0)
        factor = promotions.own_uplift(demand, events, shared, 1.0).factor
        featured = events[..., 1] > 0
        assert factor[featured].mean() / factor[~featured].mean() == pytest.approx(5.0, rel=0.1)

    def test_counts_that_are_mostly_zero_teach_nothing(self):
        demand, events = self.panel()
        assert promotions.learn_shared(np.where(np.arange(80) % 2, demand, 0.0), events, 1.0) is None

    def test_stock_for_a_promotion_costs_more_to_be_left_with(self):
        planned = constant(mean=100.0, variance=1000.0)
        usual = {"usual_mean": np.array([20.0]), "usual_variance": np.array([20.0])}
        planned = LeadTimeDemand(**({n: getattr(planned, n) for n in LeadTimeDemand.__slots__} | usual))
        with_plan = policy.decide(planned, money(moq=100), promoted=1.0)
        without = policy.decide(planned, money(moq=100))
        assert with_plan.lying_weeks[0] > 0
        assert with_plan.reorder_point[0] != without.reorder_point[0]

    def test_what_is_left_of_a_promotion_is_half_sold_by_the_next_one(self):
        """The less of it is a promotion's, the more lies as long as usual: no jump where an event does nothing."""
        demand = constant(mean=100.0, variance=1000.0)
        usual, hardly, wholly = (policy.decide(demand, money(moq=100), promoted=p) for p in (0.0, 0.01, 1.0))
        assert abs(hardly.reorder_point[0] - usual.reorder_point[0]) <= 1
        assert 0.5 < wholly.lying_weeks[0] / hardly.lying_weeks[0] < 0.6  # half of more: its level is higher
        assert wholly.reorder_point[0] > hardly.reorder_point[0] + 5


class TestDistribution:
    def test_receipts_move_the_quoted_lead_time(self):
        # (10 + 14 + 4·20) / 6; variance ((22/3)² + (10/3)² + 4·5²) / 6
        learned = learn_lead_time([10.0, 14.0], 20.0)
        assert learned.mean == pytest.approx(104 / 6)
        assert learned.sd == pytest.approx(5.242278)
        assert learned.receipts == 2

    def test_the_interval_keeps_mean_and_deviation(self):
        interval = LeadTime(14.0, 4.0).interval(1.0)
        assert interval.mean == pytest.approx(15.0)
        assert math.sqrt(interval.variance) == pytest.approx(4.0)
        assert LeadTime(10.0, 0.0).interval(1.0) == Interval((11.0,), (1.0,))

    def test_variance_of_lead_time_demand_by_hand(self):
        # Demand of 10 a day without any variation, intervals of 1 or 3 days: mean 20, variance 10² · 1; the variance
        # of demand is at its floor, half the mean.
        flat = np.full((1, 60), 10.0)
        got = lead_time_demand(
            flat, ages(flat), Level(np.array([10.0]), np.array([10.0])), fixed([1, 3]), 7.0, Curve(-50.0, 0.0)
        )
        assert got.mean == pytest.approx([20.0])
        assert (got.variance_of_demand[0], got.variance_of_lead_time[0]) == pytest.approx((10.0, 100.0))

    def test_periods_ahead_count_in_part(self):
        flat = np.full((1, 60), 10.0)
        ahead = np.array([[1.0, 2.0, 4.0]])
        got = lead_time_demand(
            flat, ages(flat), Level(np.array([10.0]), np.array([10.0])), fixed([2.5]), 7.0, Curve(), ahead
        )
        assert got.mean == pytest.approx([10 + 20 + 20])

    def test_known_quantiles(self):
        def quantile(level: float, mean: float, variance: float) -> float:
            return float(gamma_quantile(np.array([level]), np.array([mean]), np.array([variance]))[0])

        assert quantile(0.5, 100.0, 0.0) == pytest.approx(100.0, abs=0.01)
        # Exponential (a gamma of shape 1): median = mean · ln 2
        assert quantile(0.5, 1000.0, 1000.0**2) == pytest.approx(693.147, abs=0.01)
        assert quantile(0.95, 20.0, 20.0) == pytest.approx(stats.gamma.ppf(0.95, 20.0))
        assert distribution.gamma_quantile(np.array([0.9]), np.array([0.0]), np.array([0.0]))[0] < 1e-6


class TestPolicy:
    def lot(self, weekly: float, **changes: float) -> float:
        return float(policy.economic_lot(np.array([weekly]), money(**changes))[0])

    def test_economic_lot(self):
        # 1.15 · sqrt(2 · 50 · 1000 / 2.7): holding 10 · (0.25 + 0.02) a year
        weekly = 1000 / policy.WEEKS_PER_YEAR
        assert self.lot(weekly, order_cost=50.0) == pytest.approx(1.15 * 192.4501, abs=1e-3)

    def test_economic_lot_stays_between_a_piece_and_half_a_year(self):
        assert self.lot(10.0, order_cost=0.0) == 1.0
        assert self.lot(10.0, order_cost=1e9) == 260.0
        assert self.lot(0.0, order_cost=50.0) == 0.0

    def test_critical_ratio(self):
        assert policy.critical_ratio(np.array([3.0]), np.array([1.0])) == 0.75

    def test_a_whole_policy_by_hand(self):
        # Lot: at least 100. A piece too many lies 100 / 10 = 10 weeks. Holding 10 · (0.25 + 0.02) = 2.7 a year.
        # Overage 2.7 · 10 / 52.1786 = 0.51745, ratio 10 / 10.51745 = 0.9508, gamma (shape 20, scale 1) quantile 27.9.
        decided = policy.decide(constant(), money(moq=100)).row(0)
        assert decided["overage"] == pytest.approx(0.517454, abs=1e-5)
        assert decided["service_level"] == pytest.approx(0.950800, abs=1e-5)
        assert (decided["expected"], decided["safety_stock"]) == (20, 8)
        assert (decided["reorder_point"], decided["lot"], decided["order_up_to"]) == (28, 100, 128)

    def test_an_order_lasts_as_long_as_the_lot_and_what_is_missing_below_the_reorder_point(self):
        demand = constant(mean=20.0, variance=90.0)
        lumpy = replace(demand, undershoot=np.array([25.0]))
        decided = policy.decide(lumpy, money(moq=100))
        assert decided.lying_weeks == pytest.approx([12.5])  # (100 + 25) / 10
        assert decided.overage == pytest.approx([12.5 * 2.7 / policy.WEEKS_PER_YEAR])
        assert decided.reorder_point <= policy.decide(demand, money(moq=100)).reorder_point

    def test_undershoot_by_hand(self):
        # 0 or 10 a day, half of the time each: E[D²] / 2 E[D] = 50 / 10. Over four days the mean is 20, the variance
        # 100; half as much again is level that moves.
        one = np.array([1.0])
        assert undershoot(20 * one, 200 * one, 5 * one) == pytest.approx([5.0])
        assert undershoot(0 * one, 0 * one, 0 * one) == pytest.approx([0.0])
        # A steady stream is past the point by half of what is wanted between two checks.
        assert undershoot(20 * one, 0 * one, 5 * one) == pytest.approx([2.5])

    def test_lots_come_in_packs(self):
        assert policy.decide(constant(), money(moq=25, order_multiple=12)).lot[0] == 36

    def test_service_rises_with_margin_and_falls_with_holding(self):
        def service(**changes: float) -> float:
            return float(policy.decide(constant(), money(moq=100, **changes)).service_level[0])

        assert service(price=30.0) > service() > service(price=12.0)
        assert service(holding_rate=0.1) > service() > service(holding_rate=0.6)

    def test_a_product_sold_at_a_loss_gets_the_lowest_service(self):
        decided = policy.decide(constant(), money(price=5.0)).row(0)
        assert decided["critical_ratio"] == 0.0
        assert decided["service_level"] == policy.LOWEST_SERVICE


class TestPlan:
    def test_a_constant_series_is_forecast_exactly(self):
        plan = plan_for(np.full(728, 10.0))
        assert plan.pattern is Pattern.SMOOTH
        assert plan.forecast.mean == pytest.approx(np.full(26, 70.0))
        assert plan.demand["mean"] == pytest.approx(140.0)
        assert plan.accuracy.wape == pytest.approx(0.0, abs=1e-9)

    def test_nothing_sold_keeps_nothing(self):
        plan = plan_for(np.zeros(728))
        assert (plan.pattern, plan.model) == (Pattern.NONE, "none")
        assert [plan.policy[name] for name in ("safety_stock", "reorder_point", "order_up_to")] == [0, 0, 0]

    def test_a_season_to_come_is_forecast(self):
        days = np.arange(728) + 0.5
        demand = 100 * np.exp(0.5 * np.cos(2 * np.pi * days / 365.25))
        found = season.fit_season(demand.reshape(-1, 7).sum(axis=1), MONDAY)
        plan = plan_for(demand, pool=Pool(found))
        assert plan.pattern is Pattern.SEASONAL
        # The history ends in winter (week 104): half a year on demand is at its lowest.
        assert plan.forecast.mean[25] / plan.forecast.mean[0] == pytest.approx(math.exp(-1.0), rel=0.1)

    def test_growth_goes_on(self):
        plan = plan_for(np.repeat(np.arange(10.0, 114.0), 7))
        assert plan.model == "damped_trend"
        assert plan.forecast.mean[:2] == pytest.approx([7 * 114.0, 7 * 115.0], rel=0.02)
        assert plan.demand["mean"] == pytest.approx(14 * 114.5, rel=0.02)

    def test_the_company_of_others_changes_no_plan(self):
        demand = np.random.default_rng(7).poisson(2, 728).astype(float)
        alone = plan_for(demand)
        among = make_plans([item(np.full(728, 9.0), lead_time=LeadTime(30.0, 5.0)), item(demand)], Curve())[1]
        assert among.policy == pytest.approx(alone.policy)
        assert among.forecast.mean == pytest.approx(alone.forecast.mean)

    def test_the_same_data_give_the_same_plan(self):
        demand = np.random.default_rng(7).poisson(2, 728).astype(float)
        first, second = plan_for(demand), plan_for(demand)
        assert first.policy == second.policy
        assert first.forecast.mean.tolist() == second.forecast.mean.tolist()

    def test_days_without_stock_do_not_lower_the_forecast(self):
        demand = np.random.default_rng(3).poisson(4, 728).astype(float)
        in_stock = np.arange(728) % 10 < 8
        demand[~in_stock] = 0.0
        history = History(MONDAY, demand, np.zeros(728), in_stock)
        plan = make_plans([item(demand, history=history)], Curve())[0]
        naive = plan_for(demand)
        assert plan.forecast.mean[0] == pytest.approx(28.0, rel=0.12)
        assert naive.forecast.mean[0] < 0.85 * plan.forecast.mean[0]
