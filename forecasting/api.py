"""Forecasts over HTTP."""

from rest_framework import mixins

from core.api import ApiViewSet
from forecasting.filters import DemandForecastFilter
from forecasting.models import DemandForecast
from forecasting.serializers import DemandForecastOut


class DemandForecastViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The newest forecast of each product and warehouse, with the policy it led to."""

    queryset = DemandForecast.objects.select_related("product", "warehouse", "run")
    serializer_class = DemandForecastOut
    filterset_class = DemandForecastFilter
    permissions = {"list": "forecasting.view_demandforecast", "retrieve": "forecasting.view_demandforecast"}
