"""Clients that never give up: a request without an answer is sent again under the same key until there is one."""

import http.client
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.http import Answer, Channel

Json = dict[str, Any]
GIVE_UP_SECONDS = 120


@dataclass(slots=True)
class Request:
    """One POST and what became of it; ``sent`` counts how often it was sent until ``answer`` came."""

    key: str
    path: str
    body: Json
    sent: int = 0
    answer: Answer | None = None

    @property
    def verb(self) -> str:
        """The last part of the address: orders, ship, change, cancel, stock-adjustments."""
        return self.path.strip("/").split("/")[-1]


@dataclass(slots=True)
class Journal:
    """Everything that was asked, in the order it was answered; shared by all clients."""

    answered: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: Request) -> None:
        """Note a request that has its answer."""
        with self.lock:
            self.answered.append(request)

    def of(self, verb: str, *statuses: int) -> list[Request]:
        """Answered requests of one kind."""
        return [r for r in self.answered if r.verb == verb and r.answer and r.answer.status in statuses]


def ask(channel: Channel, request: Request) -> Answer:
    """Send until there is an answer. A cut line, a refused connection and a 5xx are none."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < give_up:
        request.sent += 1
        try:
            answer = channel.post(request.path, request.body, request.key)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            continue
        if answer.status < 500:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{request.path} {request.key}: no answer within {GIVE_UP_SECONDS} s")


class Client(threading.Thread):
    """One channel: mostly new orders, now and then one of its own shipped, changed or cancelled, or a count."""

    def __init__(self, name: str, channel: Channel, skus: Sequence[str], journal: Journal, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.channel, self.skus, self.journal = channel, skus, journal
        self.random, self.stopping, self.failure = random.Random(seed), threading.Event(), ""
        self.open_orders: list[int] = []

    def run(self) -> None:
        try:
            for number in range(1_000_000):
                if self.stopping.is_set():
                    return
                self.step(f"{self.name}-{number}")
        except Exception as exc:
            self.failure = f"{self.name}: {exc!r}"

    def step(self, key: str) -> None:
        choices: list[tuple[float, Callable[[], tuple[str, Json]]]] = [(60, lambda: self.order(key)), (5, self.count)]
        if self.open_orders:
            choices += [(20, self.ship), (10, self.change), (10, self.cancel)]
        ((path, body),) = [
            made() for made in self.random.choices(*zip(*((m, w) for w, m in choices), strict=True), k=1)
        ]
        request = Request(key, path, body)
        request.answer = ask(self.channel, request)
        self.journal.add(request)
        if request.verb == "orders" and request.answer.status == 201:
            self.open_orders.append(request.answer.json()["id"])

    def order(self, key: str) -> tuple[str, Json]:
        lines = [
            {"product": sku, "quantity": self.random.randint(1, 4)}
            for sku in self.random.sample(self.skus, self.random.randint(1, 3))
        ]
        body = {"customer": "C1", "channel": "web", "warehouse": "MAIN", "lines": lines, "note": key}
        return "orders/", body | {"allow_backorder": self.random.random() < 0.5}

    def count(self) -> tuple[str, Json]:
        body = {"product": self.random.choice(self.skus), "warehouse": "MAIN", "reason": "count"}
        return "stock-adjustments/", body | {"difference": self.random.choice([-2, -1, 5, 20])}

    def ship(self) -> tuple[str, Json]:
        return f"orders/{self.random.choice(self.open_orders)}/ship/", {}

    def change(self) -> tuple[str, Json]:
        lines = [{"line": 1, "quantity": self.random.randint(1, 6)}]
        return f"orders/{self.random.choice(self.open_orders)}/change/", {"lines": lines}

    def cancel(self) -> tuple[str, Json]:
        order = self.open_orders.pop(self.random.randrange(len(self.open_orders)))
        return f"orders/{order}/cancel/", {"reason": "changed their mind"}
