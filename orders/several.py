"""One step for several orders: what it would do to each, and doing it, each order checked and answered by itself."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.forms import day_input, dress
from core.templatetags.tandem import in_words
from orders import services
from orders.models import Order
from orders.promise import OPEN_ORDERS
from orders.selectors import pieces_by_order
from orders.services.steps import newest_step
from orders.values import NewDetails, OrderChange

MOST = 100


class ReasonForm(forms.Form):
    """Why several orders are cancelled."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class DateForm(forms.Form):
    """The day that several orders are moved to."""

    requested_date = forms.DateField(label=gettext_lazy("Requested date"), widget=day_input())


@dataclass(frozen=True, slots=True)
class Action:
    """A step for several orders: its name, who may do it, what it needs to know, and how it is done to one order."""

    label: Promise | str
    permission: str
    form: type[forms.Form]
    do: Callable[[int, int | None, Mapping[str, Any]], Any]


def _change(order_id: int, seen: int | None, **details: Any) -> None:
    services.change_order(OrderChange(order_id, seen=seen, details=NewDetails(**details)))


ACTIONS = {
    "priority": Action(
        gettext_lazy("Give priority"),
        "orders.change_order",
        forms.Form,
        lambda order, seen, data: _change(order, seen, is_priority=True),
    ),
    "no-priority": Action(
        gettext_lazy("Take priority away"),
        "orders.change_order",
        forms.Form,
        lambda order, seen, data: _change(order, seen, is_priority=False),
    ),
    "date": Action(
        gettext_lazy("Move the requested date"),
        "orders.change_order",
        DateForm,
        lambda order, seen, data: _change(order, seen, requested_date=data["requested_date"]),
    ),
    "cancel": Action(
        gettext_lazy("Cancel orders"),
        "orders.cancel_order",
        ReasonForm,
        lambda order, seen, data: services.cancel_order(order, reason=data["reason"], seen=seen),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An order of several: its last step when it was looked at, what would happen or did, and whether it can or did."""

    order: Order
    seen: int
    text: str
    is_fine: bool


def action_form(name: str, data: Any = None) -> forms.Form:
    """What the action needs to know."""
    form = ACTIONS[name].form(data)
    dress(form)
    return form


def preview(name: str, order_ids: Collection[int], data: Mapping[str, Any]) -> list[Row]:
    """What the action would do to each order, in their order; three queries. Nothing is changed."""
    orders = Order.objects.filter(pk__in=order_ids).select_related("customer").annotate(step=newest_step())
    found = list(orders.order_by("pk"))
    pieces = pieces_by_order([order.pk for order in found])
    return [_preview_row(name, order, pieces[order.pk], data) for order in found]


def _preview_row(name: str, order: Any, pieces: tuple[int, int], data: Mapping[str, Any]) -> Row:
    text, is_fine = "", True
    if order.status not in OPEN_ORDERS:
        text, is_fine = _("Left as it is: the order is not open any more."), False
    elif name == "cancel":
        open_pieces, reserved = pieces
        words = in_words({"reserved": reserved, "waiting": open_pieces - reserved})
        text = _("Frees %(reserved)s reserved pieces, drops %(waiting)s waiting ones.") % words
    elif name == "date":
        text, is_fine = _date_text(order.requested_date, data.get("requested_date"))
    elif order.is_priority == (name == "priority"):
        text, is_fine = _("Left as it is: nothing would change."), False
    else:
        text = _("Is picked before others.") if name == "priority" else _("Is picked in its turn.")
    return Row(order, order.step or 0, text, is_fine)


def _date_text(old: date, new: date | None) -> tuple[str, bool]:
    if new is None:
        return _("Requested for %s.") % old.isoformat(), True
    if new == old:
        return _("Left as it is: nothing would change."), False
    return _("Requested date: %(old)s → %(new)s.") % {"old": old.isoformat(), "new": new.isoformat()}, True


def apply(name: str, rows: Collection[Row], data: Mapping[str, Any], seen: Mapping[int, int]) -> list[Row]:
    """Do it to each order that it can be done to, in a transaction of its own; each row then says what came of it."""
    return [_apply_one(name, row, data, seen.get(row.order.pk)) if row.is_fine else row for row in rows]


def _apply_one(name: str, row: Row, data: Mapping[str, Any], seen: int | None) -> Row:
    try:
        ACTIONS[name].do(row.order.pk, seen, data)
    except DomainError as refusal:
        reasons = " ".join(getattr(refusal, "field_errors", {}).values())
        return Row(row.order, row.seen, f"{refusal.detail} {reasons}".strip(), is_fine=False)
    return Row(row.order, row.seen, _("Done."), is_fine=True)
