"""Exchange rates, typed or imported; supplier prices in other currencies follow them.

What a supplier item costs stands in the company's currency beside its price, so that whatever decides (a check of a
hundred thousand places) reads it as it is; it changes here alone, when a rate or a price does.
"""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import InvalidInput
from core.transactions import retry_on_conflict
from purchasing.currencies import CODE, ON_DAY, own_currency
from purchasing.models import ExchangeRate, PurchaseOrder, PurchaseOrderLine
from purchasing.services.reorder import mark_products

MOST_RATE = Decimal("99999999")


class NewRate(NamedTuple):
    """A rate as wanted; ``row`` is where it stands in a file."""

    currency: str
    valid_from: date
    rate: Decimal
    row: int = 0


@retry_on_conflict
@transaction.atomic(durable=True)
def set_rates(news: Sequence[NewRate]) -> int:
    """Insert or replace rates, all or nothing; prices in these currencies follow. Raises: InvalidInput."""
    own = own_currency()
    errors = {
        f"{index}.{field}": text for index, new in enumerate(news) for field, text in rate_errors(new, own).items()
    }
    days = [(new.currency, new.valid_from) for new in news]
    errors |= {
        f"{index}.valid_from": _("%(currency)s stands there twice for %(day)s.") % {"currency": day[0], "day": day[1]}
        for index, day in enumerate(days)
        if day in days[:index]
    }
    if errors:
        raise InvalidInput(_("No rate was saved: please correct the fields named."), field_errors=errors)
    ExchangeRate.objects.bulk_create(
        [ExchangeRate(currency=new.currency, valid_from=new.valid_from, rate=new.rate) for new in news],
        update_conflicts=True,
        unique_fields=["currency", "valid_from"],
        update_fields=["rate"],
    )
    audit.record_many(
        audit.entry("exchange_rate", 0, "set", currency=new.currency, day=f"{new.valid_from}", rate=str(new.rate))
        for new in news
    )
    reprice({new.currency for new in news})
    return len(news)


def rate_errors(new: NewRate, own: str) -> dict[str, str]:
    """What is wrong with a rate, by field."""
    errors = {}
    if not CODE.fullmatch(new.currency):
        errors["currency"] = _("Enter three capital letters, as USD.")
    elif new.currency == own:
        errors["currency"] = _("%s is the company's own currency: it needs no rate.") % own
    if not new.rate.is_finite() or not 0 < new.rate <= MOST_RATE or new.rate != round(new.rate, 8):
        errors["rate"] = _("Enter a rate above 0 with at most eight decimals.")
    return errors


# Rows of items and breaks whose cost is not their price at today's rate.
TODAY = f"WITH today AS ({ON_DAY})"
ITEMS = f"""{TODAY}
    UPDATE purchasing_supplieritem item SET unit_cost = round(item.price * today.rate, 4)
      FROM purchasing_supplier supplier JOIN today ON today.currency = supplier.currency
     WHERE supplier.id = item.supplier_id AND item.price IS NOT NULL
       AND item.unit_cost <> round(item.price * today.rate, 4)
       AND (%(only)s::text[] IS NULL OR supplier.currency = ANY (%(only)s::text[]))
    RETURNING item.product_id
"""
BREAKS = f"""{TODAY}
    UPDATE purchasing_pricebreak step SET unit_cost = round(step.price * today.rate, 4)
      FROM purchasing_supplieritem item
      JOIN purchasing_supplier supplier ON supplier.id = item.supplier_id
      JOIN today ON today.currency = supplier.currency
     WHERE item.id = step.supplier_item_id AND step.price IS NOT NULL
       AND step.unit_cost <> round(step.price * today.rate, 4)
       AND (%(only)s::text[] IS NULL OR supplier.currency = ANY (%(only)s::text[]))
    RETURNING item.product_id
"""
AGREEMENTS = f"""{TODAY}
    UPDATE purchasing_blanketorderline line SET unit_cost = round(line.price * today.rate, 4)
      FROM purchasing_supplieritem item, purchasing_blanketorder agreement
      JOIN today ON today.currency = agreement.currency
     WHERE item.id = line.supplier_item_id AND agreement.id = line.blanket_order_id
       AND line.price IS NOT NULL AND line.unit_cost <> round(line.price * today.rate, 4)
       AND (%(only)s::text[] IS NULL OR agreement.currency = ANY (%(only)s::text[]))
    RETURNING item.product_id
"""


@transaction.atomic(savepoint=False)
def reprice(only: Collection[str] | None = None) -> int:
    """Let costs follow today's rates; what is suggested of these products is checked anew. Returns the items changed.

    Three statements, whatever the number of items. Locks: SupplierItem, PriceBreak, BlanketOrderLine.
    """
    values = {"day": timezone.localdate(), "only": None if only is None else sorted(only)}
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, values)
        items = {product for (product,) in cursor.fetchall()}
        cursor.execute(BREAKS, values)
        products = items | {product for (product,) in cursor.fetchall()}
        cursor.execute(AGREEMENTS, values)
        products |= {product for (product,) in cursor.fetchall()}
    mark_products(products)
    return len(items)


@retry_on_conflict
@transaction.atomic(durable=True)
def apply_rates() -> int:
    """Let costs follow rates that became valid; run every night."""
    return reprice()


def fix_rate(order: PurchaseOrder, rate: Decimal) -> None:
    """Give a locked order that is being placed the rate of its day, and its lines the cost that makes."""
    if not order.currency or order.rate == rate:
        return
    order.rate = rate
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {PurchaseOrderLine._meta.db_table} SET unit_cost = round(price * %s, 4) "
            "WHERE purchase_order_id = %s AND price IS NOT NULL",
            [rate, order.pk],
        )
