"""The replenishment desk: what to buy and why, chosen and changed by the buyer, approved into purchase orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.exports import FORMATS, table_response
from core.money import to_cents
from core.queue import kick
from core.saved_views import saves_views
from inventory.models import Warehouse
from purchasing import selectors, services
from purchasing.decision import Doubt, Need, decide
from purchasing.forms import NO_SUPPLIER, DeskFilterForm, ReasonForm
from purchasing.models import BuyingOverride, PurchaseOrder, ReorderSuggestion, ReplenishmentRun, Supplier
from purchasing.reasons import doubt_text, explain
from purchasing.suggestion_sheet import suggestion_header, suggestion_rows
from purchasing.tasks import check_reorder_points, hand_out_chunks
from purchasing.typed import whole

ROWS_SHOWN = 200
PLACE = "purchasing.place_purchaseorder"
VIEW = "purchasing.view_reordersuggestion"


@dataclass(frozen=True, slots=True)
class Row:
    """One suggestion as the desk shows it: with its reasons, and what the buyer chose, typed and got wrong."""

    suggestion: ReorderSuggestion
    quantity: str
    is_chosen: bool
    error: str
    reasons: list[str]
    doubts: list[str]

    @property
    def supplier(self) -> Supplier | None:
        """Who is to deliver it, if anybody."""
        return self.suggestion.supplier_item.supplier if self.suggestion.supplier_item else None


@dataclass(frozen=True, slots=True)
class Group:
    """The suggestions of one supplier (None: nobody sells them)."""

    supplier: Supplier | None
    rows: list[Row]
    cost: Decimal | None

    @property
    def below_minimum(self) -> list[dict[str, Any]]:
        """Warehouses for which what is suggested is less than the supplier takes, and by how much."""
        if not self.supplier or not self.supplier.min_order_value:
            return []
        totals: dict[Warehouse, Decimal] = {}
        for row in self.rows:
            place = row.suggestion.warehouse
            totals[place] = totals.get(place, Decimal(0)) + row.suggestion.cost  # type: ignore[attr-defined]
        minimum = self.supplier.min_order_value
        return [{"warehouse": place, "short": minimum - cost} for place, cost in totals.items() if cost < minimum]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(VIEW, raise_exception=True)
@saves_views(DeskFilterForm)
def desk(request: HttpRequest) -> HttpResponseBase:
    """Open suggestions by supplier, or with ``?format=`` as a file.

    Posted to (back from the review), with what was chosen and typed before.
    """
    return _desk_page(request, _typed(request))


def _typed(request: HttpRequest) -> dict[int, str]:
    """Quantities of the chosen suggestions, as typed."""
    ids = [whole(text) for text in request.POST.getlist("chosen")]
    return {pk: request.POST.get(f"quantity-{pk}", "").strip() for pk in ids if pk is not None}


def _desk_page(
    request: HttpRequest,
    typed: Mapping[int, str],
    *,
    error: DomainError | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    form = DeskFilterForm(request.GET)
    wanted = form.wanted()
    suggestions = selectors.open_suggestions(
        search=wanted["q"] or "",
        supplier_id=whole(wanted["supplier"] or ""),
        without_supplier=wanted["supplier"] == NO_SUPPLIER,
        warehouse_id=wanted["warehouse"].pk if wanted["warehouse"] else None,
    )
    if request.GET.get("format") in FORMATS:
        name = f"suggestions-{timezone.localdate()}"
        return table_response(request.GET["format"], name, suggestion_header(), suggestion_rows(suggestions))
    found = list(suggestions[:ROWS_SHOWN])
    if typed:
        # What was chosen is shown however long the list is: the buyer must see it to correct it.
        shown = {suggestion.pk for suggestion in found} | set(typed)
        found = list(selectors.open_suggestions().filter(pk__in=shown))
    rows = [_row(suggestion, typed, errors or {}) for suggestion in found]
    context = {
        "form": form,
        "filters": [form["supplier"], form["warehouse"]],
        "is_filtered": form.is_used(),
        "list_url": f"{reverse('purchasing:desk')}?{request.GET.urlencode()}",
        "groups": _groups(rows),
        "shown": len(rows),
        "all": suggestions.order_by().aggregate(count=Count("pk"), pieces=Sum("quantity"), money=Sum("cost")),
        "error": error,
        "texts": _texts(),
        "run": _newest_run(),
    }
    is_part = request.headers.get("HX-Target") == "suggestions"
    template = "purchasing/_suggestions.html" if is_part else "purchasing/desk.html"
    return render(request, template, context, status=status)


def _row(suggestion: ReorderSuggestion, typed: Mapping[int, str], errors: Mapping[str, str]) -> Row:
    pk = suggestion.pk
    error = errors.get(f"suggestions.{pk}.quantity") or errors.get(f"suggestions.{pk}.supplier") or ""
    quantity = typed.get(pk, str(suggestion.quantity))
    need = Need.of(suggestion.inputs)
    decision = decide(need)
    doubts = [doubt_text(need, decision.offer, doubt) for doubt in decision.doubts if doubt != Doubt.NO_SUPPLIER]
    return Row(suggestion, quantity, pk in typed, error, explain(need, decision), doubts)


def _groups(rows: list[Row]) -> list[Group]:
    """The rows, which stand by supplier, with a heading for each."""
    groups = []
    for supplier, members in groupby(rows, key=attrgetter("supplier")):
        mine = list(members)
        cost = sum((row.suggestion.cost for row in mine), Decimal(0)) if supplier else None  # type: ignore[attr-defined]
        groups.append(Group(supplier, mine, cost))
    return groups


def _texts() -> dict[str, str]:
    """Sentences that the page's script shows."""
    return {
        "whole": _("Enter a whole number from 1."),
        "moq": _("The minimum order quantity is {moq}."),
        "packs": _("Packs of {size}: order {below} or {above}."),
        "pack": _("Packs of {size}: order {above}."),
        "pallets": _("Whole pallets: {below} or {above}."),
        "pallet": _("Whole pallets: {above}."),
        "hidden": _("{count} of them not shown by the filter"),
    }


