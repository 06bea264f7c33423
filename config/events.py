"""Live updates: an ASGI app of its own (uvicorn) that streams server-sent events from Redis to signed-in browsers.

A stream holds one Redis subscription and no database connection. Run: ``uvicorn config.events:app``.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import redis.asyncio  # noqa: E402
from asgiref.sync import sync_to_async  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import close_old_connections, connections  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402

from config.health import HEARTBEAT_SECONDS, HEARTBEAT_TTL, beat_key  # noqa: E402
from core.live import CHANNEL  # noqa: E402

Scope = dict[str, Any]
RETRY = b"retry: 3000\n\n"


def _signed_in(session_key: str) -> bool:
    """Whether the session belongs to somebody; gives its database connection back at once."""
    close_old_connections()
    try:
        return bool(SessionStore(session_key).get(SESSION_KEY))
    finally:
        connections.close_all()


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _cors(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Pages of the same host's web port may listen with the visitor's cookie; nobody else."""
    origin, host = headers.get("origin", ""), headers.get("host", "").rpartition(":")[0]
    if settings.WEB_PORT is None or origin != f"http://{host}:{settings.WEB_PORT}":
        return []
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


async def _answer(send: Any, status: int, text: bytes, extra: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain"), *extra]})
    await send({"type": "http.response.body", "body": text})


async def _messages() -> AsyncIterator[bytes]:
    """Published notes as server-sent events, a comment every 15 quiet seconds; survives a restart of Redis."""
    while True:
        try:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
            async with client.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                while True:
                    note = await subscription.get_message(ignore_subscribe_messages=True, timeout=HEARTBEAT_SECONDS)
                    yield b"data: " + note["data"] + b"\n\n" if note else b": still here\n\n"
        except RedisError:
            yield b": waiting for redis\n\n"
            await asyncio.sleep(2)


async def _stream(receive: Any, send: Any, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": RETRY, "more_body": True})

    async def pump() -> None:
        async for chunk in _messages():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

    pumping = asyncio.create_task(pump())
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    finally:
        pumping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pumping


async def _say_alive() -> None:
    while True:
        with contextlib.suppress(RedisError, OSError):
            async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client:
                await client.set(beat_key("events"), 1, ex=HEARTBEAT_TTL)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _lifespan(receive: Any, send: Any) -> None:
    beating: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            beating = asyncio.create_task(_say_alive())
            await send({"type": "lifespan.startup.complete"})
        else:
            if beating:
                beating.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def app(scope: Scope, receive: Any, send: Any) -> None:
    """``GET /events/`` streams to whoever has a signed-in session; ``GET /health/live`` answers 200."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    headers = _headers(scope)
    extra = _cors(headers)
    if scope["path"] == "/health/live":
        await _answer(send, 200, b"ok", extra)
        return
    if scope["path"] != "/events/" or scope["method"] != "GET":
        await _answer(send, 404, b"not found", extra)
        return
    cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if cookie is None or not await sync_to_async(_signed_in)(cookie.value):
        await _answer(send, 403, b"sign in first", extra)
        return
    await _stream(receive, send, extra)
