"""Stock policies: the levels that count, set by the forecast or by hand."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, InvalidInput
from core.exports import FORMATS, table_response
from core.pages import following_page
from core.queue import kick
from core.saved_views import saves_views
from inventory.models import Product, Warehouse
from inventory.places import Place
from purchasing import selectors, services
from purchasing.forms import PolicyFilterForm, PolicyForm
from purchasing.models import StockPolicy
from purchasing.policy_sheet import policy_header, policy_rows
from purchasing.tasks import check_reorder_points
from purchasing.timeline import policy_events
from purchasing.typed import whole
from purchasing.views.products import chosen_product

PAGE_SIZE = 50
EXPORT_LIMIT = 20_000
CHANGE = "purchasing.change_stockpolicy"


@require_safe
@permission_required("purchasing.view_stockpolicy", raise_exception=True)
@saves_views(PolicyFilterForm)
def policy_list(request: HttpRequest) -> HttpResponseBase:
    """Stock policies by SKU and warehouse, or with ``?format=`` as a file to edit."""
    form = PolicyFilterForm(request.GET)
    wanted = form.wanted()
    policies = selectors.policy_list(
        search=wanted["q"] or "",
        warehouse_id=wanted["warehouse"].pk if wanted["warehouse"] else None,
        source=wanted["source"] or "",
    )
    if request.GET.get("format") in FORMATS:
        name = f"policies-{timezone.localdate()}"
        return table_response(request.GET["format"], name, policy_header(), policy_rows(policies[:EXPORT_LIMIT]))
    context = {
        "form": form,
        "filters": [form["warehouse"], form["source"]],
        "page": following_page(policies, request.GET.get("after"), PAGE_SIZE),
        "is_filtered": form.is_used(),
    }
    return render(request, "purchasing/policies.html", context)


@require_safe
@permission_required(CHANGE, raise_exception=True)
def policy_new(request: HttpRequest) -> HttpResponseBase:
    """Choose the product and the warehouse whose levels are to be set."""
    product, warehouse = chosen_product(request.GET), whole(request.GET.get("warehouse", ""))
    if product and warehouse:
        return redirect("purchasing:policy", product.pk, warehouse)
    context = {
        "warehouses": Warehouse.objects.filter(is_active=True),
        "label": request.GET.get("label", ""),
        "error": _("Choose a product from the list.") if warehouse else "",
        "texts": {"no_match": _("Nothing found.")},
    }
    return render(request, "purchasing/policy_new.html", context, status=422 if warehouse else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def policy_edit(request: HttpRequest, product_id: int, warehouse_id: int) -> HttpResponseBase:
    """Set the levels of a product in a warehouse by hand, with the reason."""
    place = (product_id, warehouse_id)
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=_levels(place))
    if request.method == "POST" and form.is_valid():
        try:
            services.set_policy_by_hand(place, **form.cleaned_data)
        except InvalidInput as refusal:
            for field, text in refusal.field_errors.items():
                form.add_error(field, text)
        else:
            kick(check_reorder_points)
            messages.success(request, _("The levels are set by hand now; the forecast leaves them alone."))
            return redirect("purchasing:policies")
    return _form_page(request, place, form, status=422 if form.errors else 200)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def policy_return(request: HttpRequest, product_id: int, warehouse_id: int) -> HttpResponseBase:
    """Give a policy back to the forecast."""
    place = (product_id, warehouse_id)
    try:
        services.return_policy_to_forecast(place)
    except DomainError as error:
        return _form_page(request, place, PolicyForm(initial=_levels(place)), error=error, status=409)
    messages.success(request, _("The forecast sets these levels again, at its next run. Until then they stay."))
    return redirect("purchasing:policies")


def _policy(place: Place) -> StockPolicy | None:
    return StockPolicy.objects.filter(product=place[0], warehouse=place[1]).first()


def _levels(place: Place) -> dict[str, Any]:
    policy = _policy(place)
    names = ("safety_stock", "reorder_point", "order_up_to")
    return {name: getattr(policy, name) for name in names} if policy else {}


def _form_page(
    request: HttpRequest, place: Place, form: PolicyForm, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    policy = _policy(place)
    context = {
        "form": form,
        "product": get_object_or_404(Product, pk=place[0]),
        "warehouse": get_object_or_404(Warehouse, pk=place[1]),
        "policy": policy,
        "is_manual": bool(policy and policy.source == StockPolicy.Source.MANUAL),
        "events": policy_events(policy.pk) if policy else [],
        "error": error,
    }
    return render(request, "purchasing/policy_form.html", context, status=status)
