"""Goods receipts: stock and value come in, waiting orders are filled by the receiver in orders."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column
from core.checks import text_error
from core.errors import IllegalTransition, InvalidInput
from core.live import publish_after_commit
from core.money import ZERO, to_cents
from core.sequences import next_numbers
from core.transactions import retry_on_conflict
from inventory.models import StockMove
from inventory.places import LotPieces, Receipt
from inventory.services import receive_stock
from purchasing.currencies import rates_on
from purchasing.locks import lock_purchase_orders
from purchasing.models import GoodsReceipt, GoodsReceiptLine, LandedCost, PurchaseOrder, PurchaseOrderLine
from purchasing.services.landing import costs_of_receipt, spread
from purchasing.signals import goods_received
from purchasing.values import NewReceipt

Plan = list[tuple[PurchaseOrderLine, int]]
Lots = Mapping[int, tuple[str, date | None]]
"""Lot number and expiry date by line."""
MAX_LOT = 60


@retry_on_conflict
@transaction.atomic(durable=True)
def receive_goods(news: Sequence[NewReceipt]) -> list[GoodsReceipt]:
    """Receive purchase orders, whole or in part; all or nothing.

    Locks: PurchaseOrder, StockLevel. Sends: stock_changed, goods_received. Raises: InvalidInput, IllegalTransition.
    """
    if len({new.purchase_order_id for new in news}) < len(news):
        raise InvalidInput(_("A purchase order can be received only once in one call."))
    now = timezone.now()
    orders = lock_purchase_orders([new.purchase_order_id for new in news])
    lines: dict[int, list[PurchaseOrderLine]] = {pk: [] for pk in orders}
    for line in PurchaseOrderLine.objects.filter(purchase_order__in=orders).select_related("product").order_by("pk"):
        lines[line.purchase_order_id].append(line)
    plans = [_plan(new, orders, lines) for new in news]
    receipts = GoodsReceipt.objects.bulk_create(
        _receipt(orders[new.purchase_order_id], plan, number, new.received_at or now)
        for new, plan, number in zip(news, plans, next_numbers("GR", len(news)), strict=True)
    )
    lots = {receipt.pk: new.lots for receipt, new in zip(receipts, news, strict=True)}
    costs = {receipt.pk: costs_of_receipt(receipt, new.landed) for receipt, new in zip(receipts, news, strict=True)}
    for at in sorted({receipt.received_at for receipt in receipts}):
        _bring_in([(r, p) for r, p in zip(receipts, plans, strict=True) if r.received_at == at], costs, lots, at)
    LandedCost.objects.bulk_create([cost for several in costs.values() for cost in several])
    _finish(receipts, plans, lines)
    return receipts


def _receipt(order: PurchaseOrder, plan: Plan, number: str, at: datetime) -> GoodsReceipt:
    """The header, unsaved; of an order in another currency with that day's rate and what it makes of the cost."""
    receipt = GoodsReceipt(number=number, purchase_order=order, received_at=at, created_by_id=current_actor_id())
    if order.currency:
        receipt.rate = rates_on(timezone.localdate(at))[order.currency]
        at_order = sum((to_cents(line.unit_cost * quantity) for line, quantity in plan), ZERO)
        receipt.exchange_difference = sum(_goods(plan, receipt.rate), ZERO) - at_order
    return receipt


def _goods(plan: Plan, rate: Decimal | None) -> list[Decimal]:
    """What the pieces of each line cost, in the company's currency at the day's rate."""
    return [
        to_cents((line.unit_cost if rate is None or line.price is None else line.price * rate) * quantity)
        for line, quantity in plan
    ]


def _plan(new: NewReceipt, orders: dict[int, PurchaseOrder], lines: dict[int, list[PurchaseOrderLine]]) -> Plan:
    order = orders.get(new.purchase_order_id)
    if order is None:
        raise InvalidInput(_("There is no such purchase order."), purchase_order=new.purchase_order_id)
    if order.status not in (PurchaseOrder.Status.ORDERED, PurchaseOrder.Status.PARTLY_RECEIVED):
        order.move_to(PurchaseOrder.Status.PARTLY_RECEIVED)
    most = {line.pk: line.most for line in lines[order.pk]}
    wanted = dict(new.quantities) if new.quantities is not None else {line.pk: line.open for line in lines[order.pk]}
    errors = {
        f"lines.{line.pk}.quantity": _too_many(line)
        for line in lines[order.pk]
        if not 0 <= wanted.get(line.pk, 0) <= most[line.pk]
    }
    arrived = [line for line in lines[order.pk] if wanted.get(line.pk)]
    errors |= _lot_errors(arrived, new.lots, timezone.localdate(new.received_at or timezone.now()))
    if set(wanted) - set(most):
        errors["lines"] = _("A line does not belong to this purchase order.")
    if errors:
        raise InvalidInput(_("Nothing was received."), field_errors=errors, number=order.number)
    plan = [(line, wanted[line.pk]) for line in lines[order.pk] if wanted.get(line.pk)]
    if not plan:
        raise IllegalTransition(_("Enter the pieces that arrived for at least one line."))
    return plan


