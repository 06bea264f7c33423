"""Models of a series without season. Each runs once through the data and leaves its state after every week.

All of them forecast level + slope * (damping + damping^2 + …), so one pass gives the forecasts of every origin.
"""

import warnings
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.signal import lfilter
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

from forecasting.engine.history import FloatArray


@dataclass(frozen=True, slots=True)
class Path:
    """State after each week (shapes (weeks,)): forecasts made after week t know nothing of t + 1."""

    level: FloatArray
    slope: FloatArray
    damping: float = 1.0

    def forecast(self, weeks: int) -> FloatArray:
        """The next ``weeks`` weeks after every week of the past, never negative; shape (past, weeks)."""
        trend = np.cumsum(self.damping ** np.arange(1, weeks + 1))
        return np.maximum(self.level[:, None] + self.slope[:, None] * trend, 0.0)


class Model(Protocol):
    """A model that estimates its parameters on the first ``train`` weeks and runs through all of them."""

    @property
    def name(self) -> str:
        """Stable name, kept with the forecast."""
        ...

    def run(self, demand: FloatArray, train: int) -> Path:
        """States of the model after each week of ``demand`` (pieces a week, shape (weeks,))."""
        ...


def smooth(values: FloatArray, weight: float, first: float) -> FloatArray:
    """Exponential smoothing: s[t] = weight * values[t] + (1 - weight) * s[t-1], starting from ``first``."""
    smoothed, _state = lfilter([weight], [1.0, weight - 1.0], values, zi=[(1.0 - weight) * first])
    return np.asarray(smoothed, dtype=np.float64)


def _flat(level: FloatArray) -> Path:
    return Path(level, np.zeros(len(level)))


@dataclass(frozen=True, slots=True)
class BlendedLevel:
    """Geometric mean of a slow and a fast smoother: steady, yet it lets go when sales fade.

    Both are weighted means of the past (weights halving every ``half_life`` weeks) rather than recursions from a
    guessed start, so that the first weeks are not given more than their share.
    """

    slow_half_life: float = 104.0
    fast_half_life: float = 3.0
    name: str = "blended_level"

    def run(self, demand: FloatArray, train: int) -> Path:
        slow, fast = (self._weighted_mean(demand, h) for h in (self.slow_half_life, self.fast_half_life))
        return _flat(np.sqrt(slow * fast))

    @staticmethod
    def _weighted_mean(demand: FloatArray, half_life: float) -> FloatArray:
        keep = 0.5 ** (1.0 / half_life)
        total = lfilter([1.0], [1.0, -keep], demand)
        weight = lfilter([1.0], [1.0, -keep], np.ones(len(demand)))
        return np.asarray(np.maximum(total, 0.0) / weight, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class SimpleSmoothing:
    """Simple exponential smoothing, its weight estimated by statsmodels."""

    name: str = "simple_smoothing"

    def run(self, demand: FloatArray, train: int) -> Path:
        first = float(demand[: min(train, 8)].mean())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = SimpleExpSmoothing(demand[:train], initialization_method="known", initial_level=first).fit()
        return _flat(smooth(demand, float(np.clip(fit.params["smoothing_level"], 0.01, 0.6)), first))


@dataclass(frozen=True, slots=True)
class DampedTrend:
    """Holt's linear trend, damped; parameters estimated by statsmodels."""

    name: str = "damped_trend"

    def run(self, demand: FloatArray, train: int) -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = ExponentialSmoothing(
                demand[:train], trend="add", damped_trend=True, initialization_method="heuristic"
            ).fit(use_brute=False)
        p = fit.params
        alpha, beta, phi = float(p["smoothing_level"]), float(p["smoothing_trend"]), float(p["damping_trend"])
        level, slope = float(p["initial_level"]), float(p["initial_trend"])
        levels, slopes = np.empty(len(demand)), np.empty(len(demand))
        for week, value in enumerate(demand.tolist()):
            before, drift = level, phi * slope
            level = alpha * value + (1 - alpha) * (before + drift)
            slope = beta * (level - before) + (1 - beta) * drift
            levels[week], slopes[week] = level, slope
        return Path(levels, slopes, phi)


@dataclass(frozen=True, slots=True)
class SyntetosBoylan:
    """Croston's method with Syntetos and Boylan's (2005) correction: (1 - weight/2) * size / interval."""

    weight: float = 0.1
    name: str = "sba"

    def run(self, demand: FloatArray, train: int) -> Path:
        levels = np.zeros(len(demand))
        size = interval = 0.0
        since = 1
        for week, value in enumerate(demand.tolist()):
            if value > 0:
                if size:
                    size += self.weight * (value - size)
                    interval += self.weight * (since - interval)
                else:
                    size, interval = value, float(since)
                since = 1
            else:
                since += 1
            levels[week] = (1 - self.weight / 2) * size / interval if size else 0.0
        return _flat(levels)


@dataclass(frozen=True, slots=True)
class TeunterSyntetosBabai:
    """Teunter, Syntetos and Babai (2011): size times probability, which falls in every week without a sale."""

    size_weight: float = 0.1
    probability_weight: float = 0.1
    name: str = "tsb"

    def run(self, demand: FloatArray, train: int) -> Path:
        sold = demand > 0
        if not sold.any():
            return _flat(np.zeros(len(demand)))
        probability = smooth(sold.astype(np.float64), self.probability_weight, float(sold[:train].mean()))
        sizes = demand[sold]
        size = smooth(sizes, self.size_weight, float(sizes[0]))
        last_size = np.concatenate([[0.0], size])[np.cumsum(sold)]
        return _flat(probability * last_size)


@dataclass(frozen=True, slots=True)
class FirstWeeks:
    """The mean since launch, with the median rate of comparable products counting for ``prior_weeks`` weeks."""

    prior_rate: float | None
    prior_weeks: float = 2.0
    name: str = "first_weeks"

    def run(self, demand: FloatArray, train: int) -> Path:
        weeks = np.arange(1, len(demand) + 1)
        if self.prior_rate is None:
            return _flat(np.cumsum(demand) / weeks)
        return _flat((np.cumsum(demand) + self.prior_weeks * self.prior_rate) / (weeks + self.prior_weeks))


@dataclass(frozen=True, slots=True)
class RepeatLast:
    """The naive forecast: the last ``weeks`` weeks again."""

    weeks: int
    name: str = "naive"

    def run(self, demand: FloatArray, train: int) -> Path:
        total = np.cumsum(np.concatenate([np.zeros(self.weeks), demand]))
        sums = total[self.weeks :] - total[: -self.weeks]
        return _flat(np.maximum(sums, 0.0) / np.minimum(np.arange(1, len(demand) + 1), self.weeks))
