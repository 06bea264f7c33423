"""A quotation's history in sentences."""

from django.utils.translation import gettext as _

from core.history import Data, Event, Words, events
from core.templatetags.tandem import in_words
from orders.timeline import MAIL_WORDS


def _quoted(data: Data) -> str:
    words = in_words(data)
    if not data["held_until"]:
        return _("Offered until %(valid_until)s; no stock is held.") % words
    if data["missing"]:
        return _("Offered until %(valid_until)s; %(held)s held until %(held_until)s, %(missing)s not there.") % words
    return _("Offered until %(valid_until)s; all of it held until %(held_until)s (%(held)s).") % words


def _held(data: Data) -> str:
    if data["missing"]:
        return _("Held until %(until)s: %(held)s; %(missing)s not there.") % in_words(data)
    return _("All of it held until %(until)s (%(held)s).") % in_words(data)


def _reason(sentence: str, data: Data) -> str:
    return _("%(sentence)s Reason: %(reason)s") % {"sentence": sentence, "reason": data["reason"]}


WORDS: Words = {
    "quoted": ("file-text", _quoted),
    "held": ("lock", _held),
    "let_go": ("lock-open", lambda data: _("Let go of the stock: %(released)s free again.") % in_words(data)),
    "lapsed": ("clock", lambda data: _("The hold ended by itself: %(released)s free again.") % in_words(data)),
    "hold_cut": (
        "alert-triangle",
        lambda data: _reason(_("Missing in stock: %(pieces)s are held no longer.") % in_words(data), data),
    ),
    "declined": ("x", lambda data: _reason(_("Declined; %(released)s free again.") % in_words(data), data)),
    "expired": ("clock-x", lambda data: _("Expired; %(released)s free again.") % in_words(data)),
    "replaced": ("replace", lambda data: _("Replaced by quotation %(number)s; its hold went there.") % data),
    **MAIL_WORDS,
    "ordered": ("check", lambda data: _("Became order %(number)s; %(held)s passed over to it.") % in_words(data)),
}


def quotation_events(quotation_id: int) -> list[Event]:
    """Every step of a quotation, oldest first; one query."""
    return events("quotation", quotation_id, WORDS)
