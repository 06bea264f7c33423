"""From demand and money to a stock policy: service level by critical ratio, economic lot, (s, S) levels.

Everything is elementwise over rows (series): arrays of shape (rows,).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy import special

from forecasting.engine.distribution import LEAST_MEAN, gamma_quantile
from forecasting.engine.history import FloatArray
from forecasting.engine.patterns import Pattern

WEEKS_PER_YEAR = 365.25 / 7
LOWEST_SERVICE, HIGHEST_SERVICE = 0.05, 0.999
LOT_FACTOR = 1.15  # a lot a little above the textbook's: it also spares shortages, which come once a cycle
LONGEST_CYCLE_WEEKS = 26.0
LONGEST_CYCLE_DYING_WEEKS = 8.0
LONGEST_LYING_WEEKS = 2 * WEEKS_PER_YEAR  # that a piece too many is charged for
# Share of its cost that a piece on the shelf loses in a year because it may never be sold.
OBSOLESCENCE = {Pattern.NEW: 0.10, Pattern.DYING: 0.50}
OBSOLESCENCE_OTHERWISE = 0.02
PROMOTION_CLEARS = 0.5  # what is left of a promotion lies half the time: the next one sells it too
SEARCH_STEPS = 32


@dataclass(frozen=True, slots=True)
class Economics:
    """Money per piece that the service level is chosen by; ``assumptions`` names what was not known."""

    price: float
    unit_cost: float
    order_cost: float  # of one order line
    holding_rate: float  # share of unit cost a year
    lost_share: float  # of a shortage that is lost rather than waited for
    goodwill: float  # on top, per piece short
    moq: int = 1
    order_multiple: int = 1
    assumptions: tuple[str, ...] = ()

    @property
    def margin(self) -> float:
        """What a sold piece earns."""
        return self.price - self.unit_cost

    @property
    def underage(self) -> float:
        """What a piece too few costs."""
        return max(self.margin, 0.0) * self.lost_share + self.goodwill

    @staticmethod
    def obsolescence_rate(pattern: Pattern) -> float:
        """Share of its cost that a piece on the shelf loses in a year."""
        return OBSOLESCENCE.get(pattern, OBSOLESCENCE_OTHERWISE)

    def holding_a_year(self, pattern: Pattern) -> float:
        """What a piece on the shelf costs in a year: holding and obsolescence."""
        return self.unit_cost * (self.holding_rate + self.obsolescence_rate(pattern))


@dataclass(frozen=True, slots=True)
class Money:
    """The economics of many rows as arrays, and the longest time a lot may last."""

    underage: FloatArray
    holding_a_week: FloatArray
    order_cost: FloatArray
    moq: FloatArray
    order_multiple: FloatArray
    longest_weeks: FloatArray

    @staticmethod
    def of(rows: Sequence[Economics], patterns: Sequence[Pattern]) -> "Money":
        """Arrays from the rows' economics and patterns."""
        pairs = list(zip(rows, patterns, strict=True))
        longest = [LONGEST_CYCLE_DYING_WEEKS if p is Pattern.DYING else LONGEST_CYCLE_WEEKS for p in patterns]
        return Money(
            underage=np.array([row.underage for row in rows]),
            holding_a_week=np.array([row.holding_a_year(pattern) / WEEKS_PER_YEAR for row, pattern in pairs]),
            order_cost=np.array([row.order_cost for row in rows]),
            moq=np.array([float(row.moq) for row in rows]),
            order_multiple=np.array([float(row.order_multiple) for row in rows]),
            longest_weeks=np.array(longest),
        )


@dataclass(frozen=True, slots=True)
class LeadTimeDemand:
    """Demand over the protection interval, in pieces; shapes (rows,).

    variance = variance_of_demand (spread · mean^1.5, and how uncertain planned promotions are) + variance_of_lead_time.
    """

    weeks: FloatArray
    weeks_variance: FloatArray
    mean: FloatArray
    spread: FloatArray
    variance_of_demand: FloatArray
    variance_of_lead_time: FloatArray
    variance: FloatArray
    weekly_rate: FloatArray  # level now, without season and promotions: what a lot is reckoned by
    clearing_rate: FloatArray  # pieces a week that what is left over sells at
    usual_mean: FloatArray  # without promotions
    usual_variance: FloatArray
    undershoot: FloatArray  # how far below the reorder point the position usually is when an order goes out


@dataclass(frozen=True, slots=True)
class Policy:
    """Levels in pieces: safety_stock <= reorder_point <= order_up_to; ``lot`` is what separates the last two."""

    safety_stock: FloatArray
    reorder_point: FloatArray
    order_up_to: FloatArray
    service_level: FloatArray
    critical_ratio: FloatArray
    underage: FloatArray
    overage: FloatArray
    economic_lot: FloatArray
    lot: FloatArray
    lying_weeks: FloatArray  # how long a piece too many lies
    expected: FloatArray  # lead-time demand in whole pieces
    quantile: FloatArray
    promoted: FloatArray  # how much of what is left over promotions will have left

    def row(self, index: int) -> dict[str, float]:
        """The numbers of one row."""
        return {field.name: float(getattr(self, field.name)[index]) for field in fields(self)}


