"""Simulated demand whose distribution is known: the nightly job's own plans against the policy that knows it (N2)."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

from forecasting.engine.backtest import Path, World, plan_path
from forecasting.engine.distribution import LeadTime
from forecasting.engine.policy import Economics
from forecasting.engine.world import Levels, draw_lead_times, follow

ROWS, DAYS, FIRST = 40, 728, 364
LEAD_TIME = LeadTime(14.0, 4.0)
ECONOMICS = Economics(
    price=12.0, unit_cost=8.0, order_cost=5.0, holding_rate=0.25, lost_share=1.0, goodwill=0.0
)  # fmt: skip
PIECES = np.arange(4096)


def poisson(rate: float) -> np.ndarray:
    return np.asarray(stats.poisson.pmf(PIECES, rate))


def negative_binomial(rate: float) -> np.ndarray:
    return np.asarray(stats.nbinom.pmf(PIECES, 0.6, 0.6 / (0.6 + rate)))


def intermittent(rate: float) -> np.ndarray:
    """Something is wanted on every tenth day, and then ten times the rate."""
    chance = 0.1 * stats.poisson.pmf(PIECES, 10 * rate)
    chance[0] += 0.9
    return np.asarray(chance)


def simulated(daily, rates: np.ndarray) -> World:
    random = np.random.default_rng(11)
    demand = np.stack([np.searchsorted(np.cumsum(daily(rate)), random.random(DAYS)) for rate in rates]).astype(float)
    return World(
        date(2023, 1, 2), demand, FIRST, [f"P{n}" for n in range(len(rates))], [ECONOMICS] * len(rates),
        [LEAD_TIME] * len(rates), np.ceil(rates * 30),
    )  # fmt: skip


def true_levels(daily, rates: np.ndarray, lead_times: np.ndarray) -> Levels:
    """Exact newsvendor quantile of demand over the lead times that really come, and the textbook's lot."""
    lengths, counts = np.unique(lead_times, return_counts=True)
    holding = ECONOMICS.unit_cost * ECONOMICS.holding_rate / 365.25
    points, lots = np.zeros(len(rates)), np.sqrt(2 * ECONOMICS.order_cost * rates / holding)
    for row, rate in enumerate(rates):
        ratio = ECONOMICS.margin / (ECONOMICS.margin + holding * lots[row] / rate)
        spectrum = np.fft.rfft(daily(rate))
        # An order of today's end that comes in L days meets the demand of L days before the next one can come.
        chance = sum(np.fft.irfft(spectrum**length) * count for length, count in zip(lengths, counts, strict=True))
        points[row] = np.searchsorted(np.cumsum(chance) / counts.sum(), ratio)
    return Levels(points[:, None], points[:, None] + np.ceil(lots)[:, None])


@pytest.mark.parametrize("daily", [poisson, negative_binomial, intermittent])
def test_it_earns_nearly_what_the_policy_that_knows_the_truth_earns(daily):
    rates = np.exp(np.random.default_rng(1).normal(0.5, 0.8, ROWS))
    world = simulated(daily, rates)
    drawn = draw_lead_times(world, 0)
    ours = follow(world, plan_path(world).levels(), drawn).profit.sum()
    truth = follow(world, true_levels(daily, rates, drawn), drawn).profit.sum()
    assert ours >= 0.99 * truth


def test_the_service_level_chosen_is_the_one_achieved():
    """How often the demand until an order can come stays within the reorder point: Cu / (Cu + Co), within a point."""
    world = simulated(negative_binomial, np.full(150, 6.0))
    path = plan_path(world)
    assert achieved(world, path) == pytest.approx(path.service_level.mean(), abs=0.01)
    assert 0.9 < path.service_level.mean() < 0.98


def achieved(world: World, path: Path) -> float:
    total = np.concatenate([np.zeros((len(world.demand), 1)), np.cumsum(world.demand, axis=1)], axis=1)
    lengths = draw_lead_times(world, 0) + 1  # the nightly job plans for lead time and a day of review
    kept = []
    for week in range(path.mean.shape[1]):
        day = FIRST + 7 * week
        ends = day + lengths[:, 7 * week]
        known = ends <= world.demand.shape[1]
        wanted = total[np.flatnonzero(known), ends[known]] - total[known, day]
        kept.append(wanted <= path.reorder_point[known, week])
    return float(np.mean(np.concatenate(kept)))
