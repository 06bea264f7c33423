"""What the API says about suppliers, purchase orders and suggestions, and what it takes."""

from decimal import Decimal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import ZERO, to_cents
from core.references import ReferenceField, RowField
from core.serializers import StrictSerializer
from inventory.serializers import LineIn, ProductRef, WarehouseField, WarehouseRef
from inventory.services import MAX_QUANTITY
from purchasing.models import (
    BuyingOverride,
    ExchangeRate,
    GoodsReceipt,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderSuggestion,
    Supplier,
)

MAX_LINES = 10_000


class SupplierRef(serializers.ModelSerializer[Supplier]):
    class Meta:
        model = Supplier
        fields = ["id", "code", "name"]


class SupplierOut(serializers.ModelSerializer[Supplier]):
    class Meta:
        model = Supplier
        fields = ["id", "code", "name", "email", "phone", "currency", "lead_time_days", "order_cost", "is_active"]


class ExchangeRateOut(serializers.ModelSerializer[ExchangeRate]):
    class Meta:
        model = ExchangeRate
        fields = ["id", "currency", "valid_from", "rate"]


class ExchangeRateIn(StrictSerializer):
    """What one unit of a currency is worth in the company's, from a day on; one of the same day is replaced."""

    currency = serializers.RegexField("^[A-Z]{3}$", help_text="Three capital letters, as USD.")
    valid_from = serializers.DateField()
    rate = serializers.DecimalField(max_digits=16, decimal_places=8, min_value=Decimal("0.00000001"))


class PurchaseOrderLineOut(serializers.ModelSerializer[PurchaseOrderLine]):
    product = ProductRef()
    blanket_order = serializers.CharField(
        source="blanket_line.blanket_order.number",
        default=None,
        allow_null=True,
        help_text="The agreement whose price it has.",
    )

    class Meta:
        model = PurchaseOrderLine
        fields = ["product", "quantity", "received", "unit_cost", "price", "expected_on", "blanket_order"]


class PurchaseOrderOut(serializers.ModelSerializer[PurchaseOrder]):
    """Costs are what the supplier asks for: whoever may see the order may see them."""

    supplier = SupplierRef()
    warehouse = WarehouseRef()
    total = serializers.SerializerMethodField()
    lines = PurchaseOrderLineOut(many=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id",
            "number",
            "status",
            "supplier",
            "warehouse",
            "ordered_at",
            "expected_on",
            "confirmed_at",
            "supplier_reference",
            "currency",
            "rate",
            "order_cost",
            "created_at",
            "total",
            "lines",
        ]

    @extend_schema_field(serializers.DecimalField(max_digits=22, decimal_places=2))
    def get_total(self, order: PurchaseOrder) -> str:
        return str(sum((to_cents(line.quantity * line.unit_cost) for line in order.lines.all()), ZERO))


class NewPurchaseLineIn(LineIn):
    """One line as wanted."""

    unit_cost = serializers.DecimalField(
        max_digits=14,
        decimal_places=4,
        min_value=0,
        required=False,
        allow_null=True,
        default=None,
        help_text="In the supplier's currency. Without it what is agreed with the supplier.",
    )


class NewPurchaseOrderIn(StrictSerializer):
    """A purchase order as wanted."""

    supplier = RowField(Supplier, "code", help_text="Id or code.")
    warehouse = WarehouseField(help_text="Id or code.")
    lines = serializers.ListField(child=NewPurchaseLineIn(), min_length=1, max_length=MAX_LINES)
    place = serializers.BooleanField(default=True, help_text="False leaves it a draft.")
    expected_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="Without it the supplier's lead time counts."
    )


class CancelPurchaseIn(StrictSerializer):
    """Why a purchase order is cancelled."""

    reason = serializers.CharField(max_length=200)


class PurchaseReasonIn(StrictSerializer):
    """Why approval is refused, or why no more is expected."""

    reason = serializers.CharField(max_length=200)


class ConfirmedLineIn(StrictSerializer):
    """The day on which the supplier delivers one product."""

    product = ReferenceField(help_text="Id, SKU or barcode.")
    date = serializers.DateField(help_text="Not before the day of the order.")


class ConfirmIn(StrictSerializer):
    """What the supplier confirmed."""

    lines = serializers.ListField(
        child=ConfirmedLineIn(), max_length=MAX_LINES, required=False, default=list, help_text="Lines with a new day."
    )
    reference = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default="", help_text="The supplier's own number."
    )


class RescheduleIn(StrictSerializer):
    """The day on which all that is open comes."""

    expected_on = serializers.DateField()


class ReceiveLineIn(StrictSerializer):
    """Pieces of one product that arrived."""

    product = ReferenceField(help_text="Id, SKU or barcode.")
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY)
    lot = serializers.CharField(
        max_length=60, required=False, help_text="Lot number; needed for a product that is received by lot."
    )
    expires_on = serializers.DateField(required=False, allow_null=True, help_text="The last day it may be shipped on.")


class ReceiveIn(StrictSerializer):
    """What arrived; without lines everything still expected."""

    lines = serializers.ListField(child=ReceiveLineIn(), min_length=1, max_length=MAX_LINES, required=False)


class GoodsReceiptOut(serializers.ModelSerializer[GoodsReceipt]):
    purchase_order = PurchaseOrderOut()

    class Meta:
        model = GoodsReceipt
        fields = ["id", "number", "received_at", "purchase_order"]


class ReorderSuggestionOut(serializers.ModelSerializer[ReorderSuggestion]):
    product = ProductRef()
    warehouse = WarehouseRef()
    supplier = SupplierRef(source="supplier_item.supplier", default=None, allow_null=True)
    unit_cost = serializers.DecimalField(
        source="supplier_item.unit_cost", max_digits=14, decimal_places=4, default=None, allow_null=True
    )
    inputs = serializers.DictField(help_text="Everything the quantity was computed from.")
    purchase_order = serializers.CharField(
        source="purchase_order_line.purchase_order.number", default=None, allow_null=True
    )

    class Meta:
        model = ReorderSuggestion
        fields = [
            "id",
            "product",
            "warehouse",
            "supplier",
            "quantity",
            "unit_cost",
            "status",
            "inputs",
            "purchase_order",
            "created_at",
            "updated_at",
        ]


class ApprovalIn(StrictSerializer):
    """One suggestion to buy."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    quantity = serializers.IntegerField(
        min_value=1, max_value=MAX_QUANTITY, required=False, help_text="Without it the quantity suggested."
    )


class ApproveIn(StrictSerializer):
    """Suggestions to turn into purchase orders; all or nothing."""

    lines = serializers.ListField(child=ApprovalIn(), min_length=1, max_length=MAX_LINES)
    place = serializers.BooleanField(default=True, help_text="False leaves drafts.")
    reason = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why another quantity than suggested is bought; needed when one is.",
    )
    cause = serializers.ChoiceField(
        BuyingOverride.Cause.choices,
        default=BuyingOverride.Cause.OTHER,
        help_text="The kind of reason, for its report.",
    )


class DismissIn(StrictSerializer):
    """Why a suggestion is not followed."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ApprovedOut(serializers.Serializer[object]):
    purchase_orders = PurchaseOrderOut(many=True)
