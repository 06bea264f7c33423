"""Splitting an order as planned: pieces of its open lines become an order of their own, with the stock they hold."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column
from core.errors import InvalidInput
from core.sequences import next_number
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.services import divide_reservations
from orders.locks import lock_orders
from orders.models import DELIVERY, Allocation, LostDemand, Order, OrderLine
from orders.services.lines import Held, held_by_line
from orders.services.promising import Moved, move_promises
from orders.services.steps import refuse_unseen
from orders.signals import orders_changed
from orders.values import NewSplit

Plan = list[tuple[OrderLine, int]]


@retry_on_conflict
@transaction.atomic(durable=True)
def split_order(new: NewSplit) -> Order:
    """Move open pieces to a new order, which is returned; what waits goes first, then the newest reservations.

    No piece is free in between, and no demand is counted twice.
    Locks: Order, StockLevel. Sends: orders_changed. Raises: InvalidInput, IllegalTransition, Outdated.
    """
    now = timezone.now()
    order = lock_orders([new.order_id]).get(new.order_id)
    if order is None:
        raise InvalidInput(_("There is no such order."), order=new.order_id)
    refuse_unseen(order, new.seen)
    if order.status not in Order.NEXT:
        order.move_to(order.status)
    lines = list(OrderLine.objects.filter(order=order).select_related("product").order_by("position"))
    plan = _plan(new, lines)
    lock_stock_levels({(line.product_id, order.warehouse_id) for line, _pieces in plan})
    held = held_by_line(line.pk for line, _pieces in plan)
    part = _insert_order(order, new.requested_date, now)
    waiting = {line.pk: line.open_quantity - sum(pieces for _r, pieces in held[line.pk]) for line, _pieces in plan}
    moved = {line.pk: min(pieces, waiting[line.pk]) for line, pieces in plan}
    # In memory the lines keep what they had: what moves is worked out from that.
    _take_off(plan)
    news = _insert_lines(part, plan, moved)
    _move_stock(plan, news, held, moved)
    _move_lost_demand(plan, news, moved)
    parts = ((line.pk, news[line.pk]) for line, _pieces in plan)
    move_promises(
        [Moved(pk, new.pk, moved[pk], new.promised_date, part.number) for pk, new in parts],
        at=now,
    )
    _finish(order, part, lines, plan, moved, now)
    return part


def _plan(new: NewSplit, lines: list[OrderLine]) -> Plan:
    """The lines with the pieces that move, checked against what is open."""
    by_position = {line.position: line for line in lines}
    wanted = {position: pieces for position, pieces in new.quantities.items() if pieces}
    errors = {}
    for position, pieces in wanted.items():
        line = by_position.get(position)
        if line is None:
            errors["lines"] = _("The document has no such line.")
        elif not 0 < pieces <= line.open_quantity:
            errors[f"lines.{position}.quantity"] = _("%(open)s of %(sku)s are open; enter 0 to %(open)s.") % {
                "open": line.open_quantity,
                "sku": line.product.sku,
            }
    if not errors and not wanted:
        errors["lines"] = _("Enter how many pieces of a line go to the new order.")
    stays = sum(line.quantity - line.cancelled for line in lines) - sum(wanted.values())
    if not errors and not stays:
        errors["lines"] = _("Leave at least one piece in this order, or change its date instead.")
    if errors:
        raise InvalidInput(_("The order was not split: please correct the fields named."), field_errors=errors)
    return [(line, wanted[line.position]) for line in lines if line.position in wanted]


def _insert_order(order: Order, requested_date: date | None, now: datetime) -> Order:
    """The header of the part, as the order's own but for number and date; freight stays, demand is dated as it was."""
    return Order.objects.create(
        number=next_number("SO"),
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        warehouse_id=order.warehouse_id,
        ordered_at=order.ordered_at,
        requested_date=requested_date or order.requested_date,
        note=order.note,
        discount=order.discount,
        ship_complete=order.ship_complete,
        is_priority=order.is_priority,
        split_from=order,
        **{name: getattr(order, name) for name in DELIVERY},
        created_by_id=current_actor_id(),
    )


