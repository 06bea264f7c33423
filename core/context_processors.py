"""What every page's frame needs."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.models import Company
from core.navigation import items_for


def shell(request: HttpRequest) -> dict[str, object]:
    """``company``, ``navigation``, and ``events_url`` where the browser listens for live updates."""
    events_url = "/events/"
    if settings.EVENTS_PORT is not None:
        host = request.get_host().rpartition(":")[0] or request.get_host()
        events_url = f"http://{host}:{settings.EVENTS_PORT}/events/"
    return {
        "company": SimpleLazyObject(Company.objects.first),
        "navigation": SimpleLazyObject(lambda: list(items_for(request))),
        "events_url": events_url,
    }
