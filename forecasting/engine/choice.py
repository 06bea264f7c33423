"""Which model forecasts a series best: every candidate forecasts the recent past from origins it could not see beyond.

Errors are those of the demand over the protection interval, since that is what the stock has to cover.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.engine.history import FloatArray
from forecasting.engine.models import Model, Path, RepeatLast

TEST_WEEKS = 26
SPREAD_WEEKS = 52
LONGEST_INTERVAL = 13
MIN_ORIGINS = 6
BETTER_BY = 0.95  # a candidate must beat the first one by 5 %, or noise would choose


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Rolling-origin errors of interval sums as shares of demand: chosen model and naive one (None: too few weeks)."""

    origins: int = 0
    weeks: int = 1
    wape: float | None = None
    naive_wape: float | None = None
    bias: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen model, its states over the whole past and how well it did."""

    model: Model
    path: Path
    accuracy: Accuracy


def choose(
    demand: FloatArray, test_index: FloatArray, final_index: FloatArray, candidates: Sequence[Model], interval: int
) -> Choice:
    """Pick among ``candidates`` (the first is preferred) and the naive model, then fit the winner on everything.

    demand: pieces a week, shape (weeks,). test_index: season known before the test weeks, final_index: season known
    now; shape (weeks,). interval: length of the sums to forecast, in weeks.
    """
    interval = min(max(interval, 1), LONGEST_INTERVAL)
    train = len(demand) - min(TEST_WEEKS, len(demand) // 2)
    origins = np.arange(train - 1, len(demand) - interval)
    naive: Model = RepeatLast(interval)
    if len(origins) < MIN_ORIGINS:
        return Choice(candidates[0], candidates[0].run(demand / final_index, len(demand)), Accuracy(weeks=interval))
    errors: dict[str, FloatArray] = {}
    for model in [*candidates, naive]:
        index = np.ones(len(demand)) if model is naive else test_index
        path = _run(model, demand / index, train)
        if path is not None:
            errors[model.name] = interval_errors(path, demand, index, origins, interval)
    winner = _best([m for m in candidates if m.name in errors], errors)
    if _rms(errors[naive.name]) < _rms(errors[winner.name]):
        winner = naive
    final = _run(winner, demand / final_index, len(demand))
    if final is None:
        winner, final = naive, naive.run(demand / final_index, len(demand))
    actual = float(interval_sums(demand, origins, interval).sum())
    accuracy = Accuracy(
        origins=len(origins),
        weeks=interval,
        wape=_share(np.abs(errors[winner.name]).sum(), actual),
        naive_wape=_share(np.abs(errors[naive.name]).sum(), actual),
        bias=_share(errors[winner.name].sum(), actual),
    )
    return Choice(winner, final, accuracy)


def interval_sums(values: FloatArray, origins: np.ndarray, interval: int) -> FloatArray:
    """Sum of the ``interval`` weeks after each origin."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[origins + 1 + interval] - total[origins + 1], dtype=np.float64)


def interval_forecasts(path: Path, index: FloatArray, origins: np.ndarray, interval: int) -> FloatArray:
    """What the path forecast at each origin for the ``interval`` weeks after it, season put back."""
    weekly = path.forecast(interval)[origins]
    season = index[origins[:, None] + np.arange(1, interval + 1)]
    return np.asarray((weekly * season).sum(axis=1), dtype=np.float64)


def interval_errors(
    path: Path, demand: FloatArray, index: FloatArray, origins: np.ndarray, interval: int
) -> FloatArray:
    """Forecast minus demand of the ``interval`` weeks after each origin."""
    return interval_forecasts(path, index, origins, interval) - interval_sums(demand, origins, interval)


def relative_spread(path: Path, demand: FloatArray, index: FloatArray, interval: int) -> tuple[float, int]:
    """Error variance of interval sums per (forecast sum) ** 1.5 over the last year, and the origins that counted.

    The power lets spread grow with the level, between a Poisson's (1) and a proportional one's (2), so that a season
    or a trend scales it. Overlapping origins are all used; they count as their number divided by the interval.
    """
    origins = np.arange(max(0, len(demand) - SPREAD_WEEKS - interval), len(demand) - interval)
    if not len(origins):
        return 0.0, 0
    forecast = interval_forecasts(path, index, origins, interval)
    error = forecast - interval_sums(demand, origins, interval)
    scale = float(np.sum(np.power(forecast, SPREAD_POWER)))
    return (float(np.sum(error**2)) / scale if scale > 0 else 0.0), len(origins)


SPREAD_POWER = 1.5


def _run(model: Model, demand: FloatArray, train: int) -> Path | None:
    """The model's path, or None where it cannot be fitted to this series."""
    try:
        path = model.run(demand, train)
    except (ValueError, np.linalg.LinAlgError, FloatingPointError):
        return None
    return path if np.isfinite(path.level).all() and np.isfinite(path.slope).all() else None


def _best(candidates: Sequence[Model], errors: dict[str, FloatArray]) -> Model:
    best = candidates[0]
    for model in candidates[1:]:
        if _rms(errors[model.name]) < BETTER_BY * _rms(errors[best.name]):
            best = model
    return best


def _rms(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _share(part: float, whole: float) -> float | None:
    return float(part) / whole if whole > 0 else None
