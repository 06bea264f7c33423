"""What every page's frame needs."""

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """``events_url``: where the browser listens for live updates."""
    if settings.EVENTS_PORT is None:
        return {"events_url": "/events/"}
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return {"events_url": f"http://{host}:{settings.EVENTS_PORT}/events/"}
