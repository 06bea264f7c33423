"""Goods that come back, the credit note for them, and complaints."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, InvalidInput
from core.idempotency import do_once, form_key
from orders import selectors, services
from orders.aftersales_forms import ComplaintForm, ReturnForm
from orders.models import Complaint, Order, Return
from orders.papers import refund


@require_http_methods(["GET", "POST"])
@permission_required("orders.add_return", raise_exception=True)
def order_return(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take goods of an order back: what is fit goes into stock at its original cost, the rest is scrapped."""
    order = get_object_or_404(Order.objects.select_related("customer", "warehouse"), pk=pk)
    before = order.returns.count()  # before the lines: a return that commits in between is then unknown to the form
    form = ReturnForm(order, selectors.returnable_lines(order), request.POST if request.method == "POST" else None)
    key, error, status = form_key(request), None, 200

    def book() -> int:
        # Here, as a form sent twice is no longer valid: the pieces came back the first time.
        if not form.is_valid():
            raise InvalidInput(_("The input is not valid."))
        return services.return_goods([form.new_return()])[0].pk

    if request.method == "POST":
        try:
            returned = Return.objects.get(pk=do_once(request.user.pk or 0, key, request.POST, book))
        except DomainError as refusal:
            error, status = (None, 422) if form.errors else (refusal, 409)
        else:
            messages.success(request, _("%s is booked; this is the credit note.") % returned.number)
            return redirect("orders:credit-note", returned.pk)
    context = {"order": order, "form": form, "error": error, "key": key, "before": before}
    return render(request, "orders/return.html", context, status=status)


@require_safe
@permission_required("orders.view_return", raise_exception=True)
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """What a customer gets back for a return, to be printed."""
    returned = get_object_or_404(Return.objects.select_related("order__customer", "created_by", "authorization"), pk=pk)
    lines = list(returned.lines.select_related("shipment_line__line__product").order_by("pk"))
    net, tax = refund(lines)
    context = {
        "returned": returned,
        "order": returned.order,
        "lines": lines,
        "net": net,
        "tax": tax,
        "gross": net + tax,
    }
    return render(request, "orders/credit_note.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("orders.add_complaint", raise_exception=True)
def complaint_new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note a complaint about an order."""
    order = get_object_or_404(Order.objects.select_related("customer"), pk=pk)
    form = ComplaintForm(order, request.POST if request.method == "POST" else None)
    key, error = form_key(request), None
    if request.method == "POST" and form.is_valid():
        try:
            do_once(
                request.user.pk or 0, key, request.POST, lambda: services.note_complaint(form.save(commit=False)).pk
            )
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("The complaint was noted."))
            return redirect("orders:detail", pk)
    context = {"order": order, "form": form, "error": error, "key": key}
    return render(request, "orders/complaint.html", context, status=422 if form.errors else 409 if error else 200)


@require_POST
@permission_required("orders.add_complaint", raise_exception=True)
def complaint_settle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Mark a complaint as settled."""
    complaint = get_object_or_404(Complaint, pk=pk)
    try:
        services.settle_complaint(pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("orders:detail", complaint.order_id)
