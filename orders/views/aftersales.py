"""Goods that come back, the credit note for them, and complaints."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from orders import selectors, services
from orders.aftersales_forms import ComplaintForm, ReturnForm
from orders.models import Complaint, Order, Return
from orders.papers import refund


@require_http_methods(["GET", "POST"])
@permission_required("orders.add_return", raise_exception=True)
def order_return(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take goods of an order back: what is fit goes into stock at its original cost, the rest is scrapped."""
    order = get_object_or_404(Order.objects.select_related("customer", "warehouse"), pk=pk)
    rows = selectors.returnable_lines(order)
    form = ReturnForm(order, rows, request.POST if request.method == "POST" else None)
    error, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                (returned,) = services.return_goods([form.new_return()])
            except DomainError as refusal:
                error, status = refusal, 409
            else:
                messages.success(request, _("%s is booked; this is the credit note.") % returned.number)
                return redirect("orders:credit-note", returned.pk)
    context = {"order": order, "form": form, "error": error}
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
    if request.method == "POST" and form.is_valid():
        services.note_complaint(form.save(commit=False))
        messages.success(request, _("The complaint was noted."))
        return redirect("orders:detail", pk)
    context = {"order": order, "form": form}
    return render(request, "orders/complaint.html", context, status=422 if form.errors else 200)


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
