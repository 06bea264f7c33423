"""Invoices over HTTP."""

from collections.abc import Collection

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, kept
from core.errors import InvalidInput
from core.pdf import in_language, render
from core.renderers import PdfRenderer, SafeJSONRenderer
from core.serializers import StrictSerializer
from orders import papers, services
from orders.checks import MAX_ID
from orders.filters import InvoiceFilter
from orders.invoicing import invoiced_shipments
from orders.models import Invoice, InvoiceLine, Order, Shipment
from orders.serializers import OrderRef


class InvoiceLineOut(serializers.ModelSerializer[InvoiceLine]):
    line = serializers.IntegerField(source="position", help_text="Number of the order's line.")

    class Meta:
        model = InvoiceLine
        fields = ["line", "sku", "name", "quantity", "unit_price", "discount", "tax_rate", "net", "tax"]


class InvoiceOut(serializers.ModelSerializer[Invoice]):
    order = OrderRef()
    shipments = serializers.SerializerMethodField(help_text="Numbers of the shipments that it is for.")
    lines = InvoiceLineOut(many=True)

    class Meta:
        model = Invoice
        fields = [
            "id",
            "number",
            "order",
            "shipments",
            "issued_on",
            "due_on",
            "customer_name",
            "customer_address",
            "order_discount",
            "freight",
            "freight_tax_rate",
            "freight_tax",
            "net",
            "tax",
            "gross",
            "lines",
        ]

    def get_shipments(self, invoice: Invoice) -> list[str]:
        return invoiced_shipments(invoice)


class IssueIn(StrictSerializer):
    """What to invoice."""

    order = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Id of the order.")
    shipments = serializers.ListField(
        child=serializers.CharField(max_length=20),
        min_length=1,
        max_length=1000,
        required=False,
        help_text="Numbers of shipments that are on no invoice yet; without it, all of them.",
    )


class InvoiceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What customers are to pay for shipments. Issued, an invoice never changes."""

    queryset = Invoice.objects.select_related("order").prefetch_related(
        Prefetch("lines", InvoiceLine.objects.order_by("position"))
    )
    serializer_class = InvoiceOut
    filterset_class = InvoiceFilter
    permissions = {
        "list": "orders.view_invoice",
        "retrieve": "orders.view_invoice",
        "create": "orders.add_invoice",
        "document": "orders.view_invoice",
    }

    @extend_schema(request=IssueIn, responses={201: InvoiceOut})
    def create(self, request: Request) -> Response:
        """Invoice what has shipped of an order and is on no invoice yet; the first one bears the freight."""
        wanted = self.validated(IssueIn)
        numbers = wanted.get("shipments")
        if not Order.objects.filter(pk=wanted["order"]).exists():
            words = _("There is no such order.")
            raise InvalidInput(words, field_errors={"order": words})
        chosen = None if numbers is None else _keys(wanted["order"], numbers)
        invoice = services.issue_invoice(wanted["order"], chosen)
        return Response(kept(InvoiceOut).to_representation(self.queryset.get(pk=invoice.pk)), status=201)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[PdfRenderer, SafeJSONRenderer])
    def document(self, request: Request, pk: str) -> Response:
        """The invoice as PDF, in the customer's language."""
        invoice = get_object_or_404(Invoice.objects.select_related("order__customer"), pk=pk)
        with in_language(invoice.order.customer.language):
            return Response(render(papers.invoice(invoice)), content_type="application/pdf")


def _keys(order_id: int, numbers: Collection[str]) -> list[int]:
    """The shipments of these numbers. Raises: InvalidInput when one is none of the order's."""
    found = dict(Shipment.objects.filter(order=order_id, number__in=numbers).values_list("number", "pk"))
    if missing := sorted(set(numbers) - set(found)):
        words = _("The order has no shipment %s.") % missing[0]
        raise InvalidInput(words, field_errors={"shipments": words})
    return list(found.values())
