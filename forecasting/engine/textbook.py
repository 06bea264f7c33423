"""What a user would pick instead of the engine: a min/max set once, and the textbook's safety stock."""

import numpy as np

from forecasting.engine.history import FloatArray, ages
from forecasting.engine.policy import round_up
from forecasting.engine.world import DAYS, Levels, World

YEAR = 364
SAFETY_WEEKS = 2.0  # of the fixed min/max
SERVICE_Z = 1.6449  # 95 %
FORECAST_WEEKS, SPREAD_WEEKS = 4, 26
LONGEST_LOT = YEAR / 2  # in days


def fixed_levels(world: World) -> Levels:
    """Set once before the window: last year's mean over lead time and two weeks, and the economic lot on top."""
    rate = _mean(world.demand[:, : world.first], YEAR)
    days = np.array([lead_time.mean for lead_time in world.lead_times])
    point = rate * (days + SAFETY_WEEKS * DAYS)
    return Levels(point[:, None], (point + _lot(rate, world))[:, None])


def textbook_levels(world: World) -> Levels:
    """Set anew every week: mean of four weeks, z·sqrt(L·sigma² + mean²·variance of the lead time), economic lot."""
    weeks = -(-world.window.shape[1] // DAYS)
    points, up_to = np.zeros((len(world.keys), weeks)), np.zeros((len(world.keys), weeks))
    days = np.array([lead_time.mean for lead_time in world.lead_times])
    variance_of_days = np.square([lead_time.sd for lead_time in world.lead_times])
    for week in range(weeks):
        known = world.demand[:, max(world.first + (week - SPREAD_WEEKS) * DAYS, 0) : world.first + week * DAYS]
        rate = _mean(known, FORECAST_WEEKS * DAYS)
        whole = known.shape[1] // DAYS
        weekly = known[:, known.shape[1] - whole * DAYS :].reshape(len(known), whole, DAYS).sum(axis=2)
        variance_a_day = weekly.var(axis=1, ddof=1) / DAYS if whole > 1 else np.square(rate)
        points[:, week] = rate * days + SERVICE_Z * np.sqrt(days * variance_a_day + np.square(rate) * variance_of_days)
        up_to[:, week] = points[:, week] + _lot(_mean(known, SPREAD_WEEKS * DAYS), world)
    return Levels(points, up_to)


def _mean(demand: FloatArray, days: int) -> FloatArray:
    """Mean of the last ``days`` since each row's first sale."""
    age = np.minimum(ages(demand), days)
    return np.asarray(demand[:, -days:].sum(axis=1) / np.maximum(age, 1))


def _lot(rate: FloatArray, world: World) -> FloatArray:
    """Economic order quantity from pieces a day; at least 1, at most half a year's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lot = np.sqrt(2 * world.money("order_cost") * rate / world.holding_a_day)
    lot = np.clip(np.nan_to_num(lot, posinf=np.inf), 1.0, np.maximum(1.0, rate * LONGEST_LOT))
    return np.where(rate > 0, round_up(lot, world.money("moq"), world.money("order_multiple")), 0.0)
