"""Values worked by hand."""

import math
from datetime import date

import numpy as np
import pytest

from forecasting.engine import distribution, models, patterns, policy, season
from forecasting.engine.choice import choose
from forecasting.engine.distribution import Family, LeadTime, lead_time_demand, learn_lead_time, quantile
from forecasting.engine.history import History, active_demand, cap_outliers
from forecasting.engine.patterns import Pattern
from forecasting.engine.plan import Item, Pool, make_plan
from forecasting.engine.policy import Economics

MONDAY = date(2024, 1, 1)


def series(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def economics(**changes: object) -> Economics:
    values = {
        "price": 20.0, "unit_cost": 10.0, "order_cost": 0.0, "holding_rate": 0.25, "lost_share": 1.0, "goodwill": 0.0,
    }  # fmt: skip
    return Economics(**(values | changes))


def item(demand: np.ndarray, **changes: object) -> Item:
    values = {
        "history": History(MONDAY, demand, np.zeros(len(demand))),
        "lead_time": LeadTime(13.0, 0.0),
        "review_days": 1.0,
        "economics": economics(),
    }
    return Item(**(values | changes))


class TestHistory:
    def test_a_huge_week_is_cut_to_twenty_times_the_mean_before_it(self):
        assert cap_outliers(series(10, 12, 8, 10, 1000, 10)).tolist() == [10, 12, 8, 10, 200, 10]

    def test_zeros_do_not_count_as_sizes(self):
        assert cap_outliers(series(5, 0, 5, 0, 5, 0, 5, 0, 99, 101)).tolist()[-2:] == [99, 101]

    def test_before_four_sales_nothing_is_cut(self):
        assert cap_outliers(series(1, 1, 1, 500)).tolist() == [1, 1, 1, 500]

    def test_history_starts_with_the_first_sale_and_negative_weeks_are_no_demand(self):
        active = active_demand(History(MONDAY, series(0, -3, 0, 4, -1, 6), np.zeros(6)))
        assert active.start == date(2024, 1, 22)
        assert active.demand.tolist() == [4, 0, 6]

    def test_only_three_years_are_kept(self):
        active = active_demand(History(MONDAY, np.ones(468), np.zeros(468)))
        assert len(active.demand) == 156
        assert active.start == date(2029, 12, 24)


class TestModels:
    def test_syntetos_boylan_by_hand(self):
        # sizes 4 → 4.2 → 4.28, intervals 1 → 1.1 → 1.29, factor 1 - 0.1 / 2
        path = models.SyntetosBoylan(weight=0.1).run(series(4, 0, 6, 0, 0, 5), 6)
        middle = 0.95 * 4.2 / 1.1
        assert path.level == pytest.approx([3.8, 3.8, middle, middle, middle, 3.151938], abs=1e-6)

    def test_teunter_syntetos_babai_by_hand(self):
        # probability 2/3 → 0.7 → 0.63 → 0.667, size 2 → 2 → 2.2
        path = models.TeunterSyntetosBabai().run(series(2, 0, 4), 3)
        assert path.level == pytest.approx([1.4, 1.26, 0.667 * 2.2])

    def test_smoothing_by_hand(self):
        assert models.smooth(series(10, 20), 0.5, 0.0) == pytest.approx([5.0, 12.5])

    def test_blend_is_the_geometric_mean_of_both_averages(self):
        # Half-life 1: weights 1, 1/2. Slow one barely forgets.
        path = models.BlendedLevel(slow_half_life=1e9, fast_half_life=1.0).run(series(4, 16), 2)
        assert path.level == pytest.approx([4.0, math.sqrt(10.0 * 12.0)])

    def test_naive_repeats_the_mean_of_the_last_weeks(self):
        assert models.RepeatLast(2).run(series(4, 8, 2), 3).level == pytest.approx([4.0, 6.0, 5.0])

    def test_first_weeks_lean_on_comparable_products(self):
        assert models.FirstWeeks(prior_rate=3.0).run(series(9, 3), 2).level == pytest.approx([5.0, 4.5])

    def test_damped_trend_follows_a_line_and_flattens(self):
        path = models.DampedTrend().run(np.arange(60.0), 60)
        ahead = path.forecast(2)[-1]
        assert ahead[0] == pytest.approx(60.0, abs=0.5)
        assert path.damping < 1

    @pytest.mark.parametrize("model", [models.SimpleSmoothing(), models.DampedTrend(), models.BlendedLevel()])
    def test_what_comes_later_changes_no_earlier_state(self, model):
        past = np.random.default_rng(1).poisson(20, 80).astype(float)
        other = past.copy()
        other[60:] = 500
        before, after = model.run(past, 60), model.run(other, 60)
        assert before.level[:60] == pytest.approx(after.level[:60])


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
    def test_the_naive_model_wins_when_the_others_are_worse(self):
        # A step in the test weeks: only the model that forgets at once follows.
        demand = np.repeat([10.0, 100.0], [70, 20])
        ones = np.ones(90)
        chosen = choose(demand, ones, ones, [models.SyntetosBoylan()], 2)
        assert chosen.model.name == "naive"
        assert chosen.accuracy.wape == chosen.accuracy.naive_wape

    def test_errors_are_shares_of_interval_demand(self):
        # Alternating 0 and 20: the last week again is wrong by 20 every time, the mean (10) by 10.
        demand = np.tile([0.0, 20.0], 40)[1:]
        ones = np.ones(79)
        chosen = choose(demand, ones, ones, [models.FirstWeeks(None)], 1)
        assert chosen.model.name == "first_weeks"
        assert chosen.accuracy.origins == 26
        assert chosen.accuracy.naive_wape == pytest.approx(2.0)
        assert chosen.accuracy.wape == pytest.approx(1.0, abs=0.02)


class TestDistribution:
    def test_receipts_move_the_quoted_lead_time(self):
        # (10 + 14 + 4·20) / 6; variance ((22/3)² + (10/3)² + 4·5²) / 6
        learned = learn_lead_time([10.0, 14.0], 20.0)
        assert learned.mean == pytest.approx(104 / 6)
        assert learned.sd == pytest.approx(5.242278)
        assert learned.receipts == 2

    def test_variance_of_lead_time_demand_by_hand(self):
        # 4²·3 + 10²·1² = 148
        demand = lead_time_demand(np.full(26, 10.0), 4.0, LeadTime(20.0, 7.0), 1.0)
        assert (demand.weeks, demand.mean) == (3.0, 30.0)
        assert demand.sd == pytest.approx(math.sqrt(148))
        assert demand.family is Family.NEGATIVE_BINOMIAL

    def test_part_weeks_count_in_part(self):
        demand = lead_time_demand(series(10, 20, 30, 40), 0.0, LeadTime(16.5, 0.0), 1.0)
        assert demand.mean == pytest.approx(45.0)

    def test_known_quantiles(self):
        assert quantile(0.95, 20.0, math.sqrt(20.0)) == 28  # Poisson: P(27) = 0.9475, P(28) = 0.9657
        assert quantile(0.5, 100.0, 0.0) == pytest.approx(100.0, abs=0.01)
        # Exponential (a gamma of shape 1): median = mean · ln 2
        assert quantile(0.5, 1000.0, 1000.0) == pytest.approx(693.147, abs=0.01)
        # Geometric (a negative binomial of size 1) of mean 1: P(X <= 2) = 1 - (1/2)³ = 0.875
        assert quantile(0.87, 1.0, math.sqrt(2.0)) == 2
        assert quantile(0.88, 1.0, math.sqrt(2.0)) == 3

    def test_families(self):
        assert distribution.choose_family(0.0, 1.0) is Family.NONE
        assert distribution.choose_family(10.0, 10.5) is Family.POISSON
        assert distribution.choose_family(10.0, 30.0) is Family.NEGATIVE_BINOMIAL
        assert distribution.choose_family(10.0, 5.0) is Family.GAMMA
        assert distribution.choose_family(500.0, 500.0) is Family.GAMMA


class TestPolicy:
    def test_economic_lot(self):
        # sqrt(2 · 50 · 1000 / 2) = 223.6
        assert policy.economic_lot(1000 / policy.WEEKS_PER_YEAR, 50.0, 2.0) == pytest.approx(223.6068, abs=1e-3)

    def test_economic_lot_stays_between_a_week_and_half_a_year(self):
        assert policy.economic_lot(10.0, 0.0, 2.0) == 10.0
        assert policy.economic_lot(10.0, 1e9, 2.0) == 260.0
        assert policy.economic_lot(0.0, 50.0, 2.0) == 0.0

    def test_critical_ratio(self):
        assert policy.critical_ratio(3.0, 1.0) == 0.75

    def test_a_whole_policy_by_hand(self):
        # Lot: at least 100. Cycle 100 / 10 = 10 weeks. Holding 10 · (0.25 + 0.02) = 2.7 a year.
        # Overage 2.7 · 10 / 52.1786 = 0.51745, ratio 10 / 10.51745 = 0.9508, Poisson(20) quantile 28.
        demand = lead_time_demand(np.full(26, 10.0), math.sqrt(10.0), LeadTime(13.0, 0.0), 1.0)
        decided = policy.decide(demand, 10.0, economics(moq=100), Pattern.SMOOTH)
        assert decided.overage == pytest.approx(0.517454, abs=1e-5)
        assert decided.service_level == pytest.approx(0.950800, abs=1e-5)
        assert (decided.expected, decided.safety_stock) == (20, 8)
        assert (decided.reorder_point, decided.lot, decided.order_up_to) == (28, 100, 128)

    def test_lots_come_in_packs(self):
        demand = lead_time_demand(np.full(26, 10.0), 3.0, LeadTime(13.0, 0.0), 1.0)
        assert policy.decide(demand, 10.0, economics(moq=25, order_multiple=12), Pattern.SMOOTH).lot == 36

    def test_service_rises_with_margin_and_falls_with_holding(self):
        demand = lead_time_demand(np.full(26, 10.0), 3.0, LeadTime(13.0, 0.0), 1.0)

        def level(**changes: float) -> float:
            return policy.decide(demand, 10.0, economics(moq=100, **changes), Pattern.SMOOTH).service_level

        assert level(price=30.0) > level() > level(price=12.0)
        assert level(holding_rate=0.1) > level() > level(holding_rate=0.6)

    def test_a_product_sold_at_a_loss_gets_the_lowest_service(self):
        demand = lead_time_demand(np.full(26, 10.0), 3.0, LeadTime(13.0, 0.0), 1.0)
        decided = policy.decide(demand, 10.0, economics(price=5.0), Pattern.SMOOTH)
        assert decided.critical_ratio == 0.0
        assert decided.service_level == policy.LOWEST_SERVICE


class TestPlan:
    def test_a_constant_series_is_forecast_exactly(self):
        plan = make_plan(item(np.full(104, 10.0)))
        assert plan.pattern is Pattern.SMOOTH
        assert plan.forecast.mean == pytest.approx(np.full(26, 10.0))
        assert plan.demand.mean == pytest.approx(20.0)
        assert plan.accuracy.wape == pytest.approx(0.0, abs=1e-9)
        # 52 overlapping two-week sums without any error count as 26, a Poisson's variance of 20 as 2: 40 / 28.
        assert plan.demand.sd**2 == pytest.approx(40 / 28)

    def test_nothing_sold_keeps_nothing(self):
        plan = make_plan(item(np.zeros(104)))
        assert plan.pattern is Pattern.NONE
        assert (plan.policy.safety_stock, plan.policy.reorder_point, plan.policy.order_up_to) == (0, 0, 0)

    def test_a_season_to_come_is_forecast(self):
        days = np.arange(104) * 7 + 3.5
        demand = 100 * np.exp(0.5 * np.cos(2 * np.pi * days / 365.25))
        found = season.fit_season(demand, MONDAY)
        plan = make_plan(item(demand, pool=Pool(found, season.fit_season(demand[:-26], MONDAY))))
        assert plan.pattern is Pattern.SEASONAL
        # The history ends in winter (week 104): half a year on demand is at its lowest.
        assert plan.forecast.mean[25] / plan.forecast.mean[0] == pytest.approx(math.exp(-1.0), rel=0.1)

    def test_the_same_data_give_the_same_plan(self):
        demand = np.random.default_rng(7).poisson(12, 104).astype(float)
        first, second = make_plan(item(demand)), make_plan(item(demand))
        assert first.policy == second.policy
        assert first.forecast.mean.tolist() == second.forecast.mean.tolist()
