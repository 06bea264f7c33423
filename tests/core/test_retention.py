"""Rows that serve for a while are published, kept as long as promised, and then forgotten."""

import json
from datetime import timedelta

import pytest
import redis
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.celery import app
from core import audit, outbox, retention, tasks
from core.models import AuditEntry, IdempotencyKey, OutboxEvent
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def stream(redis_url) -> list[dict[bytes, bytes]]:
    return [fields for _id, fields in redis.Redis.from_url(redis_url).xrange(outbox.STREAM)]


def test_facts_are_published_once_in_order(redis_url):
    outbox.publish("order.created", order=7, number="SO-7")
    outbox.publish_many("order.shipped", [{"order": 7}, {"order": 8}])
    assert tasks.publish_outbox() == 3
    facts = stream(redis_url)
    assert [fact[b"topic"] for fact in facts] == [b"order.created", b"order.shipped", b"order.shipped"]
    assert json.loads(facts[0][b"payload"]) == {"order": 7, "number": "SO-7"}
    assert [int(fact[b"id"]) for fact in facts] == list(OutboxEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert tasks.publish_outbox() == 0
    assert len(stream(redis_url)) == 3


def test_more_than_a_batch_is_published_whole(redis_url, monkeypatch):
    monkeypatch.setattr(outbox, "BATCH", 2)
    outbox.publish_many("order.created", [{"order": n} for n in range(5)])
    assert tasks.publish_outbox() == 5
    assert len(stream(redis_url)) == 5


def test_with_redis_down_facts_wait(redis_url, monkeypatch):
    outbox.publish("order.created", order=7)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "client", lambda: redis.Redis.from_url("redis://127.0.0.1:1/0"))
        assert tasks.publish_outbox() == 0
    assert OutboxEvent.objects.get().published_at is None
    assert tasks.publish_outbox() == 1


def test_a_death_before_the_commit_publishes_again(redis_url, monkeypatch):
    outbox.publish("order.created", order=7)
    with monkeypatch.context() as patch:
        patch.setattr(outbox.timezone, "now", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            outbox.publish_batch()
    assert OutboxEvent.objects.get().published_at is None
    assert tasks.publish_outbox() == 1
    assert [fact[b"id"] for fact in stream(redis_url)] == [str(OutboxEvent.objects.get().pk).encode()] * 2


def days_ago(days: int):
    return timezone.now() - timedelta(days=days)


def test_old_published_facts_are_forgotten_and_unpublished_ones_never(settings):
    settings.OUTBOX_DAYS = 30
    for topic, age, published in [("old", 31, True), ("new", 29, True), ("stuck", 400, False)]:
        OutboxEvent.objects.create(
            topic=topic, created_at=days_ago(age), published_at=days_ago(age) if published else None
        )
    assert retention.forget_outbox() == 1
    assert set(OutboxEvent.objects.values_list("topic", flat=True)) == {"new", "stuck"}


def test_the_audit_log_is_kept_unless_a_limit_is_set(settings):
    audit.record("order", 1, "confirmed", at=days_ago(4000))
    audit.record("order", 1, "shipped", at=days_ago(10))
    settings.AUDIT_DAYS = 0
    assert retention.forget_audit() == 0
    settings.AUDIT_DAYS = 3650
    assert retention.forget_audit() == 1
    assert AuditEntry.objects.get().verb == "shipped"


def test_sessions_that_ended_are_forgotten():
    Session.objects.create(session_key="ended", session_data="", expire_date=days_ago(1))
    Session.objects.create(session_key="alive", session_data="", expire_date=days_ago(-1))
    assert retention.forget_sessions() == 1
    assert Session.objects.get().session_key == "alive"


def test_many_rows_go_in_batches(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    user = UserFactory()
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(user=user, key=f"K{n}", fingerprint="x", created_at=days_ago(2)) for n in range(5)
    )
    assert retention.forget_idempotency_keys() == 5


def test_beat_runs_what_keeps_tables_small():
    app.autodiscover_tasks(force=True)
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert planned <= set(app.tasks)
    assert planned >= {
        "core.tasks.publish_outbox",
        "core.tasks.expire_idempotency_keys",
        "core.tasks.forget_old_rows",
        "purchasing.tasks.check_reorder_points",
    }
