"""Scarce stock: where it is short, who would get what under which rule, and giving it out so."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from core.templatetags.tandem import quantity
from inventory.models import StockLevel
from orders.promise_forms import DeliveryCostsForm, MinimumForm
from orders.scarcity import (
    RULES,
    case_of,
    delivery_costs,
    earns,
    fingerprint,
    moves,
    plan_of,
    scarce_places,
    service_minimums,
)
from orders.services.reallocating import reallocate_stock, set_service_minimum

MAX_PLACES = 200


@require_safe
@permission_required("orders.reallocate_stock", raise_exception=True)
def scarce_list(request: HttpRequest) -> HttpResponse:
    """Places where some hold stock while others wait."""
    return render(request, "orders/scarce.html", {"levels": scarce_places()[:MAX_PLACES]})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("orders.reallocate_stock", raise_exception=True)
def scarce_place(request: HttpRequest, product: int, warehouse: int) -> HttpResponseBase:
    """One place: what a rule gives each order, compared with first come; confirmed, it is done."""
    level = get_object_or_404(
        StockLevel.objects.select_related("product", "warehouse"), product=product, warehouse=warehouse
    )
    if request.method != "POST":
        return _preview(request, level, request.GET.get("rule", "profit"))
    rule = request.POST.get("rule", "")
    try:
        moved = reallocate_stock((product, warehouse), rule, seen=request.POST.get("seen", ""))
    except DomainError as error:
        return _preview(request, level, rule, error=error, status=409)
    messages.success(request, _("%s pieces were given to other orders; their promises are renewed.") % quantity(moved))
    return redirect("orders:scarce-place", product, warehouse)


def _preview(
    request: HttpRequest, level: StockLevel, rule: str, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    rule = rule if rule in RULES else "profit"
    case = case_of((level.product_id, level.warehouse_id))
    plans = {name: plan_of(case, name) for name in RULES}
    rows = moves(case, plans[rule], rule)
    context: dict[str, Any] = {
        "level": level,
        "rule": rule,
        "rules": [{"name": name, "label": label, "earns": earns(case, plans[name])} for name, label in RULES.items()],
        "gain": earns(case, plans[rule]) - earns(case, plans["first_come"]),
        "case": case,
        "rows": rows,
        "moved": sum(max(row.given - row.held, 0) for row in rows),
        "seen": fingerprint(case, plans[rule]),
        "error": error,
    }
    return render(request, "orders/scarce_place.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("orders.change_deliverycosts", raise_exception=True)
def costs(request: HttpRequest) -> HttpResponseBase:
    """What a delivery and a late day cost, and who is guaranteed a share; decisions reckon with it from now on."""
    is_minimum = "percent" in request.POST
    form = DeliveryCostsForm(request.POST if request.POST and not is_minimum else None, instance=delivery_costs())
    minimum = MinimumForm(request.POST if is_minimum else None)
    if minimum.is_valid():
        set_service_minimum(minimum.cleaned_data["customer"], minimum.cleaned_data["percent"])
    elif form.is_valid():
        form.save()
    else:
        context = {"form": form, "minimum": minimum, "minimums": service_minimums()}
        return render(request, "orders/delivery_costs.html", context, status=422 if request.POST else 200)
    messages.success(request, _("Saved: decisions reckon with it from now on."))
    return redirect("orders:delivery-costs")
