"""The buying list under a cash budget: suggestions by profit per unit of cash, and what leaving some out costs."""

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

from purchasing.budget import Buy, Plan, Point, best_plan, frontier
from purchasing.decision import Need, decide
from purchasing.models import ReorderSuggestion, StockPolicy
from purchasing.worth import buys, outlook


@dataclass(frozen=True, slots=True)
class CashRow:
    """One suggestion: what the plan buys of it (None: nothing), and all that was suggested, each with its money."""

    suggestion: ReorderSuggestion
    suggested: Buy
    bought: Buy | None

    @property
    def per_cash(self) -> float:
        """Profit of a unit of cash, of what is bought, else of what would be."""
        buy = self.bought or self.suggested
        return buy.profit / float(buy.cash) if buy.cash else 0.0

    @property
    def forgone(self) -> float:
        """Profit that buying less than suggested gives up."""
        return max(self.suggested.profit - (self.bought.profit if self.bought else 0.0), 0.0)


@dataclass(frozen=True, slots=True)
class CashList:
    """The rows, those that earn most per cash first; ``unpriced`` have no supplier or no price and are not weighed."""

    rows: list[CashRow]
    plan: Plan
    points: list[Point]
    unpriced: int
    cash_wanted: Decimal
    profit_wanted: float


def cash_list(suggestions: list[ReorderSuggestion], budget: Decimal | None) -> CashList:
    """Weigh the suggestions (product and supplier item loaded); without a budget all of them are bought."""
    policies = {
        (policy.product_id, policy.warehouse_id): policy
        for policy in StockPolicy.objects.filter(product__in={suggestion.product_id for suggestion in suggestions})
    }
    lines: dict[Hashable, list[Buy]] = {}
    wanted: dict[int, Buy] = {}
    for suggestion in suggestions:
        need = Need.of(suggestion.inputs)
        offer = decide(need).offer
        if not offer.item or not offer.unit_cost:
            continue
        policy = policies.get((suggestion.product_id, suggestion.warehouse_id))
        view = outlook(
            need, offer, policy.basis if policy else {}, suggestion.product.price, policy.safety_stock if policy else 0
        )
        lines[suggestion.pk] = buys(need, offer, suggestion.quantity, view)
        wanted[suggestion.pk] = lines[suggestion.pk][-1]
    total = sum((buy.cash for buy in wanted.values()), Decimal(0))
    plan = best_plan(lines, total if budget is None else budget)
    rows = [CashRow(s, wanted[s.pk], plan.buys.get(s.pk)) for s in suggestions if s.pk in wanted]
    return CashList(
        rows=sorted(rows, key=lambda row: (row.bought is None, -row.per_cash)),
        plan=plan,
        points=frontier(lines),
        unpriced=len(suggestions) - len(rows),
        cash_wanted=total,
        profit_wanted=sum(buy.profit for buy in wanted.values()),
    )