def _take_off(plan: Plan) -> None:
    """Reduce the lines. A line that moves whole keeps its quantity, all of it cancelled: a line never comes to none."""
    whole = {line.pk: pieces for line, pieces in plan if pieces == line.quantity}
    add_to_column(OrderLine, "quantity", {line.pk: -pieces for line, pieces in plan if line.pk not in whole})
    add_to_column(OrderLine, "cancelled", whole)


def _insert_lines(part: Order, plan: Plan, moved: Mapping[int, int]) -> dict[int, OrderLine]:
    """The part's lines by the line they come from; promised for the new date, or as before where they wait longer."""
    earliest = max(part.requested_date, timezone.localdate())
    news = OrderLine.objects.bulk_create(
        OrderLine(
            order=part,
            position=position,
            product_id=line.product_id,
            quantity=pieces,
            unit_price=line.unit_price,
            discount=line.discount,
            tax_rate=line.tax_rate,
            promised_date=_promise(line, earliest, waits=bool(moved[line.pk])),
        )
        for position, (line, pieces) in enumerate(plan, 1)
    )
    return {line.pk: new for (line, _pieces), new in zip(plan, news, strict=True)}


def _promise(line: OrderLine, earliest: date, *, waits: bool) -> date | None:
    if not waits:
        return earliest
    return max(earliest, line.promised_date) if line.promised_date else None


def _move_stock(plan: Plan, news: Mapping[int, OrderLine], held: Held, moved: Mapping[int, int]) -> None:
    """Reserved pieces change hands within their stock level: less here, as many there, in one transaction."""
    parts: list[tuple[int, int, int]] = []
    for line, pieces in plan:
        left = pieces - moved[line.pk]
        for reservation, quantity in reversed(held[line.pk]):
            if taken := min(left, quantity):
                parts.append((news[line.pk].pk, reservation, taken))
                left -= taken
    if not parts:
        return
    keys = divide_reservations([(reservation, taken) for _line, reservation, taken in parts])
    Allocation.objects.bulk_create(
        Allocation(line_id=line, reservation_id=key) for (line, *_rest), key in zip(parts, keys, strict=True)
    )


def _move_lost_demand(plan: Plan, news: Mapping[int, OrderLine], moved: Mapping[int, int]) -> None:
    """What waits was lost when it was ordered, once: its row goes along with the pieces."""
    rows = LostDemand.objects.filter(line__in=[line.pk for line, _pieces in plan if moved[line.pk]])
    for row in rows:
        line = row.line_id or 0  # never none here: asked for by their lines
        pieces = min(row.quantity, moved[line])
        kept, row.quantity = row.quantity - pieces, pieces
        if kept:
            LostDemand.objects.filter(pk=row.pk).update(quantity=kept)
        else:
            LostDemand.objects.filter(pk=row.pk).delete()
        row.pk, row.line, row._state.adding = None, news[line], True
        row.save(force_insert=True)


def _finish(
    order: Order, part: Order, lines: Iterable[OrderLine], plan: Plan, moved: Mapping[int, int], now: datetime
) -> None:
    """Status, audit, outbox and signal of both."""
    pieces = sum(quantity for _line, quantity in plan)
    if sum(line.open_quantity for line in lines) == pieces:
        order.move_to(Order.Status.SHIPPED)
        order.save(update_fields=["status"])
    told = [[line.position, line.product.sku, quantity] for line, quantity in plan]
    # Their pieces count as cancelled from now on, but nobody cancelled them.
    whole = [line.position for line, quantity in plan if quantity == line.quantity]
    waiting = sum(moved.values())
    told_of = {"number": part.number, "part": part.pk, "pieces": pieces, "lines": told, "whole": whole}
    audit.record("order", order.pk, "split", at=now, **told_of)
    audit.record(
        "order",
        part.pk,
        "split_off",
        at=now,
        number=order.number,
        reserved=pieces - waiting,
        waiting=waiting,
    )
    outbox.publish("order.changed", order=order.pk, number=order.number)
    outbox.publish("order.created", order=part.pk, number=part.number)
    orders_changed.send(Order, order_ids={order.pk, part.pk})
