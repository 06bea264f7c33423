"""``written_at_once``: looking begins no transaction, what is written is one, and nobody's own is ended by it."""

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg2.extensions import STATUS_BEGIN, STATUS_READY

from core.models import OutboxEvent
from core.outbox import publish
from core.statements import look_up, write
from core.transactions import one_transaction, written_at_once
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
TWICE = "INSERT INTO core_outboxevent (id, topic, payload) VALUES (%s::bigint, 'twice', '{}')"


ALONE = """
    INSERT INTO core_outboxevent (topic, payload)
    SELECT %s::text, to_jsonb(transaction_timestamp() = statement_timestamp())
"""


def status():
    return connection.connection.status


def warm_up():
    """Preparing a statement begins the transaction; each connection does it once."""
    with written_at_once():
        look_up("one", "SELECT %s::int", [1])
        publish("warm")
        write("alone", ALONE, ["warm"])
    OutboxEvent.objects.all().delete()


def seen_by_others():
    return at_once([lambda: sorted(OutboxEvent.objects.values_list("topic", flat=True))])[0]


def test_looking_begins_nothing_and_the_writes_are_committed_when_they_are_sent():
    warm_up()
    hooks = []
    with written_at_once():
        assert look_up("one", "SELECT %s::int", [1]) == [(1,)]
        publish("a")
        write("alone", ALONE, ["b"])
        transaction.on_commit(lambda: hooks.append(seen_by_others()))
        assert status() == STATUS_READY
        assert seen_by_others() == []
        assert hooks == []
    assert hooks == [["a", "b"]]
    assert OutboxEvent.objects.get(topic="b").payload is True  # the transaction began with the message
    assert status() == STATUS_READY
    assert connection.connection.autocommit


@written_at_once()
def write_twice():
    publish("a")
    write("twice", TWICE, [1])
    write("twice", TWICE, [1])


def test_one_that_fails_undoes_all_of_them():
    warm_up()
    with pytest.raises(IntegrityError):
        write_twice()
    assert seen_by_others() == []
    publish("after")  # the connection is as good as before
    assert seen_by_others() == ["after"]


@written_at_once()
def give_up():
    publish("a")
    raise RuntimeError


def test_an_error_before_the_end_writes_nothing():
    warm_up()
    with pytest.raises(RuntimeError):
        give_up()
    assert seen_by_others() == []


@written_at_once()
def write_otherwise():
    OutboxEvent.objects.create(topic="orm", payload={})
    assert status() == STATUS_BEGIN
    write("alone", ALONE, ["b"])
    write("twice", TWICE, [1])
    write("twice", TWICE, [1])


def test_what_was_written_otherwise_is_in_the_same_transaction():
    warm_up()
    with pytest.raises(IntegrityError):
        write_otherwise()
    assert seen_by_others() == []


@one_transaction()
def write_inside(fail):
    with written_at_once():
        publish("a")
    assert seen_by_others() == []
    if fail:
        raise RuntimeError


def test_inside_somebody_elses_transaction_nothing_is_committed_early():
    warm_up()
    with pytest.raises(RuntimeError):
        write_inside(fail=True)
    assert seen_by_others() == []
    write_inside(fail=False)
    assert seen_by_others() == ["a"]


def test_looking_inside_a_transaction_sees_what_it_wrote():
    warm_up()
    with transaction.atomic():
        OutboxEvent.objects.create(topic="orm", payload={})
        assert look_up("count_events", "SELECT count(*) FROM core_outboxevent WHERE %s::int = 1", [1]) == [(1,)]
        assert status() == STATUS_BEGIN
