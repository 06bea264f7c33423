"""Shipping: the orders are locked first, then their stock; all or nothing."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column, insert_columns
from core.checks import refuse_text
from core.errors import IllegalTransition, InvalidInput
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.models import StockMove
from inventory.places import Issue
from inventory.services import issue_stock
from orders.locks import lock_orders
from orders.models import Order, OrderLine, Shipment, ShipmentLine
from orders.services.lines import Held, Line, held_by_line, lines_by_order, save_status
from orders.services.steps import refuse_newer
from orders.signals import orders_changed
from orders.values import NewShipment


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
    for new in news:
        refuse_text("tracking", new.tracking, 80)
    now = timezone.now()
    orders = lock_orders([new.order_id for new in news])
    for new in news:
        if new.order_id not in orders:
            raise InvalidInput(_("There is no such order."), order=new.order_id)
    refuse_newer(
        Shipment,
        ((new.order_id, new.shipments_before) for new in news),
        _("This order was shipped from in the meantime; nothing more was shipped. Check what is left."),
    )
    lines = lines_by_order(orders)
    lock_stock_levels({(ln.product_id, orders[pk].warehouse_id) for pk, group in lines.items() for ln in group})
    held = held_by_line(ln.pk for group in lines.values() for ln in group)
    plans = [_plan_shipment(new, orders[new.order_id], lines[new.order_id], held) for new in news]
    shipments = _insert_shipments(news, orders, now)
    _issue(shipments, plans, held, now)
    _finish(news, shipments, plans, lines, held)
    return shipments


Plan = list[tuple[Line, int]]


def _plan_shipment(new: NewShipment, order: Order, lines: list[Line], held: Held) -> Plan:
    """Pieces by line, checked against what is reserved."""
    if order.status not in Order.NEXT:
        order.move_to(Order.Status.SHIPPED)
    reserved = {line.pk: sum(quantity for _r, quantity in held[line.pk]) for line in lines}
    wanted = reserved if new.quantities is None else new.quantities
    errors = {
        f"lines.{line.position}.quantity": _("%(reserved)s of %(sku)s can ship; enter 0 to %(reserved)s.")
        % {"reserved": reserved[line.pk], "sku": line.sku}
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
    left = sum(line.open_quantity for line in lines) - sum(quantity for _line, quantity in plan)
    if order.ship_complete and left:
        raise IllegalTransition(
            _("Order %(number)s ships only complete: %(left)s pieces would be left.")
            % {"number": order.number, "left": left},
            left=left,
        )
    return plan


def _insert_shipments(news: Sequence[NewShipment], orders: dict[int, Order], now: datetime) -> list[Shipment]:
    return Shipment.objects.bulk_create(
        [
            Shipment(
                number=number,
                order=orders[new.order_id],
                warehouse_id=orders[new.order_id].warehouse_id,
                shipped_at=new.shipped_at or now,
                tracking=new.tracking,
                created_by_id=current_actor_id(),
            )
            for number, new in zip(next_numbers("SH", len(news)), news, strict=True)
        ]
    )


def _issue(shipments: list[Shipment], plans: list[Plan], held: Held, now: datetime) -> None:
    """Take the pieces out of stock, oldest shipment first, and keep what they earned and cost as shipment lines."""
    parts = [
        (shipment, line, reservation, quantity)
        for shipment, plan in sorted(zip(shipments, plans, strict=True), key=lambda pair: pair[0].shipped_at)
        for line, wanted in plan
        for reservation, quantity in _parts(held[line.pk], wanted)
    ]
    issues = [
        Issue((line.product_id, shipment.warehouse_id), quantity, shipment.number, reservation, shipment.shipped_at)
        for shipment, line, reservation, quantity in parts
    ]
    moves = issue_stock(issues, kind=StockMove.Kind.SHIPMENT, at=now)
    insert_columns(
        ShipmentLine,
        shipment_id=[shipment.pk for shipment, *_rest in parts],
        line_id=[line.pk for _s, line, *_rest in parts],
        quantity=[quantity for *_rest, quantity in parts],
        revenue=_revenues([(line, quantity) for _s, line, _r, quantity in parts]),
        cost=[-move.value for move in moves],
        move_id=[move.pk for move in moves],
    )


def _revenues(parts: Sequence[tuple[Line, int]]) -> list[Decimal]:
    """What each part earns after discounts: together exactly what the line comes to, whatever the parts."""
    shipped: dict[int, int] = {}
    revenues = []
    for line, quantity in parts:
        already = shipped.get(line.pk, line.shipped)
        revenues.append(line.pricing.net(already, quantity))
        shipped[line.pk] = already + quantity
    return revenues


def _parts(held: list[tuple[int, int]], quantity: int) -> list[tuple[int, int]]:
    """``quantity`` pieces taken from the reservations, oldest first."""
    parts = []
    for reservation, available in held:
        part = min(quantity, available)
        if part:
            parts.append((reservation, part))
            quantity -= part
    return parts


def _finish(
    news: Sequence[NewShipment],
    shipments: list[Shipment],
    plans: list[Plan],
    lines: dict[int, list[Line]],
    held: Held,
) -> None:
    """Line quantities, order status, audit, outbox and signal after shipping."""
    add_to_column(OrderLine, "shipped", {line.pk: quantity for plan in plans for line, quantity in plan})
    entries = []
    idle = []
    for new, shipment, plan in zip(news, shipments, plans, strict=True):
        order = shipment.order
        pieces = sum(quantity for _ln, quantity in plan)
        left = sum(ln.open_quantity for ln in lines[order.pk]) - pieces
        order.move_to(Order.Status.PARTLY_SHIPPED if left else Order.Status.SHIPPED)
        if left and pieces == sum(quantity for ln in lines[order.pk] for _r, quantity in held[ln.pk]):
            idle.append(order.pk)
        if new.is_counted is not None:
            at, counted = shipment.shipped_at, new.is_counted
            entries.append(audit.entry("order", order.pk, "picked", at=at, pieces=pieces, counted=counted))
        entries.append(
            audit.entry(
                "order", order.pk, "shipped", at=shipment.shipped_at, shipment=shipment.number, pieces=pieces, left=left
            )
        )
    save_status([shipment.order for shipment in shipments])
    if idle:
        Order.objects.filter(pk__in=idle).update(is_idle=True)
    audit.record_many(entries)
    outbox.publish_many(
        "order.shipped",
        ({"order": s.order_id, "number": s.order.number, "shipment": s.number} for s in shipments),
    )
    orders_changed.send(Order, order_ids={shipment.order_id for shipment in shipments})
