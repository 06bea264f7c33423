"""The documents of a file through the services of every other order, in chunks: a chunk is in, or it is not."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from core.errors import DomainError, InvalidInput
from core.transactions import one_transaction, retry_on_conflict
from orders.importing.rows import EPOCH, MICROSECOND
from orders.importing.rules import REFUSED
from orders.importing.spool import Problem, Spool, SpooledLine
from orders.models import Allocation, Order
from orders.services import create_orders, reverse_orders, ship_orders
from orders.values import NewLine, NewOrder, NewReversal, NewShipment, Outcome

Document = list[SpooledLine]
NOT_APPLIED, DIFFERS = "not applied", "differs"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the orders go, and which of them have left already."""

    channel_id: int
    warehouse_id: int
    zone: tzinfo
    shipped: Literal["past", "all", "none"] = "past"

    def has_left(self, at: datetime) -> bool:
        """Whether an order of that moment is history: it left on its day."""
        if self.shipped == "past":
            return at.astimezone(self.zone).date() < datetime.now(self.zone).date()
        return self.shipped == "all"


@dataclass(slots=True)
class Tally:
    """What became of the documents, and why some lines are not in."""

    orders: Counter[str] = field(default_factory=Counter)  # created, repeated, refused; shipped, waiting
    lines: Counter[str] = field(default_factory=Counter)  # created, repeated; reversed, reversed before
    problems: list[Problem] = field(default_factory=list)


def load(spool: Spool, target: Target, *, chunk_lines: int, progress: Callable[[int], object]) -> Tally:
    """Load every document, oldest first; ``progress`` is told the lines of each chunk after its commit."""
    total = Tally()
    for chunk in _chunks(spool, chunk_lines):
        tally = _load_chunk(chunk, target)
        total.orders += tally.orders
        total.lines += tally.lines
        spool.add_problems(tally.problems)
        progress(sum(len(document) for document in chunk))
    return total


def _chunks(spool: Spool, size: int) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    lines = 0
    for document in spool.documents():
        chunk.append(document)
        lines += len(document)
        if lines >= size:
            yield chunk
            chunk, lines = [], 0
    if chunk:
        yield chunk


@retry_on_conflict
def _load_chunk(chunk: Sequence[Document], target: Target) -> Tally:
    """Create the orders, ship those that have left, then cancel: what is cancelled was ordered before.

    One transaction: nobody sees an order of the past waiting to be picked, and after a death at any moment the
    next run finds each order done or not there.
    """
    sales = [document for document in chunk if document[0].kind == "sale"]
    cancelled = [line for document in chunk if document[0].kind == "cancel" for line in document]
    tally = Tally()
    with one_transaction():
        outcomes = create_orders([_new_order(document, target) for document in sales]) if sales else []
        _count_orders(sales, outcomes, tally)
        _ship([o.order for o in outcomes if o.order and not o.repeated and target.has_left(o.order.ordered_at)], tally)
        _reverse(cancelled, target, tally)
    return tally


def _new_order(document: Document, target: Target) -> NewOrder:
    first = document[0]
    assert first.customer is not None, "orders of unknown customers were refused before"
    requested = [line.requested for line in document if line.requested]
    return NewOrder(
        customer_id=first.customer,
        channel_id=target.channel_id,
        warehouse_id=target.warehouse_id,
        lines=[NewLine(line.product or 0, line.quantity, _price(line)) for line in document],
        external_reference=first.reference,
        requested_date=date.fromordinal(min(requested)) if requested else None,
        ordered_at=_moment(first),
    )


def _count_orders(documents: Sequence[Document], outcomes: Sequence[Outcome], tally: Tally) -> None:
    for document, outcome in zip(documents, outcomes, strict=True):
        word = "refused" if outcome.error else "repeated" if outcome.repeated else "created"
        tally.orders[word] += 1
        tally.lines[word] += len(document)
        if outcome.error:
            tally.problems += _explained(document, outcome.error)


def _explained(document: Document, error: DomainError) -> Iterator[Problem]:
    """The refusal at the lines it names, else at the first; the others say where to look."""
    named: dict[int, list[str]] = {}
    fields = error.field_errors if isinstance(error, InvalidInput) else {}
    for name, text in fields.items():
        parts = name.split(".")
        named.setdefault(int(parts[1]) if parts[0] == "lines" and len(parts) > 1 else 0, []).append(text)
    named = named or {0: [error.detail]}
    first = document[min(named)].no
    for index, line in enumerate(document):
        text = " ".join(named.get(index, [])) or _("none of this order is imported, because of line %s") % first
        yield Problem(line.no, line.reference, REFUSED, text)


def _ship(orders: Sequence[Order], tally: Tally) -> None:
    """What is reserved for orders of the past left at their moment; what had no stock waits."""
    if not orders:
        return
    held = Allocation.objects.filter(line__order__in=[order.pk for order in orders], reservation__quantity__gt=0)
    ready = set(held.values_list("line__order_id", flat=True))
    news = [NewShipment(order.pk, shipped_at=order.ordered_at) for order in orders if order.pk in ready]
    shipments = ship_orders(news) if news else []
    complete = sum(shipment.order.status == Order.Status.SHIPPED for shipment in shipments)
    tally.orders["shipped"] += complete
    tally.orders["waiting"] += len(orders) - complete


def _reverse(lines: Sequence[SpooledLine], target: Target, tally: Tally) -> None:
    """Cancellations, each line by itself: one that matches no earlier order is reported."""
    news: list[tuple[SpooledLine, NewReversal]] = []
    seen: Counter[tuple[str, str]] = Counter()
    for line in lines:
        seen[line.reference, line.sku] += 1
        if line.product is None or line.customer is None:
            tally.problems.append(_not_applied(line, _("nothing of it was sold to this customer")))
            continue
        key = f"{line.sku}/{seen[line.reference, line.sku]}"
        pieces, price = abs(line.quantity), _price(line)
        new = NewReversal(
            target.channel_id, line.reference, key, line.customer, line.product, pieces, _moment(line), price
        )
        news.append((line, new))
    outcomes = reverse_orders([new for _line, new in news]) if news else []
    for (line, new), outcome in zip(news, outcomes, strict=True):
        if outcome.error:
            tally.problems.append(_not_applied(line, outcome.error.detail))
            continue
        tally.lines["reversed before" if outcome.repeated else "reversed"] += 1
        if new.unit_price is not None and outcome.unit_price not in (None, new.unit_price):
            text = _("taken back at %(sold)s, the price of order %(order)s, not at %(here)s")
            values = {"sold": outcome.unit_price, "order": outcome.order_number, "here": new.unit_price}
            tally.problems.append(Problem(line.no, line.reference, DIFFERS, text % values))


def _not_applied(line: SpooledLine, text: str) -> Problem:
    return Problem(line.no, line.reference, NOT_APPLIED, text)


def _moment(line: SpooledLine) -> datetime:
    return (EPOCH + MICROSECOND * line.at).astimezone(UTC)


def _price(line: SpooledLine) -> Decimal | None:
    return None if line.cents is None else Decimal(line.cents).scaleb(-2)
