"""Lots that have expired: held back at night from whoever might be promised them, written off when somebody says so."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Coalesce, NullIf, Round
from django.utils import timezone
from django.utils.translation import gettext as _

from core import outbox
from core.errors import DomainError
from core.transactions import retry_on_conflict
from inventory.blocks import hold_back, lots_out_of_order
from inventory.locks import lock_stock_levels
from inventory.models import Lot, StockLevel
from inventory.places import Place
from inventory.services import MAX_DOCUMENT, adjust_stock, cut_reservations
from inventory.signals import stock_changed

SOON_DAYS = 30
MONEY = DecimalField(max_digits=20, decimal_places=2)


def set_aside_expired(today: date | None = None) -> int:
    """Hold back every piece that may no longer leave, place by place; returns how many lots changed.

    Whoever had a reservation on the pieces waits again. Nothing is written off: it stays on hand and keeps its value
    until somebody confirms on the page of expired lots that it is gone.
    """
    today, done = today or timezone.localdate(), 0
    places = lots_out_of_order(today).values_list("stock_level__product", "stock_level__warehouse")
    for place in sorted(set(places)):
        done += _set_aside(place, today)
    return done


@retry_on_conflict
@transaction.atomic(durable=True)
def _set_aside(place: Place, today: date) -> int:
    """As above, at one place. Locks: StockLevel. Sends: reservations_cut, stock_changed."""
    level = lock_stock_levels([place])[place]
    lots = list(lots_out_of_order(today).filter(stock_level=level.pk).select_related("block").order_by("pk"))
    pieces = {lot.pk: lot.on_hand - (lot.block.quantity if lot.block else 0) for lot in lots}
    fewer = {pk: n for pk, n in pieces.items() if n < 0}
    more = {pk: n for pk, n in pieces.items() if n > 0}
    hold_back(level.pk, fewer)
    free = level.available - sum(fewer.values())
    now = timezone.now()
    numbers = ", ".join(lot.number for lot in lots if lot.pk in more)
    reason = _("Expired: lot %(number)s") % {"number": numbers}
    cut_reservations(level.pk, sum(more.values()) - free, reason=reason[:200], at=now)
    hold_back(level.pk, more)
    outbox.publish_many(
        "lot.expired",
        (
            {"product": place[0], "warehouse": place[1], "lot": lot.number, "pieces": lot.on_hand}
            for lot in lots
            if lot.pk in more
        ),
    )
    stock_changed.send(StockLevel, places={place}, freed={place} if fewer else set(), at=now)
    return len(lots)


def write_off_expired(pieces: Mapping[int, int], today: date | None = None) -> tuple[int, int]:
    """Write off expired lots (id → pieces as somebody saw them), each in its own transaction; how many, and how many
    not: those that somebody changed meanwhile, and those that have not expired.

    Locks: StockLevel. Sends: reservations_cut, stock_changed.
    """
    today, done = today or timezone.localdate(), 0
    lots = expired_lots(today).filter(pk__in=pieces)
    for lot in [lot for lot in lots if lot.on_hand == pieces[lot.pk]]:
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
    return done, len(pieces) - done


# ---- what the page shows


def expired_lots(today: date) -> QuerySet[Any]:
    """Lots with pieces that may no longer leave, the longest expired first, each with its ``worth``."""
    return _lots().filter(expires_on__lt=today)


def expiring_lots(today: date, days: int = SOON_DAYS) -> QuerySet[Any]:
    """Lots with pieces that expire within so many days, the first to expire first, each with its ``worth``."""
    return _lots().filter(expires_on__gte=today, expires_on__lt=today + timedelta(days=days))


def _lots() -> QuerySet[Any]:
    level = "stock_level__"
    worth = ExpressionWrapper(F("on_hand") * F(f"{level}value") / NullIf(F(f"{level}on_hand"), 0), output_field=MONEY)
    lots = Lot.objects.filter(on_hand__gt=0).select_related("stock_level__product", "stock_level__warehouse")
    return lots.annotate(worth=Coalesce(Round(worth, 2), 0, output_field=MONEY)).order_by("expires_on", "pk")
