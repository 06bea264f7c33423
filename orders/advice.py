"""Ship now or wait, for one order: what each choice is expected to cost, from its promises and what was learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from core.money import to_cents
from orders.learning import Delays, Kind, newest
from orders.models import Order
from orders.models.promises import LinePromise
from orders.odds import given_at_least
from orders.promise import OPEN_ORDERS
from orders.promised import Promised
from orders.scarcity import UNKNOWN_WAIT, delivery_costs
from orders.selectors import DeskLine, average_costs
from orders.splitting import Cost, Days, Group, Plan, Terms, always_split, cheapest, never_split, plan_cost


@dataclass(frozen=True, slots=True)
class Delivery:
    """What leaves together, and by which day that is expected."""

    skus: Sequence[str]
    expected_on: date
    is_now: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to deliver an order: "now", "wait" or "mixed", with its money."""

    kind: str
    deliveries: Sequence[Delivery]
    freight: Decimal
    lateness: Decimal
    cancelling: Decimal
    total: Decimal
    is_best: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """The choices, cheapest first; ``saves``: what the best spares compared with the other of the two plain ones."""

    choices: Sequence[Choice]
    saves: Decimal

    @property
    def best(self) -> Choice:
        return self.choices[0]


def advise(order: Order, rows: Sequence[DeskLine], waiting: Sequence[Promised]) -> Advice | None:
    """Ship what is reserved now, or wait? None when there is nothing to choose. A constant number of queries."""
    promises = {promised.current.line_id: promised.current for promised in waiting}
    if order.ship_complete or order.status not in OPEN_ORDERS or not any(row.reserved for row in rows) or not promises:
        return None
    today, costs = timezone.localdate(), delivery_costs()
    terms = Terms(
        delivery=float(costs.delivery_cost),
        late_share=float(costs.late_share_per_day),
        cancel_odds=float(costs.cancel_odds_per_day),
        due=max((order.requested_date - today).days, 0),
    )
    names, groups = _groups(order, rows, promises, today)
    plans: dict[str, Plan] = {"now": always_split(groups), "wait": never_split(groups)}
    if plans["now"] == plans["wait"]:
        return None  # what waits has no date: there is nothing to wait for
    best = cheapest(groups, terms)
    if best not in plans.values():
        plans["mixed"] = best
    found = [
        _choice(kind, plan, names, groups, plan_cost(groups, plan, terms), today, is_best=plan == best)
        for kind, plan in plans.items()
    ]
    choices = sorted(found, key=lambda choice: (not choice.is_best, choice.total))
    plain = [choice.total for choice in found if choice.kind != "mixed" and not choice.is_best]
    return Advice(choices, min(plain) - choices[0].total)


def _groups(
    order: Order, rows: Sequence[DeskLine], promises: dict[int, LinePromise], today: date
) -> tuple[list[list[str]], list[Group]]:
    """What is ready together, with its SKUs: what is reserved, then what each supply brings."""
    unit_costs = average_costs([(row.line.product_id, order.warehouse_id) for row in rows])
    evidence = [promise.evidence for promise in promises.values() if promise.evidence]
    delays = Delays(newest({"", *(str(found["source"]) for found in evidence)}))
    skus: dict[str, list[str]] = {}
    money: dict[str, list[Decimal]] = {}
    ready: dict[str, Days] = {}

    def add(key: str, row: DeskLine, pieces: int, days: Days) -> None:
        price, cost = row.line.unit_price, unit_costs.get((row.line.product_id, order.warehouse_id), Decimal(0))
        totals = money.setdefault(key, [Decimal(0), Decimal(0)])
        totals[0] += pieces * price
        totals[1] += pieces * (price - cost)
        skus.setdefault(key, []).append(row.line.product.sku)
        ready[key] = days

    for row in rows:
        if row.reserved:
            add("", row, row.reserved, {0: 1.0})
        promise = promises.get(row.line.pk)
        if row.waiting and promise:
            # Pieces of one purchase order come together, everything else by itself.
            add(promise.document or f"line {row.line.pk}", row, row.waiting, _ready(promise, delays, today))
    return list(skus.values()), [
        Group(ready[key], float(value), float(margin)) for key, (value, margin) in money.items()
    ]


def _ready(promise: LinePromise, delays: Delays, today: date) -> Days:
    """Days from today until the pieces come: as learned, else the promised day as if it were certain."""
    if promise.date is None:
        return {UNKNOWN_WAIT: 1.0}
    if promise.evidence:
        named = date.fromisoformat(str(promise.evidence["named"]))
        kind = Kind(promise.evidence["kind"])
        start = today if kind == Kind.LEAD else named
        distribution = delays.of(kind, str(promise.evidence["source"]))
        distribution = given_at_least(distribution, (today - start).days + 1) if distribution else None
        if distribution:
            return {(start - today).days + days: odds for days, odds in distribution.items()}
    return {max((promise.date - today).days, 1): 1.0}


def _choice(
    kind: str, plan: Plan, names: list[list[str]], groups: list[Group], cost: Cost, today: date, *, is_best: bool
) -> Choice:
    deliveries = []
    for delivery in plan:
        days = round(max(groups[index].expected for index in delivery))
        skus = list(dict.fromkeys(sku for index in delivery for sku in names[index]))
        deliveries.append(Delivery(skus, today + timedelta(days=days), is_now=not days))
    freight, lateness, cancelling = (
        to_cents(Decimal(str(part))) for part in (cost.freight, cost.lateness, cost.cancelling)
    )
    total = freight + lateness + cancelling
    return Choice(kind, deliveries, freight, lateness, cancelling, total, is_best)
