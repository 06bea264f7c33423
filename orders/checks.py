"""Whether an order can be taken at all: every wrong field named, before anything is locked or written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.checks import amount_error, text_error
from core.errors import DomainError, InvalidInput
from core.money import ZERO
from core.statements import look_up
from inventory.places import Place, Seen
from inventory.services import MAX_QUANTITY
from orders.delivery import Delivery, DeliveryChoices, check_delivery, load_choices
from orders.models import Order
from orders.price_lists import Asked, prices
from orders.pricing import Price
from orders.values import NewLine, NewOrder

MAX_LINES = 10_000
MAX_PRICE = Decimal("999999999.99")
MAX_REFERENCE = 80
MAX_ID = 2**63 - 1


class CustomerBlocked(DomainError):
    """The customer may not order at the moment."""

    code = "customer_blocked"


class Known(NamedTuple):
    """What the intake needs to know of a row that an order points at.

    ``price`` is a product's. ``has_prices``: whether a customer may pay another one, by a price list or a promotion.
    """

    name: str
    is_open: bool
    price: Decimal
    tax_rate: Decimal | None = None
    ship_complete: bool = False
    has_prices: bool = False
    credit_limit: Decimal | None = None
    # Where a customer's goods go, unless an order says otherwise.
    delivery: Sequence[str | None] = Delivery()


@dataclass(frozen=True, slots=True)
class References:
    """Everything that a batch of new orders points at, by primary key."""

    products: dict[int, Known] = field(default_factory=dict)
    customers: dict[int, Known] = field(default_factory=dict)
    channels: dict[int, Known] = field(default_factory=dict)
    warehouses: dict[int, Known] = field(default_factory=dict)
    orders: dict[tuple[int, str], Order] = field(default_factory=dict)
    stock: dict[Place, Seen] = field(default_factory=dict)
    drawn: dict[str, list[int]] = field(default_factory=dict)  # fresh values by sequence
    agreed: dict[Asked, Price] = field(default_factory=dict)
    choices: DeliveryChoices = field(default_factory=DeliveryChoices)

    def unit_price(self, customer_id: int, line: NewLine, day: date) -> Decimal:
        """The price given with a new line, else the customer's of that day, else the product's list price."""
        if line.unit_price is not None:
            return line.unit_price
        agreed = self.agreed.get(Asked(customer_id, line.product_id, line.quantity, day)) if self.agreed else None
        return agreed.unit_price if agreed else self.products[line.product_id].price

    def tax_rate(self, customer_id: int, product_id: int) -> Decimal:
        """The customer's own rate, else the product's, in per cent."""
        own = self.customers[customer_id].tax_rate
        return (self.products[product_id].tax_rate or ZERO) if own is None else own

    def ships_complete(self, new: NewOrder) -> bool:
        """Whether nothing of a new order ships before all of it can."""
        return self.customers[new.customer_id].ship_complete if new.ship_complete is None else new.ship_complete

    def delivery(self, new: NewOrder) -> Sequence[str | None]:
        """Where the goods of a checked order go, as ``Delivery``."""
        usual = self.customers[new.customer_id].delivery
        return usual if new.delivery_address is None and new.contact is None else self.choices.delivery(new, usual)


# One round trip on the path that every order takes; a blocked customer or archived product must count at once.
# A stock level comes as (id, '', true, available, product, warehouse), a fresh value as (value, sequence).
READ = """
    SELECT 'products', id, sku, is_active, price, 0::bigint, 0::bigint, tax_rate, false, false, NULL::numeric,
           NULL::text[]
      FROM inventory_product WHERE id = ANY(%s::bigint[])
    UNION ALL SELECT 'customers', customer.id, customer.name, NOT is_blocked, 0, 0, 0, tax_rate, ship_complete,
           price_list_id IS NOT NULL OR EXISTS (SELECT FROM orders_promotion
           WHERE first_day <= CURRENT_DATE + 1 AND last_day >= CURRENT_DATE - 1), credit_limit,
           ARRAY[coalesce(place.address, customer.address), person.name, person.phone, person.email]::text[]
      FROM orders_customer customer
           LEFT JOIN orders_deliveryaddress place ON place.customer_id = customer.id AND place.is_default
           LEFT JOIN orders_contact person ON person.id = place.contact_id AND person.is_active
     WHERE customer.id = ANY(%s::bigint[])
    UNION ALL SELECT 'channels', id, name, true, 0, 0, 0, NULL, false, false, NULL, NULL
      FROM orders_channel WHERE id = ANY(%s::bigint[])
    UNION ALL SELECT 'warehouses', id, name, is_active, 0, 0, 0, NULL, false, false, NULL, NULL
      FROM inventory_warehouse WHERE id = ANY(%s::bigint[])
    UNION ALL SELECT 'stock', level.id, '', true, level.available, level.product_id, level.warehouse_id,
           NULL, false, false, NULL, NULL
      FROM inventory_stocklevel level JOIN unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
        ON level.product_id = wanted.product_id AND level.warehouse_id = wanted.warehouse_id
    UNION ALL SELECT 'drawn', nextval(name::regclass), name, true, 0, 0, 0, NULL, false, false, NULL, NULL
      FROM unnest(%s::text[]) AS name
