"""Customers, channels, orders, shipments and availability over HTTP."""

from collections import Counter
from dataclasses import fields
from typing import Any

from django.db.models import Prefetch, Sum
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, kept, refuse_wrong_rows, renamed_fields
from core.pdf import in_language, render
from core.renderers import PdfRenderer, SafeJSONRenderer
from inventory.models import Product, Warehouse
from inventory.serializers import resolve_products
from orders import papers, services
from orders.answers import as_read
from orders.availability import product_availability
from orders.availability_serializers import AvailabilityOut
from orders.bulk import take_orders
from orders.contact_serializers import CustomerOut
from orders.credit import RELEASE
from orders.filters import AvailabilityFilter, ChannelFilter, CustomerFilter, OrderFilter, ShipmentFilter
from orders.models import Channel, Contact, Customer, DeliveryAddress, Order, OrderLine, Shipment, ShipmentLine
from orders.naming import checked, named, new_order
from orders.serializers import (
    BulkIn,
    BulkOut,
    BulkShape,
    CancelIn,
    ChangeIn,
    ChannelOut,
    NewOrderIn,
    OrderOut,
    ShipIn,
    ShipmentOut,
    SplitIn,
)
from orders.services.steps import newest_step
from orders.values import NewDetails, NewLine, NewQuantity, NewShipment, NewSplit, OrderChange, ShortClose


def new_lines(lines: list[dict[str, Any]], name: str) -> list[NewLine]:
    """The lines that a request names, with the products looked up."""
    products = resolve_products(lines, name)
    return [
        NewLine(p, line["quantity"], line["unit_price"], line["discount"])
        for p, line in zip(products, lines, strict=True)
    ]


class ChannelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Where orders come from."""

    queryset = Channel.objects.all()
    serializer_class = ChannelOut
    filterset_class = ChannelFilter
    permissions = {"list": "orders.view_channel", "retrieve": "orders.view_channel"}


class CustomerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Who buys."""

    queryset = Customer.objects.prefetch_related(
        Prefetch("contacts", Contact.objects.filter(is_active=True)),
        Prefetch("delivery_addresses", DeliveryAddress.objects.filter(is_active=True)),
    )
    serializer_class = CustomerOut
    filterset_class = CustomerFilter
    permissions = {"list": "orders.view_customer", "retrieve": "orders.view_customer"}


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Sales orders with their lines. Stock is reserved before the answer to a new order is given."""

    queryset = (
        Order.objects.select_related("customer", "channel", "warehouse")
        .annotate(step=newest_step())
        .prefetch_related(
            Prefetch(
                "lines",
                OrderLine.objects.select_related("product")
                .annotate(reserved=Coalesce(Sum("allocations__reservation__quantity"), 0))
                .order_by("position"),
            )
        )
    )
    serializer_class = OrderOut
    filterset_class = OrderFilter
    permissions = {
        "list": "orders.view_order",
        "retrieve": "orders.view_order",
        "create": "orders.confirm_order",
        "bulk": "orders.confirm_order",
        "change": "orders.change_order",
        "split": "orders.change_order",
        "confirmation": "orders.view_order",
        "cancel": "orders.cancel_order",
        "ship": "orders.ship_order",
    }

    @extend_schema(request=NewOrderIn, responses={201: OrderOut})
    def create(self, request: Request) -> Response:
        """Confirm an order: what is there is reserved, the rest waits (or all is refused, see allow_backorder)."""
        wanted = checked(NewOrderIn, request.data)
        names = named([wanted])
        outcome = services.take_order(new_order(wanted, names, release_credit=self._may_release(wanted)))
        assert outcome.order is not None
        if outcome.repeated:
            return self._order(outcome.order.pk, status=201)
        return Response(kept(OrderOut).to_representation(as_read(outcome, names)), status=201)

    @extend_schema(request=BulkShape, responses={200: BulkOut})
    @action(methods=["post"], detail=False)
    def bulk(self, request: Request) -> Response:
        """Confirm up to 1,000 orders: each is created, repeated or refused by itself, and has its own result."""
        results = take_orders(self.validated(BulkIn)["orders"])
        counts = Counter(result["outcome"] for result in results)
        return Response(
            {outcome: counts[outcome] for outcome in ("created", "repeated", "refused")} | {"results": results}
        )

    @extend_schema(request=ChangeIn, responses={200: OrderOut})
    @action(methods=["post"], detail=True)
    def change(self, request: Request, pk: str) -> Response:
        """Change quantities, add lines or close lines short; what is given up is free at once."""
        order_id = get_object_or_404(Order.objects.only("pk"), pk=pk).pk
        wanted = self.validated(ChangeIn)
        details = {field.name: wanted[field.name] for field in fields(NewDetails)}
        services.change_order(
            OrderChange(
                order_id,
                quantities=[NewQuantity(line["line"], line["quantity"]) for line in wanted["lines"]],
                added=new_lines(wanted["add"], "add"),
                closed=[ShortClose(line["line"], line["reason"]) for line in wanted["close"]],
                allow_backorder=wanted["allow_backorder"],
                seen=wanted["seen"],
                release_credit=self._may_release(wanted),
                details=NewDetails(**details) if any(value is not None for value in details.values()) else None,
            )
        )
        return self._order(order_id)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[PdfRenderer, SafeJSONRenderer])
    def confirmation(self, request: Request, pk: str) -> Response:
        """The order confirmation as PDF, in the customer's language."""
        order = get_object_or_404(Order.objects.select_related("customer"), pk=pk)
        with in_language(order.customer.language):
            return Response(render(papers.order_confirmation(order)), content_type="application/pdf")

    @extend_schema(request=SplitIn, responses={201: OrderOut})
    @action(methods=["post"], detail=True)
    def split(self, request: Request, pk: str) -> Response:
        """Make an order of its own from open pieces, with the stock that they hold; answers with the new order."""
        order_id = get_object_or_404(Order.objects.only("pk"), pk=pk).pk
        wanted = self.validated(SplitIn)
        numbers = [line["line"] for line in wanted["lines"]]
        known = OrderLine.objects.filter(order=order_id).values_list("position", flat=True)
        refuse_wrong_rows("line", numbers, set(known))
        names = {f"lines.{number}.quantity": f"lines.{i}.quantity" for i, number in enumerate(numbers)}
        quantities = {line["line"]: line["quantity"] for line in wanted["lines"]}
        with renamed_fields(names):
            part = services.split_order(NewSplit(order_id, quantities, wanted["requested_date"], wanted["seen"]))
        return self._order(part.pk, status=201)

    @extend_schema(request=CancelIn, responses={200: OrderOut})
    @action(methods=["post"], detail=True)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel what has not shipped yet; its stock is free at once."""
        order_id = get_object_or_404(Order.objects.only("pk"), pk=pk).pk
        wanted = self.validated(CancelIn)
        services.cancel_order(order_id, reason=wanted["reason"], seen=wanted["seen"])
        return self._order(order_id)

    @extend_schema(request=ShipIn, responses={201: ShipmentOut})
    @action(methods=["post"], detail=True)
    def ship(self, request: Request, pk: str) -> Response:
        """Ship reserved pieces, all of them or the lines given."""
        order_id = get_object_or_404(Order.objects.only("pk"), pk=pk).pk
        wanted = self.validated(ShipIn)
        quantities, names = self._ship_quantities(order_id, wanted.get("lines"))
        with renamed_fields(names):
            shipment = services.ship_order(NewShipment(order_id, quantities, tracking=wanted["tracking"]))
        fresh = ShipmentViewSet.queryset.get(pk=shipment.pk)
        return Response(ShipmentOut(fresh, context=self.get_serializer_context()).data, status=201)

    def _may_release(self, wanted: dict[str, Any]) -> bool:
        if wanted["release_credit"] and not self.request.user.has_perm(RELEASE):
            raise PermissionDenied
        return bool(wanted["release_credit"])

    def _ship_quantities(
        self, order_id: int, lines: list[dict[str, int]] | None
    ) -> tuple[dict[int, int] | None, dict[str, str]]:
        """Pieces by line id, and the request's name for each of the service's field names."""
        if lines is None:
            return None, {}
        ids = dict(OrderLine.objects.filter(order=order_id).values_list("position", "pk"))
        numbers = [line["line"] for line in lines]
        refuse_wrong_rows("line", numbers, ids)
        names = {f"lines.{number}.quantity": f"lines.{i}.quantity" for i, number in enumerate(numbers)}
        return {ids[line["line"]]: line["quantity"] for line in lines}, names

    def _order(self, order_id: int, status: int = 200) -> Response:
        order = self.queryset.get(pk=order_id)
        return Response(kept(OrderOut).to_representation(order), status=status)


class ShipmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Goods that left, with the cost fixed when they left."""

    queryset = Shipment.objects.select_related("order", "warehouse").prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("line__product").order_by("pk"))
    )
    serializer_class = ShipmentOut
    filterset_class = ShipmentFilter
    permissions = {
        "list": "orders.view_shipment",
        "retrieve": "orders.view_shipment",
        "delivery_note": "orders.view_shipment",
    }

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, url_path="delivery-note", renderer_classes=[PdfRenderer, SafeJSONRenderer])
    def delivery_note(self, request: Request, pk: str) -> Response:
        """The delivery note as PDF, in the customer's language, without prices."""
        shipment = get_object_or_404(Shipment.objects.select_related("order__customer", "warehouse"), pk=pk)
        with in_language(shipment.order.customer.language):
            return Response(render(papers.delivery_note(shipment)), content_type="application/pdf")


class AvailabilityViewSet(ApiViewSet):
    """What can be promised, by product and warehouse."""

    queryset = Product.objects.filter(is_active=True)
    serializer_class = AvailabilityOut
    filterset_class = AvailabilityFilter
    permissions = {"list": "inventory.view_stocklevel"}

    @extend_schema(responses=AvailabilityOut(many=True))
    def list(self, request: Request) -> Response:
        """Stock, supply on the way and a promise for a quantity: the same answer that the order desk shows."""
        page: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        quantity = int(request.query_params.get("quantity") or 1)
        code = request.query_params.get("warehouse")
        warehouses = Warehouse.objects.filter(is_active=True, **({"code": code} if code else {}))
        if code and not warehouses:
            raise ValidationError({"warehouse": [_("There is no such warehouse.")]})
        rows = product_availability(page, list(warehouses), quantity)
        return self.get_paginated_response(AvailabilityOut(rows, many=True).data)
