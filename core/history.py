"""The history of a document in sentences: what its audit entries say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import audit
from core.models import User

Data = dict[str, Any]
Words = dict[str, tuple[str, Callable[[Data], str]]]
"""By verb, the icon of a step and what it says of its data."""


@dataclass(frozen=True, slots=True)
class Event:
    """One step: its key, its verb, when, by whom (None: the system), what happened in words, its icon, its data."""

    pk: int
    verb: str
    at: datetime
    actor: User | None
    sentence: str
    icon: str
    data: Data


def events(subject: str, subject_id: int, words: Words) -> list[Event]:
    """Every step of one document, oldest first; one query."""
    found = []
    for entry in audit.timeline(subject, subject_id):
        icon, sentence = words[entry.verb]
        found.append(Event(entry.pk, entry.verb, entry.at, entry.actor, sentence(entry.data), icon, entry.data))
    return found
