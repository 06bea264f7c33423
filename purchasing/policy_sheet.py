"""Stock policies out to a spreadsheet and back: what an edited file would change, checked row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.models import Product, Warehouse
from inventory.places import Place
from purchasing.models import StockPolicy
from purchasing.sheets import Row, RowError, first_of_each, text_of, whole_number

COLUMNS = {
    "sku": gettext_noop("SKU"),
    "warehouse": gettext_noop("Warehouse"),
    "safety_stock": gettext_noop("Safety stock"),
    "reorder_point": gettext_noop("Reorder point"),
    "order_up_to": gettext_noop("Order-up-to level"),
}
LEVELS = ("safety_stock", "reorder_point", "order_up_to")


@dataclass(frozen=True, slots=True)
class LevelChange:
    """New levels of a place, and those it has (None: it has no policy yet)."""

    product_id: int
    warehouse_id: int
    sku: str
    warehouse: str
    before: list[int] | None
    after: list[int]

    def plain(self) -> dict[str, Any]:
        """Values that JSON can keep."""
        return asdict(self)


def policy_rows(policies: QuerySet[StockPolicy]) -> Iterator[list[Any]]:
    """The rows of the export, below ``policy_header``."""
    for policy in policies.iterator(chunk_size=2000):
        yield [
            policy.product.sku,
            policy.product.name,
            policy.warehouse.code,
            *(getattr(policy, name) for name in LEVELS),
            policy.service_level,
            policy.get_source_display(),
        ]


def policy_header() -> list[str]:
    """The headings of the export."""
    levels = [_(COLUMNS[name]) for name in LEVELS]
    return [_("SKU"), _("Product"), _("Warehouse"), *levels, _("Service level"), _("Source")]


def level_changes(rows: Sequence[Row]) -> tuple[list[LevelChange], list[RowError]]:
    """What the rows would change, and what is wrong in which; a constant number of queries."""
    skus = {text_of(values["sku"]).upper() for _number, values in rows}
    products = {sku.upper(): pk for pk, sku in Product.objects.values_list("pk", "sku") if sku.upper() in skus}
    warehouses = {code.upper(): pk for pk, code in Warehouse.objects.values_list("pk", "code")}
    known = {
        (policy.product_id, policy.warehouse_id): [getattr(policy, name) for name in LEVELS]
        for policy in StockPolicy.objects.filter(product__in=products.values())
    }
    first = first_of_each(rows, ("sku", "warehouse"))
    changes, errors = [], []
    for number, values in rows:
        sku, code = text_of(values["sku"]), text_of(values["warehouse"])
        try:
            if first[sku.upper(), code.upper()] != number:
                raise ValueError(_("%(sku)s in %(warehouse)s stands there twice.") % {"sku": sku, "warehouse": code})
            place = _place(sku, code, products.get(sku.upper()), warehouses.get(code.upper()))
            after = _levels(values)
        except ValueError as wrong:
            errors.append(RowError(number, str(wrong)))
            continue
        if known.get(place) != after:
            changes.append(LevelChange(*place, sku, code, known.get(place), after))
    return changes, errors


def _place(sku: str, code: str, product: int | None, warehouse: int | None) -> Place:
    if product is None:
        raise ValueError(_("There is no product %s.") % sku)
    if warehouse is None:
        raise ValueError(_("There is no warehouse %s.") % code)
    return product, warehouse


def _levels(values: dict[str, Any]) -> list[int]:
    levels = [whole_number(values[name], _(COLUMNS[name])) for name in LEVELS]
    if levels[1] < levels[0]:
        raise ValueError(_("The reorder point cannot be below the safety stock."))
    if levels[2] < levels[1]:
        raise ValueError(_("The order-up-to level cannot be below the reorder point."))
    return levels
