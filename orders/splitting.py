"""Ship now or wait? The deliveries of one order that cost least. Pure arithmetic, no Django here.

The order's pieces come in groups that are ready together: what is reserved now, and what each supply brings. A plan
puts groups into deliveries; each leaves when the last of its groups is ready, and costs freight. A group that leaves d
days after the wish costs

    late(d) = value * late_share * d + margin * (1 - (1 - cancel_odds)^d)

namely goodwill for each day, and its margin should the customer give up meanwhile. When each group is ready is given as
a distribution; groups are independent, so the last of some is ready by day t with the product of their odds. With the
groups in the order in which they are expected, the cheapest plan of consecutive deliveries follows from the cheapest
plans of those before:

    cheapest(j) = min over i < j of cheapest(i) + delivery(groups i + 1 to j)

Every group by itself ("always split") and all in one ("never split") are two of the plans compared, so that no order
is expected to cost more than the cheaper of the two. On certain days no plan at all is cheaper: a group that is ready
when an earlier delivery leaves had better go with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Days = Mapping[int, float]
"""Days from today → odds, adding up to one."""
Plan = list[list[int]]
"""Deliveries in turn, each the groups (by index) that leave together."""


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that are ready together: when, what they are sold for, and what they earn."""

    ready: Days
    value: float
    margin: float

    @property
    def expected(self) -> float:
        """The day on which it is ready on average."""
        return sum(day * odds for day, odds in self.ready.items())


@dataclass(frozen=True, slots=True)
class Terms:
    """What deliveries and waiting cost; ``due``: days from today to the date wished, 0 if that is past."""

    delivery: float
    late_share: float
    cancel_odds: float
    due: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan is expected to cost."""

    freight: float
    lateness: float
    cancelling: float

    @property
    def total(self) -> float:
        return self.freight + self.lateness + self.cancelling

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.freight + other.freight, self.lateness + other.lateness, self.cancelling + other.cancelling)


def last_ready(groups: Sequence[Group]) -> dict[int, float]:
    """When the last of the groups is ready."""
    days = sorted({day for group in groups for day in group.ready})
    result, before = {}, 0.0
    for day in days:
        by_then = 1.0
        for group in groups:
            by_then *= sum(odds for ready, odds in group.ready.items() if ready <= day)
        result[day] = by_then - before
        before = by_then
    return result


def delivery_cost(groups: Sequence[Group], terms: Terms) -> Cost:
    """What it costs to send the groups together."""
    value, margin = sum(group.value for group in groups), sum(max(group.margin, 0.0) for group in groups)
    late = cancelled = 0.0
    for day, odds in last_ready(groups).items():
        days = max(day - terms.due, 0)
        late += odds * days
        cancelled += odds * (1 - (1 - terms.cancel_odds) ** days)
    return Cost(terms.delivery, value * terms.late_share * late, margin * cancelled)


def plan_cost(groups: Sequence[Group], plan: Plan, terms: Terms) -> Cost:
    """What a plan is expected to cost."""
    costs = [delivery_cost([groups[index] for index in delivery], terms) for delivery in plan]
    return sum(costs, Cost(0.0, 0.0, 0.0))


def in_turn(groups: Sequence[Group]) -> list[int]:
    """The groups, by index, as they are expected."""
    return sorted(range(len(groups)), key=lambda index: (groups[index].expected, index))


def always_split(groups: Sequence[Group]) -> Plan:
    """Each group as soon as it is ready."""
    return [[index] for index in in_turn(groups)]


def never_split(groups: Sequence[Group]) -> Plan:
    """Everything together."""
    return [in_turn(groups)]


def cheapest(groups: Sequence[Group], terms: Terms) -> Plan:
    """The plan that is expected to cost least; of equal ones that with fewer deliveries."""
    turn = in_turn(groups)
    best: list[tuple[float, int, Plan]] = [(0.0, 0, [])]
    for end in range(1, len(turn) + 1):
        options = []
        for start in range(end):
            total, deliveries, plan = best[start]
            more = delivery_cost([groups[index] for index in turn[start:end]], terms).total
            options.append((round(total + more, 9), deliveries + 1, [*plan, turn[start:end]]))
        best.append(min(options))
    return best[-1][2]
