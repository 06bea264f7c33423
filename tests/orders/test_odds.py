"""Promises with odds: the arithmetic by hand, and a replay on suppliers that it has not seen."""

from collections import Counter

import numpy as np
import pytest

from orders.odds import added, chance, given_at_least, nearest_day, predictive
from orders.promised import Outcome, quality


def test_own_and_everybodys_days_are_blended():
    own, pool = {3: 4, 5: 2}, {3: 5, 4: 5, 9: 10}
    # Six of one's own and, with the weight of four, a pool of twenty: 3 days (4 + 4 * 5/20) / 10 and so on.
    assert predictive(own, pool) == pytest.approx({3: 0.5, 4: 0.1, 5: 0.2, 9: 0.2})
    assert predictive({3: 2}, {3: 9}) is None
    assert predictive({}, {1: 5, 2: 5}) == pytest.approx({1: 0.5, 2: 0.5})


def test_what_has_not_come_yet_cannot_have_come():
    assert given_at_least({1: 0.5, 2: 0.3, 4: 0.2}, 2) == pytest.approx({2: 0.6, 4: 0.4})
    assert given_at_least({1: 0.5, 2: 0.5}, 3) is None


def test_days_of_arrival_and_picking_add_up():
    both = added({-1: 0.5, 2: 0.5}, {0: 0.8, 1: 0.2})
    assert both == pytest.approx({-1: 0.4, 0: 0.1, 2: 0.4, 3: 0.1})
    assert (chance(both, -2), chance(both, 1), chance(both, 3)) == pytest.approx((0, 0.5, 1))


def test_the_safe_day_is_the_one_nearest_to_nine_in_ten():
    assert nearest_day({0: 0.5, 1: 0.35, 2: 0.15}) == 1  # 85 % is nearer than 100 %
    assert nearest_day({0: 0.5, 1: 0.25, 2: 0.25}) == 2  # 75 % is not
    assert nearest_day({0: 0.8, 3: 0.2}) == 3  # equally near: the later one
    assert nearest_day({0: 1.0}) == 0


def suppliers(rng, count):
    """Lead times of suppliers unlike each other: some quick, some slow, some of two moods; (named, draw)."""
    for _n in range(count):
        named, slip, spread = rng.integers(4, 26), rng.uniform(0.9, 1.35), rng.uniform(4, 40)
        strike = rng.uniform(0, 0.15)

        def draw(named=named, slip=slip, spread=spread, strike=strike):
            days = named * slip * rng.gamma(spread, 1 / spread) + (rng.integers(5, 15) if rng.random() < strike else 0)
            return max(1, round(days))

        yield int(named), draw


def test_promises_at_ninety_percent_are_kept_ninety_times_in_a_hundred_and_beat_the_fixed_lead_time():
    """Held out: every promise is quoted from what came before it, then scored by what came."""
    rng = np.random.default_rng(5)
    picking_odds = {0: 0.55, 1: 0.33, 2: 0.09, 4: 0.03}
    trades = list(suppliers(rng, 30))
    own: list[Counter[int]] = [Counter() for _ in trades]
    pool: Counter[int] = Counter()
    picked: Counter[int] = Counter()
    outcomes = []
    for order in range(90):
        for counts, (named, draw) in zip(own, trades, strict=True):
            picking = int(rng.choice(list(picking_odds), p=list(picking_odds.values())))
            slip = draw() - named
            arrival, leaving = predictive(counts, pool), predictive(picked, picked)
            if order >= 30 and arrival and leaving:
                odds = added(arrival, leaving)
                safe = nearest_day(odds)
                taken = slip + picking
                outcomes.append(Outcome(chance(odds, 0), taken <= 0, chance(odds, safe), taken <= safe))
            for sample, days in ((counts, slip), (pool, slip), (picked, picking)):
                sample[days] += 1
    score = quality(outcomes)
    assert score.quoted == 1800
    at_ninety = [outcome for outcome in outcomes if 0.85 <= outcome.safe_chance < 0.95]
    assert len(at_ninety) > 1700
    assert 0.87 <= sum(outcome.safe_kept for outcome in at_ninety) / len(at_ninety) <= 0.93
    assert 0.87 <= score.kept / score.quoted <= 0.93
    assert score.brier < 0.5 * score.brier_fixed


def test_quality_counts_what_was_kept_of_what_was_quoted():
    outcomes = [
        Outcome(0.5, True, 0.9, True),
        Outcome(0.5, False, 0.92, True),
        Outcome(0.75, True, 0.88, False),
        Outcome(1.0, True, 1.0, True),
    ]
    score = quality(outcomes)
    assert [(band.quoted, band.kept, round(band.expected, 3)) for band in score.bands] == [(3, 2, 0.9), (1, 1, 1.0)]
    assert (score.quoted, score.kept) == (4, 3)
    assert score.brier == pytest.approx((0.25 + 0.25 + 0.0625) / 4)
    assert score.brier_fixed == pytest.approx(1 / 4)
    assert quality([]).brier is None
