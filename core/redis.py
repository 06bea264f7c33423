"""What this process tells Redis once a transaction has committed: notes to screens and kicks to workers.

Nothing is lost with Redis down: screens poll, and the periodic sweeps find the work in the database.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection, transaction

logger = logging.getLogger(__name__)

PAUSE = 2.0  # seconds without a try after Redis failed, so that an outage does not slow every request
Command = tuple[str | int, ...]
Then = Callable[[Any], None]
_broken_until = 0.0
_own = threading.local()


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """The connection that this process keeps; it gives up soon, for nothing here may hold an order up."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.5)


def send(commands: list[tuple[Command, Then | None]]) -> None:
    """Send the commands in one round trip; each ``then`` hears its command's answer. Failing is only logged."""
    global _broken_until
    if time.monotonic() < _broken_until:
        return
    try:
        answers = _exchange([command for command, _then in commands])
    except redis.RedisError as exc:
        _broken_until = time.monotonic() + PAUSE
        logger.warning("Redis unreachable (%s): screens poll, work waits for its sweep.", type(exc).__name__)
        return
    for (_command, then), answer in zip(commands, answers, strict=True):
        if then:
            then(answer)


def _exchange(commands: list[Command]) -> list[Any]:
    """Send the commands and read their answers, once more when the connection turns out to be dead."""
    try:
        return _exchange_once(commands)
    except redis.ConnectionError:  # a server that was restarted meanwhile; saying a thing twice does no harm
        return _exchange_once(commands)


def _exchange_once(commands: list[Command]) -> list[Any]:
    connection = _connection()
    try:
        connection.send_packed_command(connection.pack_commands(commands))
        return [connection.read_response() for _command in commands]
    except redis.RedisError:
        connection.disconnect()  # or the next exchange would read what is left of this one's answers
        raise


def _connection() -> redis.Connection:
    """This thread's own connection, closed with it. The pool's giving and taking costs more than the message."""
    if getattr(_own, "process", None) != os.getpid():
        pool = client().connection_pool
        _own.connection, _own.process = pool.connection_class(**pool.connection_kwargs), os.getpid()
    connection: redis.Connection = _own.connection
    return connection


class _Outgoing:
    """The commands of one transaction, in one hook. What a savepoint's rollback leaves here is a needless note."""

    def __init__(self) -> None:
        self.commands: list[tuple[Command, Then | None]] = []
        self.__qualname__ = "messages to Redis"  # Django logs it should the hook fail

    def __call__(self) -> None:
        send(self.commands)


def send_after_commit(*command: str | int, then: Then | None = None) -> None:
    """Send a command once the surrounding transaction has committed; the same command only once."""
    outgoing = next((entry[1] for entry in connection.run_on_commit if isinstance(entry[1], _Outgoing)), None)
    if outgoing is None:
        outgoing = _Outgoing()
        outgoing.commands.append((command, then))
        transaction.on_commit(outgoing, robust=True)
    elif all(command != known for known, _then in outgoing.commands):
        outgoing.commands.append((command, then))
