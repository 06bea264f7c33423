"""Purchase orders: list with filters and export, one order with its history, placing, rescheduling, cancelling."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.exports import FORMATS, table_response
from core.money import to_cents
from core.queue import kick
from core.templatetags.tandem import quantity
from purchasing import selectors, services
from purchasing.forms import ExpectedDateForm, PurchaseFilterForm, ReasonForm
from purchasing.models import PurchaseOrder, PurchaseOrderLine
from purchasing.reasons import reasons
from purchasing.tasks import check_reorder_points
from purchasing.timeline import purchase_order_events
from purchasing.typed import whole

PAGE_SIZE = 50
EXPORT_LIMIT = 50_000
PLACE = "purchasing.place_purchaseorder"
VIEW = "purchasing.view_purchaseorder"


@require_safe
@permission_required(VIEW, raise_exception=True)
def order_list(request: HttpRequest) -> HttpResponseBase:
    """Purchase orders, newest first; ``?before=`` the last one shown gives the next page, however many there are."""
    form = PurchaseFilterForm(request.GET)
    orders = selectors.purchase_order_list(form.wish())
    if request.GET.get("format") in FORMATS:
        return _export(request.GET["format"], orders)
    before = whole(request.GET.get("before", ""))
    page = list((orders if before is None else orders.filter(pk__lt=before))[: PAGE_SIZE + 1])
    context = {
        "form": form,
        "filters": [form[name] for name in ("status", "supplier", "warehouse")],
        "orders": page[:PAGE_SIZE],
        "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "is_first": before is None,
        "is_filtered": form.is_used(),
        "export_limit": EXPORT_LIMIT,
    }
    is_part = request.headers.get("HX-Target") == "purchase-orders"
    return render(request, "purchasing/_orders.html" if is_part else "purchasing/orders.html", context)


def _export(kind: str, orders: QuerySet[PurchaseOrder]) -> HttpResponseBase:
    header = [
        _("Purchase order"),
        _("Supplier code"),
        _("Supplier"),
        _("Warehouse"),
        _("Status"),
        _("Order date"),
        _("Expected"),
        _("Overdue"),
        _("Lines"),
        _("Pieces ordered"),
        _("Pieces received"),
        _("Total"),
    ]
    rows = _export_rows(orders[:EXPORT_LIMIT])
    return table_response(kind, f"purchase-orders-{timezone.localdate()}", header, rows)


def _export_rows(orders: QuerySet[PurchaseOrder]) -> Iterator[list[Any]]:
    for order in orders.iterator(chunk_size=2000):
        yield [
            order.number,
            order.supplier.code,
            order.supplier.name,
            order.warehouse.name,
            order.get_status_display(),
            timezone.localdate(order.ordered_at) if order.ordered_at else None,
            order.expected_on,
            _("yes") if order.is_overdue else "",  # type: ignore[attr-defined]
            order.line_count,  # type: ignore[attr-defined]
            order.ordered,  # type: ignore[attr-defined]
            order.arrived,  # type: ignore[attr-defined]
            order.total,  # type: ignore[attr-defined]
        ]


@require_safe
@permission_required(VIEW, raise_exception=True)
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One purchase order; asked by htmx, only the part that changes."""
    is_part = request.headers.get("HX-Target") == "purchase-order"
    return _order_page(request, pk, template="purchasing/_order.html" if is_part else "purchasing/order.html")


@require_safe
@permission_required(VIEW, raise_exception=True)
def order_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The purchase order as the supplier gets it."""
    return _order_page(request, pk, template="purchasing/print.html")


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_place(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Place a draft with its supplier."""
    get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk)
    try:
        order = services.place_purchase_order(pk)
    except DomainError as error:
        return _order_page(request, pk, error=error, status=409)
    messages.success(request, _("Placed with the supplier: %s.") % order.number)
    return redirect("purchasing:order", pk)


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_reschedule(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note when the supplier now says the goods come."""
    get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk)
    form = ExpectedDateForm(request.POST)
    if not form.is_valid():
        return _order_page(request, pk, date_form=form, status=422)
    try:
        services.change_expected_date(pk, form.cleaned_data["expected_on"])
    except DomainError as error:
        return _order_page(request, pk, date_form=form, error=error, status=409)
    messages.success(request, _("The changes were saved."))
    return redirect("purchasing:order", pk)


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Cancel an order of which nothing has arrived; a refusal keeps the reason typed."""
    get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _order_page(request, pk, cancel_form=form, status=422)
    try:
        order = services.cancel_purchase_order(pk, reason=form.cleaned_data["reason"])
    except DomainError as error:
        return _order_page(request, pk, cancel_form=form, error=error, status=409)
    kick(check_reorder_points)
    messages.success(request, _("Purchase order %s is cancelled; nothing of it is expected any more.") % order.number)
    return redirect("purchasing:order", pk)


def _order_page(
    request: HttpRequest, pk: int, *, template: str = "purchasing/order.html", status: int = 200, **extra: Any
) -> HttpResponse:
    orders = selectors.with_figures(PurchaseOrder.objects.select_related("supplier", "warehouse", "created_by"))
    order = get_object_or_404(orders, pk=pk)
    lines = selectors.purchase_order_lines(order)
    context = {
        "order": order,
        "rows": [_row(line) for line in lines],
        "receipts": selectors.receipts(order),
        "events": purchase_order_events(order.pk),
        "can_cancel": PurchaseOrder.Status.CANCELLED in PurchaseOrder.NEXT.get(order.status, ()),
        "is_incoming": order.status in selectors.INCOMING,
        "cancel_question": _cancel_question(order, lines),
        "cancel_form": ReasonForm(),
        "date_form": ExpectedDateForm(initial={"expected_on": order.expected_on}),
    }
    return render(request, template, context | extra, status=status)


def _row(line: PurchaseOrderLine) -> dict[str, Any]:
    """A line, what is open of it, and the suggestion it came from, if one."""
    suggestion = getattr(line, "suggestion", None)
    return {
        "line": line,
        "open": line.quantity - line.received,
        "amount": to_cents(line.quantity * line.unit_cost),
        "suggested": suggestion.quantity if suggestion else None,
        "reasons": reasons(suggestion.inputs) if suggestion else [],
    }


def _cancel_question(order: PurchaseOrder, lines: list[PurchaseOrderLine]) -> str:
    """What cancelling does, line by line."""
    question = [_("Cancel purchase order %s?") % order.number]
    for line in lines:
        left = quantity(line.quantity - line.received)
        words = {"sku": line.product.sku, "quantity": left, "warehouse": order.warehouse.code}
        question.append(_("%(sku)s: %(quantity)s pieces will no longer come to %(warehouse)s.") % words)
    if order.ordered_at:
        question.append(_("Tell the supplier: Tandem does not."))
    question.append(_("This cannot be undone."))
    return "\n".join(question)
