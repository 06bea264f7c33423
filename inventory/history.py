"""The history of transfers, in sentences."""

from django.utils.translation import gettext as _

from core.history import Data, Event, Words, events
from core.templatetags.tandem import in_words, quantity


def _requested(data: Data) -> str:
    return _("Requested: %(pieces)s pieces.") % in_words(data)


def _sent(data: Data) -> str:
    if data["short"]:
        return _("Sent: %(pieces)s pieces, %(short)s fewer than requested.") % in_words(data)
    return _("Sent: %(pieces)s pieces.") % in_words(data)


def _received(data: Data) -> str:
    if data["left"]:
        return _("Received: %(pieces)s pieces; %(left)s still in transit.") % in_words(data)
    return _("Received: %(pieces)s pieces; nothing is in transit any more.") % in_words(data)


def _closed(data: Data) -> str:
    left = ", ".join(f"{sku} {quantity(pieces)}" for sku, pieces in data["left"].items())
    return _("Closed; missing and written off: %(left)s. Reason: %(reason)s") % {**data, "left": left}


def _cancelled(data: Data) -> str:
    return _("Cancelled. Reason: %(reason)s") % data


def _rescheduled(data: Data) -> str:
    return _("Expected on %(after)s instead of %(before)s.") % data


WORDS: Words = {
    "requested": ("file-pencil", _requested),
    "sent": ("truck-delivery", _sent),
    "received": ("package-import", _received),
    "closed": ("package-off", _closed),
    "cancelled": ("x", _cancelled),
    "rescheduled": ("calendar-event", _rescheduled),
}


def transfer_events(transfer_id: int) -> list[Event]:
    """Every step of a transfer, oldest first; one query."""
    return events("transfer", transfer_id, WORDS)
