"""Goods that come back: refunded at the price sold, back into stock at the original cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column
from core.errors import InvalidInput
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.costing import share_of_cost
from inventory.models import StockMove
from inventory.places import Receipt
from inventory.services import receive_stock
from orders.locks import lock_orders
from orders.models import Order, OrderLine, Return, ReturnLine, ShipmentLine
from orders.signals import orders_changed
from orders.values import NewReturn


@dataclass(slots=True)
class _Back:
    """How much of one shipment line came back so far."""

    line: ShipmentLine
    already: int


@retry_on_conflict
@transaction.atomic(durable=True)
def return_goods(news: Sequence[NewReturn]) -> list[Return]:
    """Take goods back into the warehouse that shipped them; all or nothing.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed. Raises: InvalidInput.
    """
    now = timezone.now()
    orders = lock_orders({new.order_id for new in news})
    backs = _shipped(news)
    numbers = next_numbers("RT", len(news))
    rows: list[tuple[int, _Back, int, Receipt]] = []
    for index, (new, number) in enumerate(zip(news, numbers, strict=True)):
        if new.order_id not in orders:
            raise InvalidInput(_("There is no such order."), order=new.order_id)
        if not new.quantities:
            raise InvalidInput(_("Say which pieces came back."), order=orders[new.order_id].number)
        for pk, quantity in new.quantities.items():
            back = backs.get(pk)
            if back is None or back.line.line.order_id != new.order_id:
                raise InvalidInput(_("Only pieces shipped with this order can come back."), shipment_line=pk)
            left = back.line.quantity - back.already
            if not 0 < quantity <= left:
                raise InvalidInput(
                    _("%(left)s of %(sku)s can still come back; enter 1 to %(left)s.")
                    % {"left": left, "sku": back.line.line.product.sku},
                    shipment_line=pk,
                )
            cost = share_of_cost(back.line.cost, back.line.quantity, back.already, quantity)
            place = (back.line.line.product_id, back.line.shipment.warehouse_id)
            rows.append((index, back, quantity, Receipt(place, quantity, cost, number)))
            back.already += quantity
    returns = Return.objects.bulk_create(
        Return(
            number=number,
            order=orders[new.order_id],
            returned_at=new.returned_at or now,
            reason=new.reason,
            external_reference=new.external_reference,
            created_by_id=current_actor_id(),
        )
        for new, number in zip(news, numbers, strict=True)
    )
    _bring_back(returns, rows)
    audit.record_many(
        audit.entry(
            "order",
            returned.order_id,
            "returned",
            at=returned.returned_at,
            number=returned.number,
            reason=returned.reason,
            pieces=sum(quantity for i, _back, quantity, _receipt in rows if i == index),
        )
        for index, returned in enumerate(returns)
    )
    outbox.publish_many("order.returned", ({"order": r.order_id, "number": r.number} for r in returns))
    orders_changed.send(Order, order_ids=set(orders))
    return returns


def _shipped(news: Sequence[NewReturn]) -> dict[int, _Back]:
    lines = (
        ShipmentLine.objects.filter(pk__in={pk for new in news for pk in new.quantities})
        .select_related("line__product", "shipment")
        .annotate(already=Sum("return_lines__quantity", default=0))
    )
    return {line.pk: _Back(line, line.already) for line in lines}


def _bring_back(returns: list[Return], rows: list[tuple[int, _Back, int, Receipt]]) -> None:
    """Stock, return lines and the order lines' returned quantity; one stock call per moment."""
    moves: dict[int, StockMove] = {}
    for at in sorted({returned.returned_at for returned in returns}):
        group = [(n, row[3]) for n, row in enumerate(rows) if returns[row[0]].returned_at == at]
        received = receive_stock([receipt for _n, receipt in group], kind=StockMove.Kind.RETURN, at=at)
        moves |= dict(zip((n for n, _receipt in group), received, strict=True))
    ReturnLine.objects.bulk_create(
        ReturnLine(
            returned=returns[index],
            shipment_line=back.line,
            quantity=quantity,
            refund=quantity * back.line.line.unit_price,
            cost=receipt.value,
            move=moves[n],
        )
        for n, (index, back, quantity, receipt) in enumerate(rows)
    )
    totals: dict[int, int] = {}
    for _index, back, quantity, _receipt in rows:
        totals[back.line.line_id] = totals.get(back.line.line_id, 0) + quantity
    add_to_column(OrderLine, "returned", totals)
