"""Buying with little cash: which suggestions earn most for it, and what the rest would have earned."""

from decimal import Decimal

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.money import to_cents
from purchasing import selectors
from purchasing.cash import cash_list
from purchasing.forms import BudgetForm
from purchasing.views.suggestions import VIEW

MOST = 2000  # suggestions weighed at once
POINTS = 400  # of the frontier drawn


@require_safe
@permission_required(VIEW, raise_exception=True)
def cash_budget(request: HttpRequest) -> HttpResponse:
    """Open suggestions by profit per unit of cash, within ``?budget=``."""
    form = BudgetForm(request.GET or None)
    budget = form.cleaned_data["budget"] if form.is_valid() else None
    warehouse = form.cleaned_data["warehouse"] if form.is_valid() else None
    found = list(selectors.open_suggestions(warehouse_id=warehouse.pk if warehouse else None)[:MOST])
    answer = cash_list(found, budget)
    every = max(1, len(answer.points) // POINTS)
    points = [[float(p.cash), round(p.profit, 2)] for p in [*answer.points[:-1:every], answer.points[-1]]]
    forgone = answer.profit_wanted - answer.plan.profit
    context = {
        "form": form,
        "budget": budget,
        "answer": answer,
        "bought": [row for row in answer.rows if row.bought],
        "left_out": [row for row in answer.rows if row.forgone > 0.005],
        "profit": to_cents(Decimal(answer.plan.profit)),
        "profit_wanted": to_cents(Decimal(answer.profit_wanted)),
        "forgone": to_cents(Decimal(max(forgone, 0.0))),
        "shadow_price": to_cents(Decimal(answer.plan.shadow_price)),
        "limit": MOST if len(found) == MOST else None,
        "chart": {"points": points, "chosen": [float(answer.plan.cash), round(answer.plan.profit, 2)]},
    }
    return render(request, "purchasing/cash.html", context, status=422 if form.errors else 200)
