"""Celery tasks of inventory: thin, repeatable."""

from celery import shared_task

from inventory.expiry import write_off_expired


@shared_task
def write_off_expired_lots() -> int:
    """Take what has expired out of stock; run by beat just after midnight. Returns how many lots."""
    return write_off_expired()
