"""Whether an order can be taken at all: every wrong field named, before anything is locked or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import DomainError, InvalidInput
from inventory.models import Product, Warehouse
from inventory.services import MAX_QUANTITY
from orders.models import Channel, Customer, Order
from orders.values import NewOrder

MAX_LINES = 10_000
MAX_PRICE = Decimal("999999999.99")


class CustomerBlocked(DomainError):
    """The customer may not order at the moment."""

    code = "customer_blocked"


@dataclass(frozen=True, slots=True)
class References:
    """Everything that a batch of new orders points at, read in five queries."""

    products: dict[int, Product]
    customers: dict[int, Customer]
    channels: dict[int, Channel]
    warehouses: dict[int, Warehouse]
    orders: dict[tuple[int, str], Order]


def load_references(news: Sequence[NewOrder]) -> References:
    """Read the products, customers, channels, warehouses and earlier orders that ``news`` name."""
    by_channel: dict[int, list[str]] = {}
    for new in news:
        if new.external_reference:
            by_channel.setdefault(new.channel_id, []).append(new.external_reference)
    known = Q(pk__in=[])
    for channel, references in by_channel.items():
        known |= Q(channel=channel, external_reference__in=references)
    orders = Order.objects.filter(known) if by_channel else []
    return References(
        products=Product.objects.only("sku", "price", "is_active").in_bulk(
            {line.product_id for new in news for line in new.lines}
        ),
        customers=Customer.objects.only("name", "is_blocked").in_bulk({new.customer_id for new in news}),
        channels=Channel.objects.in_bulk({new.channel_id for new in news}),
        warehouses=Warehouse.objects.in_bulk({new.warehouse_id for new in news}),
        orders={(order.channel_id, order.external_reference): order for order in orders},
    )


def check_order(new: NewOrder, references: References) -> DomainError | None:
    """The first reason to refuse this order, naming every wrong field; None when it may be taken."""
    errors: dict[str, str] = {}
    customer = references.customers.get(new.customer_id)
    if customer is None:
        errors["customer"] = _("Choose a customer.")
    if new.channel_id not in references.channels:
        errors["channel"] = _("Choose a channel.")
    warehouse = references.warehouses.get(new.warehouse_id)
    if warehouse is None or not warehouse.is_active:
        errors["warehouse"] = _("Choose an active warehouse.")
    if not new.lines:
        errors["lines"] = _("An order needs at least one line.")
    if len(new.lines) > MAX_LINES:
        errors["lines"] = _("An order has at most %s lines; split it.") % MAX_LINES
    if len(new.external_reference) > 80:
        errors["external_reference"] = _("At most %s characters.") % 80
    if len(new.note) > 500:
        errors["note"] = _("At most %s characters.") % 500
    if not errors:
        for index, line in enumerate(new.lines):
            _check_line(index, line.product_id, line.quantity, line.unit_price, references, errors)
    if errors:
        return InvalidInput(_("The order was not saved: please correct the fields named."), field_errors=errors)
    if customer is not None and customer.is_blocked:
        return CustomerBlocked(_("%s is blocked for new orders.") % customer.name, customer=customer.pk)
    return None


def _check_line(
    index: int,
    product_id: int,
    quantity: int,
    unit_price: Decimal | None,
    references: References,
    errors: dict[str, str],
) -> None:
    product = references.products.get(product_id)
    if product is None:
        errors[f"lines.{index}.product"] = _("There is no such product.")
    elif not product.is_active:
        errors[f"lines.{index}.product"] = _("%s is archived and can't be sold.") % product.sku
    if not 0 < quantity <= MAX_QUANTITY:
        errors[f"lines.{index}.quantity"] = _("Enter a whole number from 1 to %s.") % MAX_QUANTITY
    if unit_price is not None:
        if not unit_price.is_finite() or not 0 <= unit_price <= MAX_PRICE:
            errors[f"lines.{index}.unit_price"] = _("Enter a price from 0 to %s.") % MAX_PRICE
        elif unit_price != round(unit_price, 2):
            errors[f"lines.{index}.unit_price"] = _("A price has at most two decimal places.")
