"""Suggestions out to a spreadsheet and back: which are to be bought, in which quantity, checked row by row."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from purchasing.models import ReorderSuggestion
from purchasing.selectors import open_suggestions
from purchasing.services import approval_errors
from purchasing.sheets import Row, RowError, first_of_each, text_of, whole_number

COLUMNS = {
    "sku": gettext_noop("SKU"),
    "warehouse": gettext_noop("Warehouse"),
    "quantity": gettext_noop("Quantity to order"),
}


def suggestion_header() -> list[str]:
    """The headings of the export."""
    names = [_("SKU"), _("Product"), _("Warehouse"), _("Supplier"), _("Suggested"), _("Quantity to order")]
    return [*names, _("Unit cost"), _("Cost"), _("Minimum order quantity"), _("Pack size"), _("Pieces on a pallet")]


def suggestion_rows(suggestions: QuerySet[ReorderSuggestion]) -> Iterator[list[Any]]:
    """The rows of the export; the quantity to order is there to be edited, 0 to leave one out."""
    for suggestion in suggestions.iterator(chunk_size=2000):
        item = suggestion.supplier_item
        yield [
            suggestion.product.sku,
            suggestion.product.name,
            suggestion.warehouse.code,
            item.supplier.name if item else None,
            suggestion.quantity,
            suggestion.quantity if item else 0,
            suggestion.piece_cost,  # type: ignore[attr-defined]
            suggestion.cost,  # type: ignore[attr-defined]
            item.moq if item else None,
            item.order_multiple if item else None,
            item.pallet_quantity if item else None,
        ]


def wanted_quantities(rows: Sequence[Row]) -> tuple[dict[int, int], list[RowError]]:
    """Pieces to order by suggestion, and what is wrong in which row; rows with 0 are left out."""
    known = {
        (suggestion.product.sku.upper(), suggestion.warehouse.code.upper()): suggestion
        for suggestion in open_suggestions()
    }
    first = first_of_each(rows, ("sku", "warehouse"))
    quantities: dict[int, int] = {}
    errors = []
    for number, values in rows:
        sku, code = text_of(values["sku"]), text_of(values["warehouse"])
        words = {"sku": sku, "warehouse": code}
        try:
            pieces = whole_number(values["quantity"], _(COLUMNS["quantity"]))
            if not pieces:
                continue
            if first[sku.upper(), code.upper()] != number:
                raise ValueError(_("%(sku)s in %(warehouse)s stands there twice.") % words)
            suggestion = known.get((sku.upper(), code.upper()))
            if suggestion is None:
                raise ValueError(_("%(sku)s in %(warehouse)s is not suggested any more.") % words)
            if wrong := approval_errors([suggestion], {suggestion.pk: pieces}):
                raise ValueError(" ".join(wrong.values()))
        except ValueError as error:
            errors.append(RowError(number, str(error)))
            continue
        quantities[suggestion.pk] = pieces
    return quantities, errors
