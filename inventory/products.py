"""Adding and changing products; every change is on record with its old value and told in a sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput
from core.models import User
from inventory.locks import lock_product
from inventory.models import Product


def add_product(fields: Mapping[str, Any]) -> Product:
    """Insert a product. Raises: InvalidInput when its SKU or barcode is taken."""
    with _taken_named():
        return _add_product(fields)


def change_product(product_id: int, fields: Mapping[str, Any]) -> Product:
    """Write the fields that differ. Locks: Product. Raises: InvalidInput when the SKU or barcode is taken."""
    with _taken_named():
        return _change_product(product_id, fields)


@transaction.atomic(durable=True)
def _add_product(fields: Mapping[str, Any]) -> Product:
    product = Product.objects.create(**fields)
    audit.record("product", product.pk, "added", sku=product.sku, name=product.name)
    return product


@transaction.atomic(durable=True)
def _change_product(product_id: int, fields: Mapping[str, Any]) -> Product:
    product = lock_product(product_id)
    before = {name: getattr(product, name) for name in fields}
    changes = {name: (before[name], value) for name, value in fields.items() if before[name] != value}
    if changes:
        for name, (_old, new) in changes.items():
            setattr(product, name, new)
        product.save(update_fields=list(changes))
        written = {name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()}
        audit.record("product", product.pk, "changed", changes=written)
    return product


@contextmanager
def _taken_named() -> Iterator[None]:
    """A taken SKU or barcode as a refusal; any other broken constraint is our own mistake and stays what it is."""
    taken = {
        "product_sku_any_case": ("sku", _("This SKU is already used by another product.")),
        "product_barcode": ("barcode", _("This barcode is already used by another product.")),
    }
    try:
        yield
    except IntegrityError as exc:
        for constraint, (field, text) in taken.items():
            if constraint in str(exc):
                raise InvalidInput(text, field_errors={field: text}) from exc
        raise


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class ProductEvent:
    """One change of a product: when, by whom (None: the system), what."""

    at: datetime
    actor: User | None
    sentence: str


def product_events(product_id: int) -> list[ProductEvent]:
    """Every change of a product, newest first; one query."""
    entries = audit.timeline("product", product_id).reverse()
    return [ProductEvent(entry.at, entry.actor, _sentence(entry.verb, entry.data)) for entry in entries]


def _sentence(verb: str, data: Mapping[str, Any]) -> str:
    if verb == "added":
        return _("Added as %(sku)s %(name)s.") % data
    parts = []
    for field, (old, new) in data["changes"].items():
        if field == "is_active":
            parts.append(_("Sold again") if new == "True" else _("Archived"))
        else:
            label = Product._meta.get_field(field).verbose_name  # type: ignore[union-attr]
            parts.append(_("%(field)s: %(old)s → %(new)s") % {"field": label, "old": old or "–", "new": new or "–"})
    return " · ".join(parts)
