"""What orders do when stock changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from core import audit
from core.live import publish_after_commit
from inventory.places import Place
from inventory.signals import reservations_cut, stock_changed, supply_changed
from orders.models import Allocation, Order
from orders.services import fill_backorders
from orders.services.promising import Cause, mark_orders, mark_places
from orders.services.quotations import note_cuts
from orders.signals import orders_changed, orders_created


@receiver(stock_changed)
def fill_waiting_lines(sender: Any, *, freed: set[Place], at: datetime, **kwargs: Any) -> None:
    """Free stock goes to waiting lines in the same transaction that freed it."""
    if freed:
        fill_backorders(freed, at=at)


@receiver(reservations_cut)
def note_cut_on_orders(sender: Any, *, cuts: Mapping[int, int], reason: str, at: datetime, **kwargs: Any) -> None:
    """An order whose reserved stock is missing says so on its timeline; its line waits again by itself."""
    rows = Allocation.objects.filter(reservation__in=list(cuts)).values_list("reservation_id", "line__order_id")
    entries = [
        audit.entry("order", order, "reservation_cut", at=at, pieces=cuts[reservation], reason=reason)
        for reservation, order in rows
    ]
    audit.record_many(entries)
    orders_changed.send(Order, order_ids={entry.subject_id for entry in entries})


@receiver(reservations_cut)
def note_cut_on_quotations(sender: Any, *, cuts: Mapping[int, int], reason: str, at: datetime, **kwargs: Any) -> None:
    """A quotation whose held stock is missing holds less, and says so."""
    note_cuts(dict(cuts), reason=reason, at=at)


@receiver(supply_changed)
def have_promises_checked(sender: Any, *, places: set[Place], reason: str, document: str, **kwargs: Any) -> None:
    """What was promised from this supply, or waits for any, is promised anew after the commit."""
    mark_places(places, Cause(reason, document))


@receiver(orders_changed)
def have_promises_of_orders_checked(sender: Any, *, order_ids: set[int], **kwargs: Any) -> None:
    """What an order gave up, got or lost moves what others at its places can be promised."""
    mark_orders(order_ids)


@receiver(orders_created)
def tell_screens_of_new_orders(sender: Any, *, orders: list[Order], **kwargs: Any) -> None:
    """The pick queue and open order lists refresh."""
    publish_after_commit("orders-changed", {"orders": [order.pk for order in orders][:100]})


@receiver(orders_changed)
def tell_screens_of_changed_orders(sender: Any, *, order_ids: set[int], **kwargs: Any) -> None:
    """Order pages that are open refresh."""
    publish_after_commit("orders-changed", {"orders": sorted(order_ids)[:100]})
