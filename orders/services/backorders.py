"""Stock that became free goes to the lines that wait for it, in the order in which they were promised it."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Sum
from django.db.models.functions import Coalesce

from core import audit
from core.bulk import append_columns
from core.queue import kick
from inventory.locks import lock_stock_levels
from inventory.places import Basket, Grant, Place
from inventory.services import reserve_stock
from orders.locks import lock_orders, take_filled_orders
from orders.models import Allocation, FilledOrder, Order, OrderLine
from orders.models.promises import UNSUPPLIED, LinePromise
from orders.promise import OPEN_ORDERS
from orders.services.lines import wake
from orders.signals import orders_changed

BATCH = 1000


@transaction.atomic(savepoint=False)
def fill_backorders(places: Collection[Place], *, at: datetime) -> int:
    """Reserve free stock of ``places`` for waiting lines; returns the pieces reserved.

    Order headers are not locked: a line's open quantity changes only while its stock row is locked, and it is here.
    Locks: StockLevel. Sends: stock_changed, orders_changed.
    """
    levels = lock_stock_levels(places)
    free = {p: level.available for p, level in levels.items() if level.available > 0 and level.waiting > 0}
    demands = [(line, place, short) for place, left in free.items() for line, short in _oldest(place, left)]
    if not demands:
        return 0
    results = reserve_stock([Basket([(place, short) for _l, place, short in demands], allow_short=True)], at=at)
    grants = results[0]
    assert isinstance(grants, list)
    got = [(line, grant) for (line, _p, _s), grant in zip(demands, grants, strict=True) if grant.granted]
    Allocation.objects.bulk_create(
        [Allocation(line=line, reservation_id=grant.reservation_id) for line, grant in got if grant.reservation_id],
        batch_size=5000,
    )
    # An order may be locked by somebody who waits for this stock: its row is left alone.
    append_columns(FilledOrder, order_id=sorted({line.order_id for line, _grant in got}))
    _kick()
    _record(got, at)
    return sum(grant.granted for _line, grant in got)


def _kick() -> None:
    from orders.tasks import settle_filled_orders as task  # which calls this module

    kick(task)


@transaction.atomic(durable=True)
def settle_filled_orders() -> int:
    """Write on the orders themselves that they got stock; returns how many rows of ``FilledOrder`` that cleared.

    Locks: FilledOrder (skip locked), Order.
    """
    filled = take_filled_orders(BATCH)
    if filled:
        lock_orders(filled.values())
        wake(set(filled.values()))
        FilledOrder.objects.filter(pk__in=filled).delete()
    return len(filled)


def _oldest(place: Place, free: int) -> list[tuple[OrderLine, int]]:
    """Waiting lines of a place with their short quantity, first promised first, as far as ``free`` reaches."""
    product, warehouse = place
    lines = (
        OrderLine.objects.filter(
            product=product,
            order__warehouse=warehouse,
            order__status__in=OPEN_ORDERS,
            quantity__gt=F("shipped") + F("cancelled"),
        )
        .annotate(held=Coalesce(Sum("allocations__reservation__quantity"), 0))
        .annotate(short=F("quantity") - F("shipped") - F("cancelled") - F("held"))
        .filter(short__gt=0)
        # A promise was made counting on those before it: it is kept in the same order. What was promised from goods
        # still to be ordered must not take those promised to others.
        .annotate(unsupplied=Exists(LinePromise.objects.filter(UNSUPPLIED, line=OuterRef("pk"))))
        .order_by("unsupplied", F("promised_date").asc(nulls_last=True), "order__requested_date", "pk")
    )
    found: list[tuple[OrderLine, int]] = []
    for line in lines.iterator(chunk_size=500):
        found.append((line, line.short))
        free -= line.short
        if free <= 0:
            break
    return found


def _record(got: list[tuple[OrderLine, Grant]], at: datetime) -> None:
    by_order: dict[int, int] = {}
    for line, grant in got:
        by_order[line.order_id] = by_order.get(line.order_id, 0) + grant.granted
    audit.record_many(
        audit.entry("order", order, "backorder_filled", at=at, pieces=pieces) for order, pieces in by_order.items()
    )
    orders_changed.send(Order, order_ids=set(by_order))
