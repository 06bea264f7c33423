"""Documents of the order desk as PDF, in the customer's language."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.pdf import in_language, pdf_download, pdf_response, render_several
from orders import papers
from orders.models import Invoice, Order, Quotation, Return, Shipment

MOST = 100


@require_safe
@permission_required("orders.view_quotation", raise_exception=True)
def quotation(request: HttpRequest, pk: int) -> HttpResponse:
    """What we offer to the customer."""
    quoted = get_object_or_404(Quotation.objects.select_related("customer"), pk=pk)
    with in_language(quoted.customer.language):
        return pdf_response(papers.quotation(quoted))


@require_safe
@permission_required("orders.view_order", raise_exception=True)
def order_confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    """What we confirm to the customer."""
    order = get_object_or_404(Order.objects.select_related("customer"), pk=pk)
    with in_language(order.customer.language):
        return pdf_response(papers.order_confirmation(order))


@require_safe
@permission_required("orders.view_shipment", raise_exception=True)
def delivery_note(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes along with one shipment."""
    shipment = get_object_or_404(Shipment.objects.select_related("order__customer", "warehouse"), pk=pk)
    with in_language(shipment.order.customer.language):
        return pdf_response(papers.delivery_note(shipment))


@require_POST
@permission_required("orders.view_shipment", raise_exception=True)
def delivery_notes(request: HttpRequest) -> HttpResponseBase:
    """The delivery notes of several orders in one file, each in its customer's language; no more than MOST orders."""
    chosen = [int(pk) for pk in request.POST.getlist("order") if pk.isdecimal() and len(pk) < 19]
    orders = list(dict.fromkeys(chosen))
    shipments = Shipment.objects.filter(order__in=orders[:MOST]).select_related("order__customer", "warehouse")
    found = list(shipments.order_by("order", "shipped_at", "pk"))
    if not found or len(orders) > MOST:
        text = _("Choose at most %s orders.") % MOST if found else _("None of the orders chosen has shipped yet.")
        messages.error(request, text)
        return redirect("orders:list")
    notes = []
    for shipment in found:
        with in_language(shipment.order.customer.language):
            notes.append((translation.get_language(), papers.delivery_note(shipment)))
    title = _("Delivery notes")
    return pdf_download(render_several(notes, title=title), f"delivery-notes-{timezone.localdate()}.pdf")


@require_safe
@permission_required("orders.view_return", raise_exception=True)
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """What the customer gets back for a return."""
    returned = get_object_or_404(Return.objects.select_related("order__customer"), pk=pk)
    with in_language(returned.order.customer.language):
        return pdf_response(papers.credit_note(returned))


@require_safe
@permission_required("orders.view_invoice", raise_exception=True)
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """What the customer is to pay."""
    found = get_object_or_404(Invoice.objects.select_related("order__customer"), pk=pk)
    with in_language(found.order.customer.language):
        return pdf_response(papers.invoice(found))
