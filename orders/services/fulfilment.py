"""Shipping and cancelling: the order is locked first, then its stock; both are all or nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column
from core.errors import IllegalTransition, InvalidInput, Outdated
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.models import StockMove
from inventory.places import Issue
from inventory.services import issue_stock, release_reservations
from orders.locks import lock_orders
from orders.models import Allocation, Order, OrderLine, Shipment, ShipmentLine
from orders.signals import orders_changed
from orders.values import NewShipment

Held = dict[int, list[tuple[int, int]]]
"""Order line → its open reservations as (reservation id, pieces)."""


def ship_order(new: NewShipment) -> Shipment:
    """Ship one order, whole or in part. Locks, sends and raises as ``ship_orders``."""
    return ship_orders([new])[0]


@retry_on_conflict
@transaction.atomic(durable=True)
def ship_orders(news: Sequence[NewShipment]) -> list[Shipment]:
    """Ship reserved pieces; their cost is fixed now and never changes.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed.
    Raises: InvalidInput, IllegalTransition, Outdated.
    """
    if len({new.order_id for new in news}) < len(news):
        raise InvalidInput(_("An order can be shipped only once in one call."))
    now = timezone.now()
    orders = lock_orders([new.order_id for new in news])
    for new in news:
        if new.order_id not in orders:
            raise InvalidInput(_("There is no such order."), order=new.order_id)
    _refuse_outdated(news)
    lines = _lines_by_order(orders)
    lock_stock_levels({(ln.product_id, ln.order.warehouse_id) for group in lines.values() for ln in group})
    held = _held([ln for group in lines.values() for ln in group])
    plans = [_plan_shipment(new, orders[new.order_id], lines[new.order_id], held) for new in news]
    numbers = next_numbers("SH", len(news))
    moves = iter(_issue_by_date(news, orders, plans, numbers, held, now))
    shipments = Shipment.objects.bulk_create(
        [
            Shipment(
                number=number,
                order=orders[new.order_id],
                warehouse_id=orders[new.order_id].warehouse_id,
                shipped_at=new.shipped_at or now,
                tracking=new.tracking,
                created_by_id=current_actor_id(),
            )
            for number, new in zip(numbers, news, strict=True)
        ]
    )
    rows = []
    for shipment, plan in zip(shipments, plans, strict=True):
        for line, quantity in plan:
            for _reservation, part in _parts(held[line.pk], quantity):
                move = next(moves)
                rows.append(
                    ShipmentLine(
                        shipment=shipment,
                        line=line,
                        quantity=part,
                        revenue=part * line.unit_price,
                        cost=-move.value,
                        move=move,
                    )
                )
    ShipmentLine.objects.bulk_create(rows, batch_size=5000)
    _finish(shipments, plans, lines)
    return shipments


Plan = list[tuple[OrderLine, int]]


def _refuse_outdated(news: Sequence[NewShipment]) -> None:
    """Refuse what was sent without knowing the order's newest shipment; the orders are locked."""
    known = {new.order_id: new.shipments_before for new in news if new.shipments_before is not None}
    if not known:
        return
    there = Counter(Shipment.objects.filter(order__in=known).values_list("order_id", flat=True))
    for order_id, before in known.items():
        if there[order_id] != before:
            raise Outdated(
                _("This order was shipped from in the meantime; nothing more was shipped. Check what is left."),
                order=order_id,
            )


def _lines_by_order(orders: Iterable[int]) -> dict[int, list[OrderLine]]:
    lines: dict[int, list[OrderLine]] = {pk: [] for pk in orders}
    for line in (
        OrderLine.objects.filter(order__in=lines).select_related("order", "product").order_by("order_id", "position")
    ):
        lines[line.order_id].append(line)
    return lines


def _held(lines: Iterable[OrderLine]) -> Held:
    """Open reservations of the lines, oldest first; read after the stock rows are locked, so they stay as read."""
    held: Held = {line.pk: [] for line in lines}
    rows = Allocation.objects.filter(line__in=list(held), reservation__quantity__gt=0).order_by("reservation_id")
    for line, reservation, quantity in rows.values_list("line_id", "reservation_id", "reservation__quantity"):
        held[line].append((reservation, quantity))
    return held


def _plan_shipment(new: NewShipment, order: Order, lines: list[OrderLine], held: Held) -> Plan:
    """Pieces by line, checked against what is reserved."""
    if order.status not in Order.NEXT:
        order.move_to(Order.Status.SHIPPED)
    reserved = {line.pk: sum(quantity for _r, quantity in held[line.pk]) for line in lines}
    wanted = dict(new.quantities) if new.quantities is not None else reserved
    errors = {
        f"lines.{line.position}.quantity": _("%(reserved)s of %(sku)s can ship; enter 0 to %(reserved)s.")
        % {"reserved": reserved[line.pk], "sku": line.product.sku}
        for line in lines
        if not 0 <= wanted.get(line.pk, 0) <= reserved[line.pk]
    }
    if set(wanted) - set(reserved):
        errors["lines"] = _("A line does not belong to this order.")
    if errors:
        raise InvalidInput(_("Nothing was shipped."), field_errors=errors, order=order.number)
    plan = [(line, wanted[line.pk]) for line in lines if wanted.get(line.pk)]
    if not plan:
        raise IllegalTransition(_("Nothing of order %s can ship: no stock is reserved for it.") % order.number)
    return plan


