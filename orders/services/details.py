"""What an order's header says: the date, where and how it ships, how urgent it is, the note."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from core.checks import text_error
from orders.checks import discount_error, price_error
from orders.models import DELIVERY, Order, OrderLine
from orders.services.lines import held_by_line
from orders.values import NewDetails

LENGTHS = {field.name: field.max_length or 0 for field in Order._meta.fields if field.name in DELIVERY}


def check_details(details: NewDetails, errors: dict[str, str]) -> None:
    """Note what is wrong with a new header."""
    if details.discount is not None and (wrong := discount_error(details.discount)):
        errors["discount"] = wrong
    if wrong := price_error(details.freight):
        errors["freight"] = wrong
    if details.note is not None and (wrong := text_error(details.note, 500)):
        errors["note"] = wrong
    for name in DELIVERY:
        text, most = getattr(details, name), LENGTHS[name]
        if text is not None and (wrong := text_error(text, most)):
            errors[name] = wrong
    if details.contact_email:
        try:
            validate_email(details.contact_email)
        except ValidationError as exc:
            errors["contact_email"] = exc.messages[0]


def apply_details(order: Order, lines: Collection[OrderLine], details: NewDetails | None) -> dict[str, list[Any]]:
    """Write what differs to a locked order and, for a new date, its lines; returns [old, new] by field."""
    if details is None:
        return {}
    changes = {
        field.name: [getattr(order, field.name), value]
        for field in fields(details)
        if (value := getattr(details, field.name)) is not None and getattr(order, field.name) != value
    }
    for name, (_old, new) in changes.items():
        setattr(order, name, new)
    if changes:
        order.save(update_fields=list(changes))
    if "requested_date" in changes:
        _move_promises(order, lines)
    # Days and money as text: the audit log holds plain values.
    return {name: [v if isinstance(v, bool | str) else str(v) for v in pair] for name, pair in changes.items()}


def _move_promises(order: Order, lines: Collection[OrderLine]) -> None:
    """Promise open lines for the new day, or as before where they wait for supply that comes later than it."""
    earliest = max(order.requested_date, timezone.localdate())
    promised = [line for line in lines if line.open_quantity and line.promised_date]
    held = held_by_line(line.pk for line in promised)
    for line in promised:
        waits = sum(pieces for _reservation, pieces in held[line.pk]) < line.open_quantity
        line.promised_date = max(earliest, line.promised_date or earliest) if waits else earliest
    OrderLine.objects.bulk_update(promised, ["promised_date"], batch_size=2000)
