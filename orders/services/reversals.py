"""Cancellations that name a customer, a product and pieces, but no order: each is tied to the order line it reverses.

Pieces that have not shipped are cancelled, shipped ones come back. Each line of such a document takes effect once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from core.bulk import insert_columns
from core.errors import DomainError, Duplicate
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from orders.locks import lock_orders
from orders.models import OrderLine, Reversal, ShipmentLine
from orders.services.cancelling import cancel_open
from orders.services.returns import take_back
from orders.values import NewCancellation, NewReturn, NewReversal, ReversalOutcome


class NothingToReverse(DomainError):
    """No earlier order line of this customer has that many pieces left."""

    code = "nothing_to_reverse"


@dataclass(slots=True)
class _Sold:
    """An order line that may be reversed: pieces still open, and pieces shipped that did not come back."""

    pk: int
    order_id: int
    number: str
    customer_id: int
    product_id: int
    warehouse_id: int
    ordered_at: datetime
    unit_price: Decimal
    open: int
    out: int

    @property
    def left(self) -> int:
        return self.open + self.out


@dataclass(frozen=True, slots=True)
class _Hit:
    """A reversal and the pieces of an order line that it cancels and takes back."""

    new: NewReversal
    line: _Sold
    cancelled: int
    returned: int


@retry_on_conflict
@transaction.atomic(durable=True)
def reverse_orders(news: Sequence[NewReversal]) -> list[ReversalOutcome]:
    """Cancel or take back what each reversal names; one outcome each, in the order given.

    Locks: Order, StockLevel. Sends: stock_changed, orders_changed.
    Raises: InvalidInput when an order changed between reading and locking it.
    """
    known = _known(news)
    sold = _sold([new for new in news if (new.channel_id, new.reference, new.key) not in known])
    hits: list[_Hit] = []
    outcomes = []
    for new in news:
        if before := known.get((new.channel_id, new.reference, new.key)):
            outcomes.append(_repeated(new, before))
        elif line := _choose(new, sold[new.customer_id, new.product_id]):
            hits.append(_take(new, line))
            outcomes.append(ReversalOutcome(line.pk, line.number, line.unit_price))
        else:
            text = _("no earlier order of this customer has %s pieces of it left to cancel") % new.quantity
            outcomes.append(ReversalOutcome(error=NothingToReverse(text)))
    if hits:
        _apply(hits, {reference for _channel, reference, _key in known})
    return outcomes


def _known(news: Sequence[NewReversal]) -> dict[tuple[int, str, str], Reversal]:
    rows = Reversal.objects.filter(
        channel__in={new.channel_id for new in news}, reference__in={new.reference for new in news}
    )
    return {(row.channel_id, row.reference, row.key): row for row in rows}


def _repeated(new: NewReversal, before: Reversal) -> ReversalOutcome:
    if before.quantity == new.quantity:
        return ReversalOutcome(before.line_id, repeated=True)
    text = _("%(reference)s already cancelled %(pieces)s pieces of it")
    return ReversalOutcome(error=Duplicate(text % {"reference": new.reference, "pieces": before.quantity}))


def _sold(news: Collection[NewReversal]) -> dict[tuple[int, int], list[_Sold]]:
    """Order lines with pieces left to reverse by (customer, product), oldest first."""
    found: dict[tuple[int, int], list[_Sold]] = defaultdict(list)
    if not news:
        return found
    lines = OrderLine.objects.filter(
        order__channel__in={new.channel_id for new in news},
        order__customer__in={new.customer_id for new in news},
        order__ordered_at__lte=max(new.at for new in news),
        product__in={new.product_id for new in news},
        quantity__gt=F("cancelled") + F("returned"),
    )
    for row in lines.order_by("order__ordered_at", "pk").values_list(
        "pk",
        "order_id",
        "order__number",
        "order__customer_id",
        "product_id",
        "order__warehouse_id",
        "order__ordered_at",
        "unit_price",
        F("quantity") - F("shipped") - F("cancelled"),
        F("shipped") - F("returned"),
    ):
        line = _Sold(*row)
        found[line.customer_id, line.product_id].append(line)
    return found


def _choose(new: NewReversal, lines: Iterable[_Sold]) -> _Sold | None:
    """The line meant: sold at that price rather than at another, of exactly that many pieces, and the latest."""
    fitting = [line for line in lines if line.ordered_at <= new.at and line.left >= new.quantity]
    return max(
        fitting,
        key=lambda line: (line.unit_price == new.unit_price, line.left == new.quantity, line.ordered_at, line.pk),
        default=None,
    )


def _take(new: NewReversal, line: _Sold) -> _Hit:
    cancelled = min(new.quantity, line.open)
    returned = new.quantity - cancelled
    line.open -= cancelled
    line.out -= returned
    return _Hit(new, line, cancelled, returned)


def _apply(hits: list[_Hit], used: Collection[str]) -> None:
    """Lock all orders, then all stock; then cancel, take back, and keep what was done."""
    lock_orders({hit.line.order_id for hit in hits})
    lock_stock_levels({(hit.line.product_id, hit.line.warehouse_id) for hit in hits})
    if any(hit.cancelled for hit in hits):
        cancel_open(_cancellations(hits))
    if any(hit.returned for hit in hits):
        take_back(_returns(hits, used))
    insert_columns(
        Reversal,
        channel_id=[hit.new.channel_id for hit in hits],
        reference=[hit.new.reference for hit in hits],
        key=[hit.new.key for hit in hits],
        line_id=[hit.line.pk for hit in hits],
        quantity=[hit.new.quantity for hit in hits],
        at=[hit.new.at for hit in hits],
    )


def _cancellations(hits: Iterable[_Hit]) -> list[NewCancellation]:
    """One per order, whatever the number of documents that cancel pieces of it."""
    by_order: dict[int, list[_Hit]] = defaultdict(list)
    for hit in hits:
        if hit.cancelled:
            by_order[hit.line.order_id].append(hit)
    news = []
    for order, group in by_order.items():
        quantities: dict[int, int] = defaultdict(int)
        for hit in group:
            quantities[hit.line.pk] += hit.cancelled
        documents = ", ".join(dict.fromkeys(hit.new.reference for hit in group))
        news.append(NewCancellation(order, _reason(documents), quantities, max(hit.new.at for hit in group)))
    return news


def _returns(hits: Iterable[_Hit], used: Collection[str]) -> list[NewReturn]:
    """One per order and document; ``used`` documents brought something back before and keep their reference there."""
    shipped = _shipped({hit.line.pk for hit in hits if hit.returned})
    by_document: dict[tuple[int, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    at: dict[tuple[int, str], datetime] = {}
    for hit in hits:
        document, quantity = (hit.line.order_id, hit.new.reference), hit.returned
        for part in shipped[hit.line.pk] if quantity else ():
            taken = min(part[1], quantity)
            if taken:
                by_document[document][part[0]] += taken
                at[document] = max(hit.new.at, at.get(document, hit.new.at))
                part[1] -= taken
                quantity -= taken
    return [
        NewReturn(order, quantities, at[order, reference], _reason(reference), "" if reference in used else reference)
        for (order, reference), quantities in by_document.items()
    ]


def _shipped(lines: Collection[int]) -> dict[int, list[list[int]]]:
    """[shipment line, pieces that can still come back] by order line, oldest first."""
    found: dict[int, list[list[int]]] = defaultdict(list)
    rows = ShipmentLine.objects.filter(line__in=lines).annotate(already=Sum("return_lines__quantity", default=0))
    for pk, line, quantity, already in rows.order_by("pk").values_list("pk", "line_id", "quantity", "already"):
        found[line].append([pk, quantity - already])
    return found


def _reason(documents: str) -> str:
    return (_("Cancellation %s") % documents)[:200]
