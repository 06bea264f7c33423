"""The managers' figures as plain arithmetic: no database, no Django. Units stand with each formula.

Money is Decimal in the company's currency, quantities are integers of pieces, rates are Decimals where 1 means all.
A figure that would divide by nothing is None: "unknown" is not zero.

Sources: turnover, days of inventory and gross margin as in R. Jacobs and R. Chase, Operations and Supply Chain
Management (inventory turns = cost of goods sold / average inventory value); fill rate as type-2 service in
E. Silver, D. Pyke and D. Thomas, Inventory and Production Management in Supply Chains, ch. 6; contribution =
gross profit less the two costs that inventory decisions cause, holding and ordering (same, ch. 1 and 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_FLOOR, Decimal

from core.money import CENT, to_cents

DAYS_PER_YEAR = 365
SLOW_AFTER_DAYS = 90
ZERO = Decimal(0)


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """``part / whole``, or None when there is no whole."""
    return Decimal(part) / Decimal(whole) if whole else None


def holding_cost_of_day(value: Decimal, yearly_rate: Decimal) -> Decimal:
    """Money that a day of holding stock worth ``value`` (money, end of day) costs; ten places, so that days add up."""
    return (value * yearly_rate / DAYS_PER_YEAR).quantize(Decimal("0.0000000001"))


def turnover(cogs: Decimal, average_value: Decimal | None, days: int) -> Decimal | None:
    """Times per year that the stock is sold: cost of goods sold, made yearly, over the average inventory value."""
    if not average_value or average_value < 0 or not days:
        return None
    return cogs * DAYS_PER_YEAR / days / average_value


def days_of_inventory(turns: Decimal | None) -> Decimal | None:
    """Days the average stock lasts at the period's rate of sale: 365 / turnover."""
    return DAYS_PER_YEAR / turns if turns and turns > 0 else None


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Relative change since ``before``; None where either is unknown or ``before`` is not positive."""
    if now is None or before is None or before <= 0:
        return None
    return now / before - 1


def round_parts(parts: Sequence[Decimal]) -> list[Decimal]:
    """Each part in cents, so that together they are the rounded sum (largest remainder method).

    Every part moves by less than one cent; the cents that rounding down leaves go to the largest remainders,
    earlier parts first when equal.
    """
    rounded = [part.quantize(CENT, ROUND_FLOOR) for part in parts]
    left = int((to_cents(sum(parts, ZERO)) - sum(rounded, ZERO)) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda i: (rounded[i] - parts[i], i))
    for i in by_remainder[:left]:
        rounded[i] += CENT
    return rounded


@dataclass(frozen=True, slots=True)
class Sums:
    """What adds up over days, warehouses and categories; everything else is made from these."""

    revenue: Decimal = ZERO
    cogs: Decimal = ZERO
    holding_cost: Decimal = ZERO
    ordering_cost: Decimal = ZERO
    landed_expense: Decimal = ZERO
    value_days: Decimal = ZERO  # money × days: end-of-day inventory values added up
    place_days: int = 0  # product-warehouse-days carried
    stockout_days: int = 0  # of these, days that ended with nothing on hand
    demanded: int = 0
    filled_at_once: int = 0
    lines_due: int = 0
    lines_on_time: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Sums)))


@dataclass(frozen=True, slots=True)
class Figures:
    """Every figure of a slice (period, warehouse, category) with ``days`` days of data, from its sums.

    ``inventory_value`` is the one at the end of its last day.
    """

    sums: Sums
    days: int
    inventory_value: Decimal = ZERO

    @property
    def revenue(self) -> Decimal:
        return self.sums.revenue

    @property
    def cogs(self) -> Decimal:
        return self.sums.cogs

    @property
    def gross_profit(self) -> Decimal:
        return self.sums.revenue - self.sums.cogs

    @property
    def gross_margin(self) -> Decimal | None:
        return ratio(self.gross_profit, self.revenue) if self.revenue > 0 else None

    @property
    def holding_cost(self) -> Decimal:
        return to_cents(self.sums.holding_cost)

    @property
    def ordering_cost(self) -> Decimal:
        return to_cents(self.sums.ordering_cost)

    @property
    def landed_expense(self) -> Decimal:
        return self.sums.landed_expense

    @property
    def contribution(self) -> Decimal:
        """Gross profit less holding, ordering and late purchase costs, of the rounded parts: the steps add up."""
        return self.gross_profit - self.holding_cost - self.ordering_cost - self.landed_expense

    @property
    def average_inventory(self) -> Decimal | None:
        return ratio(self.sums.value_days, self.days)

    @property
    def turnover(self) -> Decimal | None:
        return turnover(self.cogs, self.average_inventory, self.days)

    @property
    def days_of_inventory(self) -> Decimal | None:
        return days_of_inventory(self.turnover)

    @property
    def stockout_rate(self) -> Decimal | None:
        return ratio(self.sums.stockout_days, self.sums.place_days)

    @property
    def fill_rate(self) -> Decimal | None:
        return ratio(self.sums.filled_at_once, self.sums.demanded)

    @property
    def on_time_rate(self) -> Decimal | None:
        return ratio(self.sums.lines_on_time, self.sums.lines_due)
