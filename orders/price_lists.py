"""Which price counts for which customer, product, quantity and day."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from inventory.models import Product
from orders.models import Customer, PriceListItem, Promotion
from orders.pricing import Break, Offer, Price, price_of


class Asked(NamedTuple):
    """Pieces of a product that a customer orders on a day."""

    customer_id: int
    product_id: int
    quantity: int
    day: date


def prices(asked: Iterable[Asked]) -> dict[Asked, Price]:
    """The price of each; four queries, whatever their number. Unknown products are left out."""
    wanted = set(asked)
    if not wanted:
        return {}
    products = Product.objects.in_bulk({ask.product_id for ask in wanted})
    customers = dict(
        Customer.objects.filter(pk__in={ask.customer_id for ask in wanted}).values_list("pk", "price_list_id")
    )
    first, last = min(ask.day for ask in wanted), max(ask.day for ask in wanted)
    items = _items({pk for pk in customers.values() if pk}, products, first, last)
    promotions = list(Promotion.objects.filter(first_day__lte=last, last_day__gte=first).order_by("pk"))
    return {
        ask: price_of(
            product.price,
            ask.quantity,
            [_break(item) for item in items[customers.get(ask.customer_id), product.pk] if _counts(item, ask.day)],
            [_offer(promotion) for promotion in promotions if _promotes(promotion, product, ask.day)],
        )
        for ask in wanted
        if (product := products.get(ask.product_id))
    }


def tax_rates(customer_id: int, product_ids: Collection[int]) -> dict[int, Decimal]:
    """The tax rate of each product for a customer, in per cent; the customer's own rate counts. Two queries."""
    own = Customer.objects.filter(pk=customer_id).values_list("tax_rate", flat=True).first()
    rates = dict(Product.objects.filter(pk__in=product_ids).values_list("pk", "tax_rate"))
    return rates if own is None else dict.fromkeys(rates, own)


def _items(
    lists: set[int], products: Iterable[int], first: date, last: date
) -> dict[tuple[int | None, int], list[PriceListItem]]:
    found: dict[tuple[int | None, int], list[PriceListItem]] = defaultdict(list)
    if not lists:
        return found
    rows = PriceListItem.objects.filter(
        Q(first_day=None) | Q(first_day__lte=last),
        Q(last_day=None) | Q(last_day__gte=first),
        price_list__in=lists,
        product__in=list(products),
    )
    for row in rows.select_related("price_list"):
        found[row.price_list_id, row.product_id].append(row)
    return found


def _counts(item: PriceListItem, day: date) -> bool:
    return (item.first_day or day) <= day <= (item.last_day or day)


def _break(item: PriceListItem) -> Break:
    return Break(item.price_list.name, item.min_quantity, item.unit_price, item.first_day)


def _promotes(promotion: Promotion, product: Product, day: date) -> bool:
    return (
        promotion.first_day <= day <= promotion.last_day
        and promotion.product_id in (None, product.pk)
        and promotion.category_id in (None, product.category_id)
    )


def _offer(promotion: Promotion) -> Offer:
    return Offer(promotion.name, promotion.min_quantity, promotion.discount)
