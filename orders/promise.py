"""What can ship now and, when short, when the rest can be promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from inventory import pipeline
from inventory.places import Place
from inventory.selectors import availability
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
    places = {place for place, _quantity in requests}
    stock = availability(places)
    free = {place: level.available for place, level in stock.items()} if from_stock else {}
    ahead = {place: level.waiting for place, level in stock.items()}
    today = today or timezone.localdate()
    supplies = pipeline.incoming(places)
    days = pipeline.lead_times(places)
    answers = []
    for place, quantity in requests:
        now = min(quantity, max(free.get(place, 0), 0))
        free[place] = free.get(place, 0) - now
        short = quantity - now
        if not short:
            answers.append(Promise(now, today, "stock"))
            continue
        # Supply goes to those who waited before first.
        ahead[place] += short
        arrived = 0
        for supply in supplies.get(place, []):
            arrived += supply.quantity
            if arrived >= ahead[place]:
                # What is overdue can come tomorrow at the earliest.
                answers.append(
                    Promise(now, max(supply.expected_on, today + timedelta(days=1)), "incoming", supply.document)
                )
                break
        else:
            lead = days.get(place)
            answers.append(
                Promise(now, today + timedelta(days=lead), "lead_time")
                if lead is not None
                else Promise(now, None, "none")
            )
    return answers


OPEN_ORDERS = [Order.Status.OPEN, Order.Status.PARTLY_SHIPPED]
