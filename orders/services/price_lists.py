"""Keeping price lists and promotions; every change is on record. Orders that exist keep the price they have."""

from typing import Any

from django.db import transaction

from core import audit
from orders.models import PriceList, PriceListItem, Promotion


@transaction.atomic(durable=True)
def save_price_list(price_list: PriceList) -> PriceList:
    """Insert or update a price list."""
    verb = "changed" if price_list.pk else "added"
    price_list.save()
    audit.record("price_list", price_list.pk, verb, name=price_list.name)
    return price_list


@transaction.atomic(durable=True)
def save_price(item: PriceListItem) -> PriceListItem:
    """Insert or update a price of a list."""
    item.save()
    audit.record("price_list", item.price_list_id, "price_set", **_price(item))
    return item


@transaction.atomic(durable=True)
def remove_price(item: PriceListItem) -> None:
    """Take a price off its list."""
    audit.record("price_list", item.price_list_id, "price_removed", **_price(item))
    item.delete()


def _price(item: PriceListItem) -> dict[str, Any]:
    return {"sku": item.product.sku, "min_quantity": item.min_quantity, "unit_price": str(item.unit_price)}


@transaction.atomic(durable=True)
def save_promotion(promotion: Promotion) -> Promotion:
    """Insert or update a promotion."""
    verb = "changed" if promotion.pk else "added"
    promotion.save()
    days = [promotion.first_day.isoformat(), promotion.last_day.isoformat()]
    audit.record("promotion", promotion.pk, verb, name=promotion.name, discount=str(promotion.discount), days=days)
    return promotion


@transaction.atomic(durable=True)
def remove_promotion(promotion: Promotion) -> None:
    """Delete a promotion."""
    audit.record("promotion", promotion.pk, "removed", name=promotion.name)
    promotion.delete()
