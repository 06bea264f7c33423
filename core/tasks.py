"""Celery tasks of the core: thin, repeatable."""

from celery import shared_task

from core.idempotency import expire_keys


@shared_task
def expire_idempotency_keys() -> int:
    """Forget keys that are old enough; run by beat."""
    return expire_keys()
