"""The one path that every order takes: desk, API, file and channel all end in ``create_orders``.

A constant number of statements for any number of orders and lines: lock and reserve the stock, insert orders,
lines, allocations and lost demand, then audit, outbox and signal. Refused orders leave only their lost demand.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import append_columns
from core.errors import Duplicate
from core.models import AuditEntry
from core.sequences import SEQUENCES, document_number, key_sequence, next_values, spelled_out
from core.statements import together
from core.transactions import retry_on_conflict, written_at_once
from inventory.models import Reservation
from inventory.places import Basket, Grant, Shortage
from inventory.services import OVERSOLD, hold_reservations, plan_reservations
from orders.checks import References, check_order, load_references
from orders.credit import CreditExceeded
from orders.models import DELIVERY, Allocation, Order, OrderLine
from orders.promise import promise
from orders.services.credit import over_limit
from orders.services.promising import FirstPromise, record_promises
from orders.services.rules import is_quota, quota_refusal
from orders.services.unmet import record_backorders, record_refusals, shortage_error
from orders.signals import orders_created
from orders.values import NewOrder, Outcome, TakenLine


def create_order(new: NewOrder) -> Order:
    """Confirm one order: its stock is reserved when this returns. A repetition returns the first order.

    Raises: as ``take_order``.
    """
    order = take_order(new).order
    assert order is not None
    return order


def take_order(new: NewOrder) -> Outcome:
    """As ``create_order``, with all that was written of the order.

    Raises: InvalidInput, Duplicate, CreditExceeded, QuotaExceeded, InsufficientStock (its lost demand stays recorded).
    """
    outcome = create_orders([new])[0]
    if outcome.error:
        raise outcome.error
    return outcome


def create_orders(news: Sequence[NewOrder]) -> list[Outcome]:
    """Take in many orders, each all-or-nothing; one outcome per order, in the order given.

    Locks: Customer (those with a credit limit), StockLevel. Sends: stock_changed, orders_created.
    """
    hopeful = True
    while True:
        try:
            return _create_orders(news, hopeful)
        except IntegrityError as exc:
            if hopeful and OVERSOLD in str(exc):
                hopeful = False
            elif is_quota(exc):
                return _within_quota(news)
            # Somebody else inserted the same external reference at the same moment: now it is a repetition.
            elif "order_external_once" not in str(exc):
                raise


def _within_quota(news: Sequence[NewOrder]) -> list[Outcome]:
    """Some of these would exceed a quota: each by itself, so that only those are refused."""
    if len(news) > 1:
        return [create_orders([new])[0] for new in news]
    products = [line.product_id for line in news[0].lines]
    at, channel, customer = news[0].ordered_at, news[0].channel_id, news[0].customer_id
    return [Outcome(error=quota_refusal(products, channel_id=channel, customer_id=customer, at=at))]


@retry_on_conflict
def _create_orders(news: Sequence[NewOrder], hopeful: bool) -> list[Outcome]:
    with written_at_once():
        return take_in(news, hopeful=hopeful)


def take_in(news: Sequence[NewOrder], *, hopeful: bool = False) -> list[Outcome]:
    """Take in orders inside the caller's transaction; ``hopeful`` as ``seen`` of ``plan_reservations``.

    Locks and sends as ``create_orders``. Raises: IntegrityError for what only the database knows (a quota, a reference
    that somebody else used at the same moment).
    """
    now = timezone.now()
    # Numbers of orders under a reference are drawn when it is known that they are no repetitions.
    may_repeat = any(new.external_reference for new in news)
    references = load_references(news, [] if may_repeat else spelled_out(_wanted_keys(news)))
    outcomes: dict[int, Outcome] = {}
    fresh: list[int] = []
    seen: dict[tuple[int, str], int] = {}
    for index, new in enumerate(news):
        error = check_order(new, references)
        known = _known_order(new, references)
        if error:
            outcomes[index] = Outcome(error=error)
        elif known:
            outcomes[index] = known
        elif new.external_reference and (new.channel_id, new.external_reference) in seen:
            outcomes[index] = Outcome(
                error=Duplicate(_("The reference %s stands twice in this request.") % new.external_reference)
            )
        else:
            seen[new.channel_id, new.external_reference] = index
            fresh.append(index)
    if fresh:
        fresh, released = _within_limits(news, fresh, references, outcomes, now)
    if fresh:
        outcomes |= dict(zip(fresh, _insert([news[i] for i in fresh], references, hopeful, now), strict=True))
        _record_releases(outcomes, released, now)
    return [outcomes[index] for index in range(len(news))]


def _within_limits(
    news: Sequence[NewOrder], fresh: list[int], references: References, outcomes: dict[int, Outcome], now: datetime
) -> tuple[list[int], dict[int, CreditExceeded]]:
    """The orders that credit limits let pass, and those among them that somebody released; refuses the others."""
    over = over_limit([news[index] for index in fresh], references, now)
    if not over:
        return fresh, {}
    by_index = {fresh[place]: error for place, error in over.items()}
    released = {index: error for index, error in by_index.items() if news[index].release_credit}
    outcomes |= {index: Outcome(error=error) for index, error in by_index.items() if index not in released}
    return [index for index in fresh if index not in by_index or index in released], released


def _record_releases(outcomes: dict[int, Outcome], released: dict[int, CreditExceeded], now: datetime) -> None:
    """Who confirmed over a limit stands in the order's history."""
    for index, error in released.items():
        if order := outcomes[index].order:
            audit.record("order", order.pk, "credit_released", at=now, over=error.meta["over"])


