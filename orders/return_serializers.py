"""What the API says about returns that are agreed, and what it takes."""

from rest_framework import serializers

from core.serializers import StrictSerializer
from inventory.serializers import ProductRef
from inventory.services import MAX_QUANTITY
from orders.checks import MAX_ID, MAX_LINES
from orders.models import Return, ReturnAuthorization, ReturnAuthorizationLine
from orders.serializers import OrderRef


class ReturnAuthorizationLineOut(serializers.ModelSerializer[ReturnAuthorizationLine]):
    line = serializers.IntegerField(source="position", help_text="Number of the line of this return, from 1.")
    order_line = serializers.IntegerField(source="shipment_line.line.position", help_text="Number of the order's line.")
    shipment = serializers.CharField(source="shipment_line.shipment.number")
    product = ProductRef(source="shipment_line.line.product")

    class Meta:
        model = ReturnAuthorizationLine
        fields = ["line", "order_line", "shipment", "product", "quantity", "received", "inspected"]


class ReturnAuthorizationOut(serializers.ModelSerializer[ReturnAuthorization]):
    order = OrderRef()
    credit_notes: serializers.SlugRelatedField[Return] = serializers.SlugRelatedField(
        source="returns", slug_field="number", many=True, read_only=True
    )
    lines = ReturnAuthorizationLineOut(many=True)

    class Meta:
        model = ReturnAuthorization
        fields = ["id", "number", "status", "order", "authorized_at", "valid_until", "reason", "credit_notes", "lines"]


def _pieces(help_text: str, **options: int) -> serializers.IntegerField:
    return serializers.IntegerField(max_value=MAX_QUANTITY, help_text=help_text, **options)  # type: ignore[arg-type]


class ReturnLineIn(StrictSerializer):
    """Pieces of one line."""

    line = serializers.IntegerField(min_value=1, max_value=MAX_LINES, help_text="Number of the line.")
    quantity = _pieces("Pieces.", min_value=1)


class AuthorizeIn(StrictSerializer):
    """What may come back."""

    order = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Id of the order.")
    valid_until = serializers.DateField(help_text="Last day on which it may come.")
    reason = serializers.CharField(max_length=200)
    lines = serializers.ListField(child=ReturnLineIn(), min_length=1, max_length=MAX_LINES)


class ReceiveReturnIn(StrictSerializer):
    """What came, by the lines of the return."""

    lines = serializers.ListField(child=ReturnLineIn(), min_length=1, max_length=MAX_LINES)


class LotBackIn(StrictSerializer):
    """Pieces of one lot."""

    lot = serializers.CharField(max_length=60, allow_blank=True, help_text="Lot number; empty: of no lot.")
    quantity = _pieces("Pieces.", min_value=1)


class InspectLineIn(StrictSerializer):
    """What was found of one line."""

    line = serializers.IntegerField(min_value=1, max_value=MAX_LINES, help_text="Number of the line.")
    fit = _pieces("Pieces that go into stock.", min_value=0)
    scrap = _pieces("Pieces fit for nothing.", min_value=0, default=0)
    lots = serializers.ListField(
        child=LotBackIn(),
        max_length=MAX_LINES,
        required=False,
        default=list,
        help_text="Of which lots the fit pieces are. Left out: the only lot that left, else of no lot.",
    )


class InspectIn(StrictSerializer):
    """What was found of everything that came."""

    lines = serializers.ListField(child=InspectLineIn(), min_length=1, max_length=MAX_LINES)


class CloseReturnIn(StrictSerializer):
    """Why nothing more will come."""

    reason = serializers.CharField(max_length=200)
