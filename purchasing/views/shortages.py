"""What customers wait for: purchase orders to hurry, shortages that nothing serves, and surges of demand."""

from decimal import Decimal

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from purchasing.shortages import shortages
from purchasing.surges import surges
from purchasing.views.suggestions import VIEW

SHOWN = 100


@require_safe
@permission_required(VIEW, raise_exception=True)
def shortage_list(request: HttpRequest) -> HttpResponse:
    """The expedite list and the fast lane; asked by htmx, only the part that changes."""
    found = shortages()
    context = {
        "expedite": found.expedite[:SHOWN],
        "unserved": found.unserved[:SHOWN],
        "at_risk": sum((one.margin_at_risk for one in found.expedite), Decimal("0.00")),
        "short_revenue": sum((row.revenue for row in found.unserved), Decimal("0.00")),
        "surges": surges(),
        "shown": SHOWN,
        "hidden": max(len(found.expedite) - SHOWN, 0) + max(len(found.unserved) - SHOWN, 0),
    }
    is_part = request.headers.get("HX-Target") == "shortages"
    return render(request, "purchasing/_shortages.html" if is_part else "purchasing/shortages.html", context)
