"""Queries that prove something: each row they find is a difference."""

from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def differences(kind: Callable[..., T], sql: str) -> list[T]:
    """What a proof finds, each row made into ``kind``; empty when all is well. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [kind(*row) for row in cursor.fetchall()]
