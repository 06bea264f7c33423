"""What the API says about forecasts."""

from rest_framework import serializers

from forecasting.models import DemandForecast
from inventory.serializers import MarginSerializer, ProductRef, WarehouseRef


class DemandForecastOut(MarginSerializer):
    product = ProductRef()
    warehouse = WarehouseRef()
    as_of = serializers.DateField(source="run.as_of", help_text="The day the forecast was made for.")
    horizon = serializers.DictField(help_text="Pieces a week from the week of start: mean, low, high.")
    history = serializers.DictField(help_text="Weekly demand that the model saw, lost demand put back.")
    economics = serializers.DictField(
        allow_null=True, help_text="Money per piece behind the service level; null without the permission to see costs."
    )
    accuracy = serializers.DictField(help_text="Rolling-origin errors of the chosen model and the naive one.")

    class Meta:
        model = DemandForecast
        fields = [
            "id",
            "product",
            "warehouse",
            "as_of",
            "model",
            "horizon",
            "history",
            "lead_time_days",
            "lead_time_sd",
            "lead_time_demand",
            "lead_time_demand_sd",
            "service_level",
            "safety_stock",
            "reorder_point",
            "order_up_to",
            "economics",
            "accuracy",
        ]
        costs = ["economics"]
