"""Suppliers and what they sell us; every change is on record with its old value."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.checks import cost_error
from core.errors import InvalidInput
from core.transactions import retry_on_conflict
from purchasing.currencies import converted, own_currency, rates_on
from purchasing.locks import lock_items_of, lock_items_of_product, lock_supplier
from purchasing.models import PriceBreak, Supplier, SupplierItem
from purchasing.services.reorder import mark_products

P = ParamSpec("P")
R = TypeVar("R")


def _naming_what_is_taken(service: Callable[P, R]) -> Callable[P, R]:
    """A broken uniqueness rule as a refusal that names the field; any other constraint stays our own mistake."""

    @wraps(service)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return service(*args, **kwargs)
        except IntegrityError as exc:
            sentences = {
                "purchasing_supplier_code": ("code", _("This code is already used by another supplier.")),
                "supplieritem_once": ("product", _("This supplier already has this product: change that entry.")),
                "supplieritem_one_preferred": (
                    "is_preferred",
                    _("Somebody else has just chosen another supplier for this product. Please try again."),
                ),
            }
            for constraint, (field, text) in sentences.items():
                if constraint in str(exc):
                    raise InvalidInput(text, field_errors={field: text}) from exc
            raise

    return call


@_naming_what_is_taken
@transaction.atomic(durable=True)
def add_supplier(fields: Mapping[str, Any]) -> Supplier:
    """Insert a supplier. Raises: InvalidInput when the code is taken."""
    supplier = Supplier.objects.create(**_with_currency(fields))
    audit.record("supplier", supplier.pk, "added", code=supplier.code, name=supplier.name)
    return supplier


@_naming_what_is_taken
@transaction.atomic(durable=True)
def change_supplier(supplier_id: int, fields: Mapping[str, Any]) -> Supplier:
    """Write the fields that differ. Locks: Supplier. Raises: InvalidInput when the code is taken."""
    supplier = lock_supplier(supplier_id)
    changes = _write_changes(supplier, _with_currency(fields))
    if "currency" in changes:
        _reprice_items(supplier)
    if changes:
        audit.record("supplier", supplier.pk, "changed", changes=changes)
    if "lead_time_days" in changes:
        # What was learned leant on the old word; tonight it is learned anew.
        supplier.items.update(learned_days=None)
    if "is_active" in changes or "currency" in changes:
        mark_products(set(supplier.items.filter(is_preferred=True).values_list("product_id", flat=True)))
    return supplier


@_naming_what_is_taken
@retry_on_conflict
@transaction.atomic(durable=True)
def add_supplier_item(supplier_id: int, product_id: int, fields: Mapping[str, Any]) -> SupplierItem:
    """What a supplier sells us; preferred, it takes the place of the one that was.

    Locks: SupplierItem. Raises: InvalidInput when the supplier already has this product.
    """
    if fields.get("is_preferred"):
        _prefer_nobody(product_id)
    own, breaks = _split(fields, Supplier.objects.get(pk=supplier_id).currency)
    item = SupplierItem.objects.create(supplier_id=supplier_id, product_id=product_id, **own)
    audit.record("supplier_item", item.pk, "added", **(_plain(own) | _write_breaks(item, breaks)))
    mark_products({product_id})
    return item


@_naming_what_is_taken
@retry_on_conflict
@transaction.atomic(durable=True)
def change_supplier_item(item_id: int, fields: Mapping[str, Any]) -> SupplierItem:
    """Write the fields that differ; suggestions of the product are checked anew. Locks: SupplierItem."""
    product_id = SupplierItem.objects.values_list("product_id", flat=True).get(pk=item_id)
    item = lock_items_of_product(product_id)[item_id]
    if fields.get("is_preferred") and not item.is_preferred:
        _prefer_nobody(product_id)
    own, breaks = _split(fields, Supplier.objects.get(pk=item.supplier_id).currency)
    changes = _write_changes(item, own) | _write_breaks(item, breaks)
    if changes:
        audit.record("supplier_item", item.pk, "changed", changes=changes)
        mark_products({product_id})
    return item


Breaks = dict[int, tuple[Decimal, Decimal | None]]
"""Unit cost and the supplier's price by quantity."""


