"""The audit log: one row per step of a document, in the transaction of that step."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from core.actor import current_actor_id
from core.models import AuditEntry


def entry(subject: str, subject_id: int, verb: str, *, at: datetime | None = None, **data: Any) -> AuditEntry:
    """An unsaved audit entry by the current actor; ``at`` defaults to now."""
    return AuditEntry(
        subject_type=subject,
        subject_id=subject_id,
        verb=verb,
        data=data,
        actor_id=current_actor_id(),
        at=at or timezone.now(),
    )


def record(subject: str, subject_id: int, verb: str, *, at: datetime | None = None, **data: Any) -> None:
    """Write one audit entry."""
    entry(subject, subject_id, verb, at=at, **data).save(force_insert=True)


def record_many(entries: Iterable[AuditEntry]) -> None:
    """Write many audit entries in one statement per thousand."""
    AuditEntry.objects.bulk_create(entries, batch_size=1000)


def timeline(subject: str, subject_id: int) -> QuerySet[AuditEntry]:
    """Every step of one document, oldest first, with its actor."""
    return (
        AuditEntry.objects.filter(subject_type=subject, subject_id=subject_id)
        .select_related("actor")
        .order_by("at", "pk")
    )
