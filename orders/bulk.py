"""Many orders in one request: each is checked and taken by itself, all of them in one call of the intake service.

Whatever their number, a constant number of queries: one per kind of reference, the service's own, two for the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from core.api import kept
from core.parsers import ContentTooLarge
from core.problems import problem_response
from core.references import Reference, resolve
from inventory.models import Product, Warehouse
from inventory.serializers import PRODUCT_KEYS
from orders.models import Channel, Customer
from orders.selectors import pieces_by_order
from orders.serializers import BulkOrderIn, new_order
from orders.services import create_orders
from orders.values import NewLine, NewOrder, Outcome

MAX_ORDERS = 1_000
MAX_LINES = 20_000


@dataclass(frozen=True, slots=True)
class _Keys:
    """Primary keys of everything that the orders of a request name."""

    customers: Mapping[Reference, int]
    channels: Mapping[Reference, int]
    warehouses: Mapping[Reference, int]
    products: Mapping[Reference, int]


def take_orders(bodies: Sequence[Any]) -> list[dict[str, Any]]:
    """Take in the orders as they stand in the request; one result each, in the order given.

    Raises: ContentTooLarge when they are too many for one request.
    """
    if len(bodies) > MAX_ORDERS:
        raise ContentTooLarge(_("At most %s orders in one request; send the others in another.") % MAX_ORDERS)
    if sum(len(body["lines"]) for body in bodies if _has_lines(body)) > MAX_LINES:
        raise ContentTooLarge(_("At most %s lines in one request; send some orders in another.") % MAX_LINES)
    problems: dict[int, Exception] = {}
    checked = _checked(bodies, problems)
    keys = _keys(list(checked.values()))
    news = {index: new for index, wanted in checked.items() if (new := _new_order(index, wanted, keys, problems))}
    outcomes = dict(zip(news, create_orders(list(news.values())) if news else [], strict=True))
    pieces = pieces_by_order([outcome.order.pk for outcome in outcomes.values() if outcome.order])
    return [
        _result(body, outcomes.get(index) or Outcome(), problems.get(index), pieces)
        for index, body in enumerate(bodies)
    ]


def _has_lines(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("lines"), list)


def _checked(bodies: Sequence[Any], problems: dict[int, Exception]) -> dict[int, dict[str, Any]]:
    """What the request says by index, where it is well-formed; what is wrong with the others goes to ``problems``."""
    serializer, checked = kept(BulkOrderIn), {}
    for index, body in enumerate(bodies):
        try:
            checked[index] = serializer.run_validation(body)
        except ValidationError as exc:
            problems[index] = exc
    return checked


def _keys(orders: Sequence[Mapping[str, Any]]) -> _Keys:
    products = {line["product"] for order in orders for line in order["lines"]}
    return _Keys(
        resolve(Customer, ("code",), {order["customer"] for order in orders}),
        resolve(Channel, ("code",), {order["channel"] for order in orders}),
        resolve(Warehouse, ("code",), {order["warehouse"] for order in orders}),
        resolve(Product, PRODUCT_KEYS, products),
    )


def _new_order(index: int, wanted: Mapping[str, Any], keys: _Keys, problems: dict[int, Exception]) -> NewOrder | None:
    """The order with primary keys for references; None, with its problem noted, when something does not exist."""
    errors: dict[str, Any] = {}
    for name, known in (("customer", keys.customers), ("channel", keys.channels), ("warehouse", keys.warehouses)):
        if wanted[name] not in known:
            errors[name] = [_("There is no such entry: %s.") % wanted[name]]
    for position, line in enumerate(wanted["lines"]):
        if line["product"] not in keys.products:
            errors[f"lines.{position}.product"] = [_("There is no such product: %s.") % line["product"]]
    if errors:
        problems[index] = ValidationError(errors)
        return None
    lines = [
        NewLine(keys.products[ln["product"]], ln["quantity"], ln["unit_price"], ln["discount"])
        for ln in wanted["lines"]
    ]
    return new_order(
        wanted,
        customer=keys.customers[wanted["customer"]],
        channel=keys.channels[wanted["channel"]],
        warehouse=keys.warehouses[wanted["warehouse"]],
        lines=lines,
    )


def _result(
    body: Any, outcome: Outcome, problem: Exception | None, pieces: Mapping[int, tuple[int, int]]
) -> dict[str, Any]:
    reference = body.get("external_reference", "") if isinstance(body, dict) else ""
    result: dict[str, Any] = {"external_reference": reference if isinstance(reference, str) else ""}
    refusal = problem or outcome.error
    if refusal or outcome.order is None:
        assert refusal is not None
        return result | {"outcome": "refused", "order": None, "problem": problem_response(refusal, {}).data}
    order = outcome.order
    wanted, reserved = pieces[order.pk]
    return result | {
        "outcome": "repeated" if outcome.repeated else "created",
        "order": {
            "id": order.pk,
            "number": order.number,
            "status": order.status,
            "reserved": reserved,
            "waiting": wanted - reserved,
        },
        "problem": None,
    }
