"""From demand and money to a stock policy: service level by critical ratio, economic lot, (s, S) levels."""

import math
from dataclasses import dataclass

from forecasting.engine.distribution import LeadTimeDemand, quantile
from forecasting.engine.patterns import Pattern
from purchasing.lots import round_up_to_lot

WEEKS_PER_YEAR = 365.25 / 7
LOWEST_SERVICE, HIGHEST_SERVICE = 0.5, 0.995
SHORTEST_CYCLE_WEEKS, LONGEST_CYCLE_WEEKS = 1.0, 26.0
LONGEST_CYCLE_DYING_WEEKS = 8.0
# Share of its cost that a piece on the shelf loses in a year because it may never be sold.
OBSOLESCENCE = {Pattern.NEW: 0.10, Pattern.DYING: 0.50}
OBSOLESCENCE_OTHERWISE = 0.02


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
class Policy:
    """Levels in pieces: safety_stock <= reorder_point <= order_up_to; ``lot`` is what separates the last two."""

    safety_stock: int
    reorder_point: int
    order_up_to: int
    service_level: float
    critical_ratio: float
    underage: float
    overage: float
    weekly_demand: float
    economic_lot: float
    lot: int
    cycle_weeks: float
    expected: int  # lead-time demand in whole pieces
    quantile: int


def economic_lot(
    weekly_demand: float, order_cost: float, holding_a_year: float, longest_weeks: float = LONGEST_CYCLE_WEEKS
) -> float:
    """Economic order quantity sqrt(2 K D / h) in pieces, between one week's and ``longest_weeks``' demand."""
    if weekly_demand <= 0:
        return 0.0
    longest, shortest = weekly_demand * longest_weeks, weekly_demand * SHORTEST_CYCLE_WEEKS
    if holding_a_year <= 0:
        return max(longest, 1.0)
    lot = math.sqrt(2 * order_cost * weekly_demand * WEEKS_PER_YEAR / holding_a_year)
    return max(min(max(lot, shortest), longest), 1.0)


def critical_ratio(underage: float, overage: float) -> float:
    """The newsvendor's service level Cu / (Cu + Co); without any cost at all, as high as it gets."""
    return underage / (underage + overage) if underage + overage > 0 else 1.0


def decide(demand: LeadTimeDemand, weekly_demand: float, economics: Economics, pattern: Pattern) -> Policy:
    """The policy that earns most under these economics; ``weekly_demand`` is the mean of the weeks a lot lasts."""
    holding = economics.holding_a_year(pattern)
    longest = LONGEST_CYCLE_DYING_WEEKS if pattern is Pattern.DYING else LONGEST_CYCLE_WEEKS
    wished = economic_lot(weekly_demand, economics.order_cost, holding, longest)
    lot = round_up_to_lot(math.ceil(wished - 1e-9), economics.moq, economics.order_multiple)
    # A piece too many of what hardly sells lies for a year, if not longer: two are the most that is charged.
    cycle = min(lot / weekly_demand, 2 * WEEKS_PER_YEAR) if weekly_demand > 0 else WEEKS_PER_YEAR
    overage = holding * cycle / WEEKS_PER_YEAR
    ratio = critical_ratio(economics.underage, overage)
    service = min(max(ratio, LOWEST_SERVICE), HIGHEST_SERVICE)
    expected = round(demand.mean)
    covered = math.ceil(quantile(service, demand.mean, demand.sd) - 1e-6)
    safety = max(covered - expected, 0)
    reorder_point = expected + safety
    return Policy(
        safety_stock=safety,
        reorder_point=reorder_point,
        order_up_to=reorder_point + lot,
        service_level=service,
        critical_ratio=ratio,
        underage=economics.underage,
        overage=overage,
        weekly_demand=weekly_demand,
        economic_lot=wished,
        lot=lot,
        cycle_weeks=cycle,
        expected=expected,
        quantile=covered,
    )
