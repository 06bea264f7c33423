"""Celery tasks of purchasing: thin, repeatable."""

from celery import shared_task

from core.live import publish
from core.queue import kick_taken
from purchasing.services import drain_marks


@shared_task
def check_reorder_points() -> int:
    """Drain the marked places; also run by beat, for what a lost kick left. Returns the marks drained."""
    kick_taken(check_reorder_points)
    total = 0
    while drained := drain_marks():
        total += drained
    if total:
        publish("suggestions-changed", {})
    return total
