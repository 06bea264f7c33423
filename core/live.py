"""Live updates: small notes published over Redis after the commit; the events server streams them to browsers."""

import json
import logging
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)
CHANNEL = "tandem:events"


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.5)


def publish(event: str, data: dict[str, Any]) -> None:
    """Tell open screens at once; without Redis they poll instead."""
    try:
        _client().publish(CHANNEL, json.dumps({"event": event, "data": data}))
    except redis.RedisError:
        logger.info("Redis unreachable: screens refresh by polling.")


def publish_after_commit(event: str, data: dict[str, Any]) -> None:
    """As ``publish``, once the surrounding transaction has committed."""

    def send() -> None:
        publish(event, data)

    transaction.on_commit(send, robust=True)
