"""Documents of the order desk as PDF, in the customer's language."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.pdf import in_language, pdf_response
from orders import papers
from orders.models import Invoice, Order, Return, Shipment


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
