"""One suggestion: its arithmetic, what else was weighed, what would change it, and the proof that it computes again."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from core.money import to_cents
from purchasing.dates import dates_of
from purchasing.decision import Decision, Need, changes, decide
from purchasing.models import ReorderSuggestion
from purchasing.reasons import change_text, doubt_text, explain, terms, trace_texts
from purchasing.verification import Recomputed, recompute

VIEW = "purchasing.view_reordersuggestion"


@require_safe
@permission_required(VIEW, raise_exception=True)
def suggestion_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Why this quantity, from this supplier."""
    return _page(request, _suggestion(pk))


@require_POST
@permission_required(VIEW, raise_exception=True)
def suggestion_recompute(request: HttpRequest, pk: int) -> HttpResponse:
    """Compute the suggestion again from its stored inputs and say whether it is the same."""
    suggestion = _suggestion(pk)
    return _page(request, suggestion, recompute(suggestion))


def _suggestion(pk: int) -> ReorderSuggestion:
    rows = ReorderSuggestion.objects.select_related(
        "product", "warehouse", "supplier_item__supplier", "purchase_order_line__purchase_order"
    )
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, suggestion: ReorderSuggestion, again: Recomputed | None = None) -> HttpResponse:
    need = Need.of(suggestion.inputs)
    decision = decide(need)
    cost = decision.offer.cost(suggestion.quantity)
    if not decision.offer.item and suggestion.supplier_item:
        cost = suggestion.supplier_item.unit_cost
    context = {
        "suggestion": suggestion,
        "need": need,
        "offer": decision.offer,
        "unit_cost": cost,
        "money": to_cents(suggestion.quantity * cost),
        "dates": dates_of(need, decision.offer) if need.as_of else None,
        "doubts": [doubt_text(need, decision.offer, doubt) for doubt in decision.doubts],
        "reasons": explain(need, decision),
        "terms": terms(decision),
        "options": _options(need, decision),
        "surplus": [
            {"warehouse": code, "pieces": pieces, "money": to_cents(min(pieces, decision.quantity) * cost)}
            for code, pieces in need.surplus.items()
        ],
        "changes": [change_text(change) for change in changes(need)],
        "trace": trace_texts(suggestion.trace),
        "again": again,
    }
    return render(request, "purchasing/suggestion.html", context)


def _options(need: Need, decision: Decision) -> list[dict[str, Any]]:
    """What was weighed, with its money, and how much more (+) than what was chosen each costs in a year."""
    chosen = need.yearly(decision.offer, decision.quantity)
    rows = []
    for option in decision.options:
        more = None if option.yearly is None or chosen is None else to_cents(option.yearly - chosen)
        rows.append(
            {
                "option": option,
                "yearly": None if option.yearly is None else to_cents(option.yearly),
                "more": more,
                "is_chosen": option.offer is decision.offer and option.quantity == decision.quantity,
                "days_longer": max(option.offer.lead_time_days - need.offers[0].lead_time_days, 0),
            }
        )
    return sorted(rows, key=lambda row: (not row["is_chosen"], row["yearly"] or Decimal(0)))
