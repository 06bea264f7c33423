"""What the API says about the managers' figures, and how it is asked."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from core.serializers import StrictSerializer
from inventory.models import Category, Warehouse
from reports.periods import Period, preset
from reports.selectors import Slice, default_period

PRESETS = ["this_month", "last_month", "quarter", "90_days", "12_months"]
FIRST_DAY = date(1970, 1, 1)


class KpiQuery(StrictSerializer):
    """Which days, and which warehouse and category; without days the last 90 with sales."""

    period = serializers.ChoiceField(choices=PRESETS, required=False, help_text="Days by name; not with from and to.")
    to = serializers.DateField(required=False, help_text="Last day, with from.")
    warehouse = serializers.CharField(required=False, max_length=20, help_text="Code of one warehouse.")
    category = serializers.CharField(required=False, max_length=100, help_text="Name of one category.")

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python, so the field is added here."""
        first = serializers.DateField(required=False, help_text="First day, with to.")
        return {"from": first, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> Slice:  # type: ignore[override]
        """The slice that the parameters name."""
        return Slice(self._period(attrs), self._warehouse(attrs), self._category(attrs))

    def _period(self, attrs: dict[str, Any]) -> Period:
        first, last = attrs.get("from"), attrs.get("to")
        if "period" in attrs:
            if first or last:
                raise serializers.ValidationError({"period": [_("Give either a period or from and to.")]})
            return preset(attrs["period"], timezone.localdate())
        if first is None and last is None:
            return default_period(timezone.localdate())
        if first is None or last is None:
            missing = "from" if first is None else "to"
            raise serializers.ValidationError({missing: [_("Give both from and to.")]})
        if not FIRST_DAY <= first <= last:
            raise serializers.ValidationError({"from": [_("The first day must not be after the last.")]})
        return Period(first, last)

    def _warehouse(self, attrs: dict[str, Any]) -> int | None:
        if "warehouse" not in attrs:
            return None
        found = Warehouse.objects.filter(code=attrs["warehouse"]).values_list("pk", flat=True).first()
        if found is None:
            raise serializers.ValidationError({"warehouse": [_("There is no such warehouse.")]})
        return found

    def _category(self, attrs: dict[str, Any]) -> int | None:
        if "category" not in attrs:
            return None
        found = Category.objects.filter(name=attrs["category"]).values_list("pk", flat=True).first()
        if found is None:
            raise serializers.ValidationError({"category": [_("There is no such category.")]})
        return found


def _money(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=20, decimal_places=2, rounding="ROUND_HALF_UP", help_text=text)


def _ratio(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=20, decimal_places=4, rounding="ROUND_HALF_UP", allow_null=True, help_text=f"{text} Null: unknown."
    )


class KpiOut(serializers.Serializer[Any]):
    """The figures of one slice; their definitions are those of the dashboard."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    days = serializers.IntegerField(help_text="Days of the period that have data.")
    currency = serializers.CharField()
    revenue = _money("Shipped goods at the price sold, less refunds.")
    cogs = _money("Cost of the goods shipped, fixed when they left, less returns.")
    gross_profit = _money("Revenue less cost of goods sold.")
    holding_cost = _money("Cost of holding the stock for these days.")
    ordering_cost = _money("Cost of placing the purchase orders of these days.")
    landed_expense = _money("Freight and duty invoiced late, for pieces that had left.")
    contribution = _money("Gross profit less holding cost, ordering cost and late purchase costs.")
    inventory_value = _money("Value of the stock at the end of the last day.")
    gross_margin = _ratio("Gross profit / revenue.")
    average_inventory = _ratio("Mean of the daily inventory values.")
    turnover = _ratio("Times a year that the stock is sold.")
    days_of_inventory = _ratio("365 / turnover.")
    stockout_rate = _ratio("Share of product-days with nothing on hand.")
    fill_rate = _ratio("Share of the pieces asked for that could be reserved at once.")
    on_time_rate = _ratio("Share of the lines due that were shipped in full by the requested date.")
