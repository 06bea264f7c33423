"""Celery tasks of reports: thin, repeatable."""

from celery import shared_task

from reports import services


@shared_task
def refresh_snapshots() -> int:
    """Recompute the days that something new was recorded for; run by beat. Returns the number of days."""
    period = services.refresh_changed_days()
    return period.days if period else 0


@shared_task
def refresh_all_snapshots() -> int:
    """Recompute every day; run by beat at night. Returns the number of days."""
    period = services.refresh_all()
    return period.days if period else 0
