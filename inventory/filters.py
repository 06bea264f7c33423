"""Filters of the inventory lists."""

from django.db.models import QuerySet
from django.db.models.functions import Upper
from django_filters import rest_framework as filters

from inventory.models import Product, StockLevel, StockMove, Transfer, TransferLine, Warehouse
from inventory.selectors import search_products


def named_products(codes: str) -> QuerySet[Product]:
    """Products whose SKU (any case) or barcode is one of the comma-separated codes."""
    names = [name.strip() for name in codes.split(",")]
    products = Product.objects.alias(sku_upper=Upper("sku"))
    return products.filter(sku_upper__in=[name.upper() for name in names]) | products.filter(
        barcode__in=[name for name in names if name]
    )


class ProductFilter(filters.FilterSet):
    """Products by SKU, barcode, category or search."""

    sku = filters.CharFilter(field_name="sku", lookup_expr="iexact", label="SKU, in any case.")
    barcode = filters.CharFilter(field_name="barcode", label="Barcode.")
    category = filters.CharFilter(field_name="category__name", label="Name of the category.")
    is_active = filters.BooleanFilter(label="Whether it is sold.")
    search = filters.CharFilter(method="find", max_length=100, label="Words of the SKU or name, or a barcode.")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="At or after.")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = Product
        fields: list[str] = []

    def find(self, queryset: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:
        """Rows that the product search finds."""
        return queryset.filter(pk__in=search_products(value, only_active=False).order_by().values("pk"))


class WarehouseFilter(filters.FilterSet):
    """Warehouses by code."""

    code = filters.CharFilter(label="Code.")

    class Meta:
        model = Warehouse
        fields: list[str] = []


class StockFilter(filters.FilterSet):
    """Stock by product, warehouse and quantity."""

    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    product_id = filters.NumberFilter(label="Id of the product.")
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    warehouse_id = filters.NumberFilter(label="Id of the warehouse.")
    category = filters.CharFilter(field_name="product__category__name", label="Name of the category.")
    available_min = filters.NumberFilter(field_name="available", lookup_expr="gte", label="At least.")
    available_max = filters.NumberFilter(field_name="available", lookup_expr="lte", label="At most.")

    class Meta:
        model = StockLevel
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[StockLevel], name: str, value: str) -> QuerySet[StockLevel]:
        """Rows of the products named."""
        return queryset.filter(product__in=named_products(value))


class StockMoveFilter(filters.FilterSet):
    """The stock ledger by product, warehouse, kind, document and time."""

    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    warehouse = filters.CharFilter(field_name="stock_level__warehouse__code", label="Code of the warehouse.")
    kind = filters.ChoiceFilter(choices=StockMove.Kind.choices, label="Why the stock changed.")
    document = filters.CharFilter(label="Number of the document.")
    effective_after = filters.IsoDateTimeFilter(field_name="effective_at", lookup_expr="gte", label="At or after.")
    effective_before = filters.IsoDateTimeFilter(field_name="effective_at", lookup_expr="lt", label="Before.")
    recorded_after = filters.IsoDateTimeFilter(field_name="recorded_at", lookup_expr="gte", label="At or after.")
    recorded_before = filters.IsoDateTimeFilter(field_name="recorded_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = StockMove
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[StockMove], name: str, value: str) -> QuerySet[StockMove]:
        """Rows of the products named."""
        return queryset.filter(stock_level__product__in=named_products(value))


class TransferFilter(filters.FilterSet):
    """Transfers by number, state, ends and product."""

    number = filters.CharFilter(label="Number.")
    status = filters.MultipleChoiceFilter(choices=Transfer.Status.choices, label="Status; repeat it for several.")
    source = filters.CharFilter(field_name="source__code", label="Code of the warehouse that sends.")
    destination = filters.CharFilter(field_name="destination__code", label="Code of the warehouse that receives.")
    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    expected_after = filters.DateFilter(field_name="expected_on", lookup_expr="gte", label="On or after.")
    expected_before = filters.DateFilter(field_name="expected_on", lookup_expr="lt", label="Before.")

    class Meta:
        model = Transfer
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[Transfer], name: str, value: str) -> QuerySet[Transfer]:
        """Transfers with a line of the products named."""
        lines = TransferLine.objects.filter(product__in=named_products(value))
        return queryset.filter(pk__in=lines.values("transfer"))
