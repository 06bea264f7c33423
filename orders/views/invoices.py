"""Invoices: the list with its search and export, what is still to be invoiced, issuing one, and one to be printed."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from core.exports import FORMATS, table_response
from core.pages import following_page
from core.saved_views import saves_views
from orders import invoicing, services
from orders.invoice_forms import InvoiceFilterForm, IssueForm
from orders.models import Invoice, Order

PAGE_SIZE = 50
EXPORT_LIMIT = 50_000


@require_safe
@permission_required("orders.view_invoice", raise_exception=True)
@saves_views(InvoiceFilterForm)
def invoice_list(request: HttpRequest) -> HttpResponseBase:
    """Invoices, newest first."""
    form = InvoiceFilterForm(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    invoices = invoicing.invoice_list(wanted.get("q", ""), wanted.get("first"), wanted.get("last"))
    if request.GET.get("format") in FORMATS:
        return _export(request.GET["format"], invoices)
    context = {
        "form": form,
        "page": following_page(invoices, request.GET.get("after"), PAGE_SIZE),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "export_limit": EXPORT_LIMIT,
    }
    return render(request, "orders/invoices.html", context)


def _export(kind: str, invoices: QuerySet[Invoice]) -> HttpResponseBase:
    header = [
        _("Invoice"),
        _("Issued"),
        _("Due"),
        _("Order"),
        _("Customer code"),
        _("Customer"),
        _("Net"),
        _("Tax"),
        _("Total"),
    ]
    return table_response(kind, f"invoices-{timezone.localdate()}", header, _export_rows(invoices[:EXPORT_LIMIT]))


def _export_rows(invoices: QuerySet[Invoice]) -> Iterator[list[Any]]:
    for invoice in invoices.iterator(chunk_size=2000):
        yield [
            invoice.number,
            invoice.issued_on,
            invoice.due_on,
            invoice.order.number,
            invoice.order.customer.code,
            invoice.customer_name,
            invoice.net,
            invoice.tax,
            invoice.gross,
        ]


@require_safe
@permission_required("orders.view_invoice", raise_exception=True)
@saves_views(["q"])
def to_invoice(request: HttpRequest) -> HttpResponse:
    """Orders of which something has shipped that is on no invoice."""
    search = request.GET.get("q", "").strip()[:100]
    page = following_page(invoicing.orders_to_invoice(search), request.GET.get("after"), PAGE_SIZE)
    return render(request, "orders/to_invoice.html", {"page": page, "search": search})


@require_http_methods(["GET", "POST"])
@permission_required("orders.add_invoice", raise_exception=True)
def invoice_new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what an invoice of the shipments chosen (at first: all) would say; posted with ``issue``, issue it."""
    order = get_object_or_404(Order.objects.select_related("customer"), pk=pk)
    shipments = invoicing.open_shipments(order)
    form, error = IssueForm(shipments, request.POST or None), None
    chosen = [shipment.pk for shipment in shipments]
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen()
        if "issue" in request.POST:
            try:
                invoice = services.issue_invoice(pk, chosen, expected=form.seen())
            except DomainError as refusal:
                error = refusal
            else:
                messages.success(request, _("Invoice %s is issued.") % invoice.number)
                return redirect("orders:invoice", invoice.pk)
    draft = invoicing.draft_invoice(order, [shipment for shipment in shipments if shipment.pk in chosen])
    context = {
        "order": order,
        "shipments": [(shipment, shipment.pk in chosen) for shipment in shipments],
        "invoices": Invoice.objects.filter(order=order).order_by("pk"),
        "draft": draft,
        "totals": draft.totals,
        "chosen": bool(chosen),
        "form": form,
        "error": error,
    }
    return render(request, "orders/invoice_new.html", context, status=409 if error else 422 if form.errors else 200)


@require_safe
@permission_required("orders.view_invoice", raise_exception=True)
def invoice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One invoice, to be printed."""
    invoice = get_object_or_404(Invoice.objects.select_related("order__customer", "created_by"), pk=pk)
    lines = list(invoice.lines.order_by("position"))
    context = {
        "invoice": invoice,
        "order": invoice.order,
        "lines": lines,
        "totals": invoicing.invoice_totals(invoice, lines),
        "shipments": invoicing.invoiced_shipments(invoice),
    }
    return render(request, "orders/invoice.html", context)
