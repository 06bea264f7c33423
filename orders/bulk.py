"""Many orders in one request: each is checked and taken by itself, all of them in one call of the intake service.

Whatever their number, a constant number of queries: one for all references, the service's own, two for the answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from core.api import kept
from core.parsers import ContentTooLarge
from core.problems import problem_response
from orders.naming import named, new_order
from orders.selectors import pieces_by_order
from orders.serializers import BulkOrderIn
from orders.services import create_orders
from orders.values import NewOrder, Outcome

MAX_ORDERS = 1_000
MAX_LINES = 20_000


def take_orders(bodies: Sequence[Any]) -> list[dict[str, Any]]:
    """Take in the orders as they stand in the request; one result each, in the order given.

    Raises: ContentTooLarge when they are too many for one request.
    """
    if len(bodies) > MAX_ORDERS:
        raise ContentTooLarge(_("At most %s orders in one request; send the others in another.") % MAX_ORDERS)
    if sum(len(body["lines"]) for body in bodies if _has_lines(body)) > MAX_LINES:
        raise ContentTooLarge(_("At most %s lines in one request; send some orders in another.") % MAX_LINES)
    problems: dict[int, Exception] = {}
    news = _new_orders(_checked(bodies, problems), problems)
    outcomes = dict(zip(news, create_orders(list(news.values())) if news else [], strict=True))
    pieces = pieces_by_order([outcome.order.pk for outcome in outcomes.values() if outcome.order and outcome.repeated])
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


def _new_orders(checked: Mapping[int, Mapping[str, Any]], problems: dict[int, Exception]) -> dict[int, NewOrder]:
    """The orders by index; what names something that does not exist goes to ``problems``."""
    names, news = named(list(checked.values())), {}
    for index, wanted in checked.items():
        try:
            news[index] = new_order(wanted, names)
        except ValidationError as exc:
            problems[index] = exc
    return news


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
    wanted, reserved = pieces[order.pk] if outcome.repeated else outcome.pieces
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