"""


def load_references(news: Sequence[NewOrder], drawn: Sequence[str] = ()) -> References:
    """Read what ``news`` name: the rows they point at in one query, earlier orders of their references in another.

    ``drawn`` names the sequence of each fresh value that comes with it.
    """
    references = References(orders=_earlier_orders(news), choices=load_choices(news))
    wanted = (
        {line.product_id for new in news for line in new.lines},
        {new.customer_id for new in news},
        {new.channel_id for new in news},
        {new.warehouse_id for new in news},
    )
    keys = [[pk for pk in some if 0 < pk <= MAX_ID] for some in wanted]
    places = [
        (product, warehouse)
        for product, warehouse in {(line.product_id, new.warehouse_id) for new in news for line in new.lines}
        if 0 < product <= MAX_ID and 0 < warehouse <= MAX_ID
    ]
    at = [[product for product, _warehouse in places], [warehouse for _product, warehouse in places]]
    rows = look_up("order_references", READ, [*keys, *at, list(drawn)])
    for kind, pk, name, is_open, number, product, warehouse, *terms in rows:
        if kind == "stock":
            references.stock[product, warehouse] = Seen(pk, int(number))
        elif kind == "drawn":
            references.drawn.setdefault(name, []).append(pk)
        else:
            getattr(references, kind)[pk] = Known(name, is_open, number, *terms)
    references.agreed.update(_agreed_prices(news, references))
    return references


def _agreed_prices(news: Sequence[NewOrder], references: References) -> dict[Asked, Price]:
    """Prices for lines that bring none; asks only for customers who may pay another than the list price."""
    if not any(customer.has_prices for customer in references.customers.values()):
        return {}
    today = timezone.localdate()
    return prices(
        Asked(new.customer_id, line.product_id, line.quantity, _day(new, today))
        for new in news
        if (customer := references.customers.get(new.customer_id)) and customer.has_prices
        for line in new.lines
        if line.unit_price is None
    )


def _day(new: NewOrder, today: date) -> date:
    return timezone.localdate(new.ordered_at) if new.ordered_at else today


def _earlier_orders(news: Sequence[NewOrder]) -> dict[tuple[int, str], Order]:
    by_channel: dict[int, list[str]] = {}
    for new in news:
        if new.external_reference and not text_error(new.external_reference, MAX_REFERENCE):
            by_channel.setdefault(new.channel_id, []).append(new.external_reference)
    if not by_channel:
        return {}
    known = Q(pk__in=[])
    for channel, references in by_channel.items():
        known |= Q(channel=channel, external_reference__in=references)
    return {(order.channel_id, order.external_reference): order for order in Order.objects.filter(known)}


def check_order(new: NewOrder, references: References) -> DomainError | None:
    """The first reason to refuse this order, naming every wrong field; None when it may be taken."""
    errors: dict[str, str] = {}
    customer = references.customers.get(new.customer_id)
    if customer is None:
        errors["customer"] = _("Choose a customer.")
    if new.channel_id not in references.channels:
        errors["channel"] = _("Choose a channel.")
    warehouse = references.warehouses.get(new.warehouse_id)
    if warehouse is None or not warehouse.is_open:
        errors["warehouse"] = _("Choose an active warehouse.")
    if not new.lines:
        errors["lines"] = _("An order needs at least one line.")
    if len(new.lines) > MAX_LINES:
        errors["lines"] = _("An order has at most %s lines; split it.") % MAX_LINES
    if wrong := text_error(new.external_reference, MAX_REFERENCE):
        errors["external_reference"] = wrong
    if wrong := text_error(new.note, 500):
        errors["note"] = wrong
    if not errors:
        _check_charges(new, errors)
        if new.delivery_address is not None or new.contact is not None:
            check_delivery(new, references.choices, errors)
        for index, line in enumerate(new.lines):
            check_line(f"lines.{index}", line, references.products.get(line.product_id), errors)
    if errors:
        return InvalidInput(_("The order was not saved: please correct the fields named."), field_errors=errors)
    if customer is not None and not customer.is_open:
        return customer_blocked(new.customer_id, customer.name)
    return None


def _check_charges(new: NewOrder, errors: dict[str, str]) -> None:
    if wrong := discount_error(new.discount):
        errors["discount"] = wrong
    if wrong := price_error(new.freight):
        errors["freight"] = wrong


def discount_error(percent: Decimal) -> str | None:
    """Whether a discount is no percentage with two decimal places."""
    if not percent.is_finite() or not 0 <= percent <= 100:
        return _("Enter a discount from 0 to 100 %.")
    return _("A discount has at most two decimal places.") if percent != round(percent, 2) else None


def customer_blocked(customer_id: int, name: str) -> CustomerBlocked:
    """The refusal of what a blocked customer orders."""
    return CustomerBlocked(_("%s is blocked for new orders.") % name, customer=customer_id)


def check_line(name: str, line: NewLine, product: Known | None, errors: dict[str, str]) -> None:
    """Note what is wrong with one new line, each field as ``<name>.<field>``."""
    if product is None:
        errors[f"{name}.product"] = _("There is no such product.")
    elif not product.is_open:
        errors[f"{name}.product"] = archived(product.name)
    if wrong := discount_error(line.discount):
        errors[f"{name}.discount"] = wrong
    if wrong := price_error(line.unit_price):
        errors[f"{name}.unit_price"] = wrong
    if not 0 < line.quantity <= MAX_QUANTITY:
        errors[f"{name}.quantity"] = _("Enter a whole number from 1 to %s.") % MAX_QUANTITY
    elif product and not wrong:
        price = product.price if line.unit_price is None else line.unit_price
        if wrong := amount_error(line.quantity, price):
            errors[f"{name}.quantity"] = wrong


def price_error(price: Decimal | None) -> str | None:
    """Whether a price, where there is one, is no amount of money."""
    if price is None:
        return None
    if not price.is_finite() or not 0 <= price <= MAX_PRICE:
        return _("Enter a price from 0 to %s.") % MAX_PRICE
    return _("A price has at most two decimal places.") if price != round(price, 2) else None


def archived(sku: str) -> str:
    """Why a product cannot be ordered any more."""
    return _("%s is archived and can't be sold.") % sku
