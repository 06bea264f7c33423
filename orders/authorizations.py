"""Reads of return authorisations, as their pages show them."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from core.history import Data, Event, Words, events
from core.templatetags.tandem import in_words
from orders.models import Order, ReturnAuthorization
from orders.selectors import ReturnableLine, returnable_lines, search_customers
from orders.services.authorizations import returnable
from orders.timeline import WORDS as ORDER_WORDS

OPEN = "open"  # not a status: whatever is not finished


@dataclass(frozen=True, slots=True)
class ReturnWish:
    """What the list of returns is asked for; empty fields leave nothing out. ``status`` may be OPEN."""

    search: str = ""
    status: str = ""
    overdue: bool = False


def authorization_list(wish: ReturnWish) -> QuerySet[ReturnAuthorization]:
    """Return authorisations, newest first, each with the ``pieces`` agreed, ``came`` and ``waiting`` for inspection."""
    found = ReturnAuthorization.objects.select_related("order__customer", "order__warehouse")
    if wish.status == OPEN:
        found = found.filter(status__in=ReturnAuthorization.OPEN)
    elif wish.status:
        found = found.filter(status=wish.status)
    if wish.overdue:
        found = found.filter(status=ReturnAuthorization.Status.EXPECTED, valid_until__lt=timezone.localdate())
    if wish.search:
        wanted = wish.search.strip().upper()
        found = found.alias(number_upper=Upper("number"), order_upper=Upper("order__number")).filter(
            Q(number_upper__contains=wanted)
            | Q(order_upper__contains=wanted)
            | Q(order__customer__in=search_customers(wish.search).order_by().values("pk"))
        )
    return found.annotate(
        pieces=Sum("lines__quantity", default=0),
        came=Sum("lines__received", default=0),
        waiting=Sum(F("lines__received") - F("lines__inspected"), default=0),
    ).order_by("-pk")


def authorizable_lines(order: Order) -> list[ReturnableLine]:
    """What left for an order and may still be authorised, oldest shipment first."""
    rows = returnable_lines(order)
    left = returnable(order, {row.line.pk for row in rows})
    return [ReturnableLine(row.line, left[row.line.pk]) for row in rows if left.get(row.line.pk, 0) > 0]


def _inspected(data: Data) -> str:
    return _("Inspected: %(fit)s into stock, %(scrap)s scrapped; credit note %(number)s.") % in_words(data)


WORDS: Words = ORDER_WORDS | {
    "return_inspected": ("eye-check", _inspected),
    "return_extended": ("calendar", lambda data: _("May come back until %(until)s.") % data),
}


def authorization_events(authorization_id: int) -> list[Event]:
    """Every step of a return, oldest first; one query."""
    return events("return_authorization", authorization_id, WORDS)
