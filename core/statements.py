"""Statements that run thousands of times a minute: prepared once per connection, and sent together where they may be.

Planning was more than half of what an order cost the server, and waiting for round trips most of what it cost the
client (docs/decisions/0005-hot-path.md). Behind PgBouncer in transaction mode, where the next statement may meet
another connection, they run unprepared.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import STATUS_READY

Call = tuple[str, list[Any]]
"""SQL text and its parameters."""
Statement = tuple[str, str, Sequence[Any]]
"""Name, SQL text and parameters of a statement as ``write`` gets it."""

PLAIN = {int, bool, float, Decimal}
PARAMETER = re.compile(r"%s::(\w+(?:\[\])?)")
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_waiting: ContextVar[list[Statement] | None] = ContextVar("waiting", default=None)


def fetch_all(name: str, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows; ``name`` stands in the server's logs.

    Every parameter stands in the statement as ``%s::type``, with a type of one word.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # each use of django.db.connection would look it up anew
    text, values = _call(connection, name, sql, parameters)
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()


def look_up(name: str, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """As ``fetch_all``, for a statement that locks no row and writes none: it does not begin the transaction.

    To begin one is a round trip of its own, and nobody needs it who holds nothing (``transactions.written_at_once``).
    """
    connection = connections[DEFAULT_DB_ALIAS]
    with _not_begun(connection):
        return fetch_all(name, sql, parameters)


def write(name: str, sql: str, parameters: Sequence[Any]) -> None:
    """Run a statement whose outcome nobody asks for; inside ``together`` it waits for the end of the block."""
    waiting = _waiting.get()
    if waiting is None:
        _send([(name, sql, parameters)])
    else:
        waiting.append((name, sql, parameters))


@contextmanager
def together(*, is_whole: bool = False) -> Iterator[None]:
    """Send the writes of this block in their order and in one round trip, when it ends.

    Until then nobody may read them. Inside another such block, the outer one sends. An exception drops them: the
    caller's transaction is undone anyway. ``is_whole``: nothing follows in the atomic block around this one. Unless
    that has begun a transaction, they are one by themselves: PostgreSQL makes one of statements that come together.
    """
    if _waiting.get() is not None:
        yield
        return
    statements: list[Statement] = []
    token = _waiting.set(statements)
    try:
        yield
    finally:
        _waiting.reset(token)
    if statements:
        # Inside somebody else's transaction, the atomic block has begun with a savepoint.
        with _not_begun(connections[DEFAULT_DB_ALIAS]) if is_whole else nullcontext():
            _send(statements)


@contextmanager
def _not_begun(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the driver send what comes now as it stands, without BEGIN before it, unless a transaction has begun."""
    raw = connection.connection
    if raw is None or raw.autocommit or raw.status != STATUS_READY:
        yield
        return
    raw.autocommit = True
    try:
        yield
    finally:
        if not raw.closed:
            raw.autocommit = False


def _send(statements: Sequence[Statement]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    calls = [_call(connection, *statement) for statement in statements]
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(text for text, _values in calls), [v for _text, values in calls for v in values])


def _call(connection: BaseDatabaseWrapper, name: str, sql: str, parameters: Sequence[Any]) -> Call:
    """How to run the statement on this connection, on which it is prepared first if it was not yet."""
    values = [_array(value) if type(value) is list else value for value in parameters]
    if settings.PGBOUNCER:
        return sql, values
    statement, call, prepare = _forms(name, sql)
    if connection.connection is None:
        connection.ensure_connection()
    known = _prepared.get(connection.connection)
    if known is None:
        known = _prepared[connection.connection] = set()
    if statement not in known:
        # On the driver's own cursor: it is part of no page's query budget. A rollback does not undo it.
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(prepare)
        known.add(statement)
    return call, values


def _array(values: list[Any]) -> str:
    """A list as PostgreSQL's text form of an array, which it reads as one constant.

    The driver would spell ARRAY[…], an expression with a node for each element: five times the time on both sides.
    """
    if PLAIN.issuperset(map(type, values)):
        return f"{{{','.join(map(str, values))}}}"
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if type(value) in PLAIN:
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _forms(name: str, sql: str) -> tuple[str, str, str]:
    """(name of the prepared statement, how to call it, how to prepare it)."""
    statement = f"{name}_{crc32(sql.encode()):08x}"
    types = PARAMETER.findall(sql)
    numbers = iter(range(1, len(types) + 1))
    body = PARAMETER.sub(lambda found: f"${next(numbers)}::{found[1]}", sql)
    call = f"EXECUTE {statement} ({', '.join('%s' for _kind in types)})"
    return statement, call, f"PREPARE {statement} AS {body}"
