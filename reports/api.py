"""The managers' figures over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet
from core.models import Company
from reports import selectors
from reports.serializers import KpiOut, KpiQuery

RATIOS = (
    "gross_margin",
    "average_inventory",
    "turnover",
    "days_of_inventory",
    "stockout_rate",
    "fill_rate",
    "on_time_rate",
)
MONEY = (
    "revenue",
    "cogs",
    "gross_profit",
    "holding_cost",
    "ordering_cost",
    "landed_expense",
    "contribution",
    "inventory_value",
)


class KpiViewSet(ApiViewSet):
    """Revenue, profit, turnover, stockouts and service of a period, warehouse and category."""

    serializer_class = KpiOut
    permissions = {"retrieve": "reports.view_dashboard"}

    def known_parameters(self) -> set[str]:
        return set(KpiQuery().fields)

    @extend_schema(parameters=[KpiQuery], responses={200: KpiOut})
    def retrieve(self, request: Request) -> Response:
        """One set of figures: the same as on the dashboard."""
        query = KpiQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        where: selectors.Slice = query.validated_data
        found = selectors.figures(where, selectors.known_days())
        answer: dict[str, Any] = {name: getattr(found, name) for name in (*MONEY, *RATIOS)}
        answer |= {
            "first_day": where.period.first,
            "last_day": where.period.last,
            "days": found.days,
            "currency": Company.objects.values_list("currency", flat=True).first()
            or Company._meta.get_field("currency").default,
        }
        return Response(KpiOut(answer).data)
