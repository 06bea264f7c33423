"""Transfers between warehouses: requested, sent, received in parts, closed.

Sending takes the pieces out at the source's moving average; they come in at the destination for exactly that money.
Until then they are in transit: in no warehouse's stock, dated supply of the destination. What is lost on the way
comes in, too, and is written off there at once: the ledger shows the loss, and no piece vanishes between documents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.checks import MAX_REASON, refuse_text
from core.errors import IllegalTransition, InvalidInput
from core.live import publish_after_commit
from core.sequences import next_number
from core.transactions import retry_on_conflict
from inventory.costing import share_of_cost
from inventory.locks import lock_stock_levels, lock_transfer
from inventory.lots import first_lots, lots_on_the_way
from inventory.models import Product, StockMove, Transfer, TransferLine, Warehouse
from inventory.places import Issue, Receipt
from inventory.services import MAX_QUANTITY, issue_stock, receive_stock
from inventory.signals import supply_changed, transfer_changed
from inventory.transit import transit_of

Quantities = Mapping[int, int]
"""Pieces by transfer line."""


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """A transfer as wanted: pieces by product, and the day the destination counts on them.

    Without a day it is reckoned from how long such transfers take (``inventory.transit``), anew when it is sent.
    """

    source_id: int
    destination_id: int
    lines: Sequence[tuple[int, int]]
    expected_on: date | None = None
    reason: str = ""


@retry_on_conflict
@transaction.atomic(durable=True)
def request_transfer(new: NewTransfer) -> Transfer:
    """Ask the source to send. Nothing moves and nothing is held yet. Sends: transfer_changed. Raises: InvalidInput."""
    return plan_transfer(new)


@transaction.atomic(savepoint=False)
def plan_transfer(new: NewTransfer) -> Transfer:
    """As ``request_transfer``, inside the caller's transaction."""
    _check(new)
    transfer = Transfer.objects.create(
        number=next_number("TR"),
        source_id=new.source_id,
        destination_id=new.destination_id,
        expected_on=new.expected_on or _usual_day(new.source_id, new.destination_id, timezone.now()),
        is_estimated=new.expected_on is None,
        reason=new.reason.strip(),
        created_by_id=current_actor_id(),
    )
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, product_id=product, requested=quantity) for product, quantity in new.lines
    )
    audit.record("transfer", transfer.pk, "requested", pieces=sum(quantity for _product, quantity in new.lines))
    _tell(transfer, "transfer.requested", {product for product, _quantity in new.lines})
    return transfer


def _usual_day(source_id: int, destination_id: int, at: datetime) -> date:
    """When pieces sent at that moment are there, as far as such transfers teach."""
    return timezone.localdate(at) + timedelta(days=transit_of(source_id, destination_id, now=at).whole_days)


def _check(new: NewTransfer) -> None:
    """Raise InvalidInput that names every wrong field."""
    refuse_text("reason", new.reason, MAX_REASON)
    warehouses = set(Warehouse.objects.filter(is_active=True).values_list("pk", flat=True))
    products = dict(Product.objects.filter(pk__in={p for p, _q in new.lines}).values_list("pk", "sku"))
    errors = {
        name: _("Choose an active warehouse.")
        for name, pk in (("source", new.source_id), ("destination", new.destination_id))
        if pk not in warehouses
    }
    if new.source_id == new.destination_id:
        errors.setdefault("destination", _("Choose another warehouse than the one the pieces come from."))
    if new.expected_on and new.expected_on < timezone.localdate():
        errors["expected_on"] = _("Choose today or a later day.")
    if not new.lines:
        errors["lines"] = _("A transfer needs at least one line.")
    seen: set[int] = set()
    for index, (product, quantity) in enumerate(new.lines):
        if product not in products:
            errors[f"lines.{index}.product"] = _("There is no such product.")
        elif product in seen:
            errors[f"lines.{index}.product"] = _("%s stands on the transfer twice.") % products[product]
        seen.add(product)
        if not 0 < quantity <= MAX_QUANTITY:
            errors[f"lines.{index}.quantity"] = _("Enter a whole number from 1 to %s.") % MAX_QUANTITY
    if errors:
        raise InvalidInput(_("The transfer was not saved: please correct the fields named."), field_errors=errors)


