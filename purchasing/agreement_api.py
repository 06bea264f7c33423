"""Blanket orders over HTTP."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, refuse_wrong_rows, renamed_fields
from core.references import ReferenceField, RowField
from core.serializers import StrictSerializer
from inventory.filters import named_products
from inventory.serializers import LineIn, ProductRef, WarehouseField, resolve_products
from purchasing import services
from purchasing.agreements import lines_with_figures
from purchasing.api import PurchaseOrderViewSet
from purchasing.models import BlanketOrder, BlanketOrderLine, Supplier
from purchasing.serializers import MAX_LINES, PurchaseOrderOut, PurchaseReasonIn, SupplierRef
from purchasing.values import NewBlanketLine, NewBlanketOrder


class BlanketOrderLineOut(serializers.ModelSerializer[BlanketOrderLine]):
    product = ProductRef(source="supplier_item.product")
    price = serializers.DecimalField(source="asked", max_digits=14, decimal_places=4)
    drawn = serializers.IntegerField(help_text="Pieces on purchase orders that draw on it, drafts included.")
    left = serializers.IntegerField(help_text="Below 0: overdrawn.")

    class Meta:
        model = BlanketOrderLine
        fields = ["product", "quantity", "price", "drawn", "left"]


class BlanketOrderOut(serializers.ModelSerializer[BlanketOrder]):
    supplier = SupplierRef()
    lines = BlanketOrderLineOut(many=True)

    class Meta:
        model = BlanketOrder
        fields = [
            "id",
            "number",
            "supplier",
            "reference",
            "currency",
            "starts_on",
            "ends_on",
            "value_limit",
            "status",
            "created_at",
            "lines",
        ]


class NewBlanketLineIn(StrictSerializer):
    """One product of an agreement."""

    product = ReferenceField(help_text="Id, SKU or barcode.")
    price = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=0, help_text="Of a piece, in the supplier's currency."
    )
    quantity = serializers.IntegerField(
        min_value=1,
        max_value=1_000_000_000,
        required=False,
        allow_null=True,
        default=None,
        help_text="Without it the agreement's value is the limit.",
    )


class NewBlanketOrderIn(StrictSerializer):
    """An agreement as wanted."""

    supplier = RowField(Supplier, "code", help_text="Id or code.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="The last day on which its prices count.")
    lines = serializers.ListField(child=NewBlanketLineIn(), min_length=1, max_length=MAX_LINES)
    value_limit = serializers.DecimalField(
        max_digits=16, decimal_places=2, required=False, allow_null=True, default=None
    )
    reference = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class ReleaseIn(StrictSerializer):
    """What to order from an agreement."""

    warehouse = WarehouseField(help_text="Id or code.")
    lines = serializers.ListField(child=LineIn(), min_length=1, max_length=MAX_LINES)
    place = serializers.BooleanField(default=True, help_text="False leaves it a draft.")
    expected_on = serializers.DateField(required=False, allow_null=True, default=None)
    overdraw = serializers.BooleanField(default=False, help_text="True allows more than is left, as agreed anew.")


class BlanketOrderFilter(filters.FilterSet):
    """Agreements by number, supplier, product, status and day."""

    number = filters.CharFilter(label="Number.")
    supplier = filters.CharFilter(field_name="supplier__code", label="Code of the supplier.")
    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    status = filters.ChoiceFilter(choices=BlanketOrder.Status.choices, label="Status.")
    valid_on = filters.DateFilter(method="valid", label="Those whose days include this one.")
    ends_before = filters.DateFilter(field_name="ends_on", lookup_expr="lt", label="Before.")

    class Meta:
        model = BlanketOrder
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[BlanketOrder], name: str, value: str) -> QuerySet[BlanketOrder]:
        """Agreements with a line of one of the products named."""
        lines = BlanketOrderLine.objects.filter(supplier_item__product__in=named_products(value))
        return queryset.filter(pk__in=lines.values("blanket_order"))

    def valid(self, queryset: QuerySet[BlanketOrder], name: str, value: Any) -> QuerySet[BlanketOrder]:
        """Agreements whose days include ``value``."""
        return queryset.filter(starts_on__lte=value, ends_on__gte=value)


class BlanketOrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What suppliers have agreed to sell us at a price in a period, and what is left of it."""

    queryset = BlanketOrder.objects.select_related("supplier").prefetch_related(
        Prefetch("lines", lines_with_figures().select_related("supplier_item__product").order_by("pk"))
    )
    serializer_class = BlanketOrderOut
    filterset_class = BlanketOrderFilter
    permissions = {
        "list": "purchasing.view_blanketorder",
        "retrieve": "purchasing.view_blanketorder",
        "create": "purchasing.add_blanketorder",
        "close": "purchasing.change_blanketorder",
        "release": "purchasing.place_purchaseorder",
    }

    @extend_schema(request=NewBlanketOrderIn, responses={201: BlanketOrderOut})
    def create(self, request: Request) -> Response:
        """Note an agreement; its prices count from its first day."""
        wanted = self.validated(NewBlanketOrderIn)
        lines = [
            NewBlanketLine(product, line["price"], line["quantity"])
            for product, line in zip(resolve_products(wanted["lines"]), wanted["lines"], strict=True)
        ]
        new = NewBlanketOrder(
            supplier_id=wanted["supplier"],
            starts_on=wanted["starts_on"],
            ends_on=wanted["ends_on"],
            lines=lines,
            value_limit=wanted["value_limit"],
            reference=wanted["reference"],
        )
        with renamed_fields({f"lines.{index}.unit_cost": f"lines.{index}.price" for index in range(len(lines))}):
            order = services.add_blanket_order(new)
        return self._answer(order.pk, status=201)

    @extend_schema(request=PurchaseReasonIn, responses={200: BlanketOrderOut})
    @action(methods=["post"], detail=True)
    def close(self, request: Request, pk: str) -> Response:
        """Draw no more on it; what is ordered stays ordered."""
        known = self._known(pk)
        services.close_blanket_order(known, reason=self.validated(PurchaseReasonIn)["reason"])
        return self._answer(known)

    @extend_schema(request=ReleaseIn, responses={201: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def release(self, request: Request, pk: str) -> Response:
        """Order from it at its prices; more than is left is refused unless ``overdraw`` says that it is meant."""
        known, wanted = self._known(pk), self.validated(ReleaseIn)
        products = resolve_products(wanted["lines"])
        lines = BlanketOrderLine.objects.filter(blanket_order=known)
        refuse_wrong_rows("product", products, set(lines.values_list("supplier_item__product", flat=True)))
        order = services.release(
            known,
            {product: line["quantity"] for product, line in zip(products, wanted["lines"], strict=True)},
            warehouse_id=wanted["warehouse"],
            expected_on=wanted["expected_on"],
            place=wanted["place"],
            may_overdraw=wanted["overdraw"],
        )
        made = PurchaseOrderViewSet.queryset.get(pk=order.pk)
        return Response(PurchaseOrderOut(made, context=self.get_serializer_context()).data, status=201)

    def _known(self, pk: str) -> int:
        return get_object_or_404(BlanketOrder.objects.only("pk"), pk=pk).pk

    def _answer(self, order_id: int, status: int = 200) -> Response:
        order = self.queryset.get(pk=order_id)
        return Response(BlanketOrderOut(order, context=self.get_serializer_context()).data, status=status)
