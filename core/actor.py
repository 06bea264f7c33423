"""Who is acting: set per request by middleware, read by services for the audit log; None for the system itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_actor_id: ContextVar[int | None] = ContextVar("actor_id", default=None)


def current_actor_id() -> int | None:
    """Primary key of the acting user, or None when the system acts by itself."""
    return _actor_id.get()


@contextmanager
def acting_as(user_id: int | None) -> Iterator[None]:
    """Attribute everything inside to this user."""
    token = _actor_id.set(user_id)
    try:
        yield
    finally:
        _actor_id.reset(token)


def set_actor(user_id: int | None) -> None:
    """Attribute the rest of this request to this user (token authentication happens after the middleware)."""
    _actor_id.set(user_id)
