"""Tasks of the composition root."""

from celery import shared_task

from config.health import note_alive


@shared_task(ignore_result=True, expires=30)
def heartbeat() -> None:
    """Sent by beat and run by a worker: both are alive."""
    note_alive("worker")
    note_alive("beat")
