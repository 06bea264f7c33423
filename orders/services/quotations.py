"""Quotations: offering, holding stock for a time, letting go of it. Ordering stands in quotation_orders.py.

The header is locked first, then the stock. A line's ``held`` is what its reservation holds; both change together,
while the stock row is locked. What is let go goes to lines that wait, in the same transaction.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.checks import MAX_REASON, refuse_text
from core.errors import DomainError, IllegalTransition, InvalidInput
from core.sequences import next_number
from core.transactions import retry_on_conflict
from inventory.locks import lock_stock_levels
from inventory.places import Basket, Place
from inventory.services import release_reservations, reserve_stock
from orders.checks import References, check_order, load_references
from orders.locks import lock_quotation, take_lapsed_quotations
from orders.models import Quotation, QuotationLine
from orders.services.backorders import fill_backorders
from orders.values import NewQuotation

MAX_VALID_DAYS = 366
MAX_HOLD_DAYS = 30  # stock that nobody ordered is not kept from those who would
BATCH = 50


@retry_on_conflict
@transaction.atomic(durable=True)
def make_quotation(new: NewQuotation) -> Quotation:
    """Offer prices, and hold what is there of the stock until a day, if wanted.

    Locks: Quotation (the one replaced), StockLevel. Sends: stock_changed.
    Raises: InvalidInput, CustomerBlocked, IllegalTransition (the one replaced is closed).
    """
    now = timezone.now()
    references = load_references([new.order])
    if refusal := _refusal(new, references, timezone.localdate(now)):
        raise refusal
    old = None if new.replaces is None else open_quotation(new.replaces)
    quotation = _insert(new, references, now)
    freed = _make_room(old, quotation, now) if old else set()
    lines = locked_lines(quotation) if new.held_until else []
    held = _hold(quotation, lines, now)
    fill_backorders(freed, at=now)
    audit.record(
        "quotation",
        quotation.pk,
        "quoted",
        at=now,
        valid_until=new.valid_until.isoformat(),
        held_until=new.held_until.isoformat() if new.held_until else None,
        held=held,
        missing=sum(line.quantity for line in lines) - held,
    )
    outbox.publish("quotation.created", quotation=quotation.pk, number=quotation.number)
    return quotation


def _make_room(old: Quotation, quotation: Quotation, now: datetime) -> set[Place]:
    """Close a locked quotation for the one that takes its place, which is given its pieces first; where they lie."""
    both = QuotationLine.objects.filter(quotation__in=[old, quotation])
    # In one go, so that the places of both are locked in turn.
    lock_stock_levels(set(both.values_list("product_id", "quotation__warehouse_id")), create=True)
    lines = locked_lines(old)
    places = _places(old, [line for line in lines if line.held])
    pieces = release_hold(old, lines, at=now, is_passed_on=True)
    old.move_to(Quotation.Status.REPLACED)
    old.replaced_by, old.held_until = quotation, None
    old.save(update_fields=["status", "replaced_by", "held_until"])
    audit.record("quotation", old.pk, "replaced", at=now, number=quotation.number, released=pieces)
    outbox.publish("quotation.replaced", quotation=old.pk, number=old.number, by=quotation.pk)
    return places


def _refusal(new: NewQuotation, references: References, today: date) -> DomainError | None:
    """Why it cannot be offered; the days are named beside what is wrong with the order it would be."""
    refusal = check_order(new.order, references)
    errors = dict(refusal.field_errors) if isinstance(refusal, InvalidInput) else {}
    if wrong := _day_error(new.valid_until, today, today + timedelta(days=MAX_VALID_DAYS)):
        errors["valid_until"] = wrong
    if new.held_until and (wrong := _hold_error(new.held_until, new.valid_until, today)):
        errors["held_until"] = wrong
    if errors:
        return InvalidInput(_("The quotation was not saved: please correct the fields named."), field_errors=errors)
    return refusal


def _day_error(day: date, first: date, last: date) -> str | None:
    if first <= day <= last:
        return None
    return _("Enter a day from %(first)s to %(last)s.") % {"first": first.isoformat(), "last": last.isoformat()}


def _hold_error(day: date, valid_until: date, today: date) -> str | None:
    return _day_error(day, today, max(today, min(valid_until, today + timedelta(days=MAX_HOLD_DAYS))))


def _insert(new: NewQuotation, references: References, now: datetime) -> Quotation:
    """Header and lines, priced as the order would be today."""
    order, day = new.order, timezone.localdate(now)
    quotation = Quotation.objects.create(
        number=next_number("QU"),
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        warehouse_id=order.warehouse_id,
        quoted_at=now,
        valid_until=new.valid_until,
        held_until=new.held_until,
        requested_date=order.requested_date,
        note=order.note,
        discount=order.discount,
        freight=order.freight,
        ship_complete=order.ship_complete,
        is_priority=order.is_priority,
        created_by_id=current_actor_id(),
    )
    QuotationLine.objects.bulk_create(
        [
            QuotationLine(
                quotation=quotation,
                position=position,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price=references.unit_price(order.customer_id, line, day),
                discount=line.discount,
                tax_rate=references.tax_rate(order.customer_id, line.product_id),
            )
            for position, line in enumerate(order.lines, 1)
        ],
        batch_size=2000,
    )
    return quotation


def locked_lines(quotation: Quotation) -> list[QuotationLine]:
    """The lines of a locked quotation, read after their stock rows are locked (made where missing)."""
    products = set(quotation.lines.values_list("product_id", flat=True))
    lock_stock_levels({(product, quotation.warehouse_id) for product in products}, create=True)
    return list(quotation.lines.select_related("product").order_by("position"))


def _places(quotation: Quotation, lines: Sequence[QuotationLine]) -> set[Place]:
    return {(line.product_id, quotation.warehouse_id) for line in lines}


def _hold(quotation: Quotation, lines: Sequence[QuotationLine], now: datetime) -> int:
    """Hold what is there for all pieces of locked lines, in place of what they hold; returns the pieces held."""
    if not lines:
        return 0
    before = {line.reservation_id: line.held for line in lines if line.reservation_id and line.held}
    if before:
        release_reservations(before, _places(quotation, lines), at=now, is_passed_on=True)
    demands = [((line.product_id, quotation.warehouse_id), line.quantity) for line in lines]
    grants = reserve_stock([Basket(demands, allow_short=True)], at=now)[0]
    assert isinstance(grants, list)  # short grants were accepted
    for line, grant in zip(lines, grants, strict=True):
        line.held, line.reservation_id = grant.granted, grant.reservation_id
    QuotationLine.objects.bulk_update(lines, ["held", "reservation"], batch_size=2000)
    return sum(grant.granted for grant in grants)


def release_hold(
    quotation: Quotation, lines: Sequence[QuotationLine], *, at: datetime, is_passed_on: bool = False
) -> int:
    """Let go of what locked lines hold; returns the pieces. ``is_passed_on``: as in ``release_reservations``."""
    held = [line for line in lines if line.held]
    release = {line.reservation_id: line.held for line in held if line.reservation_id}
    for line in held:
        line.held = 0
    QuotationLine.objects.bulk_update(held, ["held"], batch_size=2000)
    if release:
        release_reservations(release, _places(quotation, held), at=at, is_passed_on=is_passed_on)
    return sum(release.values())


def open_quotation(quotation_id: int) -> Quotation:
    """The quotation, locked. Raises: InvalidInput, IllegalTransition."""
    quotation = lock_quotation(quotation_id)
    if quotation is None:
        raise InvalidInput(_("There is no such quotation."), quotation=quotation_id)
    if quotation.status not in Quotation.NEXT:
        quotation.move_to(quotation.status)
    return quotation


@retry_on_conflict
@transaction.atomic(durable=True)
def hold_quotation(quotation_id: int, until: date) -> Quotation:
    """Hold stock for an open quotation until a day, longer or anew: whatever is there now of all its pieces.

    Locks: Quotation, StockLevel. Sends: stock_changed. Raises: InvalidInput, IllegalTransition.
    """
    now = timezone.now()
    quotation = open_quotation(quotation_id)
    refuse_expired(quotation, timezone.localdate(now))
    if wrong := _hold_error(until, quotation.valid_until, timezone.localdate(now)):
        raise InvalidInput(_("Nothing was held."), field_errors={"held_until": wrong})
    quotation.held_until = until
    quotation.save(update_fields=["held_until"])
    lines = locked_lines(quotation)
    held = _hold(quotation, lines, now)
    missing = sum(line.quantity for line in lines) - held
    audit.record("quotation", quotation.pk, "held", at=now, until=until.isoformat(), held=held, missing=missing)
    return quotation


def refuse_expired(quotation: Quotation, today: date) -> None:
    """Refuse to use an offer of the past, whether or not the sweep has closed it. Raises: IllegalTransition."""
    if quotation.valid_until < today:
        raise IllegalTransition(
            _("Quotation %(number)s was valid until %(day)s. Make a new one from it at today's prices.")
            % {"number": quotation.number, "day": quotation.valid_until.isoformat()},
            valid_until=quotation.valid_until.isoformat(),
        )


@retry_on_conflict
@transaction.atomic(durable=True)
def let_go_of_quotation(quotation_id: int) -> Quotation:
    """Give back the stock that an open quotation holds; it stays open.

    Locks: Quotation, StockLevel. Sends: stock_changed. Raises: InvalidInput, IllegalTransition.
    """
    quotation = open_quotation(quotation_id)
    _end_hold(quotation, timezone.now(), verb="let_go")
    quotation.save(update_fields=["held_until"])
    return quotation


@retry_on_conflict
@transaction.atomic(durable=True)
def decline_quotation(quotation_id: int, reason: str) -> Quotation:
    """The customer does not want it: close it, with the reason; what it holds is free at once.

    Locks: Quotation, StockLevel. Sends: stock_changed. Raises: InvalidInput, IllegalTransition.
    """
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    quotation = open_quotation(quotation_id)
    quotation.decline_reason = reason.strip()
    _close(quotation, Quotation.Status.DECLINED, timezone.now(), reason=quotation.decline_reason)
    return quotation


def _close(quotation: Quotation, status: str, now: datetime, **told: str) -> None:
    quotation.move_to(status)
    _end_hold(quotation, now, verb=status, **told)
    quotation.save(update_fields=["status", "held_until", "decline_reason"])
    outbox.publish(f"quotation.{status}", quotation=quotation.pk, number=quotation.number)


def _end_hold(quotation: Quotation, now: datetime, *, verb: str, **told: str) -> None:
    """Let go of the stock of a locked quotation and tell the step; the caller saves the header."""
    pieces = release_hold(quotation, locked_lines(quotation), at=now) if quotation.held_until else 0
    quotation.held_until = None
    audit.record("quotation", quotation.pk, verb, at=now, released=pieces, **told)


@retry_on_conflict
@transaction.atomic(durable=True)
def let_go_of_lapsed(*, today: date | None = None) -> int:
    """Close what is valid no longer and let go of what was held long enough; returns how many, 0 when none is left.

    Locks: Quotation (skip locked), StockLevel. Sends: stock_changed.
    """
    now = timezone.now()
    today = today or timezone.localdate(now)
    lapsed = take_lapsed_quotations(today, BATCH)
    # Every place first, in one go: one quotation after the other would lock places out of turn.
    holding = [quotation for quotation in lapsed if quotation.held_until]
    held = QuotationLine.objects.filter(quotation__in=holding).values_list("product_id", "quotation__warehouse_id")
    lock_stock_levels(set(held))
    for quotation in lapsed:
        if quotation.valid_until < today:
            _close(quotation, Quotation.Status.EXPIRED, now)
        else:
            _end_hold(quotation, now, verb="lapsed")
            quotation.save(update_fields=["held_until"])
    return len(lapsed)


def note_cuts(cuts: dict[int, int], *, reason: str, at: datetime) -> None:
    """Pieces that quotations hold turned out to be missing: they hold so much less. The caller has locked the stock."""
    lines = list(QuotationLine.objects.filter(reservation__in=list(cuts)))
    lost: dict[int, int] = {}
    for line in lines:
        pieces = cuts[line.reservation_id or 0]
        line.held -= pieces
        lost[line.quotation_id] = lost.get(line.quotation_id, 0) + pieces
    QuotationLine.objects.bulk_update(lines, ["held"])
    audit.record_many(
        audit.entry("quotation", pk, "hold_cut", at=at, pieces=pieces, reason=reason) for pk, pieces in lost.items()
    )
