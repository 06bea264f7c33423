"""Row locks of the core."""

from core.models import OutboxEvent


def take_unpublished(limit: int) -> list[OutboxEvent]:
    """Lock the oldest unpublished outbox rows that no other publisher holds."""
    rows = OutboxEvent.objects.filter(published_at=None).order_by("pk")
    return list(rows.select_for_update(skip_locked=True)[:limit])
