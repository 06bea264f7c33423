"""The short form of `make chaos`, and a control for each of its checks: what it must notice, it does notice."""

import json
import subprocess
import sys

import pytest
from django.db import connection

from inventory.models import StockLevel
from orders.services import create_order
from orders.values import NewLine, NewOrder
from tests.api.conftest import Shop
from tests.chaos import checks
from tests.chaos.clients import Journal, Request
from tests.http import Answer
from tests.processes import BASE_DIR


def test_everything_is_killed_once_and_nothing_is_lost_or_doubled():
    command = [sys.executable, "-m", "tests.chaos.drill", "--rounds", "1", "--calm", "12", "--clients", "4"]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    killed = [line.split()[1] for line in said if line.startswith("killed ")]
    assert killed == ["web_worker", "celery", "valkey", "postgres"]
    assert sum(line.startswith("checked: ") for line in said) == 7
    assert said[-1] == "Nothing lost, nothing doubled."


class Ledger:
    """A company with one confirmed order that the journal knows of."""

    def __init__(self, shop) -> None:
        self.shop, self.journal = shop, Journal()
        self.order("K1")

    def order(self, note: str) -> None:
        lines = [NewLine(self.shop.tea.pk, 1)]
        new = NewOrder(self.shop.customer.pk, self.shop.channel.pk, self.shop.warehouse.pk, lines, note=note)
        self.answered("orders/", note, 201, number=create_order(new).number)

    def answered(self, path: str, key: str, status: int, **body) -> None:
        request = Request(key, path, {"lines": [{"quantity": 3}]}, sent=1)
        request.answer = Answer(status, {}, json.dumps(body).encode())
        self.journal.add(request)


class Echo:
    """A server that answers every repetition with this."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def post(self, path, body, key):
        return self.answer


@pytest.fixture
def ledger(db, shop):
    return Ledger(shop)


@pytest.fixture
def shop(db):
    return Shop()


def test_checks_are_content_with_what_is_right(ledger):
    answer = ledger.journal.answered[0].answer
    checks.nothing_lost(ledger.journal)
    checks.nothing_doubled(ledger.journal)
    checks.refusals_counted_once(ledger.journal)
    checks.same_answers(ledger.journal, Echo(Answer(201, {"Idempotency-Replayed": "true"}, answer.body)))
    checks.books_tie_out()


def test_control_a_lost_order_is_noticed(ledger):
    ledger.answered("orders/", "K2", 201, number="SO-2")
    with pytest.raises(AssertionError, match="not there"):
        checks.nothing_lost(ledger.journal)


def test_control_a_doubled_order_is_noticed(ledger):
    ledger.order("K1")
    ledger.journal.answered.pop()
    checks.nothing_lost(ledger.journal)
    with pytest.raises(AssertionError, match="'orders': 2"):
        checks.nothing_doubled(ledger.journal)


def test_control_a_forgotten_shipment_is_noticed(ledger):
    ledger.answered("orders/1/ship/", "K2", 201)
    with pytest.raises(AssertionError, match="'ship': 0"):
        checks.nothing_doubled(ledger.journal)


def test_control_a_forgotten_refusal_is_noticed(ledger):
    ledger.answered("orders/", "K2", 409)
    with pytest.raises(AssertionError, match="0 pieces recorded as refused, 3 were"):
        checks.refusals_counted_once(ledger.journal)


@pytest.mark.parametrize("again", [Answer(201, {"Idempotency-Replayed": "true"}, b"{}"), Answer(409, {}, b"{}")])
def test_control_another_answer_is_noticed(ledger, again):
    with pytest.raises(AssertionError):
        checks.same_answers(ledger.journal, Echo(again))


def test_control_books_that_differ_are_noticed(ledger):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        StockLevel.objects.update(reserved=9)
    with pytest.raises(AssertionError, match="reserved 9, open 1"):
        checks.books_tie_out()
