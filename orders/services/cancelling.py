"""Cancelling what has not shipped: the orders are locked first, then their stock; all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.bulk import add_to_column
from core.checks import MAX_REASON, refuse_text
from core.errors import InvalidInput
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.services import release_reservations
from orders.locks import lock_orders
from orders.models import Order, OrderLine
from orders.services.lines import Held, Line, held_by_line, lines_by_order, save_status
from orders.services.steps import refuse_unseen
from orders.signals import orders_changed
from orders.values import NewCancellation


def cancel_order(order_id: int, *, reason: str, at: datetime | None = None, seen: int | None = None) -> Order:
    """Cancel all that is not shipped yet of one order. Locks, sends and raises as ``cancel_orders``."""
    return cancel_orders([NewCancellation(order_id, reason, at=at, seen=seen)])[0]


@retry_on_conflict
@transaction.atomic(durable=True)
def cancel_orders(news: Sequence[NewCancellation]) -> list[Order]:
    """Cancel what is not shipped yet, whole or in part; all or nothing. Locks, sends and raises as ``cancel_open``."""
    return cancel_open(news)


@transaction.atomic(savepoint=False)
def cancel_open(news: Sequence[NewCancellation]) -> list[Order]:
    """Cancel open pieces and release their stock, inside the caller's transaction; shipped pieces stay shipped.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed. Raises: InvalidInput, IllegalTransition, Outdated.
    """
    if len({new.order_id for new in news}) < len(news):
        raise InvalidInput(_("An order can be cancelled only once in one call."))
    for new in news:
        refuse_text("reason", new.reason, MAX_REASON, is_required=True)
    now = timezone.now()
    orders = lock_orders([new.order_id for new in news])
    for new in news:
        if new.order_id not in orders:
            raise InvalidInput(_("There is no such order."), order=new.order_id)
        refuse_unseen(orders[new.order_id], new.seen)
    lines = lines_by_order(orders)
    plans = [_plan(new, orders[new.order_id], lines[new.order_id]) for new in news]
    places = {(line.product_id, orders[line.order_id].warehouse_id) for plan in plans for line, _quantity in plan}
    lock_stock_levels(places)
    held = held_by_line(line.pk for plan in plans for line, _quantity in plan)
    released = [_released(plan, held) for plan in plans]
    # The lines first: pieces freed below must not go back to a line that is being cancelled.
    add_to_column(OrderLine, "cancelled", {line.pk: quantity for plan in plans for line, quantity in plan})
    save_status(orders.values())
    audit.record_many(
        audit.entry(
            "order",
            new.order_id,
            "cancelled",
            at=new.at or now,
            reason=new.reason,
            pieces=sum(quantity for _line, quantity in plan),
            released=sum(release.values()),
        )
        for new, plan, release in zip(news, plans, released, strict=True)
    )
    outbox.publish_many("order.cancelled", ({"order": pk, "number": order.number} for pk, order in orders.items()))
    release_reservations(
        {reservation: quantity for release in released for reservation, quantity in release.items()},
        places,
        at=max(new.at or now for new in news),
    )
    orders_changed.send(Order, order_ids=set(orders))
    return [orders[new.order_id] for new in news]


Plan = list[tuple[Line, int]]


def _plan(new: NewCancellation, order: Order, lines: list[Line]) -> Plan:
    """Pieces by line, checked against what is open; moves the order on when nothing is left to ship."""
    if order.status not in Order.NEXT:
        order.move_to(Order.Status.CANCELLED)
    open_quantity = {line.pk: line.open_quantity for line in lines}
    wanted: Mapping[int, int] = open_quantity if new.quantities is None else new.quantities
    errors = {
        f"lines.{line.position}.quantity": _("%(open)s of %(sku)s can be cancelled; enter 0 to %(open)s.")
        % {"open": line.open_quantity, "sku": line.sku}
        for line in lines
        if not 0 <= wanted.get(line.pk, 0) <= line.open_quantity
    }
    if set(wanted) - set(open_quantity):
        errors["lines"] = _("A line does not belong to this order.")
    if not errors and not any(wanted.values()):
        errors["lines"] = _("Enter how many pieces of a line to cancel.")
    if errors:
        raise InvalidInput(_("Nothing was cancelled."), field_errors=errors, order=order.number)
    plan = [(line, wanted[line.pk]) for line in lines if wanted.get(line.pk)]
    left = sum(open_quantity.values()) - sum(quantity for _line, quantity in plan)
    if not left:
        any_shipped = any(line.shipped for line in lines)
        order.move_to(Order.Status.SHIPPED if any_shipped else Order.Status.CANCELLED)
    return plan


def _released(plan: Plan, held: Held) -> dict[int, int]:
    """Pieces by reservation that are given back: waiting pieces are cancelled first, then the newest reserved ones."""
    release: dict[int, int] = {}
    for line, quantity in plan:
        waiting = line.open_quantity - sum(pieces for _r, pieces in held[line.pk])
        quantity -= min(quantity, waiting)
        for reservation, pieces in reversed(held[line.pk]):
            if quantity:
                release[reservation] = min(quantity, pieces)
                quantity -= release[reservation]
    return release
