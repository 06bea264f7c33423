"""The audit log: one row per step of a document, in the transaction of that step."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from core.actor import current_actor_id
from core.bulk import append_columns
from core.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Entry:
    """One step to be recorded."""

    subject_type: str
    subject_id: int
    verb: str
    at: datetime
    data: dict[str, Any]


def entry(subject: str, subject_id: int, verb: str, *, at: datetime | None = None, **data: Any) -> Entry:
    """A step for ``record_many``; ``at`` defaults to now."""
    return Entry(subject, subject_id, verb, at or timezone.now(), data)


def record(subject: str, subject_id: int, verb: str, *, at: datetime | None = None, **data: Any) -> None:
    """Write one audit entry."""
    record_many([entry(subject, subject_id, verb, at=at, **data)])


def record_many(entries: Iterable[Entry], *, keys: list[int] | None = None) -> None:
    """Write the steps as the current actor's, in one statement; under these keys when somebody needs to know them."""
    steps = list(entries)
    append_columns(
        AuditEntry,
        actor_id=current_actor_id(),
        subject_type=[step.subject_type for step in steps],
        subject_id=[step.subject_id for step in steps],
        verb=[step.verb for step in steps],
        data=[json.dumps(step.data) for step in steps],
        at=[step.at for step in steps],
        **({} if keys is None else {"pk": keys}),
    )


def last_steps(subject: str, subject_ids: Iterable[int], verbs: Iterable[str]) -> dict[int, datetime]:
    """When each document last had one of these steps; those without any are left out."""
    steps = AuditEntry.objects.filter(subject_type=subject, subject_id__in=list(subject_ids), verb__in=list(verbs))
    return dict(steps.order_by().values_list("subject_id").annotate(Max("at")))


def timeline(subject: str, subject_id: int) -> QuerySet[AuditEntry]:
    """Every step of one document, oldest first, with its actor."""
    return (
        AuditEntry.objects.filter(subject_type=subject, subject_id=subject_id)
        .select_related("actor")
        .order_by("at", "pk")
    )
