"""Orders: the list with its filters and export, one order with its history, and cancelling it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError, Outdated
from core.exports import FORMATS, table_response
from core.mail import unsent_mails
from core.pages import following_page
from core.saved_views import saves_views
from core.templatetags.tandem import in_words
from orders import selectors, services
from orders.forms import CancelForm, OrderFilterForm
from orders.models import Invoice, Order, ReturnAuthorization, ShipmentLine
from orders.promise import OPEN_ORDERS
from orders.quotes import line_state
from orders.selectors import DeskLine
from orders.services.steps import STEPS
from orders.several import ACTIONS
from orders.timeline import moved_pieces, order_events

PAGE_SIZE = 50
EXPORT_LIMIT = 50_000
LINES_IN_QUESTION = 8
FILTERS = ("status", "channel", "warehouse", "first", "last", "sort")


@require_safe
@permission_required("orders.view_order", raise_exception=True)
@saves_views(OrderFilterForm)
def order_list(request: HttpRequest) -> HttpResponseBase:
    """Orders, newest first or sorted; ``?before=`` the last one shown gives the next page, however many there are."""
    form = OrderFilterForm(request.GET)
    orders = selectors.order_list(form.wish())
    if request.GET.get("format") in FORMATS:
        return _export(request.GET["format"], orders)
    page = following_page(orders, request.GET.get("before"), PAGE_SIZE)
    actions = [(name, step.label) for name, step in ACTIONS.items() if request.user.has_perm(step.permission)]
    context = {
        "form": form,
        "filters": [form[name] for name in FILTERS],
        "orders": page.object_list,
        "next": page.next,
        "is_first": page.is_first,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "is_narrowed": any(request.GET.get(name) for name in (*FILTERS, "waiting")),
        "export_limit": EXPORT_LIMIT,
        "actions": actions,
        "may_choose": actions or request.user.has_perm("orders.view_shipment"),
    }
    return render(request, "orders/list.html", context)


def _export(kind: str, orders: QuerySet[Order]) -> HttpResponseBase:
    header = [
        _("Order"),
        _("External reference"),
        pgettext("date", "Ordered"),
        _("Customer code"),
        _("Customer"),
        _("Channel"),
        _("Warehouse"),
        _("Status"),
        _("Requested date"),
        _("Total"),
        _("Waiting pieces"),
        _("Note"),
    ]
    return table_response(kind, f"orders-{timezone.localdate()}", header, _export_rows(orders[:EXPORT_LIMIT]))


def _export_rows(orders: QuerySet[Order]) -> Iterator[list[Any]]:
    # Looked up once: get_status_display() takes longer than the rest of the row.
    statuses = {status.value: str(status.label) for status in Order.Status}
    for order in orders.iterator(chunk_size=2000):
        yield [
            order.number,
            order.external_reference,
            timezone.localdate(order.ordered_at),
            order.customer.code,
            order.customer.name,
            order.channel.name,
            order.warehouse.name,
            statuses[order.status],
            order.requested_date,
            order.total,  # type: ignore[attr-defined]
            order.waiting if order.status in OPEN_ORDERS else 0,  # type: ignore[attr-defined]
            order.note,
        ]


@require_safe
@permission_required("orders.view_order", raise_exception=True)
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One order; asked by htmx, only the part that changes."""
    template = "orders/_order.html" if request.headers.get("HX-Request") else "orders/detail.html"
    return _order_page(request, pk, template=template)


