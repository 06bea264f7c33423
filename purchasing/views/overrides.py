"""What buyers bought instead of what was suggested, and what it was worth: by buyer, cause and product."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.pages import following_page
from purchasing.models import BuyingOverride
from purchasing.views.suggestions import VIEW

PAGE_SIZE = 50
SHOWN = 20


@dataclass(slots=True)
class Share:
    """What the measured overrides of one buyer, cause or product were worth together."""

    name: str
    gains: list[Decimal] = field(default_factory=list)

    @property
    def better(self) -> int:
        return sum(gain > 0 for gain in self.gains)

    @property
    def total(self) -> Decimal:
        return sum(self.gains, Decimal("0.00"))


def shares(rows: Iterable[BuyingOverride], name: Callable[[BuyingOverride], str]) -> list[Share]:
    """The measured ones by name, the most valuable first."""
    found: dict[str, Share] = {}
    for row in rows:
        if row.gain is not None:
            found.setdefault(name(row), Share(name(row))).gains.append(row.gain)
    return sorted(found.values(), key=lambda share: (-share.total, share.name))


@require_safe
@permission_required(VIEW, raise_exception=True)
def override_list(request: HttpRequest) -> HttpResponse:
    """Every override, newest first, each with its money once its days have passed."""
    rows = BuyingOverride.objects.select_related(
        "created_by", "suggestion__product", "suggestion__warehouse", "suggestion__supplier_item__supplier"
    ).order_by("-pk")
    measured = list(rows.filter(gain__isnull=False))
    groups: list[tuple[str, list[Share]]] = [
        (_("By buyer"), shares(measured, lambda row: str(row.created_by or "–"))),
        (_("By cause"), shares(measured, lambda row: row.get_cause_display())),
        (_("By product"), shares(measured, lambda row: str(row.suggestion.product))[:SHOWN]),
    ]
    context: dict[str, Any] = {
        "page": following_page(rows, request.GET.get("after"), PAGE_SIZE),
        "groups": groups if measured else [],
        "count": len(measured),
        "total": sum((row.gain or Decimal(0) for row in measured), Decimal("0.00")),
    }
    return render(request, "purchasing/overrides.html", context)
