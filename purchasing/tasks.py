"""Celery tasks of purchasing: thin, repeatable."""

from celery import shared_task

from core.live import publish
from core.queue import kick_taken
from purchasing.services import approve_by_rules, drain_marks


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


@shared_task
def approve_routine_suggestions() -> int:
    """Order what the rules allow; run by beat in the morning. Returns how many purchase orders were made."""
    made = approve_by_rules()
    if made:
        publish("suggestions-changed", {})
    return made
