"""Two workers and one e-mail: it goes once; without the lock it goes twice."""

import time
from unittest.mock import patch

import pytest
from django.core import mail as outbox

from core.mail import NewMail, queue_mail, send_waiting_mails
from core.models import Mail

NEW = NewMail("k", "order", 1, "confirmation", "SO-1", "a@shop.example", "Order", "Hello", "SO-1.pdf", b"%PDF-")


@pytest.fixture
def waiting(transactional_db, redis_url) -> Mail:
    return queue_mail(NEW)


def test_it_goes_once(race, waiting):
    assert sorted(race(send_waiting_mails, send_waiting_mails)) == [0, 1]
    assert len(outbox.outbox) == 1


def read_without_lock() -> Mail | None:
    found = Mail.objects.filter(status=Mail.Status.WAITING).first()
    time.sleep(0.5)
    return found


def test_control_without_the_lock_it_goes_twice(race, waiting):
    with patch("core.mail.take_waiting_mail", read_without_lock):
        race(send_waiting_mails, send_waiting_mails)
    assert len(outbox.outbox) == 2
