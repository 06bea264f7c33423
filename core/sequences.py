"""Numbers of documents and keys of rows from PostgreSQL sequences: nothing is locked until commit, so gaps may be."""

from collections.abc import Iterable
from itertools import islice

from django.db.models import Model

from core.statements import look_up

# prefix -> sequence, created by core's migrations
SEQUENCES = {
    "SO": "core_sales_order_number",
    "SH": "core_shipment_number",
    "RT": "core_return_number",
    "PO": "core_purchase_order_number",
    "GR": "core_goods_receipt_number",
    "TR": "core_transfer_number",
    "QU": "core_quotation_number",
    "RA": "core_return_authorization_number",
    "BO": "core_blanket_order_number",
    "ST": "core_standing_order_number",
}
NEXT = "SELECT nextval(name::regclass) FROM unnest(%s::text[]) AS name"


def next_values(*wanted: tuple[str, int]) -> list[list[int]]:
    """So many fresh values of each sequence, each list ascending; one query."""
    values = (value for (value,) in look_up("next_values", NEXT, [spelled_out(wanted)]))
    return [list(islice(values, count)) for _name, count in wanted]


def spelled_out(wanted: Iterable[tuple[str, int]]) -> list[str]:
    """The name of each sequence, as many times as values of it are wanted."""
    return [name for name, count in wanted for _value in range(count)]


def key_sequence(model: type[Model]) -> str:
    """The sequence that the primary keys of a model come from."""
    return f"{model._meta.db_table}_{model._meta.pk.column}_seq"


def document_number(prefix: str, value: int) -> str:
    """A document number like ``SO-000042``."""
    return f"{prefix}-{value:06d}"


def next_numbers(prefix: str, count: int) -> list[str]:
    """``count`` fresh document numbers, in ascending order, by one query."""
    return [document_number(prefix, value) for value in next_values((SEQUENCES[prefix], count))[0]]


def next_number(prefix: str) -> str:
    """One fresh document number."""
    return next_numbers(prefix, 1)[0]