def _lot_errors(arrived: Sequence[PurchaseOrderLine], lots: Lots, day: date) -> dict[str, str]:
    """What is wrong with the lots of lines that arrived on this day: ``lines.<id>.lot`` → sentence."""
    errors = {}
    for line in arrived:
        number, expires_on = lots.get(line.pk, ("", None))
        if line.product.tracks_lots and not number.strip():
            text = _("Enter the lot number that stands on %s.") % line.product.sku
        elif wrong := text_error(number, MAX_LOT):
            text = wrong
        elif expires_on is not None and expires_on < day:
            text = _("%(sku)s expired on %(day)s: do not take it in.") % {"sku": line.product.sku, "day": expires_on}
        else:
            continue
        errors[f"lines.{line.pk}.lot"] = text
    return errors


def _too_many(line: PurchaseOrderLine) -> str:
    words = {"open": line.open, "sku": line.product.sku, "most": line.most}
    if not line.tolerance:
        return _("%(open)s of %(sku)s are still expected; enter 0 to %(open)s.") % words
    return _("%(open)s of %(sku)s are still expected, %(most)s with the tolerance; enter 0 to %(most)s.") % words


def _values(plan: Plan, costs: Sequence[LandedCost], rate: Decimal | None) -> list[Decimal]:
    """What the pieces of each line are worth: their cost, and their share of what it took to bring them in."""
    values = _goods(plan, rate)
    total = sum((cost.amount for cost in costs), ZERO)
    shares = spread(total, [(quantity, value) for (_line, quantity), value in zip(plan, values, strict=True)])
    return [value + share for value, share in zip(values, shares, strict=True)]


def _bring_in(
    group: list[tuple[GoodsReceipt, Plan]],
    costs: Mapping[int, Sequence[LandedCost]],
    lots: Mapping[int, Lots],
    at: datetime,
) -> None:
    """Ledger, lots and receipt lines of the receipts of one moment."""
    flat = [(receipt, line, quantity) for receipt, plan in group for line, quantity in plan]
    values = [value for receipt, plan in group for value in _values(plan, costs[receipt.pk], receipt.rate)]
    moves = receive_stock(
        [
            Receipt(
                (line.product_id, receipt.purchase_order.warehouse_id),
                quantity,
                value,
                receipt.number,
                lots=_lots(lots[receipt.pk], line, quantity),
            )
            for (receipt, line, quantity), value in zip(flat, values, strict=True)
        ],
        kind=StockMove.Kind.RECEIPT,
        at=at,
    )
    GoodsReceiptLine.objects.bulk_create(
        [
            GoodsReceiptLine(receipt=receipt, line=line, quantity=quantity, move_id=move.pk)
            for (receipt, line, quantity), move in zip(flat, moves, strict=True)
        ],
        batch_size=2000,
    )


def _lots(lots: Lots, line: PurchaseOrderLine, quantity: int) -> list[LotPieces]:
    """The lot of one line's pieces, if it has one."""
    number, expires_on = lots.get(line.pk, ("", None))
    return [LotPieces(number.strip(), expires_on, quantity)] if number.strip() else []


def _still_open(lines: Sequence[PurchaseOrderLine], arrived: Mapping[int, int]) -> tuple[int, int]:
    """Pieces still to come after this receipt, and those missing that the tolerance lets go: one of the two is 0."""
    missing = {line.pk: max(line.open - arrived.get(line.pk, 0), 0) for line in lines}
    is_complete = all(missing[line.pk] <= line.tolerance for line in lines)
    total = sum(missing.values())
    return (0, total) if is_complete else (total, 0)


def _finish(receipts: list[GoodsReceipt], plans: list[Plan], lines: dict[int, list[PurchaseOrderLine]]) -> None:
    add_to_column(PurchaseOrderLine, "received", {line.pk: quantity for plan in plans for line, quantity in plan})
    entries = []
    for receipt, plan in zip(receipts, plans, strict=True):
        order = receipt.purchase_order
        pieces = sum(quantity for _line, quantity in plan)
        left, short = _still_open(lines[order.pk], {line.pk: n for line, n in plan})
        order.move_to(PurchaseOrder.Status.PARTLY_RECEIVED if left else PurchaseOrder.Status.RECEIVED)
        entries.append(
            audit.entry(
                "purchase_order",
                order.pk,
                "received",
                at=receipt.received_at,
                receipt=receipt.number,
                pieces=pieces,
                left=left,
                short=short,
            )
        )
    for status in (PurchaseOrder.Status.PARTLY_RECEIVED, PurchaseOrder.Status.RECEIVED):
        done = [receipt.purchase_order_id for receipt in receipts if receipt.purchase_order.status == status]
        if done:
            PurchaseOrder.objects.filter(pk__in=done).update(status=status)
    audit.record_many(entries)
    outbox.publish_many(
        "goods.received", ({"receipt": r.number, "purchase_order": r.purchase_order_id} for r in receipts)
    )
    goods_received.send(GoodsReceipt, receipts=receipts)
    publish_after_commit("purchase-orders-changed", {"purchase_orders": [r.purchase_order_id for r in receipts][:100]})
