"""Live updates: small notes published over Redis after the commit; the events server streams them to browsers."""

import json
import logging
from typing import Any

from django.db import connection, transaction
from redis import RedisError

from core.redis import client

logger = logging.getLogger(__name__)
CHANNEL = "tandem:events"


def publish(event: str, data: dict[str, Any]) -> None:
    """Tell open screens at once; without Redis they poll instead."""
    _send([(event, data)])


def publish_after_commit(event: str, data: dict[str, Any]) -> None:
    """As ``publish``, once the surrounding transaction has committed; its notes leave together."""
    for _savepoints, hook, _robust in connection.run_on_commit:
        if isinstance(hook, _Notes):
            hook.notes.append((event, data))
            return
    transaction.on_commit(_Notes(event, data), robust=True)


class _Notes:
    """The notes of one transaction. After a rollback to a savepoint one too many may be sent: a needless refresh."""

    def __init__(self, event: str, data: dict[str, Any]) -> None:
        self.notes = [(event, data)]
        self.__qualname__ = "live notes"  # Django logs it should the hook fail

    def __call__(self) -> None:
        _send(self.notes)


def _send(notes: list[tuple[str, dict[str, Any]]]) -> None:
    try:
        with client().pipeline(transaction=False) as pipeline:
            for event, data in notes:
                pipeline.publish(CHANNEL, json.dumps({"event": event, "data": data}))
            pipeline.execute()
    except RedisError:
        logger.info("Redis unreachable: screens refresh by polling.")
