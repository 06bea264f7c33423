"""Goods that come back: refunded at the price sold, back into stock at the original cost."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column, insert_columns
from core.checks import MAX_REASON, refuse_text
from core.errors import InvalidInput
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.costing import share_of_cost
from inventory.models import StockMove
from inventory.places import LotPieces, Receipt
from inventory.services import receive_stock
from orders.locks import lock_orders
from orders.models import Order, OrderLine, Return, ReturnLine, ShipmentLine
from orders.return_lots import lots_back, returnable_lots
from orders.services.steps import refuse_newer
from orders.signals import orders_changed
from orders.values import NewReturn


@dataclass(slots=True)
class _Back:
    """How much of one shipment line came back so far."""

    line: ShipmentLine
    already: int
    lots: list[LotPieces]


@dataclass(frozen=True, slots=True)
class _Part:
    """Pieces of one shipment line that come back now, and the parts of its revenue and cost that come with them."""

    returned: Return
    line: ShipmentLine
    quantity: int
    refund: Decimal
    receipt: Receipt
    is_scrapped: bool = False


@retry_on_conflict
@transaction.atomic(durable=True)
def return_goods(news: Sequence[NewReturn]) -> list[Return]:
    """Take goods back into the warehouse that shipped them. Locks, sends and raises as ``take_back``."""
    return take_back(news)


@transaction.atomic(savepoint=False)
def take_back(news: Sequence[NewReturn]) -> list[Return]:
    """Take goods back, inside the caller's transaction.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed. Raises: InvalidInput, Outdated.
    """
    for new in news:
        refuse_text("reason", new.reason, MAX_REASON)
    now = timezone.now()
    orders = lock_orders({new.order_id for new in news})
    for new in news:
        if new.order_id not in orders:
            raise InvalidInput(_("There is no such order."), order=new.order_id)
        if not new.quantities:
            raise InvalidInput(_("Say which pieces came back."), order=orders[new.order_id].number)
    refuse_newer(
        Return,
        ((new.order_id, new.returns_before) for new in news),
        _("Goods of this order came back in the meantime; nothing more was booked. Check what is left."),
    )
    backs = _shipped(news)
    returns = [
        Return(
            number=number,
            order=orders[new.order_id],
            returned_at=new.returned_at or now,
            reason=new.reason,
            external_reference=new.external_reference,
            created_by_id=current_actor_id(),
        )
        for new, number in zip(news, next_numbers("RT", len(news)), strict=True)
    ]
    parts = [
        part
        for new, returned in zip(news, returns, strict=True)
        for pk, quantity in new.quantities.items()
        for part in _parts(returned, backs.get(pk), pk, quantity, new)
    ]
    Return.objects.bulk_create(returns)
    _bring_back(parts, at=max(returned.returned_at for returned in returns))
    _record(returns, parts)
    return returns


def _shipped(news: Sequence[NewReturn]) -> dict[int, _Back]:
    lines = (
        ShipmentLine.objects.filter(pk__in={pk for new in news for pk in new.quantities})
        .select_related("line__product", "shipment")
        .annotate(already=Sum("return_lines__quantity", default=0))
    )
    lots = returnable_lots(lines)
    return {line.pk: _Back(line, line.already, lots.get(line.pk, [])) for line in lines}


def _parts(returned: Return, back: _Back | None, pk: int, quantity: int, new: NewReturn) -> list[_Part]:
    """What came back of one shipment line: the pieces that are fit, with their lots, and those that are not."""
    scrapped = new.scrapped.get(pk, 0)
    if not 0 <= scrapped <= quantity:
        raise InvalidInput(_("At most the pieces that came back can be scrapped."), shipment_line=pk)
    fit = [_part(returned, back, pk, quantity - scrapped)] if quantity - scrapped or not scrapped else []
    if fit and back:
        lots = lots_back(back.lots, quantity - scrapped, new.lots.get(pk, {}), pk)
        fit = [replace(part, receipt=replace(part.receipt, lots=lots)) for part in fit]
    unfit = [replace(_part(returned, back, pk, scrapped), is_scrapped=True)] if scrapped else []
    return fit + unfit


def _part(returned: Return, back: _Back | None, pk: int, quantity: int) -> _Part:
    """Check pieces of one shipment line against what can still come back, and count them as come back."""
    if back is None or back.line.line.order_id != returned.order_id:
        raise InvalidInput(_("Only pieces shipped with this order can come back."), shipment_line=pk)
    line, left = back.line, back.line.quantity - back.already
    if not 0 < quantity <= left:
        raise InvalidInput(
            _("%(left)s of %(sku)s can still come back; enter 1 to %(left)s.")
            % {"left": left, "sku": line.line.product.sku},
            shipment_line=pk,
        )
    refund = share_of_cost(line.revenue, line.quantity, back.already, quantity)
    cost = share_of_cost(line.cost, line.quantity, back.already, quantity)
    back.already += quantity
    place = (line.line.product_id, line.shipment.warehouse_id)
    receipt = Receipt(place, quantity, cost, returned.number, returned.returned_at)
    return _Part(returned, line, quantity, refund, receipt)


def _bring_back(parts: Sequence[_Part], *, at: datetime) -> None:
    """Stock, return lines and the order lines' returned quantity."""
    scrapped = [index for index, part in enumerate(parts) if part.is_scrapped]
    reason = parts[0].returned.reason if scrapped else ""
    receipts = [part.receipt for part in parts]
    moves = receive_stock(receipts, kind=StockMove.Kind.RETURN, at=at, reason=reason, scrapped=scrapped)
    insert_columns(
        ReturnLine,
        returned_id=[part.returned.pk for part in parts],
        shipment_line_id=[part.line.pk for part in parts],
        quantity=[part.quantity for part in parts],
        refund=[part.refund for part in parts],
        cost=[part.receipt.value for part in parts],
        is_scrapped=[part.is_scrapped for part in parts],
        move_id=[move.pk for move in moves],
    )
    totals: Counter[int] = Counter()
    for part in parts:
        totals[part.line.line_id] += part.quantity
    add_to_column(OrderLine, "returned", totals)


def _record(returns: Sequence[Return], parts: Sequence[_Part]) -> None:
    """Audit, outbox and signal."""
    pieces: Counter[int] = Counter()
    for part in parts:
        pieces[part.returned.pk] += part.quantity
    audit.record_many(
        audit.entry(
            "order",
            returned.order_id,
            "returned",
            at=returned.returned_at,
            number=returned.number,
            reason=returned.reason,
            pieces=pieces[returned.pk],
        )
        for returned in returns
    )
    outbox.publish_many("order.returned", ({"order": r.order_id, "number": r.number} for r in returns))
    orders_changed.send(Order, order_ids={returned.order_id for returned in returns})
