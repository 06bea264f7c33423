"""Which model forecasts a series: the blended level, unless another did much better from origins in the recent past.

Errors are those of the demand over the protection interval, since that is what the stock has to cover. On real data
the blend is hardly ever beaten by what a few origins say, so the others must be right by far: a series that grows
steadily, or one whose level has changed for good.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.engine.history import FloatArray, IntArray
from forecasting.engine.level import level_path

TEST_WEEKS = 26
LONGEST_INTERVAL = 13
MIN_ORIGINS = 13
MUCH_BETTER = 0.6  # mean squared error, as a share of the blend's
RECENT_WEEKS = 8.0  # half-life
TREND_LEVEL_WEEKS, TREND_SLOPE_WEEKS, DAMPING = 4.0, 8.0, 0.99
MODELS = ("blended_level", "recent_level", "damped_trend", "naive")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Rolling-origin errors of interval sums as shares of demand: chosen model and naive one (None: too few weeks)."""

    origins: int = 0
    weeks: int = 1
    wape: float | None = None
    naive_wape: float | None = None
    bias: float | None = None


@dataclass(frozen=True, slots=True)
class Paths:
    """What each model knew after each week: level and slope, shape (models, rows, weeks)."""

    level: FloatArray
    slope: FloatArray

    def ahead(self, model: IntArray, weeks: int) -> FloatArray:
        """Forecast of each row's model for the coming weeks, shape (rows, weeks), never negative."""
        rows = np.arange(self.level.shape[1])
        trend = np.cumsum(DAMPING ** np.arange(1, weeks + 1))
        last = self.level[model, rows, -1][:, None] + self.slope[model, rows, -1][:, None] * trend
        return np.maximum(last, 0.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Index into MODELS by row, the models' paths and how well the chosen one did."""

    model: IntArray
    paths: Paths
    accuracy: list[Accuracy]


def choose(
    demand: FloatArray,
    age: IntArray,
    interval: IntArray,
    index: FloatArray | None = None,
    agility: FloatArray | float = 1.0,
) -> Choice:
    """Pick each row's model.

    demand: pieces a week, season taken out, shape (rows, weeks); age: weeks since the first sale; interval: weeks of
    the sums to forecast; index: season of each week, None for none.
    """
    interval = np.clip(interval, 1, LONGEST_INTERVAL)
    paths = _paths(demand, interval, agility)
    actual = demand if index is None else demand * index
    errors, sums, usable = _errors(paths, actual, np.ones_like(demand) if index is None else index, age, interval)
    count = usable.sum(axis=1)
    square = np.where(usable, np.square(errors), 0.0).sum(axis=2)
    better = np.where(square < MUCH_BETTER * square[0], square, np.inf)
    better[0] = square[0]
    model = np.where(count >= MIN_ORIGINS, np.argmin(better, axis=0), 0)
    return Choice(model, paths, _accuracies(errors, sums, usable, model, interval))


def _paths(demand: FloatArray, interval: IntArray, agility: FloatArray | float) -> Paths:
    begun = np.cumsum(demand, axis=1) > 0
    keep = 0.5 ** (1.0 / RECENT_WEEKS)
    from scipy.signal import lfilter  # here: a web process need not load it

    weight = lfilter([1.0], [1.0, -keep], begun.astype(np.float64), axis=1)
    recent = lfilter([1.0], [1.0, -keep], demand, axis=1) / np.maximum(weight, 1e-12)
    trend, slope = _damped_trend(demand, begun)
    flat = np.zeros_like(demand)
    levels = [level_path(demand, 1.0, agility), recent, trend, _last_weeks(demand, interval)]
    return Paths(np.stack(levels), np.stack([flat, flat, slope, flat]))


def _last_weeks(demand: FloatArray, interval: IntArray) -> FloatArray:
    """The naive forecast: the mean of the last ``interval`` weeks."""
    weeks = np.arange(demand.shape[1])
    total = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(demand, axis=1)], axis=1)
    first = np.maximum(weeks + 1 - interval[:, None], 0)
    return np.asarray((total[:, 1:] - np.take_along_axis(total, first, axis=1)) / (weeks + 1 - first))


def _damped_trend(demand: FloatArray, begun: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Holt's damped trend with fixed weights, level a plain mean at first; level and slope after each week."""
    alpha, beta = (1 - 0.5 ** (1.0 / half_life) for half_life in (TREND_LEVEL_WEEKS, TREND_SLOPE_WEEKS))
    level, slope = np.zeros(len(demand)), np.zeros(len(demand))
    age = np.zeros(len(demand))
    levels, slopes = np.zeros_like(demand), np.zeros_like(demand)
    for week in range(demand.shape[1]):
        age += begun[:, week]
        before, drift = level, DAMPING * slope
        weight = np.maximum(alpha, 1 / np.maximum(age, 1))
        level = np.where(age > 0, weight * demand[:, week] + (1 - weight) * (before + drift), 0.0)
        slope = np.where(age > 4, beta * (level - before) + (1 - beta) * drift, 0.0)
        levels[:, week], slopes[:, week] = level, slope
    return levels, slopes


def _errors(
    paths: Paths, actual: FloatArray, index: FloatArray, age: IntArray, interval: IntArray
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Forecast minus demand of each model and origin, the demand, and which origins count; origins last."""
    rows, weeks = actual.shape
    last = weeks - 1 - interval  # the newest origin whose interval has passed
    origins = last[:, None] - np.arange(TEST_WEEKS)
    usable = origins >= weeks - age[:, None] + np.maximum(age // 2, 1)[:, None] - 1
    at = np.maximum(origins, 0)
    totals = [np.concatenate([np.zeros((rows, 1)), np.cumsum(a, axis=1)], axis=1) for a in (actual, index)]
    end = np.minimum(at + 1 + interval[:, None], weeks)
    sums, season = (
        np.take_along_axis(total, end, axis=1) - np.take_along_axis(total, at + 1, axis=1) for total in totals
    )
    trend = np.cumsum(np.cumsum(DAMPING ** np.arange(1, LONGEST_INTERVAL + 1)))[interval - 1]
    level, slope = (np.take_along_axis(path, at[None], axis=2) for path in (paths.level, paths.slope))
    mean_season = season / interval[:, None]
    forecast = np.maximum(level * interval[:, None] + slope * trend[:, None], 0.0) * mean_season
    return forecast - sums, sums, usable


def _accuracies(
    errors: FloatArray, sums: FloatArray, usable: np.ndarray, model: IntArray, interval: IntArray
) -> list[Accuracy]:
    rows = np.arange(len(model))
    chosen, naive = errors[model, rows], errors[-1]
    total = np.where(usable, sums, 0.0).sum(axis=1)
    absolute, naive_absolute, net = (
        np.where(usable, values, 0.0).sum(axis=1) for values in (np.abs(chosen), np.abs(naive), chosen)
    )
    count = usable.sum(axis=1)
    return [
        Accuracy(int(count[n]), int(interval[n]), *(float(v[n] / total[n]) for v in (absolute, naive_absolute, net)))
        if count[n] and total[n] > 0
        else Accuracy(weeks=int(interval[n]))
        for n in rows
    ]
