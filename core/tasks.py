"""Celery tasks of the core: thin, repeatable."""

import logging

import redis
from celery import shared_task

from core import outbox, retention
from core.mail import send_waiting_mails
from core.queue import kick_taken

logger = logging.getLogger(__name__)


@shared_task
def publish_outbox() -> int:
    """Publish what is not published yet; run by beat. Returns the number of facts published."""
    total = 0
    try:
        while published := outbox.publish_batch():
            total += published
    except redis.RedisError:
        logger.warning("Redis unreachable: the outbox waits for the next run.")
    return total


@shared_task
def expire_idempotency_keys() -> int:
    """Forget keys that are old enough; run by beat."""
    return retention.forget_idempotency_keys()


@shared_task
def forget_old_rows() -> int:
    """Forget published facts, audit entries and sessions that are old enough; run by beat at night."""
    return retention.forget_outbox() + retention.forget_audit() + retention.forget_sessions()


@shared_task
def send_mails() -> int:
    """Send the e-mails that are due; also run by beat, for what a lost kick left. Returns the number sent."""
    kick_taken(send_mails)
    return send_waiting_mails()
