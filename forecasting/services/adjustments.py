"""What people know and the history does not: adjustments of the forecast, with a reason, and their measured value."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.actor import current_actor_id
from core.errors import IllegalTransition, InvalidInput
from core.transactions import retry_on_conflict
from forecasting.demand import history_start, products_by_day
from forecasting.models import DemandForecast, ForecastAdjustment

FIELDS = ("product", "warehouse", "starts_on", "ends_on", "percent", "reason")
LONGEST = timedelta(days=182)
LEAST, MOST = Decimal(-100), Decimal(900)


@retry_on_conflict
@transaction.atomic(durable=True)
def add_adjustment(values: Mapping[str, Any]) -> ForecastAdjustment:
    """Expect more or less of a product on some days; the next run plans with it. Raises: InvalidInput."""
    check_adjustment(values)
    adjustment = ForecastAdjustment(**{name: values.get(name) for name in FIELDS}, created_by_id=current_actor_id())
    adjustment.baseline = _forecast_on(adjustment)
    adjustment.save()
    audit.record("forecast_adjustment", adjustment.pk, "added", percent=str(adjustment.percent))
    return adjustment


@retry_on_conflict
@transaction.atomic(durable=True)
def withdraw_adjustment(adjustment_id: int) -> None:
    """Let an adjustment no longer count; it stays on record. Raises: IllegalTransition once its days have passed."""
    adjustment = ForecastAdjustment.objects.get(pk=adjustment_id)
    if adjustment.ends_on < timezone.localdate():
        raise IllegalTransition(_("Its days have passed: it can no longer be withdrawn."))
    adjustment.is_withdrawn = True
    adjustment.save(update_fields=["is_withdrawn"])
    audit.record("forecast_adjustment", adjustment_id, "withdrawn")


def check_adjustment(values: Mapping[str, Any]) -> None:
    """Refuse what makes no sense. Raises: InvalidInput, naming the fields."""
    errors = {}
    if not values.get("product"):
        errors["product"] = _("Name one product.")
    if values["ends_on"] < values["starts_on"]:
        errors["ends_on"] = _("The last day cannot be before the first.")
    elif values["ends_on"] < timezone.localdate():
        errors["ends_on"] = _("These days have passed.")
    elif values["ends_on"] - values["starts_on"] > LONGEST:
        errors["ends_on"] = _("An adjustment lasts at most half a year; then look again.")
    if not LEAST <= values["percent"] <= MOST or values["percent"] == 0:
        errors["percent"] = _("Enter a percentage from −100 to 900, not 0.")
    if not values["reason"].strip():
        errors["reason"] = _("Say why, for whoever looks at this later.")
    if errors:
        raise InvalidInput(_("The adjustment was not saved: please correct the fields named."), field_errors=errors)


@transaction.atomic(savepoint=False)
def measure_adjustments(as_of: date) -> int:
    """Note what was wanted on the days of every adjustment that have all passed; returns how many were measured."""
    start = history_start(as_of)
    due = list(
        ForecastAdjustment.objects.filter(
            ends_on__lt=as_of, starts_on__gte=start, actual=None, is_withdrawn=False
        ).order_by("pk")
    )
    wanted: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    if due:
        for product, warehouse, day, pieces in products_by_day({row.product_id for row in due}, as_of):
            wanted[product].append((warehouse, day, pieces))
    for row in due:
        first, last = (row.starts_on - start).days, (row.ends_on - start).days
        row.actual = sum(
            pieces
            for warehouse, day, pieces in wanted[row.product_id]
            if first <= day <= last and row.warehouse_id in (None, warehouse)
        )
    ForecastAdjustment.objects.bulk_update(due, ["actual"])
    return len(due)


def _forecast_on(adjustment: ForecastAdjustment) -> float | None:
    """Pieces that the newest forecasts expect on its days; None where they do not reach."""
    rows = DemandForecast.objects.filter(product=adjustment.product)
    if adjustment.warehouse:
        rows = rows.filter(warehouse=adjustment.warehouse)
    total, is_known = 0.0, False
    for horizon in rows.values_list("horizon", flat=True):
        start = date.fromisoformat(horizon["start"])
        for offset in range((adjustment.ends_on - adjustment.starts_on).days + 1):
            week = ((adjustment.starts_on - start).days + offset) // 7
            if 0 <= week < len(horizon["mean"]):
                total, is_known = total + horizon["mean"][week] / 7, True
    return round(total, 2) if is_known else None
