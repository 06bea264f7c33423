"""An order whose warehouses a rule chooses: previewed, then confirmed as one order for each of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.idempotency import do_once, new_key
from inventory.models import Warehouse
from orders import sources
from orders.rule_forms import SourcingForm
from orders.services import create_orders
from orders.sourcing import Sourcing, source
from orders.values import NewLine, NewOrder


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("orders.confirm_order", raise_exception=True)
def sourcing_page(request: HttpRequest) -> HttpResponseBase:
    """Type an order, see which warehouses would send what by a rule, and confirm it."""
    form = SourcingForm(request.POST or None)
    key = request.POST.get("key") or new_key()
    context: dict[str, Any] = {"form": form, "key": key}
    status = 422 if form.errors else 200
    if form.is_valid():
        plan = _plan(form)
        seen = request.POST.get("seen", "")
        if seen and seen == _fingerprint(plan):
            try:
                pk = do_once(request.user.pk or 0, key, request.POST, lambda: _confirm(form, plan))
            except DomainError as error:
                context["error"], status = error, 409
            else:
                messages.success(request, _("Confirmed: one order for each warehouse."))
                return redirect("orders:detail", pk)
        elif seen:
            context["is_outdated"], status = True, 409
        context |= _preview(form, plan)
    return render(request, "orders/sourcing.html", context, status=status)


def _plan(form: SourcingForm) -> Sourcing:
    lines = form.new_lines()
    places = sources.sources_for(form.cleaned_data["customer"], {line.product_id for line in lines})
    return source([(line.product_id, line.quantity) for line in lines], places, form.cleaned_data["rule"])


def _fingerprint(plan: Sourcing) -> str:
    parts = [f"{part.warehouse}:{sorted(part.pieces.items())}" for part in plan.parts]
    return " ".join([*parts, f"{sorted(plan.missing.items())}"])


def _preview(form: SourcingForm, plan: Sourcing) -> dict[str, Any]:
    warehouses = Warehouse.objects.in_bulk()
    products = [product for product, _pieces in form.cleaned_data["lines"]]
    active = [pk for pk, warehouse in warehouses.items() if warehouse.is_active]
    instead = sources.alternatives({products[index].pk for index in plan.missing}, active)
    return {
        "parts": [
            (warehouses[part.warehouse], [(products[index], pieces) for index, pieces in part.pieces.items()])
            for part in plan.parts
        ],
        "missing": [
            (products[index], pieces, instead.get(products[index].pk, [])) for index, pieces in plan.missing.items()
        ],
        "cost": plan.cost,
        "seen": _fingerprint(plan),
        "rule_label": dict(form.fields["rule"].choices)[form.cleaned_data["rule"]],  # type: ignore[attr-defined]
    }


def _confirm(form: SourcingForm, plan: Sourcing) -> int:
    """One order per warehouse, all of them or none; what nobody has waits at the first. Returns the first order."""
    lines = form.new_lines()
    wanted = {part.warehouse: dict(part.pieces) for part in plan.parts}
    if plan.missing:
        first = next(iter(wanted), None) or Warehouse.objects.filter(is_active=True).order_by("code")[0].pk
        waiting = wanted.setdefault(first, {})
        for index, pieces in plan.missing.items():
            waiting[index] = waiting.get(index, 0) + pieces
    outcomes = create_orders(
        [
            NewOrder(
                customer_id=form.cleaned_data["customer"].pk,
                channel_id=form.cleaned_data["channel"].pk,
                warehouse_id=warehouse,
                lines=[NewLine(lines[index].product_id, count) for index, count in sorted(pieces.items())],
            )
            for warehouse, pieces in wanted.items()
        ]
    )
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error
    orders = [outcome.order for outcome in outcomes if outcome.order]
    return orders[0].pk
