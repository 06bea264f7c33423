"""What the API says about customers, orders, shipments and availability, and what it takes."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.references import ReferenceField
from core.serializers import StrictSerializer
from inventory.serializers import LineIn, MarginSerializer, ProductRef, WarehouseRef
from inventory.services import MAX_QUANTITY
from orders.checks import MAX_ID, MAX_LINES, MAX_PRICE
from orders.contact_serializers import PlaceField
from orders.models import DELIVERY, Channel, Customer, Order, OrderLine, Shipment, ShipmentLine
from orders.selectors import order_totals


class ChannelOut(serializers.ModelSerializer[Channel]):
    class Meta:
        model = Channel
        fields = ["id", "code", "name"]


class CustomerRef(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ["id", "code", "name"]


class OrderLineOut(serializers.ModelSerializer[OrderLine]):
    line = serializers.IntegerField(source="position", help_text="Number of the line, from 1.")
    product = ProductRef()
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=2, help_text="What is not cancelled, after the line's discount."
    )
    reserved = serializers.IntegerField(help_text="Pieces held in stock for this line.")
    waiting = serializers.SerializerMethodField(help_text="Open pieces that no stock is held for.")

    class Meta:
        model = OrderLine
        fields = [
            "line",
            "product",
            "quantity",
            "unit_price",
            "discount",
            "tax_rate",
            "amount",
            "reserved",
            "waiting",
            "shipped",
            "cancelled",
            "returned",
            "promised_date",
        ]

    def get_waiting(self, line: OrderLine) -> int:
        return line.open_quantity - line.reserved  # type: ignore[attr-defined]  # annotated by OrderViewSet.queryset


def _amount(name: str, help_text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=20, decimal_places=2, read_only=True, source=f"totals.{name}", help_text=help_text
    )


class OrderOut(serializers.ModelSerializer[Order]):
    customer = CustomerRef()
    channel = ChannelOut()
    warehouse = WarehouseRef()
    step = serializers.IntegerField(
        allow_null=True, help_text="Key of the last step; sent back as seen, a change by somebody else is a 409."
    )
    total = _amount("goods", "The lines' amounts.")
    net = _amount("net", "Less the order's discount, plus freight.")
    tax = _amount("tax", "On the lines and the freight.")
    gross = _amount("gross", "What is to be paid.")
    lines = OrderLineOut(many=True)

    class Meta:
        model = Order
        fields = [
            "id",
            "number",
            "status",
            "customer",
            "channel",
            "warehouse",
            "external_reference",
            "ordered_at",
            "requested_date",
            "note",
            "ship_complete",
            "is_priority",
            *DELIVERY,
            "step",
            "discount",
            "freight",
            "total",
            "net",
            "tax",
            "gross",
            "lines",
        ]

    def to_representation(self, instance: Order) -> dict[str, Any]:
        instance.totals = order_totals(instance, instance.lines.all())  # type: ignore[attr-defined]  # once for all four
        return super().to_representation(instance)


def _percent(help_text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=0,
        max_value=100,
        default=Decimal("0.00"),
        help_text=help_text,
    )


def _text(max_length: int) -> serializers.CharField:
    return serializers.CharField(max_length=max_length, allow_blank=True, allow_null=True, default=None)


class NewLineIn(LineIn):
    """One line as wanted."""

    unit_price = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        min_value=0,
        max_value=MAX_PRICE,
        required=False,
        allow_null=True,
        default=None,
        help_text="Without it the customer's: by price list and quantity, a promotion, or the product's list price.",
    )
    discount = _percent("Per cent off this line.")


class NewOrderIn(StrictSerializer):
    """An order as wanted; what it refers to is looked up at once, for one or for many (``naming.py``)."""

    customer = ReferenceField(help_text="Id or code.")
    channel = ReferenceField(help_text="Id or code.")
    warehouse = ReferenceField(help_text="Id or code.")
    lines = serializers.ListField(child=NewLineIn(), min_length=1, max_length=MAX_LINES)
    allow_backorder = serializers.BooleanField(
        default=True, help_text="False: all of it from stock, or a 409 that names every short line."
    )
    external_reference = serializers.CharField(
        max_length=80,
        allow_blank=True,
        default="",
        help_text="The channel's own number. The same order sent again under it is answered with the first one.",
    )
    requested_date = serializers.DateField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    ship_complete = serializers.BooleanField(
        allow_null=True, default=None, help_text="Ship nothing before all of it is there; null: as the customer wishes."
    )
    is_priority = serializers.BooleanField(default=False, help_text="Whether it is picked before others.")
    discount = _percent("Per cent off all goods, after the discounts of the lines.")
    freight = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, max_value=MAX_PRICE, default=Decimal("0.00")
    )
    delivery_address = PlaceField(
        allow_null=True,
        default=None,
        help_text="Id of one of the customer's delivery addresses, or any address as text; null: the default one.",
    )
    contact = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        allow_null=True,
        default=None,
        help_text="Id of one of the customer's contacts; null: the one of the delivery address.",
    )
    release_credit = serializers.BooleanField(
        default=False, help_text="Confirm even over the credit limit; needs the permission to release it."
    )


class BulkOrderIn(NewOrderIn):
    """An order among many."""

    # Somebody looks at an order before releasing it; a batch is not looked at.
    release_credit = None  # type: ignore[assignment]


class AnyField(serializers.Field[Any, Any, Any, Any]):
    """Takes anything as it stands; whoever gets it checks it."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class BulkIn(StrictSerializer):
    """Orders, each of which may turn out to be wrong by itself."""

    orders = serializers.ListField(child=AnyField(allow_null=True), min_length=1)


