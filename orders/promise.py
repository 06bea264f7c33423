"""What can ship now and, when short, when the rest can be promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from inventory import pipeline
from inventory.places import Place
from orders.atp import Timeline, timelines
from orders.models import Order


@dataclass(frozen=True, slots=True)
class Promise:
    """``now`` pieces can ship at once; all of them by ``date`` (None: nobody supplies it).

    ``basis``: "stock" (all there), "incoming" (stock on the way, ``document``), "lead_time" (to be ordered), "none".
    """

    now: int
    date: date | None
    basis: str
    document: str = ""


def promise(
    requests: Sequence[tuple[Place, int]], *, from_stock: bool = True, today: date | None = None
) -> list[Promise]:
    """A promise for each (place, quantity), each place's requests served in turn.

    ``from_stock=False`` promises pieces beyond what stock could give (already short).
    Three queries: stock with what waits for it, supply on the way, lead times.
    """
    today = today or timezone.localdate()
    lines = timelines({place for place, _quantity in requests}, today=today)
    days = pipeline.lead_times(lines)
    if not from_stock:
        for line in lines.values():
            line.free = 0
    return [promise_from(lines[place], quantity, days.get(place)) for place, quantity in requests]


def promise_from(line: Timeline, quantity: int, lead_days: int | None, wish: date | None = None) -> Promise:
    """A promise out of a timeline, which counts it, from ``wish`` on where the customer wants it later.

    ``lead_days``: from ordering to receiving, if somebody supplies it.
    """
    now = line.take(quantity)
    if now == quantity:
        return Promise(now, line.today, "stock")
    supply = line.first_supply(quantity - now)
    if supply:
        answer = Promise(now, line.arrives_on(supply), "incoming", supply.document)
    elif lead_days is not None:
        answer = Promise(now, line.today + timedelta(days=lead_days), "lead_time")
    else:
        answer = Promise(now, None, "none")
    line.owe(quantity - now, max(answer.date, wish or answer.date) if answer.date else None)
    return answer


OPEN_ORDERS = [Order.Status.OPEN, Order.Status.PARTLY_SHIPPED]
