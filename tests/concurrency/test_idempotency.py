"""One effect per Idempotency-Key, with real commits: repetitions, the same moment, a process that dies in between."""

from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from core import idempotency
from core.models import IdempotencyKey
from core.tasks import expire_idempotency_keys
from inventory.models import StockMove
from inventory.services import plan_reservations
from inventory.verification import stock_differences
from orders.models import LostDemand, Order
from orders.serializers import OrderOut
from tests.api.conftest import Shop
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/orders/"


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def token():
    return Token.objects.create(user=UserFactory(role="Integrations")).key


def send(token, body, key="K1", url=URL, **kwargs):
    headers = {"Idempotency-Key": key} if key is not None else {}
    client = APIClient(**kwargs)
    return client.post(url, body, format="json", headers={"Authorization": f"Token {token}", **headers})


def test_repetition_has_no_second_effect_and_gets_the_very_same_answer(token, shop):
    body = shop.order(("TEA", 3))
    first, again = send(token, body), send(token, dict(reversed(body.items())))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert Order.objects.count() == 1
    shop.level.refresh_from_db()
    assert shop.level.reserved == 3


def test_answer_stays_the_first_one_when_the_order_has_moved_on(token, shop):
    first = send(token, shop.order(("TEA", 3)))
    send(token, {"reason": "mistake"}, key="K2", url=f"{URL}{first.json()['id']}/cancel/")
    assert send(token, shop.order(("TEA", 3))).json()["status"] == "open"


def test_another_request_under_the_same_key_is_refused(token, shop):
    order = send(token, shop.order(("TEA", 3))).json()
    other_body = send(token, shop.order(("TEA", 4)))
    other_address = send(token, shop.order(("TEA", 3)), url=f"{URL}{order['id']}/cancel/")
    for refused in (other_body, other_address):
        assert (refused.status_code, refused.json()["code"]) == (409, "duplicate")
    assert Order.objects.get().status == "open"


def test_a_key_belongs_to_its_user(token, shop):
    other = Token.objects.create(user=UserFactory(role="Integrations")).key
    body = shop.order(("TEA", 3))
    assert send(token, body).json()["id"] != send(other, body).json()["id"]


def test_refusal_is_an_answer_too_and_its_lost_demand_counts_once(token, shop):
    body = shop.order(("TEA", 11), allow_backorder=False)
    first, again = send(token, body), send(token, body)
    assert (first.status_code, again.status_code) == (409, 409)
    assert first.content == again.content
    assert again["Content-Type"] == "application/problem+json"
    assert LostDemand.objects.get().quantity == 11


def test_wrong_input_does_not_use_up_the_key(token, shop):
    assert send(token, shop.order(("NOPE", 3))).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert send(token, shop.order(("TEA", 3))).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "schlüssel"])
def test_malformed_key_is_refused(token, shop, key):
    response = send(token, shop.order(("TEA", 3)), key=key)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not Order.objects.exists()


def test_two_at_the_very_same_moment_have_one_effect(race, token, shop):
    body = shop.order(("TEA", 3))
    answers = race(*[partial(send, token, body) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.get("Idempotency-Replayed", "") for answer in answers) == ["", "true", "true", "true"]
    assert Order.objects.count() == 1
    shop.level.refresh_from_db()
    assert shop.level.reserved == 3
    assert stock_differences() == []


def test_control_without_the_claim_each_has_its_effect(race, token, shop):
    body = shop.order(("TEA", 3))
    unclaimed = idempotency._Row(0, "", None, None)
    with patch.object(
        idempotency, "_claim", lambda user, key, fingerprint: unclaimed._replace(fingerprint=fingerprint)
    ):
        race(*[partial(send, token, body) for _ in range(2)])
    assert Order.objects.count() == 2


def test_death_between_effect_and_answer_undoes_both(token, shop):
    """``kill -9`` before the commit: PostgreSQL rolls back order, reservation and key; the repetition starts anew."""
    body = shop.order(("TEA", 3))
    with patch.object(OrderOut, "to_representation", side_effect=SystemExit), pytest.raises(SystemExit):
        send(token, body)
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
    shop.level.refresh_from_db()
    assert shop.level.reserved == 0
    assert send(token, body).status_code == 201


def test_deadlock_is_retried_inside_the_one_transaction(token, shop):
    tries = []

    def plan_after_a_deadlock(*args, **kwargs):
        tries.append(args)
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")
        return plan_reservations(*args, **kwargs)

    with patch("orders.services.intake.plan_reservations", plan_after_a_deadlock):
        first = send(token, shop.order(("TEA", 3)))
    assert (first.status_code, len(tries), Order.objects.count()) == (201, 2, 1)
    assert send(token, shop.order(("TEA", 3))).content == first.content


def test_adjustment_moves_stock_once(token, shop):
    body = {"product": "TEA", "warehouse": "MAIN", "difference": -4, "reason": "Broken"}
    answers = [send(token, body, url="/api/v1/stock-adjustments/") for _ in range(2)]
    assert answers[0].status_code == 201
    assert answers[0].content == answers[1].content
    assert StockMove.objects.filter(kind="adjustment").count() == 1
    shop.level.refresh_from_db()
    assert (shop.level.on_hand, str(shop.level.value)) == (6, "36.00")


def test_what_waits_for_the_commit_runs_after_it(token, shop, redis_url):
    """The kick of the reorder check is an ``on_commit`` hook: it must not be lost with autocommit off.

    ``redis_url`` comes last: it forgets the kick that the shop's opening stock left waiting.
    """
    with patch("purchasing.tasks.check_reorder_points.apply_async") as kick:
        send(token, shop.order(("TEA", 3)))
    kick.assert_called_once()


def test_keys_are_forgotten_after_a_day(token, shop):
    send(token, shop.order(("TEA", 3)), key="old")
    send(token, shop.order(("TEA", 3)), key="new")
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    assert expire_idempotency_keys() == 1
    assert IdempotencyKey.objects.get().key == "new"
