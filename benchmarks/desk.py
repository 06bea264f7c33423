"""What a sales person waits for while typing: the chips with stock, promise and price, and the type-ahead."""

import http.client
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie

from django.conf import settings
from django.test import Client
from django.urls import reverse

from benchmarks.http import serve
from benchmarks.world import World
from core.models import User

REQUESTS, LINES, SHORT = 300, 10, 3
BAR_MS = 50.0


def typing_times(world: World, waited_for: list[int], user: User) -> tuple[float, float]:
    """95th percentiles, in ms, of a quote of ten lines (three of them products that many wait for) and a type-ahead.

    One person on one connection to gunicorn, every request another one.
    """
    chance = random.Random(1)
    with serve() as port, _signed_in(port, user) as ask:

        def quote() -> None:
            products = chance.sample(world.products, LINES - SHORT) + chance.sample(waited_for, SHORT)
            body = {
                "warehouse": world.warehouse,
                "customer": chance.choice(world.customers),
                "lines": [{"product_id": product, "quantity": chance.randint(1, 20)} for product in products],
            }
            answer = ask("POST", reverse("orders:quote"), body)
            assert len(answer["lines"]) == LINES, answer
            assert all(answer["lines"]), answer

        def suggest() -> None:
            text = f"B-{chance.randrange(len(world.products)):06d}"[: chance.randint(2, 8)]
            path = f"{reverse('orders:product-suggestions')}?q={text}&warehouse={world.warehouse}"
            assert ask("GET", path, None)["results"], text

        return _p95(quote), _p95(suggest)


@contextmanager
def _signed_in(port: int, user: User) -> Iterator[Callable[..., dict[str, list[object]]]]:
    """A function that asks the server as this user's browser would, and returns its JSON."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}", "Host": "localhost"}
    connection.request("GET", reverse("orders:new"), headers=headers)
    response = connection.getresponse()
    response.read()
    token = SimpleCookie(response.headers["Set-Cookie"])[settings.CSRF_COOKIE_NAME].value
    headers["Cookie"] += f"; {settings.CSRF_COOKIE_NAME}={token}"
    headers |= {"X-CSRFToken": token, "Content-Type": "application/json"}

    def ask(method: str, path: str, body: object) -> dict[str, list[object]]:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:300]!r}")
        return dict(json.loads(content))

    try:
        yield ask
    finally:
        connection.close()


def _p95(call: Callable[[], object]) -> float:
    for _warm_up in range(30):
        call()
    times = []
    for _request in range(REQUESTS):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.quantiles(times, n=20)[-1] * 1000
