"""Celery tasks of inventory: thin, repeatable."""

from celery import shared_task

from inventory.expiry import set_aside_expired


@shared_task
def set_aside_expired_lots() -> int:
    """Hold back what has expired, so that nobody is promised it; run by beat every hour. Returns how many lots."""
    return set_aside_expired()
