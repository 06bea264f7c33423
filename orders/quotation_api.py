"""Quotations over HTTP."""

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, kept
from core.pdf import in_language, render
from core.renderers import PdfRenderer, SafeJSONRenderer
from orders import papers, services
from orders.api import OrderViewSet
from orders.credit import RELEASE
from orders.filters import QuotationFilter
from orders.models import Quotation, QuotationLine
from orders.naming import checked, named, new_order
from orders.quotation_serializers import DeclineIn, HoldIn, NewQuotationIn, OrderItIn, QuotationOut
from orders.serializers import OrderOut
from orders.values import NewQuotation


class QuotationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Prices offered until a day; stock may be held for them for a time."""

    queryset = Quotation.objects.select_related("customer", "channel", "warehouse", "order").prefetch_related(
        Prefetch("lines", QuotationLine.objects.select_related("product").order_by("position"))
    )
    serializer_class = QuotationOut
    filterset_class = QuotationFilter
    permissions = {
        "list": "orders.view_quotation",
        "retrieve": "orders.view_quotation",
        "create": "orders.add_quotation",
        "hold": "orders.change_quotation",
        "let_go": "orders.change_quotation",
        "decline": "orders.change_quotation",
        "order": "orders.confirm_order",
        "document": "orders.view_quotation",
    }

    @extend_schema(request=NewQuotationIn, responses={201: QuotationOut})
    def create(self, request: Request) -> Response:
        """Offer prices until a day; with held_until, what is there is held until the end of that day."""
        wanted = checked(NewQuotationIn, request.data)
        order = new_order(wanted, named([wanted]))
        quotation = services.make_quotation(
            NewQuotation(order, wanted["valid_until"], wanted["held_until"], wanted["replaces"])
        )
        return self._answer(quotation.pk, status=201)

    @extend_schema(request=HoldIn, responses={200: QuotationOut})
    @action(methods=["post"], detail=True)
    def hold(self, request: Request, pk: str) -> Response:
        """Hold stock until the end of a day, longer or anew: whatever is there now."""
        key = self._key(pk)
        services.hold_quotation(key, self.validated(HoldIn)["held_until"])
        return self._answer(key)

    @extend_schema(request=None, responses={200: QuotationOut})
    @action(methods=["post"], detail=True, url_path="let-go")
    def let_go(self, request: Request, pk: str) -> Response:
        """Give back what is held; the quotation stays open."""
        key = self._key(pk)
        services.let_go_of_quotation(key)
        return self._answer(key)

    @extend_schema(request=DeclineIn, responses={200: QuotationOut})
    @action(methods=["post"], detail=True)
    def decline(self, request: Request, pk: str) -> Response:
        """Close it because the customer does not want it; what it holds is free at once."""
        key = self._key(pk)
        services.decline_quotation(key, self.validated(DeclineIn)["reason"])
        return self._answer(key)

    @extend_schema(request=OrderItIn, responses={201: OrderOut})
    @action(methods=["post"], detail=True)
    def order(self, request: Request, pk: str) -> Response:
        """Make an order of it at the prices offered; what it holds passes over, the rest is reserved or waits."""
        key = self._key(pk)
        wanted = self.validated(OrderItIn)
        if wanted["release_credit"] and not request.user.has_perm(RELEASE):
            raise PermissionDenied
        order = services.order_quotation(key, release_credit=wanted["release_credit"])
        fresh = OrderViewSet.queryset.get(pk=order.pk)
        return Response(kept(OrderOut).to_representation(fresh), status=201)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[PdfRenderer, SafeJSONRenderer])
    def document(self, request: Request, pk: str) -> Response:
        """The quotation as PDF, in the customer's language."""
        quotation = get_object_or_404(Quotation.objects.select_related("customer"), pk=pk)
        with in_language(quotation.customer.language):
            return Response(render(papers.quotation(quotation)), content_type="application/pdf")

    def _key(self, pk: str) -> int:
        return get_object_or_404(Quotation.objects.only("pk"), pk=pk).pk

    def _answer(self, key: int, status: int = 200) -> Response:
        return Response(kept(QuotationOut).to_representation(self.queryset.get(pk=key)), status=status)
