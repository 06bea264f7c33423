"""Rows that serve for a while and would otherwise grow for ever; run by beat.

Deleted by the batch, each in a transaction of its own, so that no lock and no old snapshot is held for long.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from core.models import AuditEntry, IdempotencyKey, OutboxEvent

BATCH = 10_000


def forget_idempotency_keys() -> int:
    """Delete the answers to repeatable requests older than ``IDEMPOTENCY_KEY_HOURS``."""
    limit = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS)
    return _delete(IdempotencyKey.objects.filter(created_at__lt=limit))


def forget_outbox() -> int:
    """Delete published facts older than ``OUTBOX_DAYS``; what is not published yet stays."""
    return _delete(
        OutboxEvent.objects.filter(created_at__lt=_days_ago(settings.OUTBOX_DAYS), published_at__isnull=False)
    )


def forget_audit() -> int:
    """Delete audit entries older than ``AUDIT_DAYS``; 0 keeps them all, for they are the documents' history."""
    if not settings.AUDIT_DAYS:
        return 0
    return _delete(AuditEntry.objects.filter(at__lt=_days_ago(settings.AUDIT_DAYS)))


def forget_sessions() -> int:
    """Delete sessions that have ended."""
    return _delete(Session.objects.filter(expire_date__lt=timezone.now()))


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _delete(rows: QuerySet[Any]) -> int:
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        total += rows.model._base_manager.filter(pk__in=keys).delete()[0]
    return total