def _parts(held: list[tuple[int, int]], quantity: int) -> list[tuple[int, int]]:
    """``quantity`` pieces taken from the reservations, oldest first."""
    parts = []
    for reservation, available in held:
        part = min(quantity, available)
        if part:
            parts.append((reservation, part))
            quantity -= part
    return parts


def _issue_by_date(
    news: Sequence[NewShipment],
    orders: dict[int, Order],
    plans: list[Plan],
    numbers: list[str],
    held: Held,
    now: datetime,
) -> list[StockMove]:
    """Issue everything, one call per moment of shipping; moves in the order of the plans' parts."""
    by_date: dict[datetime, list[tuple[int, Issue]]] = defaultdict(list)
    index = 0
    for new, plan, number in zip(news, plans, numbers, strict=True):
        for line, quantity in plan:
            for reservation, part in _parts(held[line.pk], quantity):
                place = (line.product_id, orders[new.order_id].warehouse_id)
                by_date[new.shipped_at or now].append((index, Issue(place, part, number, reservation)))
                index += 1
    moves: dict[int, StockMove] = {}
    for at, group in sorted(by_date.items()):
        issued = issue_stock([issue for _i, issue in group], kind=StockMove.Kind.SHIPMENT, at=at)
        moves |= dict(zip((i for i, _issue in group), issued, strict=True))
    return [moves[i] for i in range(index)]


def _finish(shipments: list[Shipment], plans: list[Plan], lines: dict[int, list[OrderLine]]) -> None:
    """Line quantities, order status, audit, outbox and signal after shipping."""
    add_to_column(OrderLine, "shipped", {line.pk: quantity for plan in plans for line, quantity in plan})
    entries = []
    for shipment, plan in zip(shipments, plans, strict=True):
        order = shipment.order
        left = sum(ln.open_quantity for ln in lines[order.pk]) - sum(quantity for _ln, quantity in plan)
        order.move_to(Order.Status.PARTLY_SHIPPED if left else Order.Status.SHIPPED)
        pieces = sum(quantity for _ln, quantity in plan)
        entries.append(
            audit.entry(
                "order", order.pk, "shipped", at=shipment.shipped_at, shipment=shipment.number, pieces=pieces, left=left
            )
        )
    for status in (Order.Status.PARTLY_SHIPPED, Order.Status.SHIPPED):
        done = [shipment.order_id for shipment in shipments if shipment.order.status == status]
        if done:
            Order.objects.filter(pk__in=done).update(status=status)
    audit.record_many(entries)
    outbox.publish_many(
        "order.shipped",
        ({"order": s.order_id, "number": s.order.number, "shipment": s.number} for s in shipments),
    )
    orders_changed.send(Order, order_ids={shipment.order_id for shipment in shipments})


@retry_on_conflict
@transaction.atomic(durable=True)
def cancel_order(order_id: int, *, reason: str, at: datetime | None = None) -> Order:
    """Cancel what is not shipped yet and release its stock; shipped pieces stay shipped.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed. Raises: InvalidInput, IllegalTransition.
    """
    at = at or timezone.now()
    order = lock_orders([order_id]).get(order_id)
    if order is None:
        raise InvalidInput(_("There is no such order."), order=order_id)
    lines = _lines_by_order([order_id])[order_id]
    any_shipped = any(line.shipped for line in lines)
    order.move_to(Order.Status.SHIPPED if any_shipped else Order.Status.CANCELLED)
    places = {(line.product_id, order.warehouse_id) for line in lines if line.open_quantity}
    lock_stock_levels(places)
    held = _held(lines)
    release = {reservation: quantity for parts in held.values() for reservation, quantity in parts}
    pieces = sum(line.open_quantity for line in lines)
    # The lines first: pieces freed below must not go back to a line that is being cancelled.
    add_to_column(OrderLine, "cancelled", {line.pk: line.open_quantity for line in lines if line.open_quantity})
    order.save(update_fields=["status"])
    audit.record("order", order.pk, "cancelled", at=at, reason=reason, pieces=pieces, released=sum(release.values()))
    outbox.publish("order.cancelled", order=order.pk, number=order.number)
    release_reservations(release, places, at=at)
    orders_changed.send(Order, order_ids={order.pk})
    return order
