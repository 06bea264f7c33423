"""What the API says about customers' own item codes, and what it takes."""

from rest_framework import serializers

from core.references import RowField
from core.serializers import StrictSerializer
from inventory.serializers import ProductField, ProductRef
from orders.models import Customer, CustomerItem
from orders.serializers import CustomerRef


class CustomerItemOut(serializers.ModelSerializer[CustomerItem]):
    customer = CustomerRef()
    product = ProductRef()

    class Meta:
        model = CustomerItem
        fields = ["id", "customer", "product", "code"]


class CustomerItemIn(StrictSerializer):
    """What a customer calls a product."""

    customer = RowField(Customer, "code", help_text="Id or code.")
    product = ProductField(help_text="Id, SKU or barcode.")
    code = serializers.CharField(max_length=60, help_text="Once per customer; capitals and small letters are the same.")


class ChangeCustomerItemIn(StrictSerializer):
    """Another spelling or another product; what is null stays as it is."""

    product = ProductField(allow_null=True, default=None, help_text="Id, SKU or barcode.")
    code = serializers.CharField(max_length=60, allow_null=True, default=None)