def economic_lot(weekly: FloatArray, money: Money) -> FloatArray:
    """Economic order quantity sqrt(2 K D / h) times LOT_FACTOR, at least 1, at most what sells in the longest cycle."""
    with np.errstate(divide="ignore", invalid="ignore"):
        wished = LOT_FACTOR * np.sqrt(2 * money.order_cost * weekly / money.holding_a_week)
    longest = np.maximum(weekly * money.longest_weeks, 1.0)
    wished = np.where(np.isfinite(wished), wished, longest)
    return np.where(weekly > 0, np.clip(wished, 1.0, longest), 0.0)


def round_up(lot: FloatArray, moq: FloatArray, multiple: FloatArray) -> FloatArray:
    """The smallest orderable quantity that is not below ``lot``; elementwise ``purchasing.lots.round_up_to_lot``."""
    wanted = np.ceil(np.maximum(lot, moq) - 1e-9)
    return np.asarray(np.ceil(wanted / multiple) * multiple)


def critical_ratio(underage: FloatArray, overage: FloatArray) -> FloatArray:
    """The newsvendor's service level Cu / (Cu + Co); without any cost at all, as high as it gets."""
    total = underage + overage
    return np.where(total > 0, underage / np.where(total > 0, total, 1.0), 1.0)


def decide(demand: LeadTimeDemand, money: Money, *, promoted: FloatArray | float = 0.0) -> Policy:
    """The policy that earns most under these economics.

    promoted: how much of what is left over promotions planned in the interval will have left; 0 where none are.
    """
    wished = economic_lot(demand.weekly_rate, money)
    lot = np.where(wished > 0, round_up(wished, money.moq, money.order_multiple), 0.0)  # nothing sells: buy nothing
    lying = _cycle(lot + demand.undershoot, demand.weekly_rate)
    promoted = promoted + np.zeros(len(lot))
    if promoted.any():
        lying = np.where(promoted > 0, _lying_after_promotion(demand, money, lot, promoted), lying)
    overage = money.holding_a_week * lying
    ratio = critical_ratio(money.underage, overage)
    service = np.clip(ratio, LOWEST_SERVICE, HIGHEST_SERVICE)
    covered = np.where(demand.mean > 0, gamma_quantile(service, demand.mean, demand.variance), 0.0)
    expected, quantile = np.rint(demand.mean), np.rint(covered)
    reorder_point = np.maximum(quantile, 0.0)
    return Policy(
        safety_stock=np.maximum(reorder_point - expected, 0.0),
        reorder_point=reorder_point,
        order_up_to=reorder_point + lot,
        service_level=service,
        critical_ratio=ratio,
        underage=money.underage,
        overage=overage,
        economic_lot=wished,
        lot=lot,
        lying_weeks=lying,
        expected=expected,
        quantile=quantile,
        promoted=promoted,
    )


def _cycle(ordered: FloatArray, weekly: FloatArray) -> FloatArray:
    """Weeks that an order lasts: so long lies a piece too many until the next order is smaller for it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weekly > 0, np.minimum(ordered / weekly, LONGEST_LYING_WEEKS), WEEKS_PER_YEAR)


def _lying_after_promotion(demand: LeadTimeDemand, money: Money, lot: FloatArray, promoted: FloatArray) -> FloatArray:
    """Weeks that a piece too many lies when it was meant for a promotion.

    What a promotion leaves beyond the usual safety stock must sell at the usual rate before the next order; how much
    it leaves depends on the level s itself: Cu · P(D > s) = h · E[weeks of what is left; D <= s], by bisection.
    """
    rate = np.maximum(demand.clearing_rate, LEAST_MEAN)
    usual_ratio = critical_ratio(money.underage, money.holding_a_week * _cycle(lot, rate))
    usual_service = np.clip(usual_ratio, LOWEST_SERVICE, HIGHEST_SERVICE)
    usual = gamma_quantile(usual_service, demand.usual_mean, demand.usual_variance)
    kept = lot - np.maximum(usual - demand.usual_mean, 0.0)
    mean = np.maximum(demand.mean, LEAST_MEAN)
    shape, scale = np.square(mean) / demand.variance, demand.variance / mean
    low, high = np.zeros(len(mean)), gamma_quantile(np.array(HIGHEST_SERVICE), mean, demand.variance)
    left, lasts = kept, 1.0 - (1.0 - PROMOTION_CLEARS) * promoted
    for _ in range(SEARCH_STEPS):
        level = 0.5 * (low + high)
        below = special.gammainc(shape, level / scale)
        sold = mean * special.gammainc(shape + 1, level / scale)
        left = lasts * np.maximum((kept + level) * below - sold, 0.0)
        worth_more = money.underage * (1 - below) > money.holding_a_week * left / rate
        low, high = np.where(worth_more, level, low), np.where(worth_more, high, level)
    return np.minimum(left / np.maximum(below, LEAST_MEAN) / rate, LONGEST_LYING_WEEKS)