@retry_on_conflict
@transaction.atomic(durable=True)
def send_transfer(
    transfer_id: int,
    quantities: Quantities | None = None,
    *,
    expected_on: date | None = None,
    at: datetime | None = None,
) -> Transfer:
    """Take the pieces out of the source, all that was asked for or fewer; they are in transit then.

    A day that nobody named, neither before nor now, is reckoned from now. Only what no customer's order holds can go.
    Locks: Transfer, StockLevel.
    Sends: stock_changed, supply_changed, transfer_changed. Raises: IllegalTransition, InvalidInput.
    """
    transfer, lines = _locked(transfer_id)
    transfer.move_to(Transfer.Status.SENT)
    at = at or timezone.now()
    levels = lock_stock_levels({(line.product_id, transfer.source_id) for line in lines})
    free = {product: level.available for (product, _warehouse), level in levels.items()}
    most = {line.pk: min(line.requested, free.get(line.product_id, 0)) for line in lines}
    wanted = {line.pk: line.requested for line in lines} if quantities is None else quantities
    words = {line.pk: (line.product.sku, free.get(line.product_id, 0), line.requested) for line in lines}
    sentence = _("%(sku)s: %(free)s free at the source, %(requested)s requested; enter 0 to %(most)s.")
    errors = {
        f"lines.{pk}.quantity": sentence % {"sku": sku, "free": available, "requested": asked, "most": most[pk]}
        for pk, (sku, available, asked) in words.items()
        if not 0 <= wanted.get(pk, 0) <= most[pk]
    }
    gone = _chosen(lines, wanted, errors, _("Nothing was sent: please correct the lines named."))
    is_estimated = transfer.is_estimated and expected_on is None
    usual = _usual_day(transfer.source_id, transfer.destination_id, at) if is_estimated else transfer.expected_on
    day = expected_on or usual
    if day < timezone.localdate(at):
        text = _("Choose today or a later day.")
        raise InvalidInput(text, field_errors={"expected_on": text})
    issues = [Issue((line.product_id, transfer.source_id), pieces, transfer.number) for line, pieces in gone]
    moves = issue_stock(issues, kind=StockMove.Kind.TRANSFER, at=at)
    for (line, pieces), move in zip(gone, moves, strict=True):
        line.sent, line.cost = pieces, -move.value
    TransferLine.objects.bulk_update([line for line, _pieces in gone], ["sent", "cost"])
    transfer.sent_at, transfer.expected_on, transfer.promised_on, transfer.is_estimated = at, day, day, is_estimated
    transfer.save(update_fields=["status", "sent_at", "expected_on", "promised_on", "is_estimated"])
    pieces = sum(pieces for _line, pieces in gone)
    short = sum(line.requested for line in lines) - pieces
    audit.record("transfer", transfer.pk, "sent", at=at, pieces=pieces, short=short)
    _tell(transfer, "transfer.sent", {line.product_id for line in lines}, supply="ordered")
    return transfer


@retry_on_conflict
@transaction.atomic(durable=True)
def receive_transfer(transfer_id: int, quantities: Quantities | None = None, *, at: datetime | None = None) -> Transfer:
    """Bring in what arrived, all that is on the way or a part; waiting orders are filled at once.

    Locks: Transfer, StockLevel. Sends: stock_changed, transfer_changed. Raises: IllegalTransition, InvalidInput.
    """
    transfer, lines = _locked(transfer_id)
    if transfer.status not in Transfer.IN_TRANSIT:
        transfer.refuse_step()
    wanted = {line.pk: line.open for line in lines} if quantities is None else quantities
    sentence = _("%(open)s of %(sku)s are in transit; enter 0 to %(open)s. What is more stays at the source's books.")
    errors = {
        f"lines.{line.pk}.quantity": sentence % {"open": line.open, "sku": line.product.sku}
        for line in lines
        if not 0 <= wanted.get(line.pk, 0) <= line.open
    }
    arrived = _chosen(lines, wanted, errors, _("Nothing was received: please correct the lines named."))
    at = at or timezone.now()
    _bring_in(transfer, arrived, at=at)
    left = sum(line.open for line in lines)
    transfer.move_to(Transfer.Status.PARTLY_RECEIVED if left else Transfer.Status.RECEIVED)
    transfer.arrived_at = at
    transfer.save(update_fields=["status", "arrived_at"])
    pieces = sum(pieces for _line, pieces in arrived)
    audit.record("transfer", transfer.pk, "received", at=at, pieces=pieces, left=left)
    _tell(transfer, "transfer.received", {line.product_id for line, _pieces in arrived})
    return transfer


@retry_on_conflict
@transaction.atomic(durable=True)
def close_transfer(transfer_id: int, *, reason: str, at: datetime | None = None) -> Transfer:
    """Expect no more: what is still on the way is lost, and written off at the destination with the reason.

    Locks: Transfer, StockLevel. Sends: stock_changed, supply_changed, transfer_changed.
    Raises: IllegalTransition, InvalidInput.
    """
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    transfer, lines = _locked(transfer_id)
    transfer.move_to(Transfer.Status.CLOSED)
    at = at or timezone.now()
    missing = [(line, line.open) for line in lines if line.open]
    _bring_in(transfer, missing, at=at, reason=reason.strip(), is_lost=True)
    transfer.save(update_fields=["status"])
    left = {line.product.sku: pieces for line, pieces in missing}
    audit.record("transfer", transfer.pk, "closed", at=at, reason=reason.strip(), left=left)
    _tell(transfer, "transfer.closed", {line.product_id for line, _pieces in missing}, supply="closed")
    return transfer


