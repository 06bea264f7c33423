"""Checks of single values that every room shares. Each returns what is wrong in a sentence, None when nothing is."""

from decimal import Decimal

from django.utils.translation import gettext as _

from core.errors import InvalidInput

# What the money columns of the ledger and of shipment lines can hold, and what a unit cost's column can.
MAX_AMOUNT = Decimal("99999999999999.99")
MAX_COST = Decimal("9999999999.9999")
MAX_REASON = 200


def text_error(text: str, max_length: int, *, is_required: bool = False) -> str | None:
    """Whether a text cannot be stored, or is missing where one is needed."""
    if is_required and not text.strip():
        return _("Please fill in this field.")
    if len(text) > max_length:
        return _("At most %s characters.") % max_length
    # PostgreSQL stores every character but these: NUL, and halves of a surrogate pair.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return _("This text has characters that cannot be stored.")
    return None


def refuse_text(field: str, text: str, max_length: int, *, is_required: bool = False) -> None:
    """Raise InvalidInput for ``field`` when its text cannot be stored."""
    if wrong := text_error(text, max_length, is_required=is_required):
        raise InvalidInput(wrong, field_errors={field: wrong})


def cost_error(cost: Decimal) -> str | None:
    """Whether a unit cost is no amount of money with four decimal places."""
    if not cost.is_finite() or not 0 <= cost <= MAX_COST:
        return _("Enter a cost from 0 to %s.") % MAX_COST
    return _("A cost has at most four decimal places.") if cost != round(cost, 4) else None


def amount_error(quantity: int, unit_price: Decimal) -> str | None:
    """Whether a line comes to more money than the books can hold."""
    return _("A line comes to at most %s; split it.") % MAX_AMOUNT if quantity * unit_price > MAX_AMOUNT else None