def _known_order(new: NewOrder, references: References) -> Outcome | None:
    """The outcome for a reference that was used before, else None."""
    order = references.orders.get((new.channel_id, new.external_reference))
    if order is None:
        return None
    if order.external_fingerprint == new.fingerprint:
        return Outcome(order=order, repeated=True)
    return Outcome(
        error=Duplicate(
            _("The reference %(reference)s was already used for order %(number)s with other content.")
            % {"reference": new.external_reference, "number": order.number},
            number=order.number,
        )
    )


def _insert(news: list[NewOrder], references: References, hopeful: bool, now: datetime) -> list[Outcome]:
    """Reserve and insert checked, new orders; one outcome each."""
    baskets = [
        Basket([((ln.product_id, new.warehouse_id), ln.quantity) for ln in new.lines], new.allow_backorder)
        for new in news
    ]
    keys = _keys(news, references)
    with together():
        plan = plan_reservations(baskets, keys.reservations, seen=references.stock if hopeful else None)
        served = [
            (new, result) for new, result in zip(news, plan.results, strict=True) if not isinstance(result, Shortage)
        ]
        days = [timezone.localdate(new.ordered_at or now) for new, _grants in served]
        orders = [
            _order(new, day, grants, pk, document_number("SO", number), references, now)
            for (new, grants), day, number, pk in zip(served, days, keys.numbers, keys.orders, strict=False)
        ]
        lines = _lines(served, orders, days, keys.lines, references)
        # What needs no lock goes before it.
        _insert_orders(orders)
        _tell(served, orders, keys.steps)
        hold_reservations(plan, at=now)
        _insert_lines(lines)
        _tie(lines)
    results = plan.results
    record_refusals(news, results, now)
    if orders:
        orders_created.send(Order, orders=orders)
    created, steps, rest = iter(orders), iter(keys.steps), iter(lines)
    return [
        Outcome(error=shortage_error(new, result, references))
        if isinstance(result, Shortage)
        else Outcome(order=next(created), lines=list(islice(rest, len(new.lines))), step=next(steps))
        for new, result in zip(news, results, strict=True)
    ]


class _Keys(NamedTuple):
    """Fresh numbers and keys for what will be inserted; those of refused orders stay unused."""

    numbers: list[int]
    orders: list[int]
    lines: list[int]
    reservations: list[int]
    steps: list[int]


def _keys(news: Sequence[NewOrder], references: References) -> _Keys:
    """Drawn before the stock is locked: from the lock to the commit nothing has to be read back."""
    wanted, drawn = _wanted_keys(news), references.drawn
    return _Keys(*([drawn[name] for name, _count in wanted] if drawn else next_values(*wanted)))


def _wanted_keys(news: Sequence[NewOrder]) -> list[tuple[str, int]]:
    """How many values of which sequence, in the order of ``_Keys``."""
    orders, lines = len(news), sum(len(new.lines) for new in news)
    return [
        (SEQUENCES["SO"], orders),
        (key_sequence(Order), orders),
        (key_sequence(OrderLine), lines),
        (key_sequence(Reservation), lines),
        (key_sequence(AuditEntry), orders),
    ]


Served = list[tuple[NewOrder, list[Grant]]]


DEFAULTS = {field.attname: field.get_default() for field in Order._meta.concrete_fields}