def _split(fields: Mapping[str, Any], currency: str) -> tuple[dict[str, Any], Breaks | None]:
    """The item's own fields, and its price breaks if they are given; costs are typed in the supplier's currency."""
    own = dict(fields)
    typed: dict[int, Decimal] | None = own.pop("price_breaks", None)
    rate = rates_on(timezone.localdate())[currency] if currency else None
    if "unit_cost" in own:
        own["unit_cost"], own["price"] = _costs(own["unit_cost"], rate, "unit_cost")
    return own, None if typed is None else {n: _costs(cost, rate, "price_breaks") for n, cost in typed.items()}


def _costs(typed: Decimal, rate: Decimal | None, field: str) -> tuple[Decimal, Decimal | None]:
    """The cost in the company's currency, and the price where that is another. Raises: InvalidInput."""
    if rate is None:
        return typed, None
    cost = converted(typed, rate)
    if wrong := cost_error(cost):
        raise InvalidInput(wrong, field_errors={field: wrong})
    return cost, typed


def _with_currency(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, the company's own currency as none. Raises: InvalidInput when a currency has no rate yet."""
    own = dict(fields)
    currency = own.get("currency") or ""
    if currency and currency == own_currency():
        own["currency"] = ""
    elif currency and currency not in rates_on(timezone.localdate()):
        text = _("There is no exchange rate of %s yet: enter one first, on the page of exchange rates.") % currency
        raise InvalidInput(text, field_errors={"currency": text})
    return own


def _reprice_items(supplier: Supplier) -> None:
    """The supplier's prices are in another currency from now on: the numbers stay, what they cost us follows."""
    rate = rates_on(timezone.localdate())[supplier.currency] if supplier.currency else None
    for item in lock_items_of(supplier.pk):
        rows: list[SupplierItem | PriceBreak] = [item, *item.price_breaks.all()]
        for row in rows:
            row.unit_cost, row.price = _costs(row.asked, rate, "currency")
            row.save(update_fields=["unit_cost", "price"])


def _write_breaks(item: SupplierItem, breaks: Breaks | None) -> dict[str, list[Any]]:
    """Give the item these price breaks; returns the old ones and the new ones where they differ."""
    old = {step.quantity: (step.unit_cost, step.price) for step in item.price_breaks.all()}
    if breaks is None or old == breaks:
        return {}
    item.price_breaks.all().delete()
    PriceBreak.objects.bulk_create(
        PriceBreak(supplier_item=item, quantity=quantity, unit_cost=cost, price=price)
        for quantity, (cost, price) in breaks.items()
    )
    return {"price_breaks": [{str(n): str(price or cost) for n, (cost, price) in s.items()} for s in (old, breaks)]}


def _prefer_nobody(product_id: int) -> None:
    preferred = [item.pk for item in lock_items_of_product(product_id).values() if item.is_preferred]
    SupplierItem.objects.filter(pk__in=preferred).update(is_preferred=False)
    changes = {"is_preferred": [True, False]}
    audit.record_many(audit.entry("supplier_item", pk, "changed", changes=changes) for pk in preferred)


def _write_changes(row: models.Model, fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Save the fields that differ; returns old and new value of each."""
    before = {name: getattr(row, name) for name, value in fields.items() if getattr(row, name) != value}
    for name in before:
        setattr(row, name, fields[name])
    if before:
        row.save(update_fields=list(before))
    return {name: [_word(old), _word(fields[name])] for name, old in before.items()}


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that say something, as the audit log keeps them."""
    return {name: _word(value) for name, value in fields.items() if value is not None}


def _word(value: Any) -> Any:
    """Money as text, everything else as it is."""
    return str(value) if isinstance(value, Decimal) else value
