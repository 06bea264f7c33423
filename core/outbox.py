"""Facts for outsiders, written with the change that made them true; a task publishes them after the commit."""

from collections.abc import Iterable
from typing import Any

from core.models import OutboxEvent


def publish(topic: str, **payload: Any) -> None:
    """Write one outbox row; it exists exactly when the surrounding transaction commits."""
    OutboxEvent.objects.create(topic=topic, payload=payload)


def publish_many(topic: str, payloads: Iterable[dict[str, Any]]) -> None:
    """Write one outbox row per payload in one statement per thousand."""
    OutboxEvent.objects.bulk_create((OutboxEvent(topic=topic, payload=p) for p in payloads), batch_size=1000)
