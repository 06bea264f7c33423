"""The most profitable purchases for the cash there is: a knapsack in which each product offers several quantities.

Taking increments by profit per unit of cash solves the relaxed problem, in which the last increment may be bought in
part; its value bounds what any plan can earn. Where whole increments stay more than TOLERANCE below that bound, the
exact problem goes to HiGHS (scipy.optimize.milp). Profits are estimates: floats; cash is money: Decimal.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

TOLERANCE = 0.001
SOLVER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Buy:
    """So many pieces for this cash, and the profit they are expected to bring."""

    quantity: int
    cash: Decimal
    profit: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What to buy of each line (lines left out are absent), and what another unit of cash would earn."""

    buys: Mapping[Hashable, Buy]
    cash: Decimal
    profit: float
    shadow_price: float
    upper_bound: float


@dataclass(frozen=True, slots=True)
class Point:
    """Cash spent, and the most it can earn; ``per_cash`` is what the last unit of it earned."""

    cash: Decimal
    profit: float
    per_cash: float


Lines = Mapping[Hashable, Sequence[Buy]]
"""The quantities that each line offers; buying nothing is always possible."""


@dataclass(frozen=True, slots=True)
class _Step:
    """From one corner of a line's hull to the next."""

    line: Hashable
    target: Buy
    cash: Decimal
    profit: float

    @property
    def per_cash(self) -> float:
        return self.profit / float(self.cash) if self.cash else float("inf")


def hull(buys: Sequence[Buy]) -> list[Buy]:
    """The corners of the upper concave hull from buying nothing on, each with more profit than the one before."""
    corners: list[Buy] = [Buy(0, Decimal(0), 0.0)]
    for buy in sorted(buys, key=lambda one: (one.cash, -one.profit)):
        if buy.profit <= corners[-1].profit:
            continue
        while len(corners) > 1 and _slope(corners[-1], buy) >= _slope(corners[-2], corners[-1]):
            corners.pop()
        if buy.cash == corners[-1].cash:
            corners[-1] = buy
        else:
            corners.append(buy)
    return corners[1:] if corners[0].quantity == 0 else corners


def _slope(first: Buy, second: Buy) -> float:
    cash = float(second.cash - first.cash)
    return (second.profit - first.profit) / cash if cash else float("inf")


def _steps(lines: Lines) -> list[_Step]:
    """All increments, the most profitable per cash first; those of one line stay in their order."""
    steps = []
    for line, buys in lines.items():
        last = Buy(0, Decimal(0), 0.0)
        for corner in hull(buys):
            steps.append(_Step(line, corner, corner.cash - last.cash, corner.profit - last.profit))
            last = corner
    return sorted(steps, key=lambda step: -step.per_cash)


def frontier(lines: Lines) -> list[Point]:
    """Profit by cash when increments are bought one after the other; concave."""
    points, cash, profit = [Point(Decimal(0), 0.0, 0.0)], Decimal(0), 0.0
    for step in _steps(lines):
        cash, profit = cash + step.cash, profit + step.profit
        points.append(Point(cash, profit, step.per_cash))
    return points


def best_plan(lines: Lines, budget: Decimal) -> Plan:
    """The plan that earns most within the budget, at most TOLERANCE below the best possible one."""
    plan = _by_increments(_steps(lines), budget)
    if plan.upper_bound - plan.profit <= TOLERANCE * plan.upper_bound:
        return plan
    exact = _exact(lines, budget)
    if exact is None or _profit(exact) <= plan.profit:
        return plan
    cash = sum((buy.cash for buy in exact.values()), Decimal(0))
    return Plan(exact, cash, _profit(exact), plan.shadow_price, plan.upper_bound)


def _by_increments(steps: Sequence[_Step], budget: Decimal) -> Plan:
    chosen: dict[Hashable, Buy] = {}
    left, profit, shadow, bound = budget, 0.0, 0.0, None
    skipped: set[Hashable] = set()
    for step in steps:
        if step.cash > left or step.line in skipped:
            if bound is None:
                # The first increment that does not fit: in part, it would use up the rest of the cash.
                shadow, bound = step.per_cash, profit + step.per_cash * float(left)
            skipped.add(step.line)
            continue
        chosen[step.line] = step.target
        left, profit = left - step.cash, profit + step.profit
    return Plan(chosen, budget - left, profit, shadow, profit if bound is None else bound)


def _exact(lines: Lines, budget: Decimal) -> dict[Hashable, Buy] | None:
    """The best plan by integer programming: each line buys one of its quantities or none."""
    flat = [(line, buy) for line, buys in lines.items() for buy in buys if buy.profit > 0 and buy.cash <= budget]
    if not flat:
        return {}
    order = {line: number for number, line in enumerate(lines)}
    once = np.zeros((len(lines), len(flat)))
    for column, (line, _buy) in enumerate(flat):
        once[order[line], column] = 1
    cash = np.array([[float(buy.cash) for _line, buy in flat]])
    from scipy.optimize import Bounds, LinearConstraint, milp  # here: a web process need not load it

    answer = milp(
        c=-np.array([buy.profit for _line, buy in flat]),
        constraints=[LinearConstraint(once, ub=1), LinearConstraint(cash, ub=float(budget))],
        integrality=np.ones(len(flat)),
        bounds=Bounds(0, 1),
        options={"time_limit": SOLVER_SECONDS, "mip_rel_gap": TOLERANCE / 2},
    )
    if answer.x is None:
        return None
    chosen = {line: buy for (line, buy), taken in zip(flat, answer.x, strict=True) if taken > 0.5}
    # The solver reckons in floats: a plan a hair above the budget is none.
    return chosen if sum(buy.cash for buy in chosen.values()) <= budget else None


def _profit(buys: Mapping[Hashable, Buy]) -> float:
    return sum(buy.profit for buy in buys.values())
