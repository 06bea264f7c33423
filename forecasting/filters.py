"""Filters of the forecasts."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from forecasting.models import DemandForecast
from inventory.filters import named_products


class DemandForecastFilter(filters.FilterSet):
    """Forecasts by product, warehouse and category."""

    product = filters.CharFilter(method="of_products", max_length=2000, label="SKUs or barcodes, separated by commas.")
    warehouse = filters.CharFilter(field_name="warehouse__code", label="Code of the warehouse.")
    category = filters.CharFilter(field_name="product__category__name", label="Name of the category.")

    class Meta:
        model = DemandForecast
        fields: list[str] = []

    def of_products(self, queryset: QuerySet[DemandForecast], name: str, value: str) -> QuerySet[DemandForecast]:
        """Forecasts of the products named."""
        return queryset.filter(product__in=named_products(value))
