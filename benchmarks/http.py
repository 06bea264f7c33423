"""The same order through the whole web stack: gunicorn, token, idempotency key, JSON in and out, real sockets."""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.auth.models import Group
from rest_framework.authtoken.models import Token

from benchmarks.world import World
from core.models import User

ROOT = Path(__file__).resolve().parent.parent
WORKERS, THREADS = 4, 2


def make_token() -> str:
    """The API token of a new integration user."""
    user = User.objects.create(username="bench")
    user.groups.set([Group.objects.get(name="Integrations")])
    return str(Token.objects.create(user=user).key)


@contextmanager
def serve() -> Iterator[int]:
    """Gunicorn on a free port, as `make demo` and docker-compose start it; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "--no-control-socket"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ)
    try:
        for _try in range(200):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def order_loop(world: World, port: int, token: str) -> Callable[[int], Callable[[], object]]:
    """One POST of an order of three lines a repetition, each with a new idempotency key, on a kept connection."""

    def make(number: int) -> Callable[[], object]:
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

        def work() -> None:
            new = world.new_order(chance)
            body = {
                "customer": new.customer_id,
                "channel": new.channel_id,
                "warehouse": new.warehouse_id,
                "lines": [{"product": line.product_id, "quantity": line.quantity} for line in new.lines],
            }
            key = {"Idempotency-Key": str(uuid.UUID(int=chance.getrandbits(128)))}
            connection.request("POST", "/api/v1/orders/", json.dumps(body), headers | key)
            response = connection.getresponse()
            answer = response.read()
            if response.status != 201:
                raise RuntimeError(f"{response.status}: {answer[:300]!r}")

        return work

    return make
