"""Facts for outsiders, written with the change that made them true; a task publishes them after the commit."""

import json
from collections.abc import Iterable
from typing import Any

from core.bulk import append_columns
from core.models import OutboxEvent


def publish(topic: str, **payload: Any) -> None:
    """Write one outbox row; it exists exactly when the surrounding transaction commits."""
    publish_many(topic, [payload])


def publish_many(topic: str, payloads: Iterable[dict[str, Any]]) -> None:
    """Write one outbox row per payload, in one statement."""
    append_columns(OutboxEvent, topic=topic, payload=[json.dumps(payload) for payload in payloads])
