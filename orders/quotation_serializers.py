"""What the API says about quotations, and what it takes."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.serializers import StrictSerializer
from inventory.serializers import ProductRef, WarehouseRef
from orders.checks import MAX_ID
from orders.models import Quotation, QuotationLine
from orders.quotations import quotation_totals
from orders.serializers import ChannelOut, CustomerRef, NewOrderIn


class QuotationLineOut(serializers.ModelSerializer[QuotationLine]):
    line = serializers.IntegerField(source="position", help_text="Number of the line, from 1.")
    product = ProductRef()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="After the line's discount.")

    class Meta:
        model = QuotationLine
        fields = ["line", "product", "quantity", "unit_price", "discount", "tax_rate", "amount", "held"]


class QuotationOut(serializers.ModelSerializer[Quotation]):
    customer = CustomerRef()
    channel = ChannelOut()
    warehouse = WarehouseRef()
    order = serializers.CharField(
        source="order.number", default=None, allow_null=True, help_text="Number of the order that it became."
    )
    order_id = serializers.IntegerField(allow_null=True)
    gross = serializers.SerializerMethodField(help_text="What is to be paid.")
    lines = QuotationLineOut(many=True)

    class Meta:
        model = Quotation
        fields = [
            "id",
            "number",
            "status",
            "customer",
            "channel",
            "warehouse",
            "quoted_at",
            "valid_until",
            "held_until",
            "requested_date",
            "note",
            "discount",
            "freight",
            "gross",
            "decline_reason",
            "order",
            "order_id",
            "lines",
        ]

    @extend_schema_field(serializers.DecimalField(max_digits=20, decimal_places=2))
    def get_gross(self, quotation: Quotation) -> str:
        return str(quotation_totals(quotation, quotation.lines.all()).gross)


class NewQuotationIn(NewOrderIn):
    """A quotation as wanted: an order with days instead of what only an order has."""

    valid_until = serializers.DateField(help_text="Last day on which it can be ordered.")
    held_until = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="Last day on which stock is held; null: none is."
    )
    replaces = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        allow_null=True,
        default=None,
        help_text="Id of the open quotation that this one takes the place of: its hold passes over.",
    )
    allow_backorder = None  # type: ignore[assignment]
    external_reference = None  # type: ignore[assignment]
    release_credit = None  # type: ignore[assignment]
    delivery_address = None  # type: ignore[assignment]
    contact = None  # type: ignore[assignment]


class HoldIn(StrictSerializer):
    """Until when stock is held."""

    held_until = serializers.DateField()


class DeclineIn(StrictSerializer):
    """Why the customer does not want it."""

    reason = serializers.CharField(max_length=200)


class OrderItIn(StrictSerializer):
    """How it is ordered."""

    release_credit = serializers.BooleanField(
        default=False, help_text="Confirm even over the credit limit; needs the permission to release it."
    )
