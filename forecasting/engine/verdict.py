"""What a backtest says: totals by policy with bootstrap bands over products, and the price of less stock."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecasting.engine.history import FloatArray, IntArray
from forecasting.engine.world import Outcome

SAMPLES = 1000
BAND = (2.5, 97.5)
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % band, from products drawn with replacement."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One policy over all products asked for; shares and rates are percent, money is of the whole window."""

    policy: str
    profit: Estimate
    share_of_bound: Estimate | None  # None where the bound earns nothing
    gain: Estimate | None  # profit above the base policy's, product by product; None where there is no such policy
    fill_rate: Estimate
    stockout_days: Estimate  # of a product in a year
    stock_value: Estimate  # on an average day, all products together
    margin: float
    goodwill: float
    holding: float
    ordering: float
    short: float  # pieces
    orders: float


def verdicts(
    outcomes: Mapping[str, Outcome],
    days: int,
    rows: npt.NDArray[np.bool_] | None = None,
    base: str = "fixed",
    seed: int = 0,
) -> list[Verdict]:
    """Each policy's totals over the products of the mask ``rows`` (None: all). base: what ``gain`` is reckoned from."""
    chosen = np.arange(len(next(iter(outcomes.values())).demand)) if rows is None else np.flatnonzero(rows)
    if not len(chosen):
        return []
    samples = np.random.Generator(np.random.PCG64(seed)).integers(0, len(chosen), (SAMPLES, len(chosen)))
    bound, usual = (outcomes[name].profit[chosen] if name in outcomes else None for name in ("bound", base))
    result = []
    for name, outcome in outcomes.items():
        profit = outcome.profit[chosen]
        per_year = DAYS_PER_YEAR / max(days, 1)
        ones = np.ones(len(chosen))
        result.append(
            Verdict(
                policy=name,
                profit=_sum(profit, samples),
                share_of_bound=None if bound is None or bound.sum() <= 0 else _ratio(100 * profit, bound, samples),
                gain=None if usual is None else _sum(profit - usual, samples),
                fill_rate=_ratio(100 * outcome.sold[chosen], outcome.demand[chosen], samples),
                stockout_days=_ratio(per_year * outcome.stockout_days[chosen], ones, samples),
                stock_value=_sum(outcome.stock_value[chosen], samples),
                **{
                    part: float(getattr(outcome, part)[chosen].sum())
                    for part in ("margin", "goodwill", "holding", "ordering", "short", "orders")
                },
            )
        )
    return result


def _sum(values: FloatArray, samples: IntArray) -> Estimate:
    return Estimate(float(values.sum()), *_band(values[samples].sum(axis=1)))


def _ratio(above: FloatArray, below: FloatArray, samples: IntArray) -> Estimate:
    """Sum over sum, 100 where there is nothing below."""

    def of(top: FloatArray, bottom: FloatArray) -> FloatArray:
        return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), 100.0)

    drawn = of(above[samples].sum(axis=1), below[samples].sum(axis=1))
    return Estimate(float(of(above.sum(), below.sum())), *_band(drawn))


def _band(drawn: FloatArray) -> tuple[float, float]:
    low, high = np.percentile(drawn, BAND)
    return float(low), float(high)