@require_POST
@permission_required("orders.cancel_order", raise_exception=True)
def order_cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Cancel what has not shipped; a refusal shows the page again with its sentence and the reason typed."""
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _order_page(request, pk, cancel_form=form, status=422)
    try:
        order = services.cancel_order(pk, reason=form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
    except Outdated as error:
        return _order_page(request, pk, cancel_form=form, error=error, since=form.cleaned_data["seen"], status=409)
    except DomainError as error:
        return _order_page(request, pk, cancel_form=form, error=error, status=409)
    if order.status == Order.Status.CANCELLED:
        text = _("Order %s is cancelled; what was reserved is free again.")
    else:
        text = _("What had not shipped of order %s is cancelled; what was reserved is free again.")
    messages.success(request, text % order.number)
    return redirect("orders:detail", pk)


def _order_page(
    request: HttpRequest,
    pk: int,
    *,
    template: str = "orders/detail.html",
    status: int = 200,
    since: int | None = None,
    **extra: Any,
) -> HttpResponse:
    parties = ("customer", "channel", "warehouse", "created_by", "quotation")
    order = get_object_or_404(Order.objects.select_related(*parties), pk=pk)
    # Before the lines: a step that is recorded in between is then unknown to the page.
    events = order_events(order.pk)
    seen = max((event.pk for event in events if event.verb in STEPS), default=0)
    moved = moved_pieces(events)
    rows = [replace(row, moved=moved[row.line.position]) for row in selectors.order_lines(order)]
    is_open = order.status in OPEN_ORDERS
    context = {
        "order": order,
        "rows": [(row, line_state(row)) for row in rows],
        "reserved": sum(row.reserved for row in rows),
        "waiting": sum(row.waiting for row in rows),
        "has_moved": any(row.moved for row in rows),
        "has_cancelled": any(row.cancelled for row in rows),
        "has_returned": any(row.line.returned for row in rows),
        "totals": selectors.order_totals(order, [row.line for row in rows]),
        "has_discount": any(row.line.discount for row in rows),
        "stages": _stages(order, rows),
        "shipments": selectors.order_shipments(order),
        "events": events,
        **(_invoices(order, rows) if request.user.has_perm("orders.view_invoice") else {}),
        "returns": order.returns.order_by("pk"),
        "authorizations": _authorizations(order, rows),
        "complaints": order.complaints.select_related("line__product", "created_by").order_by("pk"),
        "step": next((event for event in events if str(event.pk) == request.GET.get("step")), None),
        "mails": unsent_mails("order", order.pk),
        "is_open": is_open,
        "cancel_question": _cancel_question(order, rows) if is_open else "",
        "cancel_form": CancelForm(),
        "quotation": getattr(order, "quotation", None),
        "seen": seen,
        "since": [event for event in events if since is not None and event.pk > since],
    }
    return render(request, template, context | extra, status=status)


def _authorizations(order: Order, rows: list[DeskLine]) -> list[ReturnAuthorization]:
    """Nothing comes back of what has not shipped: no query then."""
    return list(order.return_authorizations.order_by("pk")) if any(row.line.shipped for row in rows) else []


def _invoices(order: Order, rows: list[DeskLine]) -> dict[str, object]:
    """The invoices of an order, and whether one is to be issued; no query before anything has shipped."""
    if not any(row.line.shipped for row in rows):
        return {}
    to_invoice = ShipmentLine.objects.filter(shipment__order=order, invoiced=None).exists()
    return {"invoices": Invoice.objects.filter(order=order).order_by("pk"), "to_invoice": to_invoice}


def _stages(order: Order, rows: list[DeskLine]) -> list[dict[str, object]]:
    """How far the order is, as (label, pieces of all pieces); the furthest stage reached whole is ``is_current``."""
    wanted = sum(row.line.quantity - row.line.cancelled for row in rows)
    shipped = sum(row.line.shipped for row in rows)
    secured = shipped + sum(row.reserved for row in rows)
    reached = 2 if order.status == Order.Status.SHIPPED else 1 if secured == wanted else 0
    labels = [(pgettext("stage", "Ordered"), wanted), (_("Reserved"), secured), (_("Shipped"), shipped)]
    return [
        {"label": label, "pieces": pieces, "wanted": wanted, "is_current": index == reached}
        for index, (label, pieces) in enumerate(labels)
    ]


def _cancel_question(order: Order, rows: list[DeskLine]) -> str:
    """What cancelling does, line by line."""
    question = [_("Cancel order %s?") % order.number]
    touched = [row for row in rows if row.line.open_quantity]
    for row in touched[:LINES_IN_QUESTION]:
        words = in_words({"sku": row.line.product.sku, "reserved": row.reserved, "waiting": row.waiting})
        if row.reserved and row.waiting:
            question.append(_("%(sku)s: frees %(reserved)s, drops %(waiting)s waiting.") % words)
        elif row.reserved:
            question.append(_("%(sku)s: frees %(reserved)s.") % words)
        else:
            question.append(_("%(sku)s: drops %(waiting)s waiting.") % words)
    if len(touched) > LINES_IN_QUESTION:
        question.append(_("… and %s more lines") % (len(touched) - LINES_IN_QUESTION))
    if any(row.line.shipped for row in rows):
        question.append(_("What has shipped stays shipped; goods that come back are a return."))
    question.append(_("This cannot be undone."))
    return "\n".join(question)
