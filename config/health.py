"""Is everything up? For load balancers, `make demo`, and people."""

import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from config.books import book_differences

HEARTBEAT_SECONDS = 15
# Three beats missed: the process is gone or hangs.
HEARTBEAT_TTL = 3 * HEARTBEAT_SECONDS


def beat_key(part: str) -> str:
    """Redis key whose presence says that ``part`` (beat, worker, events) was alive a moment ago."""
    return f"tandem:alive:{part}"


def note_alive(part: str) -> None:
    """Say that this part is alive."""
    _redis().set(beat_key(part), int(time.time()), ex=HEARTBEAT_TTL)


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)


def _database() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    return bool(_redis().ping())


def _alive(part: str) -> Callable[[], bool]:
    return lambda: bool(_redis().exists(beat_key(part)))


PARTS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "redis": _broker,
    "worker": _alive("worker"),
    "beat": _alive("beat"),
    "events": _alive("events"),
}


def _works(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:
        return False


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 while this web process answers at all."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database (migrated), Redis, worker, beat and events are up; else 503. Each part by name."""
    parts = {name: _works(check) for name, check in PARTS.items()}
    ok = all(parts.values())
    response = JsonResponse({"status": "ok" if ok else "unavailable", "parts": parts}, status=200 if ok else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # whoever asks reads the answer; no log line each
    return response


@login_not_required
@require_safe
def invariants(request: HttpRequest) -> JsonResponse:
    """200 when stock ties out to the ledger, the reservations and the order lines; 500 and how often not."""
    wrong = len(book_differences())
    return JsonResponse({"status": "ok" if not wrong else "broken", "differences": wrong}, status=500 if wrong else 200)
