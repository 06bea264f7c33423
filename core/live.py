"""Live updates: small notes published over Redis after the commit; the events server streams them to browsers."""

import json
from typing import Any

from core.redis import send, send_after_commit

CHANNEL = "tandem:events"


def publish(event: str, data: dict[str, Any]) -> None:
    """Tell open screens at once; without Redis they poll instead."""
    send([(("PUBLISH", CHANNEL, _note(event, data)), None)])


def publish_after_commit(event: str, data: dict[str, Any]) -> None:
    """As ``publish``, once the surrounding transaction has committed."""
    send_after_commit("PUBLISH", CHANNEL, _note(event, data))


def _note(event: str, data: dict[str, Any]) -> str:
    return json.dumps({"event": event, "data": data})
