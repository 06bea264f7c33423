"""Freight and duty of a goods receipt: what is booked, and invoices that come late."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.idempotency import do_once, new_key
from purchasing import services
from purchasing.forms import LandedForm
from purchasing.models import GoodsReceipt
from purchasing.views.orders import PLACE


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PLACE, raise_exception=True)
def receipt_costs(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Costs of bringing a receipt in; sent twice, the form books once."""
    receipt = get_object_or_404(GoodsReceipt.objects.select_related("purchase_order__supplier"), pk=pk)
    form, key, error, status = LandedForm(), request.POST.get("key") or new_key(), None, 200
    if request.method == "POST":
        form = LandedForm(request.POST)
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                do_once(request.user.pk or 0, key, request.POST, lambda: services.add_landed_cost(pk, **data).pk)
            except DomainError as refusal:
                error, status = refusal, 409
            else:
                messages.success(request, _("The cost was booked; margins of what was sold before stay as they are."))
                return redirect("purchasing:receipt-costs", pk)
    costs = list(receipt.landed_costs.select_related("created_by").order_by("at", "pk"))
    context = {
        "receipt": receipt,
        "order": receipt.purchase_order,
        "costs": costs,
        "total": sum((cost.amount for cost in costs), Decimal("0.00")),
        "form": form,
        "key": key,
        "error": error,
    }
    return render(request, "purchasing/receipt_costs.html", context, status=status)
