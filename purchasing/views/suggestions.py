"""One suggestion: its arithmetic, what else was weighed, what would change it, and the proof that it computes again."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.money import to_cents
from core.queue import kick
from inventory.models import Warehouse
from inventory.transit import Transit, transit_times
from purchasing.dates import dates_of
from purchasing.decision import Decision, Need, changes, decide
from purchasing.forms import TransferInsteadForm
from purchasing.models import ReorderSuggestion
from purchasing.reasons import change_text, doubt_text, explain, terms, trace_texts
from purchasing.services import transfer_instead
from purchasing.tasks import check_reorder_points
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


@require_POST
@permission_required("purchasing.place_purchaseorder", raise_exception=True)
def suggestion_transfer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Have another warehouse send instead of buying."""
    suggestion = _suggestion(pk)
    form = TransferInsteadForm(request.POST)
    if not form.is_valid():
        return _page(request, suggestion, transfer_form=form, status=422)
    try:
        transfer = transfer_instead(
            pk,
            source_id=form.cleaned_data["source"].pk,
            quantity=form.cleaned_data["quantity"],
            expected_on=form.cleaned_data["expected_on"],
        )
    except DomainError as error:
        return _page(request, _suggestion(pk), transfer_form=form, error=error, status=409)
    kick(check_reorder_points)
    messages.success(request, _("The transfer was requested; the source warehouse sees it."))
    return redirect("inventory:transfer", transfer.pk)


def _suggestion(pk: int) -> ReorderSuggestion:
    rows = ReorderSuggestion.objects.select_related(
        "product", "warehouse", "supplier_item__supplier", "purchase_order_line__purchase_order", "transfer"
    )
    return get_object_or_404(rows, pk=pk)


def _page(
    request: HttpRequest,
    suggestion: ReorderSuggestion,
    again: Recomputed | None = None,
    *,
    transfer_form: TransferInsteadForm | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    need = Need.of(suggestion.inputs)
    decision = decide(need)
    elsewhere = _elsewhere(suggestion, need)
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
        "surplus": [{"spare": one, "money": to_cents(min(one.pieces, decision.quantity) * cost)} for one in elsewhere],
        "changes": [change_text(change) for change in changes(need)],
        "trace": trace_texts(suggestion.trace),
        "again": again,
        "error": error,
        "transfer_form": transfer_form or _transfer_form(suggestion, elsewhere),
    }
    return render(request, "purchasing/suggestion.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Spare:
    """A warehouse that has more than it needs, how long its pieces are on the way, and the days that is too long."""

    warehouse: Warehouse
    pieces: int
    transit: Transit
    days_longer: int


def _elsewhere(suggestion: ReorderSuggestion, need: Need) -> list[Spare]:
    """Who could send instead: those in time first, those with most to spare first; two queries."""
    if not need.surplus:
        return []
    warehouses = list(Warehouse.objects.filter(code__in=need.surplus))
    transits = transit_times([(warehouse.pk, suggestion.warehouse_id) for warehouse in warehouses])
    found = []
    for warehouse in warehouses:
        transit = transits[warehouse.pk, suggestion.warehouse_id]
        longer = max(transit.whole_days - _days_covered(need), 0) if need.offers[0].item else 0
        found.append(Spare(warehouse, need.surplus[warehouse.code], transit, longer))
    return sorted(found, key=lambda one: (one.days_longer > 0, -one.pieces, one.warehouse.code))


def _days_covered(need: Need) -> int:
    """The lead time that the reorder point is made for: the preferred supplier's."""
    return need.offers[0].lead_time_days


def _transfer_form(suggestion: ReorderSuggestion, elsewhere: Sequence[Spare]) -> TransferInsteadForm | None:
    """Filled in for the warehouse that comes first; None when there is nothing to ask for."""
    if suggestion.status != ReorderSuggestion.Status.OPEN or not elsewhere:
        return None
    first = elsewhere[0]
    return TransferInsteadForm(initial={"source": first.warehouse, "quantity": min(first.pieces, suggestion.quantity)})


def _options(need: Need, decision: Decision) -> list[dict[str, Any]]:
    """What was weighed, with its money, and how much more (+) than what was chosen each costs in a year."""
    taken = [o for o in decision.options if o.offer is decision.offer and o.quantity == decision.quantity]
    chosen = taken[0].yearly if taken else need.yearly(decision.offer, decision.quantity)
    rows = []
    for option in decision.options:
        more = None if option.yearly is None or chosen is None else to_cents(option.yearly - chosen)
        rows.append(
            {
                "option": option,
                "yearly": None if option.yearly is None else to_cents(option.yearly),
                "more": more,
                "is_chosen": option in taken,
                "days_longer": max(option.offer.lead_time_days - _days_covered(need), 0),
            }
        )
    return sorted(rows, key=lambda row: (not row["is_chosen"], row["yearly"] or Decimal(0)))