def _order(
    new: NewOrder, day: date, grants: list[Grant], pk: int, number: str, references: References, now: datetime
) -> Order:
    """The order as it will be read: it is inserted below. By field names, Django takes twice as long to make it."""
    row = DEFAULTS | {
        "id": pk,
        "number": number,
        "customer_id": new.customer_id,
        "channel_id": new.channel_id,
        "warehouse_id": new.warehouse_id,
        "external_reference": new.external_reference,
        "external_fingerprint": new.fingerprint if new.external_reference else "",
        "ordered_at": new.ordered_at or now,
        "requested_date": new.requested_date or day,
        "note": new.note,
        "ship_complete": references.ships_complete(new),
        "is_priority": new.is_priority,
        "discount": new.discount,
        "freight": new.freight,
        "is_idle": not any(grant.granted for grant in grants),
        "created_by_id": current_actor_id(),
    }
    row.update((name, text or "") for name, text in zip(DELIVERY, references.delivery(new), strict=True))
    return Order.from_db(DEFAULT_DB_ALIAS, DEFAULTS, row.values())


HEADER = (
    "pk", "number", "customer_id", "channel_id", "warehouse_id", "external_reference", "external_fingerprint",
    "ordered_at", "requested_date", "note", "ship_complete", "is_priority", "discount", "freight",
    "is_idle", *DELIVERY,
)  # fmt: skip


def _insert_orders(orders: list[Order]) -> None:
    columns = {name: [getattr(order, name) for order in orders] for name in HEADER}
    append_columns(Order, status=Order.Status.OPEN.value, created_by_id=current_actor_id(), **columns)


def _lines(
    served: Served, orders: list[Order], days: list[date], keys: list[int], references: References
) -> list[TakenLine]:
    fresh = iter(keys)
    return [
        TakenLine(
            next(fresh),
            order,
            day,
            position,
            line,
            grant,
            references.unit_price(new.customer_id, line, day),
            references.tax_rate(new.customer_id, line.product_id),
        )
        for (new, grants), order, day in zip(served, orders, days, strict=True)
        for position, (line, grant) in enumerate(zip(new.lines, grants, strict=True), 1)
    ]


def _tie(lines: list[TakenLine]) -> None:
    """Tie each line to the reservation that will hold its stock."""
    reserved = [line for line in lines if line.grant.reservation_id]
    append_columns(
        Allocation,
        line_id=[line.pk for line in reserved],
        reservation_id=[line.grant.reservation_id for line in reserved],
    )


def _insert_lines(lines: list[TakenLine]) -> None:
    """Insert the lines, and note what waits."""
    firsts = _promise(lines)
    append_columns(
        OrderLine,
        shipped=0,
        cancelled=0,
        returned=0,
        pk=[line.pk for line in lines],
        order_id=[line.order.pk for line in lines],
        position=[line.position for line in lines],
        product_id=[line.wanted.product_id for line in lines],
        quantity=[line.wanted.quantity for line in lines],
        unit_price=[line.unit_price for line in lines],
        discount=_common([line.wanted.discount for line in lines]),
        tax_rate=_common([line.tax_rate for line in lines]),
        promised_date=[line.promised_date for line in lines],
    )
    if firsts:
        record_promises(firsts)
        record_backorders([line for line in lines if line.grant.granted < line.grant.wanted])


def _common(values: list[Decimal]) -> Decimal | list[Decimal]:
    """A column that is the same in every row is sent once."""
    return values[0] if len(set(values)) == 1 else values


def _promise(lines: list[TakenLine]) -> list[FirstPromise]:
    """Date the lines; returns what a date rests on where something is short. Only then supply is asked for."""
    short = []
    for line in lines:
        line.promised_date = max(line.order.requested_date, line.day)
        if line.grant.granted < line.grant.wanted:
            short.append(line)
    if not short:
        return []
    requests = [
        ((line.wanted.product_id, line.order.warehouse_id), line.grant.wanted - line.grant.granted) for line in short
    ]
    # Orders of the past (imports) are promised as of their own day.
    answers = promise(requests, from_stock=False, today=min(line.day for line in lines))
    firsts = []
    for line, (place, pieces), answer in zip(short, requests, answers, strict=True):
        line.promised_date = max(line.order.requested_date, answer.date) if answer.date else None
        firsts.append(FirstPromise(line.pk, place, pieces, line.promised_date, answer, line.order.ordered_at))
    return firsts


def _tell(served: Served, orders: list[Order], steps: list[int]) -> None:
    """One audit entry, under the key given, and one outbox event per order."""
    entries = []
    for order, (_new, grants) in zip(orders, served, strict=True):
        reserved = sum(grant.granted for grant in grants)
        waiting = sum(grant.wanted for grant in grants) - reserved
        entries.append(
            audit.entry("order", order.pk, "confirmed", at=order.ordered_at, reserved=reserved, waiting=waiting)
        )
    audit.record_many(entries, keys=steps[: len(entries)])
    outbox.publish_many("order.created", ({"order": order.pk, "number": order.number} for order in orders))