@require_POST
@permission_required("purchasing.run_replenishment", raise_exception=True)
def run_start(request: HttpRequest) -> HttpResponseBase:
    """Check every product in every warehouse anew; the desk shows how far it is."""
    try:
        services.start_run()
    except DomainError as error:
        return _desk_page(request, {}, error=error, status=409)
    hand_out_chunks()
    return redirect("purchasing:desk")


@require_POST
@permission_required(PLACE, raise_exception=True)
def fill(request: HttpRequest) -> HttpResponseBase:
    """Fill a supplier's minimum order value for a warehouse with what would be due next."""
    supplier = get_object_or_404(Supplier, pk=whole(request.GET.get("supplier", "")) or 0)
    warehouse = get_object_or_404(Warehouse, pk=whole(request.GET.get("warehouse", "")) or 0)
    added = services.fill_up(supplier.pk, warehouse.pk)
    text = ngettext(
        "%s product that would be due next was added.", "%s products that would be due next were added.", added
    )
    messages.success(
        request, text % added if added else _("%s sells nothing else that could be added.") % supplier.name
    )
    return redirect(f"{reverse('purchasing:desk')}?supplier={supplier.pk}")


@require_safe
@permission_required(VIEW, raise_exception=True)
def run_progress(request: HttpRequest) -> HttpResponse:
    """How far the newest check of everything is."""
    return render(request, "purchasing/_run.html", {"run": _newest_run()})


def _newest_run() -> ReplenishmentRun | None:
    return ReplenishmentRun.objects.order_by("-pk").first()


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PLACE, raise_exception=True)
def review(request: HttpRequest) -> HttpResponseBase:
    """What will be ordered, by purchase order, before anything is; wrong quantities lead back to the desk."""
    if request.method != "POST":
        return redirect("purchasing:desk")
    typed = _typed(request)
    chosen = list(selectors.open_suggestions().filter(pk__in=typed))
    quantities = _quantities(typed)
    errors = services.approval_errors(chosen, quantities)
    if not chosen or errors:
        count = len(errors)
        text = ngettext(
            "%s line must be corrected before it can be ordered.",
            "%s lines must be corrected before they can be ordered.",
            count,
        )
        error = DomainError(text % count if count else _("Choose at least one suggestion."))
        return _desk_page(request, typed, error=error, errors=errors, status=422)
    orders = planned(chosen, quantities)
    return review_page(request, orders, gone=len(typed) - len(chosen))


def review_page(
    request: HttpRequest, orders: list[dict[str, Any]], *, gone: int = 0, error: str = "", status: int = 200
) -> HttpResponse:
    """What will be ordered, with what was typed so far."""
    lines = [line for order in orders for line in order["lines"]]
    context = {
        "orders": orders,
        "gone": gone,
        "total": sum(order["total"] for order in orders),
        "is_changed": any(line["quantity"] != line["suggestion"].quantity for line in lines),
        "reason": request.POST.get("reason", ""),
        "reason_error": error,
        "causes": BuyingOverride.Cause.choices,
        "cause": request.POST.get("cause", ""),
    }
    return render(request, "purchasing/review.html", context, status=status)


