"""Filters of the lists of suppliers, purchase orders and reorder suggestions."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from inventory.filters import named_products
from purchasing.models import ExchangeRate, PurchaseOrder, ReorderSuggestion, Supplier


class SupplierFilter(filters.FilterSet):
    """Suppliers by code, state or search."""

    code = filters.CharFilter(label="Code.")
    is_active = filters.BooleanFilter(label="Whether we buy there.")
    search = filters.CharFilter(method="find", max_length=100, label="Part of the code or name.")

    class Meta:
        model = Supplier
        fields: list[str] = []

    def find(self, queryset: QuerySet[Supplier], name: str, value: str) -> QuerySet[Supplier]:
        """Rows with the text in code or name."""
        return queryset.filter(code__icontains=value) | queryset.filter(name__icontains=value)


class PurchaseOrderFilter(filters.FilterSet):
    """Purchase orders by number, status, supplier, warehouse, product and time."""

    number = filters.CharFilter(label="Number.")
    status = filters.MultipleChoiceFilter(choices=PurchaseOrder.Status.choices, label="Status; repeat it for several.")
    supplier = filters.CharFilter(field_name="supplier__code", label="Code of the supplier.")
    supplier_id = filters.NumberFilter(label="Id of the supplier.")
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    ordered_after = filters.IsoDateTimeFilter(field_name="ordered_at", lookup_expr="gte", label="At or after.")
    ordered_before = filters.IsoDateTimeFilter(field_name="ordered_at", lookup_expr="lt", label="Before.")
    expected_from = filters.DateFilter(field_name="expected_on", lookup_expr="gte", label="On or after.")
    expected_to = filters.DateFilter(field_name="expected_on", lookup_expr="lte", label="On or before.")

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[PurchaseOrder], name: str, value: str) -> QuerySet[PurchaseOrder]:
        """Purchase orders with a line of one of the products named."""
        orders = PurchaseOrder.objects.filter(lines__product__in=named_products(value))
        return queryset.filter(pk__in=orders.values("pk"))


class ReorderSuggestionFilter(filters.FilterSet):
    """Suggestions by status, product, warehouse, supplier and time."""

    status = filters.MultipleChoiceFilter(
        choices=ReorderSuggestion.Status.choices, label="Status; repeat it for several."
    )
    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    supplier = filters.CharFilter(field_name="supplier_item__supplier__code", label="Code of the supplier.")
    updated_after = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte", label="At or after.")
    updated_before = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = ReorderSuggestion
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[ReorderSuggestion], name: str, value: str) -> QuerySet[ReorderSuggestion]:
        """Suggestions for the products named."""
        return queryset.filter(product__in=named_products(value))


class ExchangeRateFilter(filters.FilterSet):
    """Exchange rates by currency and day."""

    currency = filters.CharFilter(label="Currency.")
    valid_after = filters.DateFilter(field_name="valid_from", lookup_expr="gte", label="On or after.")
    valid_before = filters.DateFilter(field_name="valid_from", lookup_expr="lt", label="Before.")

    class Meta:
        model = ExchangeRate
        fields: list[str] = []
