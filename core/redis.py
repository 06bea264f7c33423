"""The one connection to Redis that this process keeps for live notes and kicks; slow or absent, it costs little."""

from functools import lru_cache

import redis
from django.conf import settings


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """A client that gives up soon: nothing here may hold an order up."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.5)
