"""Lots that have expired: written off before anybody can be promised them."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from inventory.models import Lot
from inventory.services import MAX_DOCUMENT, adjust_stock


def write_off_expired(today: date | None = None) -> int:
    """Write off every lot that may no longer leave, each in its own transaction; returns how many.

    Whoever had a reservation on the pieces waits again. A lot that somebody changes meanwhile is left to the next run.
    """
    today, done = today or timezone.localdate(), 0
    expired = Lot.objects.filter(expires_on__lt=today, on_hand__gt=0).select_related("stock_level").order_by("pk")
    for lot in list(expired):
        words = {"number": lot.number, "day": lot.expires_on}
        try:
            adjust_stock(
                product_id=lot.stock_level.product_id,
                warehouse_id=lot.stock_level.warehouse_id,
                difference=-lot.on_hand,
                reason=_("Expired: lot %(number)s, %(day)s") % words,
                document=lot.number[:MAX_DOCUMENT],
                lot_id=lot.pk,
            )
        except DomainError:
            continue
        done += 1
    return done
