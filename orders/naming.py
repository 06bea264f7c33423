"""What the orders of a request name, looked up by one query, and the orders made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from core.api import kept
from core.references import Found, Reference, RowField, Wanted, find
from core.serializers import StrictSerializer
from inventory.models import Product, Warehouse
from inventory.serializers import PRODUCT_KEYS
from orders.models import Channel, Customer
from orders.values import NewLine, NewOrder

# What an order says beside whom it is for and what of, as in ``NewOrder``; a quotation lacks the last four.
TERMS = (
    "requested_date", "note", "ship_complete", "is_priority", "discount", "freight", "allow_backorder",
    "external_reference", "delivery_address", "contact",
)  # fmt: skip
HEAD: dict[str, type[Model]] = {"customer": Customer, "channel": Channel, "warehouse": Warehouse}


@dataclass(frozen=True, slots=True)
class Named:
    """The rows that the orders of a request name, by reference."""

    customers: Mapping[Reference, Found]
    channels: Mapping[Reference, Found]
    warehouses: Mapping[Reference, Found]
    products: Mapping[Reference, Found]


def named(orders: Sequence[Mapping[str, Any]]) -> Named:
    """What orders name, as ``NewOrderIn`` checked them; one query for any number."""
    return Named(
        *find(
            Wanted(Customer, ("code",), {order["customer"] for order in orders}),
            Wanted(Channel, ("code",), {order["channel"] for order in orders}),
            Wanted(Warehouse, ("code",), {order["warehouse"] for order in orders}),
            Wanted(Product, PRODUCT_KEYS, {line["product"] for order in orders for line in order["lines"]}),
        )
    )


def checked(serializer: type[StrictSerializer], data: Any) -> Any:
    """The body of a request for one order, checked. Raises: ValidationError naming every wrong field at once."""
    try:
        return kept(serializer).run_validation(data)
    except ValidationError as exc:
        if not isinstance(data, dict) or not isinstance(exc.detail, dict):
            raise
        unknown = {name: error for name, model in HEAD.items() if (error := _unknown(model, data.get(name)))}
        raise ValidationError({**unknown, **exc.detail}) from exc


def _unknown(model: type[Model], reference: Any) -> list[str] | None:
    """What is wrong with a well-formed reference to nothing."""
    try:
        RowField(model, "code").run_validation(reference)
    except ValidationError as exc:
        return exc.detail  # type: ignore[return-value]  # a single field's
    return None


def new_order(wanted: Mapping[str, Any], names: Named, **more: Any) -> NewOrder:
    """The order that a checked request wants. Raises: ValidationError naming everything that does not exist."""
    errors: dict[str, Any] = {}
    for name, known in (("customer", names.customers), ("channel", names.channels), ("warehouse", names.warehouses)):
        if wanted[name] not in known:
            errors[name] = [_("There is no such entry: %s.") % wanted[name]]
    for position, line in enumerate(wanted["lines"]):
        if line["product"] not in names.products:
            errors[f"lines.{position}.product"] = [_("There is no such product: %s.") % line["product"]]
    if errors:
        raise ValidationError(errors)
    return NewOrder(
        names.customers[wanted["customer"]].pk,
        names.channels[wanted["channel"]].pk,
        names.warehouses[wanted["warehouse"]].pk,
        [
            NewLine(
                names.products[line["product"]].pk,
                line["quantity"],
                _plain(line["unit_price"]),
                _plain(line["discount"]),
            )
            for line in wanted["lines"]
        ],
        **{name: _plain(wanted[name]) for name in TERMS if name in wanted},
        **more,
    )


def _plain(value: Any) -> Any:
    """Money and percentages are checked not to be negative; what is left of a sign is that of -0."""
    return abs(value) if isinstance(value, Decimal) else value
