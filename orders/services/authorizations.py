"""Returns step by step: authorise, receive, inspect. In one step, without an authorisation: returns.py.

The order is locked first, then the authorisation, then the stock.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.bulk import add_to_column
from core.checks import MAX_REASON, refuse_text
from core.errors import IllegalTransition, InvalidInput, Outdated
from core.sequences import next_number
from core.transactions import retry_on_conflict
from orders.locks import lock_authorization, lock_orders
from orders.models import Order, Return, ReturnAuthorization, ReturnAuthorizationLine, ShipmentLine
from orders.services.returns import take_back
from orders.signals import orders_changed
from orders.values import Inspection, NewAuthorization, NewReturn

MAX_DAYS = 366
Lines = Mapping[int, ReturnAuthorizationLine]
"""Lines of an authorisation by their number."""


@retry_on_conflict
@transaction.atomic(durable=True)
def authorize_return(new: NewAuthorization) -> ReturnAuthorization:
    """Agree what may come back of one order, and until when. Locks: Order. Sends: orders_changed.

    Raises: InvalidInput.
    """
    now = timezone.now()
    refuse_text("reason", new.reason, MAX_REASON, is_required=True)
    _refuse_day(new.valid_until, now)
    order = lock_orders([new.order_id]).get(new.order_id)
    if order is None:
        raise InvalidInput(_("There is no such order."), order=new.order_id)
    wanted = {pk: pieces for pk, pieces in new.quantities.items() if pieces}
    left = returnable(order, set(wanted))
    errors = {
        f"lines.{pk}.quantity": _("%s can still come back; enter no more.") % left.get(pk, 0)
        for pk, pieces in wanted.items()
        if not 0 < pieces <= left.get(pk, 0)
    }
    if not errors and not wanted:
        errors["lines"] = _("Say which pieces may come back.")
    if errors:
        raise InvalidInput(_("Nothing was authorised: please correct the fields named."), field_errors=errors)
    authorization = ReturnAuthorization.objects.create(
        number=next_number("RA"),
        order=order,
        authorized_at=now,
        valid_until=new.valid_until,
        reason=new.reason.strip(),
        created_by_id=current_actor_id(),
    )
    ReturnAuthorizationLine.objects.bulk_create(
        ReturnAuthorizationLine(authorization=authorization, position=position, shipment_line_id=pk, quantity=pieces)
        for position, (pk, pieces) in enumerate(sorted(wanted.items()), 1)
    )
    until = new.valid_until.isoformat()
    told = _named(authorization, pieces=sum(wanted.values()), until=until, reason=authorization.reason)
    audit.record("order", order.pk, "return_authorised", at=now, **told)
    _tell(authorization, "return_authorised", now, told)
    return authorization


def returnable(order: Order, shipment_lines: set[int]) -> dict[int, int]:
    """Pieces of shipment lines that may still be authorised: shipped, not come back, not promised a return already."""
    rows = ShipmentLine.objects.filter(pk__in=shipment_lines, shipment__order=order).annotate(
        back=Sum("return_lines__quantity", default=0)
    )
    open_lines = ReturnAuthorizationLine.objects.filter(
        shipment_line__in=shipment_lines, authorization__status__in=ReturnAuthorization.OPEN
    )
    agreed = dict(open_lines.values_list("shipment_line").annotate(pieces=Sum(F("quantity") - F("inspected"))))
    return {row.pk: row.quantity - row.back - agreed.get(row.pk, 0) for row in rows}


def _refuse_day(day: date, now: datetime) -> None:
    today = timezone.localdate(now)
    if not today <= day <= today + timedelta(days=MAX_DAYS):
        last = (today + timedelta(days=MAX_DAYS)).isoformat()
        words = _("Enter a day from %(first)s to %(last)s.") % {"first": today.isoformat(), "last": last}
        raise InvalidInput(words, field_errors={"valid_until": words})


def _locked(authorization_id: int) -> tuple[ReturnAuthorization, dict[int, ReturnAuthorizationLine]]:
    """An open authorisation and its lines, it and its order locked. Raises: InvalidInput, IllegalTransition."""
    order_id = ReturnAuthorization.objects.filter(pk=authorization_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise InvalidInput(_("There is no such return."), authorization=authorization_id)
    lock_orders([order_id])
    authorization = lock_authorization(authorization_id)
    authorization.refuse_closed()
    lines = authorization.lines.select_related("shipment_line__line__product").order_by("position")
    return authorization, {line.position: line for line in lines}


@retry_on_conflict
@transaction.atomic(durable=True)
def receive_return(
    authorization_id: int, quantities: Mapping[int, int], *, received_before: int | None = None
) -> ReturnAuthorization:
    """Note pieces (by line number) that came; they stand aside until somebody inspects them.

    ``received_before``: the pieces that the sender knows of; when more came since, nothing is noted.
    Locks: Order, ReturnAuthorization. Sends: orders_changed. Raises: InvalidInput, IllegalTransition, Outdated.
    """
    now = timezone.now()
    authorization, lines = _locked(authorization_id)
    if received_before not in (None, sum(line.received for line in lines.values())):
        raise Outdated(_("Somebody else received goods of this return in the meantime: check what is left."))
    if authorization.valid_until < timezone.localdate(now):
        raise IllegalTransition(
            _("Return %(number)s was to come until %(day)s. Ask sales to allow it longer.")
            % {"number": authorization.number, "day": authorization.valid_until.isoformat()}
        )
    came = {position: pieces for position, pieces in quantities.items() if pieces}
    errors = {
        f"lines.{position}.received": _("%s are expected; enter no more.") % (lines[position].expected)
        for position, pieces in came.items()
        if position in lines and not 0 < pieces <= lines[position].expected
    }
    if set(came) - set(lines):
        errors["lines"] = _("The document has no such line.")
    elif not came:
        errors["lines"] = _("Say which pieces came back.")
    if errors:
        raise InvalidInput(_("Nothing was received: please correct the fields named."), field_errors=errors)
    add_to_column(ReturnAuthorizationLine, "received", {lines[p].pk: pieces for p, pieces in came.items()})
    _set_status(authorization, ReturnAuthorization.Status.RECEIVED)
    left = sum(line.expected for line in lines.values()) - sum(came.values())
    told = _named(authorization, pieces=sum(came.values()), left=left)
    audit.record("order", authorization.order_id, "return_received", at=now, **told)
    _tell(authorization, "return_received", now, told)
    return authorization


@retry_on_conflict
@transaction.atomic(durable=True)
def inspect_return(authorization_id: int, inspections: Mapping[int, Inspection]) -> Return:
    """Say of all pieces that came whether they are fit (into stock) or not (scrap), and write the credit note.

    Locks: Order, ReturnAuthorization, StockLevel. Sends: stock_changed, orders_changed.
    Raises: InvalidInput, IllegalTransition.
    """
    now = timezone.now()
    authorization, lines = _locked(authorization_id)
    waiting = {position: line for position, line in lines.items() if line.waiting}
    if not waiting:
        raise IllegalTransition(_("Nothing of return %s waits to be inspected.") % authorization.number)
    errors = {
        f"lines.{position}.fit": _("%s came: say of each piece whether it is fit.") % line.waiting
        for position, line in waiting.items()
        if not _covers(inspections.get(position), line.waiting)
    }
    if set(inspections) - set(waiting):
        errors["lines"] = _("Only what came can be inspected.")
    if errors:
        raise InvalidInput(_("Nothing was booked: please correct the fields named."), field_errors=errors)
    by_line = {line.shipment_line_id: inspections[position] for position, line in waiting.items()}
    (returned,) = take_back(
        [
            NewReturn(
                authorization.order_id,
                {pk: inspection.pieces for pk, inspection in by_line.items()},
                returned_at=now,
                reason=authorization.reason,
                scrapped={pk: inspection.scrap for pk, inspection in by_line.items() if inspection.scrap},
                lots={pk: inspection.lots for pk, inspection in by_line.items() if inspection.lots},
            )
        ]
    )
    returned.authorization = authorization
    returned.save(update_fields=["authorization"])
    add_to_column(ReturnAuthorizationLine, "inspected", {line.pk: line.waiting for line in waiting.values()})
    is_done = not any(line.expected for line in lines.values())
    status = ReturnAuthorization.Status
    _set_status(authorization, status.CLOSED if is_done else status.EXPECTED)
    told = {
        "number": returned.number,
        "fit": sum(inspection.fit for inspection in by_line.values()),
        "scrap": sum(inspection.scrap for inspection in by_line.values()),
    }
    audit.record("return_authorization", authorization.pk, "return_inspected", at=now, **told)
    return returned


def _covers(inspection: Inspection | None, waiting: int) -> bool:
    return bool(inspection and inspection.fit >= 0 and inspection.scrap >= 0 and inspection.pieces == waiting)


@retry_on_conflict
@transaction.atomic(durable=True)
def extend_return(authorization_id: int, until: date) -> ReturnAuthorization:
    """Let goods come until another day. Locks: Order, ReturnAuthorization. Raises: InvalidInput, IllegalTransition."""
    now = timezone.now()
    _refuse_day(until, now)
    authorization, _lines = _locked(authorization_id)
    authorization.valid_until = until
    authorization.save(update_fields=["valid_until"])
    audit.record("return_authorization", authorization.pk, "return_extended", at=now, until=until.isoformat())
    return authorization


@retry_on_conflict
@transaction.atomic(durable=True)
def close_return(authorization_id: int, reason: str) -> ReturnAuthorization:
    """Nothing more will come. What came must have been inspected.

    Locks: Order, ReturnAuthorization. Sends: orders_changed. Raises: InvalidInput, IllegalTransition.
    """
    refuse_text("reason", reason, MAX_REASON, is_required=True)
    authorization, lines = _locked(authorization_id)
    if any(line.waiting for line in lines.values()):
        raise IllegalTransition(_("Inspect first what came of return %s.") % authorization.number)
    status = ReturnAuthorization.Status
    any_came = any(line.inspected for line in lines.values())
    _set_status(authorization, status.CLOSED if any_came else status.CANCELLED)
    now, told = timezone.now(), _named(authorization, reason=reason.strip())
    audit.record("order", authorization.order_id, "return_closed", at=now, **told)
    _tell(authorization, "return_closed", now, told)
    return authorization


def _set_status(authorization: ReturnAuthorization, status: str) -> None:
    authorization.status = status
    authorization.save(update_fields=["status"])


def _named(authorization: ReturnAuthorization, **data: Any) -> dict[str, Any]:
    """What a step tells, with the return's number: it stands in the order's history too."""
    return data | {"number": authorization.number, "authorization": authorization.pk}


def _tell(authorization: ReturnAuthorization, verb: str, at: datetime, told: dict[str, Any]) -> None:
    """The return's own history, outbox and signal."""
    audit.record("return_authorization", authorization.pk, verb, at=at, **told)
    payload = {"order": authorization.order_id, "number": authorization.number}
    outbox.publish(f"return.{verb.removeprefix('return_')}", authorization=authorization.pk, **payload)
    orders_changed.send(Order, order_ids={authorization.order_id})
