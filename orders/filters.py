"""Filters of the lists of customers, orders and shipments."""

from datetime import datetime

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from core.models import AuditEntry
from inventory.filters import ProductFilter, named_products
from inventory.models import Product
from orders.models import (
    Channel,
    Customer,
    CustomerItem,
    Invoice,
    Order,
    Quotation,
    ReturnAuthorization,
    Shipment,
)


class ChannelFilter(filters.FilterSet):
    """Channels by code."""

    code = filters.CharFilter(label="Code.")

    class Meta:
        model = Channel
        fields: list[str] = []


class CustomerFilter(filters.FilterSet):
    """Customers by code, state or search."""

    code = filters.CharFilter(label="Code.")
    is_blocked = filters.BooleanFilter(label="Whether new orders are refused.")
    search = filters.CharFilter(method="find", max_length=100, label="Part of the code or name.")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="At or after.")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = Customer
        fields: list[str] = []

    def find(self, queryset: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        """Rows with the text in code or name."""
        return queryset.filter(code__icontains=value) | queryset.filter(name__icontains=value)


class ContactFilter(filters.FilterSet):
    """Contacts or delivery addresses by customer and state."""

    customer = filters.CharFilter(field_name="customer__code", label="Code of the customer.")
    customer_id = filters.NumberFilter(label="Id of the customer.")
    is_active = filters.BooleanFilter(label="Whether it is in use; false: archived.")


class InvoiceFilter(filters.FilterSet):
    """Invoices by number, order, customer and day."""

    number = filters.CharFilter(label="Number.")
    order = filters.CharFilter(field_name="order__number", label="Number of the order.")
    customer = filters.CharFilter(field_name="order__customer__code", label="Code of the customer.")
    issued_from = filters.DateFilter(field_name="issued_on", lookup_expr="gte", label="On or after.")
    issued_to = filters.DateFilter(field_name="issued_on", lookup_expr="lte", label="On or before.")
    due_from = filters.DateFilter(field_name="due_on", lookup_expr="gte", label="Due on or after.")
    due_to = filters.DateFilter(field_name="due_on", lookup_expr="lte", label="Due on or before.")

    class Meta:
        model = Invoice
        fields: list[str] = []


class CustomerItemFilter(filters.FilterSet):
    """Customers' own item codes by customer, product and code."""

    customer = filters.CharFilter(field_name="customer__code", label="Code of the customer.")
    customer_id = filters.NumberFilter(label="Id of the customer.")
    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    code = filters.CharFilter(lookup_expr="iexact", max_length=60, label="The customer's code, in any spelling.")

    class Meta:
        model = CustomerItem
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[CustomerItem], name: str, value: str) -> QuerySet[CustomerItem]:
        """Codes of the products named."""
        return queryset.filter(product__in=named_products(value).values("pk"))


class OrderFilter(filters.FilterSet):
    """Orders by number, status, customer, channel, product and time."""

    number = filters.CharFilter(label="Number.")
    status = filters.MultipleChoiceFilter(choices=Order.Status.choices, label="Status; repeat it for several.")
    customer = filters.CharFilter(field_name="customer__code", label="Code of the customer.")
    customer_id = filters.NumberFilter(label="Id of the customer.")
    channel = filters.CharFilter(field_name="channel__code", label="Code of the channel.")
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    external_reference = filters.CharFilter(label="The channel's own number.")
    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    search = filters.CharFilter(method="find", max_length=100, label="Part of number, reference or customer.")
    ordered_after = filters.IsoDateTimeFilter(field_name="ordered_at", lookup_expr="gte", label="At or after.")
    ordered_before = filters.IsoDateTimeFilter(field_name="ordered_at", lookup_expr="lt", label="Before.")
    requested_from = filters.DateFilter(field_name="requested_date", lookup_expr="gte", label="On or after.")
    requested_to = filters.DateFilter(field_name="requested_date", lookup_expr="lte", label="On or before.")
    updated_after = filters.IsoDateTimeFilter(
        method="changed_since", label="With a step (confirmed, filled, shipped, cancelled …) at or after."
    )

    class Meta:
        model = Order
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """Orders with a line of one of the products named."""
        return queryset.filter(pk__in=Order.objects.filter(lines__product__in=named_products(value)).values("pk"))

    def find(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """Orders with the text in number, external reference, customer code or name."""
        return (
            queryset.filter(number__icontains=value)
            | queryset.filter(external_reference__icontains=value)
            | queryset.filter(customer__code__icontains=value)
            | queryset.filter(customer__name__icontains=value)
        )

    def changed_since(self, queryset: QuerySet[Order], name: str, value: datetime) -> QuerySet[Order]:
        """Orders whose audit log has a step since then."""
        steps = AuditEntry.objects.filter(subject_type="order", at__gte=value)
        return queryset.filter(pk__in=steps.values("subject_id"))


class QuotationFilter(filters.FilterSet):
    """Quotations by number, status, customer and days."""

    number = filters.CharFilter(label="Number.")
    status = filters.MultipleChoiceFilter(choices=Quotation.Status.choices, label="Status; repeat it for several.")
    customer = filters.CharFilter(field_name="customer__code", label="Code of the customer.")
    customer_id = filters.NumberFilter(label="Id of the customer.")
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    quoted_after = filters.IsoDateTimeFilter(field_name="quoted_at", lookup_expr="gte", label="At or after.")
    quoted_before = filters.IsoDateTimeFilter(field_name="quoted_at", lookup_expr="lt", label="Before.")
    valid_to = filters.DateFilter(field_name="valid_until", lookup_expr="lte", label="Last day on or before.")

    class Meta:
        model = Quotation
        fields: list[str] = []


class ReturnAuthorizationFilter(filters.FilterSet):
    """Authorised returns by number, status, order and customer."""

    number = filters.CharFilter(label="Number.")
    status = filters.MultipleChoiceFilter(
        choices=ReturnAuthorization.Status.choices, label="Status; repeat it for several."
    )
    order = filters.CharFilter(field_name="order__number", label="Number of the order.")
    order_id = filters.NumberFilter(label="Id of the order.")
    customer = filters.CharFilter(field_name="order__customer__code", label="Code of the customer.")

    class Meta:
        model = ReturnAuthorization
        fields: list[str] = []


class ShipmentFilter(filters.FilterSet):
    """Shipments by number, order, warehouse and time."""

    number = filters.CharFilter(label="Number.")
    order = filters.CharFilter(field_name="order__number", label="Number of the order.")
    order_id = filters.NumberFilter(label="Id of the order.")
    external_reference = filters.CharFilter(
        field_name="order__external_reference", label="The channel's own number of the order."
    )
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    tracking = filters.CharFilter(label="Tracking number.")
    shipped_after = filters.IsoDateTimeFilter(field_name="shipped_at", lookup_expr="gte", label="At or after.")
    shipped_before = filters.IsoDateTimeFilter(field_name="shipped_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = Shipment
        fields: list[str] = []


class AvailabilityFilter(ProductFilter):
    """The products, warehouse and quantity that availability is asked for."""

    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    warehouse = filters.CharFilter(method="leave", label="Code of one warehouse; without it all active ones.")
    quantity = filters.NumberFilter(
        method="leave", decimal_places=0, min_value=1, max_value=1_000_000_000, label="Pieces to promise; 1 by default."
    )

    def of_products(self, queryset: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:
        """The products named."""
        return queryset.filter(pk__in=named_products(value).values("pk"))

    def leave(self, queryset: QuerySet[Product], name: str, value: object) -> QuerySet[Product]:
        """Says nothing about which products; the view reads it."""
        return queryset
