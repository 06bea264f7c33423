"""The forecast that a supplier gets: as page, print and file."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.exports import FORMATS, table_response
from forecasting.sharing import SharedForecast, shared_forecast
from forecasting.views.forecasts import VIEW
from purchasing.models import Supplier

SHOWN_WEEKS = 4  # one by one on the page; the file has all


@require_safe
@permission_required(VIEW, raise_exception=True)
def supplier_forecast(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What this supplier will be asked for; with ``?format=`` as the file it gets, without costs or stock."""
    supplier = get_object_or_404(Supplier, pk=pk)
    today = timezone.localdate()
    shared = shared_forecast(supplier, today)
    kind = request.GET.get("format", "")
    if kind in FORMATS:
        return table_response(kind, f"forecast-{supplier.code}-{today}", _header(shared), _rows(shared))
    context = {
        "supplier": supplier,
        "weeks": shared.weeks[:SHOWN_WEEKS],
        "count": len(shared.weeks),
        "lines": [(line, line.weekly[:SHOWN_WEEKS]) for line in shared.lines],
        "today": today,
    }
    return render(request, "forecasting/supplier.html", context)


def _header(shared: SharedForecast) -> list[str]:
    weeks = [week.isoformat() for week in shared.weeks]
    return [_("Your code"), _("Our SKU"), _("Barcode"), _("Product"), _("Unit"), _("On order"), *weeks, _("Total")]


def _rows(shared: SharedForecast) -> Iterator[list[Any]]:
    for line in shared.lines:
        product = line.item.product
        yield [
            line.item.supplier_sku,
            product.sku,
            product.barcode,
            product.name,
            product.unit,
            line.on_order,
            *line.weekly,
            line.total,
        ]
