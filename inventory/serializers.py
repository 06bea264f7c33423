"""What the API says about products and stock, and what it takes."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from core.references import Reference, ReferenceField, RowField, resolve
from core.serializers import StrictSerializer
from inventory.models import Product, StockLevel, StockMove, Transfer, TransferLine, Warehouse
from inventory.services import MAX_QUANTITY

MAX_LINES = 10_000
PRODUCT_KEYS = ("sku_upper", "barcode")


class WarehouseField(RowField):
    """A warehouse by id or code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Warehouse, "code", **kwargs)


class ProductField(RowField):
    """One product by id, SKU (any case) or barcode. For many at once see ``resolve_products``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Product, *PRODUCT_KEYS, **kwargs)


def resolve_products(lines: Sequence[dict[str, Any]], name: str = "lines") -> list[int]:
    """The product of each line, in one query; raises a ValidationError that names every ``<name>.N`` without one."""
    references: list[Reference] = [line["product"] for line in lines]
    found = resolve(Product, PRODUCT_KEYS, references)
    wrong = {
        f"{name}.{index}.product": [_("There is no such product: %s.") % reference]
        for index, reference in enumerate(references)
        if reference not in found
    }
    if wrong:
        raise serializers.ValidationError(wrong)
    return [found[reference] for reference in references]


class LineIn(StrictSerializer):
    """A product and pieces of it."""

    product = ReferenceField(help_text="Id, SKU or barcode.")
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class ProductRef(serializers.ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = ["id", "sku", "name"]


class WarehouseRef(serializers.ModelSerializer[Warehouse]):
    class Meta:
        model = Warehouse
        fields = ["id", "code", "name"]


class ProductOut(serializers.ModelSerializer[Product]):
    category = serializers.CharField(source="category.name", default=None, allow_null=True, read_only=True)

    class Meta:
        model = Product
        fields = ["id", "sku", "name", "barcode", "category", "unit", "price", "tax_rate", "is_active", "created_at"]


class WarehouseOut(serializers.ModelSerializer[Warehouse]):
    class Meta:
        model = Warehouse
        fields = ["id", "code", "name", "address", "is_active"]


class MarginSerializer(serializers.ModelSerializer[Any]):
    """Fields in ``Meta.costs`` are null for users who may not see cost and margin."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        data = super().to_representation(instance)
        if not self.context["request"].user.has_perm("inventory.view_margin"):
            data |= dict.fromkeys(self.Meta.costs)  # type: ignore[attr-defined]
        return data


class StockLevelOut(MarginSerializer):
    product = ProductRef()
    warehouse = WarehouseRef()
    value = serializers.DecimalField(
        max_digits=16, decimal_places=2, allow_null=True, help_text="Null without the permission to see costs."
    )

    class Meta:
        model = StockLevel
        fields = ["id", "product", "warehouse", "on_hand", "reserved", "available", "value"]
        costs = ["value"]


class StockMoveOut(MarginSerializer):
    product = ProductRef(source="stock_level.product")
    warehouse = WarehouseRef(source="stock_level.warehouse")
    value = serializers.DecimalField(
        max_digits=16, decimal_places=2, allow_null=True, help_text="Null without the permission to see costs."
    )

    class Meta:
        model = StockMove
        fields = [
            "id",
            "product",
            "warehouse",
            "kind",
            "quantity",
            "value",
            "document",
            "reason",
            "effective_at",
            "recorded_at",
        ]
        costs = ["value"]


class AdjustmentIn(StrictSerializer):
    """A correction of the stock of one product in one warehouse."""

    product = ProductField(help_text="Id, SKU or barcode.")
    warehouse = WarehouseField(help_text="Id or code.")
    difference = serializers.IntegerField(
        min_value=-MAX_QUANTITY, max_value=MAX_QUANTITY, help_text="Pieces more (+) or fewer (-) than the books say."
    )
    reason = serializers.CharField(max_length=200)
    unit_cost = serializers.DecimalField(
        max_digits=14,
        decimal_places=4,
        min_value=0,
        required=False,
        allow_null=True,
        default=None,
        help_text="What a found piece is worth; without it the average cost.",
    )
    document = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    lot = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        default="",
        help_text="Number of the lot whose pieces they are.",
    )


class TransferLineOut(MarginSerializer):
    product = ProductRef()
    in_transit = serializers.IntegerField(source="open", help_text="Pieces sent that are neither there nor missing.")
    cost = serializers.DecimalField(
        max_digits=16,
        decimal_places=2,
        allow_null=True,
        help_text="What the pieces sent were worth at the source. Null without the permission to see costs.",
    )

    class Meta:
        model = TransferLine
        fields = ["product", "requested", "sent", "received", "lost", "in_transit", "cost"]
        costs = ["cost"]


class TransferOut(serializers.ModelSerializer[Transfer]):
    source = WarehouseRef()  # type: ignore[assignment]
    destination = WarehouseRef()
    is_estimated = serializers.BooleanField(
        source="is_reckoned", help_text="Whether nobody named the day expected: it is what such transfers take."
    )
    lines = TransferLineOut(many=True)

    class Meta:
        model = Transfer
        fields = [
            "id",
            "number",
            "status",
            "source",
            "destination",
            "expected_on",
            "is_estimated",
            "sent_at",
            "arrived_at",
            "reason",
            "created_at",
            "lines",
        ]


class NewTransferIn(StrictSerializer):
    """A transfer as wanted."""

    source = WarehouseField(help_text="Id or code.")  # type: ignore[assignment]
    destination = WarehouseField(help_text="Id or code.")
    expected_on = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The day the destination counts on the pieces; without it, the days that such transfers take.",
    )
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    lines = serializers.ListField(child=LineIn(), min_length=1, max_length=MAX_LINES)


class MovedLineIn(StrictSerializer):
    """Pieces of one product that leave or arrive."""

    product = ReferenceField(help_text="Id, SKU or barcode.")
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY)


class MoveTransferIn(StrictSerializer):
    """What leaves or arrives; without lines all that was requested, or all that is in transit."""

    lines = serializers.ListField(child=MovedLineIn(), min_length=1, max_length=MAX_LINES, required=False)


class TransferReasonIn(StrictSerializer):
    """Why a transfer is cancelled, or closed with differences."""

    reason = serializers.CharField(max_length=200)