class BulkShape(StrictSerializer):
    """Many orders."""

    orders = serializers.ListField(child=NewOrderIn(), min_length=1, max_length=1000)


class TakenOut(serializers.Serializer[object]):
    id = serializers.IntegerField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Order.Status.choices)
    reserved = serializers.IntegerField(help_text="Pieces held in stock.")
    waiting = serializers.IntegerField(help_text="Open pieces that no stock is held for.")


class BulkResultOut(serializers.Serializer[object]):
    external_reference = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["created", "repeated", "refused"])
    order = TakenOut(allow_null=True)
    problem = serializers.DictField(allow_null=True, help_text="Problem details, as a request of its own would get.")


class BulkOut(serializers.Serializer[object]):
    created = serializers.IntegerField()
    repeated = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = BulkResultOut(many=True, help_text="One for each order, in the order of the request.")


class SeenIn(StrictSerializer):
    """A request that rests on what its sender saw of an order."""

    seen = serializers.IntegerField(
        min_value=0,
        max_value=MAX_ID,
        allow_null=True,
        default=None,
        help_text="The order's step as read; a 409 when somebody changed the order since.",
    )


class CancelIn(SeenIn):
    """Why something is cancelled."""

    reason = serializers.CharField(max_length=200)


class LineNumberIn(StrictSerializer):
    """One line of the order."""

    line = serializers.IntegerField(min_value=1, max_value=MAX_LINES, help_text="Number of the line, from 1.")


class ChangeLineIn(LineNumberIn):
    """A line's new quantity."""

    quantity = serializers.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        help_text="What the line is to come to, shipped and cancelled pieces included.",
    )


class CloseLineIn(LineNumberIn):
    """A line of which nothing more will be delivered."""

    reason = serializers.CharField(max_length=200)


class SplitLineIn(LineNumberIn):
    """Open pieces of a line."""

    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class SplitIn(SeenIn):
    """Open pieces that become an order of their own."""

    lines = serializers.ListField(child=SplitLineIn(), min_length=1, max_length=MAX_LINES)
    requested_date = serializers.DateField(allow_null=True, default=None, help_text="Null: as the order's.")


class ChangeIn(SeenIn):
    """What to change of an open order; all of it or nothing. What is null stays as it is."""

    requested_date = serializers.DateField(allow_null=True, default=None)
    note = _text(500)
    ship_complete = serializers.BooleanField(allow_null=True, default=None)
    is_priority = serializers.BooleanField(allow_null=True, default=None)
    discount = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, allow_null=True, default=None
    )
    freight = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, max_value=MAX_PRICE, allow_null=True, default=None
    )
    delivery_address = _text(300)
    contact_name = _text(100)
    contact_phone = _text(40)
    contact_email = serializers.EmailField(allow_blank=True, allow_null=True, default=None)
    release_credit = serializers.BooleanField(
        default=False, help_text="Change even over the credit limit; needs the permission to release it."
    )

    lines = serializers.ListField(child=ChangeLineIn(), max_length=MAX_LINES, default=list)
    add = serializers.ListField(child=NewLineIn(), max_length=MAX_LINES, default=list, help_text="New lines.")
    close = serializers.ListField(
        child=CloseLineIn(), max_length=MAX_LINES, default=list, help_text="Lines to close short."
    )
    allow_backorder = serializers.BooleanField(
        default=True, help_text="False: everything added comes from stock, or a 409 that names every short line."
    )


class ShipLineIn(LineNumberIn):
    """Pieces of one order line."""

    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY)


class ShipIn(StrictSerializer):
    """What leaves; without lines everything that is reserved."""

    lines = serializers.ListField(child=ShipLineIn(), min_length=1, max_length=MAX_LINES, required=False)
    tracking = serializers.CharField(max_length=80, allow_blank=True, default="")


class ShipmentLineOut(MarginSerializer):
    line = serializers.IntegerField(source="line.position", help_text="Number of the order's line.")
    product = ProductRef(source="line.product")
    cost = serializers.DecimalField(
        max_digits=16, decimal_places=2, allow_null=True, help_text="Null without the permission to see costs."
    )

    class Meta:
        model = ShipmentLine
        fields = ["line", "product", "quantity", "revenue", "cost"]
        costs = ["cost"]


class OrderRef(serializers.ModelSerializer[Order]):
    class Meta:
        model = Order
        fields = ["id", "number", "external_reference", "status"]


class ShipmentOut(serializers.ModelSerializer[Shipment]):
    order = OrderRef()
    warehouse = WarehouseRef()
    lines = ShipmentLineOut(many=True)

    class Meta:
        model = Shipment
        fields = ["id", "number", "order", "warehouse", "shipped_at", "tracking", "lines"]
