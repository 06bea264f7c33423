"""Cleaned history and the level, values worked by hand."""

import math

import numpy as np
import pytest

from forecasting.engine import agility, level
from forecasting.engine.history import SpikeCap, ages, clean, put_back


def rows(*values: float) -> np.ndarray:
    return np.array([values], dtype=float)


class TestHistory:
    def test_a_huge_sale_is_cut_to_twenty_times_the_mean_before_it(self):
        cut = SpikeCap(1).cut_all(rows(10, 12, 8, 10, 1000, 10))
        assert cut[0].tolist() == [10, 12, 8, 10, 200, 10]

    def test_zeros_do_not_count_as_sizes(self):
        assert SpikeCap(1).cut_all(rows(5, 0, 5, 0, 5, 0, 5, 0, 99, 101))[0].tolist()[-2:] == [99, 101]

    def test_before_four_sales_nothing_is_cut(self):
        assert SpikeCap(1).cut_all(rows(1, 1, 1, 500))[0].tolist() == [1, 1, 1, 500]

    def test_what_is_no_demand_counts_as_none(self):
        assert clean([-3, math.nan, math.inf, 4]).tolist() == [0, 0, 0, 4]

    def test_age_counts_from_the_first_sale(self):
        assert ages(np.array([[0, 0, 4, 0], [0, 0, 0, 0]], dtype=float)).tolist() == [2, 0]

    def test_an_empty_shelf_gets_what_is_usual(self):
        in_stock = np.array([[True, True, False, False, True]])
        assert put_back(rows(4, 8, 2, 0, 6), in_stock, 1e9)[0] == pytest.approx([4, 8, 6, 6, 6])

    def test_an_empty_shelf_that_sold_more_than_usual_keeps_that(self):
        assert put_back(rows(4, 9, 0), np.array([[True, False, True]]), 1e9)[0].tolist() == [4, 9, 0]


class TestLevel:
    def test_weighted_mean_by_hand(self):
        # Half-life 1: (4 · 1/2 + 16) / (1 + 1/2); the week before the first sale does not count.
        assert level.weighted_mean(rows(0, 4, 16), np.array([2]), 1.0) == pytest.approx([12.0])

    def test_trust_by_hand(self):
        # The last week counts for a quarter: (4 · 1/2 + 16 · 1/4) / (1/2 + 1/4)
        trust = rows(1, 1, 0.25)
        assert level.weighted_mean(rows(0, 4, 16), np.array([2]), 1.0, trust) == pytest.approx([8.0])

    def test_a_month_is_no_average(self):
        """Half-lives of 2 weeks would be half a month: an even month without a sale would count for nearly all."""
        week = 12 / 52
        now = level.recent_level(np.array([[6.0, 0.0, 6.0, 0.0]]), np.array([4]), week)
        weights = 0.5 ** (np.array([3, 2, 1, 0]) / 2)  # half-life: two months
        fast = 6 * (weights[0] + weights[2]) / weights.sum()
        assert fast == pytest.approx(2.4853, abs=1e-4)
        assert now.slow == pytest.approx([2.9567], abs=1e-4)  # two years are 24 months
        assert now.rate == pytest.approx([math.sqrt(2.9567 * 2.4853)], abs=1e-4)

    def test_the_blend_is_the_geometric_mean_and_lets_go(self):
        assert level.blend(np.array([4.0, 4.0, 0.0]), np.array([9.0, 0.0, 0.0])) == pytest.approx(
            [6.0, 4 * math.sqrt(0.001), 0.0]
        )

    def test_the_path_ends_where_the_level_is(self):
        demand = np.random.default_rng(1).poisson(3, (4, 60)).astype(float)
        demand[:, :20] = 0
        path = level.level_path(demand, 7.0)
        for end in (25, 40, 60):
            now = level.recent_level(demand[:, :end], ages(demand[:, :end]), 7.0)
            assert path[:, end - 1] == pytest.approx(now.rate)

    def test_a_launch_leans_on_comparable_products(self):
        # Two weeks of 9 and 3, two weeks of 3 from comparable products: (12 + 6) / 4
        now = level.recent_level(rows(9, 3), np.array([2]), 1.0, np.array([3.0]))
        assert now.slow[0] == pytest.approx(4.5, abs=0.05)

    def test_lasting_changes_make_it_agile_and_returning_peaks_the_opposite(self):
        random = np.random.default_rng(1)
        steps = np.where(random.random((50, 10)) < 0.5, 50.0, 10.0).repeat(10, axis=1)  # for ten weeks each
        assert agility.learn_agility(steps, 1.0).own(steps, 1.0) == pytest.approx(np.ones(50))
        returning, rest = np.full((50, 100), 10.0), np.zeros(50)
        for week in range(100):  # a peak, three weeks of rest, and from then on a peak with any week
            peak = (rest <= 0) & (random.random(50) < 0.3)
            returning[peak, week], rest = 50.0, np.where(peak, 3, rest - 1)
        learned = agility.learn_agility(returning, 1.0)
        assert learned.own(returning, 1.0) == pytest.approx(np.full(50, -1.5))
        any_week = np.where(random.random((200, 100)) < 0.15, 50.0, 10.0)
        assert np.mean(agility.learn_agility(any_week, 1.0).own(any_week, 1.0)) == pytest.approx(0.0, abs=0.2)
        for says_nothing in (np.full((50, 100), 10.0), steps[:2]):  # nothing ever changed; too few to say
            assert agility.learn_agility(says_nothing, 1.0) == agility.Agility()
            assert agility.Agility().own(says_nothing, 1.0) == pytest.approx(np.ones(len(says_nothing)))
        assert agility.Agility.of(learned.numbers()) == learned
        assert agility.Agility.of([]) == agility.Agility()

    def test_a_product_that_is_different_goes_by_its_own_past_the_more_it_has(self):
        random = np.random.default_rng(1)
        any_week = np.where(random.random((200, 400)) < 0.15, 50.0, 10.0)
        shared = agility.learn_agility(any_week, 1.0)
        lasting = np.where(random.random(40) < 0.5, 50.0, 10.0).repeat(10)[None]
        assert shared.own(lasting, 1.0)[0] == 1.0
        assert shared.own(lasting[:, :10], 1.0)[0] == pytest.approx(shared.own(any_week[:1, :5], 1.0)[0])  # as all do

    def test_a_steady_level_follows_eight_weeks_instead_of_two(self):
        demand, age = rows(*[10.0] * 90, *[20.0] * 10), np.array([100])
        slow, steady, fast = (level.weighted_mean(demand, age, half_life) for half_life in (104.0, 8.0, 2.0))
        followed_by = {0.0: steady, 1.0: fast, 0.5: np.sqrt(steady * fast), -1.0: steady**2 / fast}
        for agile, followed in followed_by.items():
            rate = level.recent_level(demand, age, 1.0, agility=agile).rate
            assert rate == pytest.approx(np.sqrt(slow * followed))
            assert level.level_path(demand, 1.0, agile)[:, -1] == pytest.approx(rate)

    def test_what_leans_against_a_lull_still_lets_go_of_what_sells_no_more(self):
        def rate(quiet: int) -> float:
            demand = rows(*[10.0] * 90, *[0.0] * quiet)
            return float(level.recent_level(demand, np.array([90 + quiet]), 1.0, agility=-1.0).rate[0])

        assert rate(0) == pytest.approx(10.0)
        assert rate(2) > rate(0)
        assert rate(13) < 0.2 * rate(0)
        assert rate(26) < 0.05 * rate(0)