@retry_on_conflict
@transaction.atomic(durable=True)
def cancel_transfer(transfer_id: int, *, reason: str) -> Transfer:
    """Take back a request that was not sent. Locks: Transfer. Sends: transfer_changed. Raises: IllegalTransition."""
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    transfer, lines = _locked(transfer_id)
    transfer.move_to(Transfer.Status.CANCELLED)
    transfer.save(update_fields=["status"])
    audit.record("transfer", transfer.pk, "cancelled", reason=reason.strip())
    _tell(transfer, "transfer.cancelled", {line.product_id for line in lines})
    return transfer


@retry_on_conflict
@transaction.atomic(durable=True)
def reschedule_transfer(transfer_id: int, expected_on: date) -> Transfer:
    """Count on the pieces for another day. Locks: Transfer. Sends: supply_changed, transfer_changed."""
    transfer, lines = _locked(transfer_id)
    if transfer.status not in (Transfer.Status.REQUESTED, *Transfer.IN_TRANSIT):
        transfer.refuse_step()
    if expected_on < timezone.localdate():
        text = _("Choose today or a later day.")
        raise InvalidInput(text, field_errors={"expected_on": text})
    before, transfer.expected_on = transfer.expected_on, expected_on
    # Once it is sent, a day named says when this one comes, not how long the way takes.
    transfer.is_estimated = transfer.is_estimated and transfer.status != Transfer.Status.REQUESTED
    transfer.save(update_fields=["expected_on", "is_estimated"])
    audit.record("transfer", transfer.pk, "rescheduled", before=f"{before}", after=f"{expected_on}")
    is_supply = transfer.status in Transfer.IN_TRANSIT
    _tell(
        transfer,
        "transfer.rescheduled",
        {line.product_id for line in lines},
        supply="rescheduled" if is_supply else "",
    )
    return transfer


def _locked(transfer_id: int) -> tuple[Transfer, list[TransferLine]]:
    """The transfer, locked, and its lines with their products, which change only under that lock."""
    transfer = lock_transfer(transfer_id)
    if transfer is None:
        raise InvalidInput(_("There is no such transfer."), transfer=transfer_id)
    return transfer, list(transfer.lines.select_related("product").order_by("pk"))


def _chosen(
    lines: Sequence[TransferLine], wanted: Quantities, errors: dict[str, str], refusal: str
) -> list[tuple[TransferLine, int]]:
    """The lines of which something goes or comes. Raises: InvalidInput, IllegalTransition when it is none."""
    if set(wanted) - {line.pk for line in lines}:
        errors["lines"] = _("A line does not belong to this transfer.")
    if errors:
        raise InvalidInput(refusal, field_errors=errors)
    chosen = [(line, wanted[line.pk]) for line in lines if wanted.get(line.pk)]
    if not chosen:
        raise IllegalTransition(_("Enter pieces for at least one line."))
    return chosen


def _bring_in(
    transfer: Transfer,
    parts: Sequence[tuple[TransferLine, int]],
    *,
    at: datetime,
    reason: str = "",
    is_lost: bool = False,
) -> None:
    """Ledger rows at the destination, for the share of the cost that these pieces carry.

    The lines first: whoever hears that stock changed must not see a piece both there and on the way.
    """
    receipts = []
    # What was lost on the way came in of no lot and goes out of none: its lots stay where they were, on the way.
    lots = {} if is_lost else lots_on_the_way(transfer.number, [line.product_id for line, _pieces in parts])
    for line, pieces in parts:
        value = share_of_cost(line.cost, line.sent, line.received + line.lost, pieces)
        line.cost_in += value
        if is_lost:
            line.lost += pieces
        else:
            line.received += pieces
        place = (line.product_id, transfer.destination_id)
        known = first_lots(lots.get(line.product_id, ()), pieces)
        receipts.append(Receipt(place, pieces, value, transfer.number, lots=known))
    TransferLine.objects.bulk_update([line for line, _pieces in parts], ["received", "lost", "cost_in"])
    receive_stock(
        receipts,
        kind=StockMove.Kind.TRANSFER,
        at=at,
        reason=reason,
        scrapped=range(len(receipts)) if is_lost else (),
    )


def _tell(transfer: Transfer, topic: str, products: set[int], *, supply: str = "") -> None:
    """Everybody who plans with this transfer, and outsiders; ``supply``: the reason of supply_changed, if it is."""
    outbox.publish(topic, transfer=transfer.pk, number=transfer.number)
    places = {(product, transfer.destination_id) for product in products}
    if supply:
        supply_changed.send(Transfer, places=places, reason=supply, document=transfer.number)
    both = places | {(product, transfer.source_id) for product in products}
    transfer_changed.send(Transfer, transfer=transfer, places=both)
    publish_after_commit("transfers-changed", {"transfers": [transfer.pk]})
