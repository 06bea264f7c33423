"""Changing an open order: its header, quantities, lines added, lines closed short; all of it or nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.bulk import add_to_column
from core.checks import MAX_REASON, amount_error, text_error
from core.errors import InsufficientStock, InvalidInput
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.models import Product
from inventory.places import Basket, Grant, Place, Shortage
from inventory.services import MAX_QUANTITY, release_reservations, reserve_stock
from orders import price_lists
from orders.checks import MAX_LINES, Known, archived, check_line, customer_blocked
from orders.locks import lock_orders
from orders.models import Allocation, LostDemand, Order, OrderLine
from orders.price_lists import Asked
from orders.promise import promise
from orders.services import credit
from orders.services.details import apply_details, check_details
from orders.services.lines import wake
from orders.services.rules import is_quota, quota_refusal
from orders.services.steps import refuse_unseen
from orders.signals import orders_changed
from orders.values import NewLine, OrderChange

Pieces = list[tuple[OrderLine, int]]


@dataclass(slots=True)
class _Plan:
    """What a change comes to: pieces that lines lose, keep open no longer, gain; and lines not saved yet."""

    less: Pieces
    closed: Pieces
    grown: Pieces
    added: list[OrderLine]

    @property
    def more(self) -> Pieces:
        """Everything that needs stock."""
        return [*self.grown, *((line, line.quantity) for line in self.added)]


class _TooShort(Exception):
    """Undoes a change that stock could not serve, and carries what it wanted out of the transaction."""

    def __init__(self, refusal: InsufficientStock, order: Order, more: Pieces) -> None:
        super().__init__(refusal.detail)
        self.refusal, self.order, self.more = refusal, order, more


def change_order(change: OrderChange) -> Order:
    """Change an open order; what it gives up is free at once, what it adds is reserved when this returns.

    Locks: Order, Customer, StockLevel. Sends: stock_changed, orders_changed. Raises: InvalidInput, IllegalTransition,
    Outdated, CustomerBlocked, CreditExceeded, QuotaExceeded, InsufficientStock (pieces refused stay lost demand).
    """
    try:
        return _change_order(change)
    except _TooShort as short:
        _record_refusal(short, change.request)
        raise short.refusal from None
    except IntegrityError as exc:
        if not is_quota(exc):
            raise
        order = Order.objects.get(pk=change.order_id)
        products = [*order.lines.values_list("product_id", flat=True), *(line.product_id for line in change.added)]
        whose = {"channel_id": order.channel_id, "customer_id": order.customer_id}
        raise quota_refusal(products, **whose, at=order.ordered_at) from None


@retry_on_conflict
@transaction.atomic(durable=True)
def _change_order(change: OrderChange) -> Order:
    now = timezone.now()
    order = lock_orders([change.order_id]).get(change.order_id)
    if order is None:
        raise InvalidInput(_("There is no such order."), order=change.order_id)
    refuse_unseen(order, change.seen)
    if order.status not in Order.NEXT:
        order.move_to(order.status)
    rows = OrderLine.objects.filter(order=order).select_related("product").order_by("position")
    lines = {line.position: line for line in rows}
    products = Product.objects.in_bulk({line.product_id for line in change.added})
    _check(change, lines, products)
    details = apply_details(order, lines.values(), change.details)
    plan = _plan(change, order, lines, products)
    if plan.more and order.customer.is_blocked:
        raise customer_blocked(order.customer_id, order.customer.name)
    if not (plan.less or plan.closed or plan.more or details):
        return order
    in_use = None if change.release_credit else credit.in_use(order)
    # Rows that do not exist yet are made: only a locked row keeps a receipt from overlooking a line that waits.
    places = {_place(order, line) for line, _pieces in (*plan.less, *plan.closed, *plan.more)}
    lock_stock_levels(places, create=bool(plan.more))
    released = _give_up(order, plan, now)
    grants = _take_more(order, plan, change.allow_backorder, now) if plan.more else []
    credit.refuse_over_limit(order, in_use)
    _finish(order, plan, change, _Done(details, grants, released, now))
    return order


def _place(order: Order, line: OrderLine) -> Place:
    return line.product_id, order.warehouse_id


def _check(change: OrderChange, lines: Mapping[int, OrderLine], products: Mapping[int, Product]) -> None:
    """Name every wrong field: ``lines.0.quantity``, ``add.0.product``, ``close.0.reason``."""
    errors: dict[str, str] = {}
    if not (change.quantities or change.added or change.closed or change.details):
        errors["lines"] = _("Say what to change.")
    if change.details:
        check_details(change.details, errors)
    seen: set[int] = set()
    for index, wanted in enumerate(change.quantities):
        if line := _named(f"lines.{index}.line", wanted.position, lines, seen, errors):
            _check_quantity(f"lines.{index}", line, wanted.quantity, errors)
    for index, added in enumerate(change.added):
        product = products.get(added.product_id)
        known = Known(product.sku, product.is_active, product.price) if product else None
        check_line(f"add.{index}", added, known, errors)
    if len(lines) + len(change.added) > MAX_LINES:
        errors["add"] = _("An order has at most %s lines; split it.") % MAX_LINES
    for index, close in enumerate(change.closed):
        line = _named(f"close.{index}.line", close.position, lines, seen, errors)
        if line and not line.open_quantity:
            errors[f"close.{index}.line"] = _("Nothing of this line is open.")
        if wrong := text_error(close.reason, MAX_REASON, is_required=True):
            errors[f"close.{index}.reason"] = wrong
    if errors:
        raise InvalidInput(_("The order was not changed: please correct the fields named."), field_errors=errors)


def _named(
    name: str, position: int, lines: Mapping[int, OrderLine], seen: set[int], errors: dict[str, str]
) -> OrderLine | None:
    """The line of this number, unless it does not exist or was named before."""
    if position not in lines:
        errors[name] = _("The document has no such line.")
    elif position in seen:
        errors[name] = _("This line stands here twice.")
    seen.add(position)
    return None if name in errors else lines[position]


def _check_quantity(name: str, line: OrderLine, quantity: int, errors: dict[str, str]) -> None:
    least = max(1, line.shipped + line.cancelled)
    if not least <= quantity <= MAX_QUANTITY:
        words = {"least": least, "most": MAX_QUANTITY}
        errors[f"{name}.quantity"] = _("Enter a whole number from %(least)s to %(most)s.") % words
    elif quantity > line.quantity and not line.product.is_active:
        errors[f"{name}.quantity"] = archived(line.product.sku)
    elif wrong := amount_error(quantity, line.unit_price):
        errors[f"{name}.quantity"] = wrong


def _plan(change: OrderChange, order: Order, lines: Mapping[int, OrderLine], products: Mapping[int, Product]) -> _Plan:
    prices, own_rate = _prices(order, change.added), order.customer.tax_rate
    deltas = [(lines[new.position], new.quantity - lines[new.position].quantity) for new in change.quantities]
    return _Plan(
        less=[(line, -delta) for line, delta in deltas if delta < 0],
        closed=[(lines[close.position], lines[close.position].open_quantity) for close in change.closed],
        grown=[(line, delta) for line, delta in deltas if delta > 0],
        added=[
            OrderLine(
                order=order,
                position=position,
                product=products[new.product_id],
                quantity=new.quantity,
                unit_price=prices[new.product_id, new.quantity] if new.unit_price is None else new.unit_price,
                discount=new.discount,
                tax_rate=products[new.product_id].tax_rate if own_rate is None else own_rate,
                promised_date=max(order.requested_date, timezone.localdate()),
            )
            for position, new in enumerate(change.added, max(lines) + 1)
        ],
    )


def _prices(order: Order, added: Sequence[NewLine]) -> dict[tuple[int, int], Decimal]:
    """By product and quantity, what the customer pays today for lines that bring no price."""
    today = timezone.localdate()
    found = price_lists.prices(
        Asked(order.customer_id, line.product_id, line.quantity, today) for line in added if line.unit_price is None
    )
    return {(asked.product_id, asked.quantity): price.unit_price for asked, price in found.items()}


def _give_up(order: Order, plan: _Plan, now: datetime) -> int:
    """Take pieces off lines, waiting ones first, then the newest reservations; returns the pieces released."""
    gone = [*plan.less, *plan.closed]
    held = _held(line for line, _pieces in gone)
    release: dict[int, int] = {}
    for line, pieces in gone:
        waiting = line.open_quantity - sum(quantity for _reservation, quantity in held[line.pk])
        pieces -= min(pieces, waiting)
        for reservation, quantity in held[line.pk]:
            if part := min(pieces, quantity):
                release[reservation] = part
                pieces -= part
    # The lines first: pieces freed below must not go back to a line that gives them up.
    add_to_column(OrderLine, "quantity", {line.pk: -pieces for line, pieces in plan.less})
    add_to_column(OrderLine, "cancelled", {line.pk: pieces for line, pieces in plan.closed})
    _take_back_lost_demand(plan.less)
    if gone:
        # Pieces that only waited change what is to be bought: their places are told too.
        release_reservations(release, {_place(order, line) for line, _pieces in gone}, at=now)
    return sum(release.values())


def _held(lines: Iterable[OrderLine]) -> dict[int, list[tuple[int, int]]]:
    """Open reservations of each line as (id, pieces), newest first; their stock rows are locked, so they stay so."""
    held: dict[int, list[tuple[int, int]]] = {line.pk: [] for line in lines}
    rows = Allocation.objects.filter(line__in=list(held), reservation__quantity__gt=0).order_by("-reservation_id")
    for line, reservation, quantity in rows.values_list("line_id", "reservation_id", "reservation__quantity"):
        held[line].append((reservation, quantity))
    return held


def _take_more(order: Order, plan: _Plan, allow_backorder: bool, now: datetime) -> list[Grant]:
    """Reserve what lines gain and write it down; one grant for each of ``plan.more``. Raises: _TooShort."""
    basket = Basket([(_place(order, line), pieces) for line, pieces in plan.more], allow_backorder)
    result = reserve_stock([basket], at=now)[0]
    if isinstance(result, Shortage):
        raise _TooShort(_shortage_error(plan.more, result), order, plan.more)
    short = [
        (line, grant.wanted - grant.granted)
        for (line, _pieces), grant in zip(plan.more, result, strict=True)
        if grant.granted < grant.wanted
    ]
    _promise(order, short)
    OrderLine.objects.bulk_create(plan.added, batch_size=2000)
    add_to_column(OrderLine, "quantity", {line.pk: pieces for line, pieces in plan.grown})
    OrderLine.objects.bulk_update([line for line, _pieces in plan.grown], ["promised_date"], batch_size=2000)
    Allocation.objects.bulk_create(
        [
            Allocation(line=line, reservation_id=grant.reservation_id)
            for (line, _pieces), grant in zip(plan.more, result, strict=True)
            if grant.reservation_id
        ],
        batch_size=5000,
    )
    _add_lost_demand(order, short)
    if any(grant.granted for grant in result):
        wake([order.pk])
    return result


def _shortage_error(more: Pieces, shortage: Shortage) -> InsufficientStock:
    """Names every short line with what it could have had."""
    short = [
        {"line": line.position, "sku": line.product.sku, "wanted": pieces, "available": available}
        for (line, pieces), available in zip(more, shortage.available, strict=True)
        if available < pieces
    ]
    return InsufficientStock(
        _("Line %(line)s: only %(available)s of %(wanted)s more %(sku)s available.") % short[0], lines=short
    )


def _promise(order: Order, short: Pieces) -> None:
    """Set in memory when lines that gained waiting pieces can be complete; none when nobody knows.

    Asked before the lines grow: what waited before stands ahead, these pieces come on top of it.
    """
    if not short:
        return
    answers = promise([(_place(order, line), pieces) for line, pieces in short], from_stock=False)
    for (line, _pieces), answer in zip(short, answers, strict=True):
        dates = [line.promised_date, answer.date]
        line.promised_date = None if None in dates else max(date for date in dates if date)


def _take_back_lost_demand(less: Pieces) -> None:
    """Pieces that nobody wants any more were not lost: of a line's pieces, those that could not be served go first."""
    taken = {line.pk: pieces for line, pieces in less}
    gone, cut = [], {}
    rows = LostDemand.objects.filter(line__in=list(taken)).values_list("pk", "line_id", "quantity")
    for pk, line, quantity in rows:
        if quantity <= taken[line]:
            gone.append(pk)
        else:
            cut[pk] = -taken[line]
    LostDemand.objects.filter(pk__in=gone).delete()
    add_to_column(LostDemand, "quantity", cut)


