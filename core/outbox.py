"""Facts for outsiders, written with the change that made them true; a task publishes them after the commit.

The table is the truth. Published means: appended to the Redis stream ``tandem:outbox``, at least once and nearly in
order, where whoever forwards facts (webhooks, later) reads them; the stream keeps only the newest.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.bulk import append_columns
from core.locks import take_unpublished
from core.models import OutboxEvent
from core.redis import client

STREAM = "tandem:outbox"
STREAM_LENGTH = 10_000
BATCH = 1000


def publish(topic: str, **payload: Any) -> None:
    """Write one outbox row; it exists exactly when the surrounding transaction commits."""
    publish_many(topic, [payload])


def publish_many(topic: str, payloads: Iterable[dict[str, Any]]) -> None:
    """Write one outbox row per payload, in one statement."""
    append_columns(OutboxEvent, topic=topic, payload=[json.dumps(payload) for payload in payloads])


@transaction.atomic(durable=True)
def publish_batch() -> int:
    """Append the oldest unpublished rows to the stream; returns how many (0: nothing left).

    A death between the append and the commit appends them again. Locks: OutboxEvent (skip locked).
    Raises: redis.RedisError, and the rows stay unpublished.
    """
    events = take_unpublished(BATCH)
    if events:
        with client().pipeline(transaction=False) as pipeline:
            for event in events:
                pipeline.xadd(STREAM, _fields(event), maxlen=STREAM_LENGTH, approximate=True)
            pipeline.execute()
        OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(published_at=timezone.now())
    return len(events)


def _fields(event: OutboxEvent) -> dict[Any, Any]:
    return {
        "id": event.pk,
        "topic": event.topic,
        "payload": json.dumps(event.payload),
        "at": event.created_at.isoformat(),
    }
