"""What the API says about customers with their contacts and delivery addresses, and what it takes."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.references import MAX_ID, RowField
from core.serializers import StrictSerializer
from orders.delivery import MAX_ADDRESS
from orders.models import Contact, Customer, DeliveryAddress

ADDRESS = serializers.CharField(max_length=MAX_ADDRESS)


class CustomerContactOut(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = ["id", "name", "role", "phone", "email"]


class CustomerAddressOut(serializers.ModelSerializer[DeliveryAddress]):
    contact = serializers.IntegerField(source="contact_id", allow_null=True, help_text="Id of the contact there.")

    class Meta:
        model = DeliveryAddress
        fields = ["id", "label", "address", "contact", "is_default"]


class CustomerOut(serializers.ModelSerializer[Customer]):
    contacts = CustomerContactOut(many=True, help_text="Those that are not archived.")
    delivery_addresses = CustomerAddressOut(many=True, help_text="Those that are not archived, the default first.")

    class Meta:
        model = Customer
        fields = [
            "id",
            "code",
            "name",
            "phone",
            "email",
            "address",
            "language",
            "is_blocked",
            "created_at",
            "contacts",
            "delivery_addresses",
        ]


class ContactOut(CustomerContactOut):
    customer = serializers.IntegerField(source="customer_id")

    class Meta(CustomerContactOut.Meta):
        fields = ["id", "customer", "name", "role", "phone", "email", "is_active"]


class DeliveryAddressOut(CustomerAddressOut):
    customer = serializers.IntegerField(source="customer_id")

    class Meta(CustomerAddressOut.Meta):
        fields = ["id", "customer", "label", "address", "contact", "is_default", "is_active"]


def _text(max_length: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=max_length, required=False, **options)


class ChangeContactIn(StrictSerializer):
    """What to change; what is not given stays as it is."""

    name = _text(100)
    role = _text(60, allow_blank=True)
    phone = _text(40, allow_blank=True)
    email = serializers.EmailField(allow_blank=True, required=False)
    is_active = serializers.BooleanField(required=False, help_text="False archives: it is offered no more.")


class NewContactIn(ChangeContactIn):
    """A new contact."""

    customer = RowField(Customer, "code", help_text="Id or code.")
    name = serializers.CharField(max_length=100)
    is_active = None  # type: ignore[assignment]


class ChangeAddressIn(StrictSerializer):
    """What to change; what is not given stays as it is."""

    label = _text(60)  # type: ignore[assignment]
    address = _text(MAX_ADDRESS)
    contact = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, allow_null=True, required=False, help_text="Id of the contact there."
    )
    is_default = serializers.BooleanField(
        required=False, help_text="Whether orders that name no address go there; it takes the place of the former."
    )
    is_active = serializers.BooleanField(required=False, help_text="False archives: it is offered no more.")


class NewAddressIn(ChangeAddressIn):
    """A new delivery address."""

    customer = RowField(Customer, "code", help_text="Id or code.")
    label = serializers.CharField(max_length=60)
    address = serializers.CharField(max_length=MAX_ADDRESS)
    is_active = None  # type: ignore[assignment]


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ID},
            {"type": "string", "minLength": 1, "maxLength": MAX_ADDRESS},
            {"type": "null"},
        ],
    }
)
class PlaceField(serializers.Field[int | str, Any, Any, Any]):
    """The id of a delivery address (a number), or an address as text."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data <= MAX_ID:
            return data
        if isinstance(data, str):
            return str(ADDRESS.run_validation(data))
        raise serializers.ValidationError(_("Give the id of a delivery address (a number) or an address (a string)."))