def _add_lost_demand(order: Order, short: Pieces) -> None:
    """Pieces that wait join the one row of their line, which is dated with the order, as the line's demand is."""
    rows = LostDemand.objects.filter(line__in=[line.pk for line, _pieces in short])
    known = dict(rows.values_list("line_id", "pk"))
    add_to_column(LostDemand, "quantity", {known[line.pk]: pieces for line, pieces in short if line.pk in known})
    LostDemand.objects.bulk_create(
        LostDemand(
            product_id=line.product_id,
            warehouse_id=order.warehouse_id,
            customer_id=order.customer_id,
            channel_id=order.channel_id,
            line=line,
            kind=LostDemand.Kind.BACKORDERED,
            quantity=pieces,
            at=order.ordered_at,
        )
        for line, pieces in short
        if line.pk not in known
    )


@transaction.atomic(durable=True)
def _record_refusal(short: _TooShort, request: str) -> None:
    """The pieces that a refused change asked for are lost demand: none of them will be delivered. Once per request."""
    wanted: Counter[int] = Counter()
    for line, pieces in short.more:
        wanted[line.product_id] += pieces
    LostDemand.objects.bulk_create(
        (
            LostDemand(
                product_id=product,
                warehouse_id=short.order.warehouse_id,
                customer_id=short.order.customer_id,
                channel_id=short.order.channel_id,
                kind=LostDemand.Kind.REFUSED,
                quantity=pieces,
                request=request,
                at=timezone.now(),
            )
            for product, pieces in wanted.items()
        ),
        ignore_conflicts=True,
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """What a change did: the header's fields as [old, new], what new pieces got, pieces released, and when."""

    details: dict[str, list[Any]]
    grants: Sequence[Grant]
    released: int
    at: datetime


def _finish(order: Order, plan: _Plan, change: OrderChange, done: _Done) -> None:
    """Status, audit (plain values, told as sentences by the timeline), outbox and signal."""
    lines = list(OrderLine.objects.filter(order=order))
    if not any(line.open_quantity for line in lines):
        order.move_to(Order.Status.SHIPPED if any(line.shipped for line in lines) else Order.Status.CANCELLED)
        order.save(update_fields=["status"])
    signed = [*((line, -pieces) for line, pieces in plan.less), *plan.grown]
    reasons = {close.position: close.reason.strip() for close in change.closed}
    audit.record(
        "order",
        order.pk,
        "changed",
        at=done.at,
        details=done.details,
        # In memory the lines still have the quantity they had before.
        lines=[[line.position, line.product.sku, line.quantity, line.quantity + delta] for line, delta in signed],
        added=[[line.position, line.product.sku, line.quantity] for line in plan.added],
        closed=[[ln.position, ln.product.sku, pieces, reasons[ln.position]] for ln, pieces in plan.closed],
        reserved=sum(grant.granted for grant in done.grants),
        waiting=sum(grant.wanted - grant.granted for grant in done.grants),
        released=done.released,
    )
    outbox.publish("order.changed", order=order.pk, number=order.number)
    orders_changed.send(Order, order_ids={order.pk})
