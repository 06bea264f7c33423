"""What can ship now and, when short, when the rest can be promised."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory import pipeline
from inventory.places import Place
from inventory.selectors import availability
from orders.models import Allocation, Order, OrderLine


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
    A constant number of queries: availability, supply on the way, demand waiting for it, lead times.
    """
    places = {place for place, _quantity in requests}
    free = {place: a.available for place, a in availability(places).items()} if from_stock else {}
    today = today or timezone.localdate()
    supplies = pipeline.incoming(places)
    ahead = pipeline.waiting(places)
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
        ahead[place] = ahead.get(place, 0) + short
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


def waiting_by_place(places: Collection[Place]) -> dict[Place, int]:
    """Pieces of open order lines that no reservation holds, by place (places with none are absent); two queries."""
    products, warehouses = {p for p, _ in places}, {w for _, w in places}
    lines = OrderLine.objects.filter(
        product__in=products,
        order__warehouse__in=warehouses,
        order__status__in=OPEN_ORDERS,
        quantity__gt=F("shipped") + F("cancelled"),
    )
    wanted = (
        lines.order_by()
        .values_list("product_id", "order__warehouse_id")
        .annotate(total=Sum(F("quantity") - F("shipped") - F("cancelled")))
    )
    open_quantity = {(product, warehouse): total for product, warehouse, total in wanted}
    held = (
        Allocation.objects.filter(line__in=lines)
        .order_by()
        .values_list("line__product_id", "line__order__warehouse_id")
        .annotate(total=Coalesce(Sum("reservation__quantity"), 0))
    )
    for product, warehouse, total in held:
        open_quantity[product, warehouse] -= total
    return {place: quantity for place, quantity in open_quantity.items() if place in places and quantity > 0}
