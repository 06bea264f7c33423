"""How long stock lasts at the demand that is forecast: days of cover."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils import timezone

from forecasting.models import DemandForecast
from inventory.places import Place

MOST = 365  # days; what lasts longer is not told apart
WEEK = 7


def days_of_cover(pieces: Mapping[Place, int]) -> dict[Place, int]:
    """Full days from today for which ``pieces`` of each place last, at most MOST; without a forecast it is left out.

    One query. Weeks beyond the forecast's horizon are taken to be like the mean of its last four.
    """
    rows = DemandForecast.objects.filter(product__in={product for product, _warehouse in pieces})
    today = timezone.localdate()
    found = {}
    for product, warehouse, horizon in rows.values_list("product_id", "warehouse_id", "horizon"):
        if (product, warehouse) in pieces and horizon.get("mean"):
            start = date.fromisoformat(horizon["start"])
            found[product, warehouse] = lasting(pieces[product, warehouse], horizon["mean"], (today - start).days)
    return found


def lasting(pieces: float, weekly: Sequence[float], first_day: int) -> int:
    """Full days that ``pieces`` last when each day takes a seventh of its week's demand, at most MOST.

    ``first_day``: days since the first week began.
    """
    last = weekly[-4:]
    later = sum(last) / len(last)
    for day in range(MOST):
        week = max(first_day + day, 0) // WEEK
        pieces -= (weekly[week] if week < len(weekly) else later) / WEEK
        if pieces < -1e-9:
            return day
    return MOST