def _quantities(typed: Mapping[int, str]) -> dict[int, int]:
    """The numbers typed; 0, which no supplier accepts, for anything else."""
    return {pk: whole(text) or 0 for pk, text in typed.items()}


def planned(chosen: list[ReorderSuggestion], quantities: Mapping[int, int]) -> list[dict[str, Any]]:
    """The purchase orders that approving makes: one per supplier and warehouse."""
    orders: dict[tuple[int, int], dict[str, Any]] = {}
    for suggestion in chosen:
        item = suggestion.supplier_item
        assert item is not None, "checked before"
        order = orders.setdefault(
            (item.supplier_id, suggestion.warehouse_id),
            {
                "supplier": item.supplier,
                "warehouse": suggestion.warehouse,
                "expected_on": timezone.localdate() + timedelta(days=item.supplier.lead_time_days),
                "lines": [],
                "total": Decimal("0.00"),
            },
        )
        quantity = quantities[suggestion.pk]
        cost = services.cost_at(item, quantity)
        amount = to_cents(quantity * cost)
        order["lines"].append({"suggestion": suggestion, "quantity": quantity, "cost": cost, "amount": amount})
        order["total"] += amount
    for order in orders.values():
        order["below_minimum"] = max(order["supplier"].min_order_value - order["total"], Decimal(0))
    return list(orders.values())


@require_POST
@permission_required(PLACE, raise_exception=True)
def approve(request: HttpRequest) -> HttpResponseBase:
    """Make the purchase orders of the review; refused as a whole when one suggestion is no longer open."""
    typed, reason = _typed(request), request.POST.get("reason", "").strip()
    cause = request.POST.get("cause") or BuyingOverride.Cause.OTHER
    quantities = _quantities(typed)
    chosen = list(selectors.open_suggestions().filter(pk__in=typed))
    is_changed = any(quantities[suggestion.pk] != suggestion.quantity for suggestion in chosen)
    if is_changed and not reason and not services.approval_errors(chosen, quantities):
        error = _("Say why you buy another quantity than suggested; it is compared later.")
        return review_page(request, planned(chosen, quantities), error=error, status=422)
    try:
        orders = services.approve_suggestions(
            quantities, place=request.POST.get("place") == "yes", reason=reason, cause=cause
        )
    except DomainError as error:
        errors = getattr(error, "field_errors", {})
        return _desk_page(request, typed, error=DomainError(error.detail), errors=errors, status=409)
    kick(check_reorder_points)
    messages.success(request, _done(orders))
    if len(orders) == 1:
        return redirect("purchasing:order", orders[0].pk)
    return redirect("purchasing:orders")


def _done(orders: list[PurchaseOrder]) -> str:
    numbers = ", ".join(order.number for order in orders)
    waiting = [order.number for order in orders if order.status == PurchaseOrder.Status.WAITING]
    if waiting:
        return _("%(numbers)s: made. Above your limit, waiting for approval: %(waiting)s.") % {
            "numbers": numbers,
            "waiting": ", ".join(waiting),
        }
    if orders[0].ordered_at:
        return _("Placed with the supplier: %s.") % numbers
    return _("Saved as a draft: %s. Place it when you have checked it.") % numbers


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PLACE, raise_exception=True)
def dismiss(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask why, then take a suggestion off the list; for htmx as a dialog of the desk."""
    suggestion = get_object_or_404(ReorderSuggestion.objects.select_related("product", "warehouse"), pk=pk)
    form, error, status = ReasonForm(request.POST if request.method == "POST" else None), None, 200
    if request.method == "POST" and form.is_valid():
        try:
            services.dismiss_suggestion(pk, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            error, status = refusal, 409
        else:
            return _dismissed(request, suggestion)
    elif request.method == "POST":
        status = 422
    is_dialog = bool(request.headers.get("HX-Request"))
    template = "purchasing/_dismiss.html" if is_dialog else "purchasing/dismiss.html"
    context = {"suggestion": suggestion, "form": form, "error": error, "is_dialog": is_dialog}
    return render(request, template, context, status=status)


def _dismissed(request: HttpRequest, suggestion: ReorderSuggestion) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        # The empty answer closes the dialog; the event makes the list fetch itself anew.
        return HttpResponse(headers={"HX-Trigger": "tandem:suggestions-changed"})
    messages.success(request, _("%s was dismissed.") % suggestion.product.sku)
    return redirect("purchasing:desk")
