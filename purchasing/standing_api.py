"""Standing orders over HTTP."""

from datetime import date

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet
from core.references import RowField
from core.serializers import StrictSerializer
from inventory.serializers import LineIn, ProductRef, WarehouseField, WarehouseRef, resolve_products
from purchasing import services
from purchasing.models import StandingOrder, StandingOrderLine, StandingOrderRun, Supplier
from purchasing.models.standing import MAX_EVERY
from purchasing.schedule import coming_days
from purchasing.serializers import MAX_LINES, SupplierRef
from purchasing.values import NewPurchaseLine, NewStandingOrder

DAYS = 6


class StandingOrderLineOut(serializers.ModelSerializer[StandingOrderLine]):
    product = ProductRef(source="supplier_item.product")

    class Meta:
        model = StandingOrderLine
        fields = ["product", "quantity"]


class StandingOrderRunOut(serializers.ModelSerializer[StandingOrderRun]):
    purchase_order = serializers.CharField(source="purchase_order.number")

    class Meta:
        model = StandingOrderRun
        fields = ["due_on", "purchase_order"]


class StandingOrderOut(serializers.ModelSerializer[StandingOrder]):
    supplier = SupplierRef()
    warehouse = WarehouseRef()
    lines = StandingOrderLineOut(many=True)
    runs = StandingOrderRunOut(many=True, help_text="The purchase orders made, newest first.")
    next_days = serializers.SerializerMethodField(help_text="The next days on which an order is due.")

    class Meta:
        model = StandingOrder
        fields = [
            "id",
            "number",
            "supplier",
            "warehouse",
            "every",
            "unit",
            "starts_on",
            "ends_on",
            "approval",
            "status",
            "problem",
            "created_at",
            "next_days",
            "lines",
            "runs",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DateField()))
    def get_next_days(self, order: StandingOrder) -> list[date]:
        if order.status != StandingOrder.Status.ACTIVE or order.next_on is None:
            return []
        schedule = (order.starts_on, order.every, order.unit, order.ends_on)
        return coming_days(*schedule, since=order.next_on, limit=DAYS)


class NewStandingOrderIn(StrictSerializer):
    """A standing order as wanted."""

    supplier = RowField(Supplier, "code", help_text="Id or code.")
    warehouse = WarehouseField(help_text="Id or code.")
    lines = serializers.ListField(child=LineIn(), min_length=1, max_length=MAX_LINES)
    starts_on = serializers.DateField(help_text="The first order; the others fall on the same day of week or month.")
    every = serializers.IntegerField(min_value=1, max_value=MAX_EVERY, default=1)
    unit = serializers.ChoiceField(StandingOrder.Unit.choices, default=StandingOrder.Unit.WEEK)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="No order after it.")
    approval = serializers.ChoiceField(
        StandingOrder.Approval.choices,
        default=StandingOrder.Approval.DRAFT,
        help_text="Whether each order is a draft, or placed where the buying rules allow it.",
    )


class StandingOrderFilter(filters.FilterSet):
    """Standing orders by number, supplier and status."""

    number = filters.CharFilter(label="Number.")
    supplier = filters.CharFilter(field_name="supplier__code", label="Code of the supplier.")
    status = filters.ChoiceFilter(choices=StandingOrder.Status.choices, label="Status.")

    class Meta:
        model = StandingOrder
        fields: list[str] = []


class StandingOrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What is ordered from a supplier again and again."""

    queryset = StandingOrder.objects.select_related("supplier", "warehouse").prefetch_related(
        Prefetch("lines", StandingOrderLine.objects.select_related("supplier_item__product").order_by("pk")),
        Prefetch("runs", StandingOrderRun.objects.select_related("purchase_order").order_by("-due_on")),
    )
    serializer_class = StandingOrderOut
    filterset_class = StandingOrderFilter
    permissions = {
        "list": "purchasing.view_standingorder",
        "retrieve": "purchasing.view_standingorder",
        "create": "purchasing.add_standingorder",
        "pause": "purchasing.change_standingorder",
        "resume": "purchasing.change_standingorder",
        "end": "purchasing.change_standingorder",
    }

    @extend_schema(request=NewStandingOrderIn, responses={201: StandingOrderOut})
    def create(self, request: Request) -> Response:
        """Have the same goods ordered on every due day."""
        wanted = self.validated(NewStandingOrderIn)
        lines = [
            NewPurchaseLine(product, line["quantity"])
            for product, line in zip(resolve_products(wanted["lines"]), wanted["lines"], strict=True)
        ]
        order = services.add_standing_order(
            NewStandingOrder(
                wanted["supplier"],
                wanted["warehouse"],
                lines,
                starts_on=wanted["starts_on"],
                every=wanted["every"],
                unit=wanted["unit"],
                ends_on=wanted["ends_on"],
                approval=wanted["approval"],
            )
        )
        return self._answer(order.pk, status=201)

    @extend_schema(request=None, responses={200: StandingOrderOut})
    @action(methods=["post"], detail=True)
    def pause(self, request: Request, pk: str) -> Response:
        """Make no orders until it is resumed."""
        return self._answer(services.pause_standing_order(self._known(pk)).pk)

    @extend_schema(request=None, responses={200: StandingOrderOut})
    @action(methods=["post"], detail=True)
    def resume(self, request: Request, pk: str) -> Response:
        """Go on with the next due day; those of the pause are left out."""
        return self._answer(services.resume_standing_order(self._known(pk)).pk)

    @extend_schema(request=None, responses={200: StandingOrderOut})
    @action(methods=["post"], detail=True)
    def end(self, request: Request, pk: str) -> Response:
        """Make no orders any more."""
        return self._answer(services.end_standing_order(self._known(pk)).pk)

    def _known(self, pk: str) -> int:
        return get_object_or_404(StandingOrder.objects.only("pk"), pk=pk).pk

    def _answer(self, order_id: int, status: int = 200) -> Response:
        order = self.queryset.get(pk=order_id)
        return Response(StandingOrderOut(order, context=self.get_serializer_context()).data, status=status)
