"""Tasks of the composition root."""

import logging

from celery import shared_task

from config.books import book_differences
from config.health import note_alive
from purchasing.verification import differing_suggestions

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True, expires=30)
def heartbeat() -> None:
    """Sent by beat and run by a worker: both are alive."""
    note_alive("worker")
    note_alive("beat")


@shared_task
def verify_books() -> int:
    """Prove every night that stock ties out and suggestions compute to themselves; each difference is logged.

    Returns how many there are.
    """
    wrong = [*book_differences(), *differing_suggestions()]
    for difference in wrong:
        logger.error("The books do not tie out: %s", difference)
    return len(wrong)
