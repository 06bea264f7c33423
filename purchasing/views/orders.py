"""Purchase orders: list with filters and export, one order with its history, as page, print and file."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.exports import FORMATS, table_response
from core.mail import unsent_mails
from core.money import ZERO, to_cents
from core.pages import count_for_notice, following_page
from core.saved_views import saves_views
from core.templatetags.tandem import quantity
from purchasing import selectors, services
from purchasing.currencies import own_currency
from purchasing.forms import ExpectedDateForm, PurchaseFilterForm, ReasonForm
from purchasing.models import PurchaseOrder, PurchaseOrderLine
from purchasing.papers import PLACED, SUBJECT, agreement_of
from purchasing.reasons import reasons
from purchasing.timeline import purchase_order_events

PAGE_SIZE = 50
EXPORT_LIMIT = 50_000
PLACE = "purchasing.place_purchaseorder"
VIEW = "purchasing.view_purchaseorder"


@require_safe
@permission_required(VIEW, raise_exception=True)
@saves_views(PurchaseFilterForm)
def order_list(request: HttpRequest) -> HttpResponseBase:
    """Purchase orders, newest first or sorted; ``?before=`` the last one shown gives the next page."""
    form = PurchaseFilterForm(request.GET)
    orders = selectors.purchase_order_list(form.wish())
    if request.GET.get("format") in FORMATS:
        return _export(request.GET["format"], orders)
    page = following_page(orders, request.GET.get("before"), PAGE_SIZE)
    context = {
        "form": form,
        "filters": [form[name] for name in ("status", "supplier", "warehouse", "sort")],
        "orders": page.object_list,
        "next": page.next,
        "is_first": page.is_first,
        "is_filtered": form.is_used(),
        "export_limit": EXPORT_LIMIT,
        "to_approve": _to_approve(request),
    }
    is_part = request.headers.get("HX-Target") == "purchase-orders"
    return render(request, "purchasing/_orders.html" if is_part else "purchasing/orders.html", context)


def _to_approve(request: HttpRequest) -> int:
    """How many orders wait for an approval that this user may give."""
    if not request.user.has_perm(PLACE):
        return 0
    return count_for_notice(selectors.waiting_orders(services.limit_of(request.user.pk)))


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
def order_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One purchase order; asked by htmx, only the part that changes; ``?format=csv`` its lines for the supplier."""
    if request.GET.get("format") in FORMATS:
        return _export_order(request.GET["format"], pk)
    is_part = request.headers.get("HX-Target") == "purchase-order"
    return order_page(request, pk, template="purchasing/_order.html" if is_part else "purchasing/order.html")


def _export_order(kind: str, pk: int) -> HttpResponseBase:
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier", "warehouse"), pk=pk)
    own = own_currency()
    header = [
        _("Purchase order"),
        _("Your code"),
        _("Our SKU"),
        _("Barcode"),
        _("Product"),
        _("Quantity"),
        _("Unit"),
        _("Unit cost"),
        _("Amount"),
        _("Currency"),
        _("Delivery wanted by"),
        _("Deliver to"),
    ]
    rows = (
        [
            order.number,
            line.supplier_sku,  # type: ignore[attr-defined]
            line.product.sku,
            line.product.barcode,
            line.product.name,
            line.quantity,
            line.product.unit,
            line.asked,
            to_cents(line.quantity * line.asked),
            order.currency or own,
            line.expected_on or order.expected_on,
            f"{order.warehouse.name} {order.warehouse.address}".strip(),
        ]
        for line in selectors.purchase_order_lines(order)
    )
    return table_response(kind, order.number, header, rows)


@require_safe
@permission_required(VIEW, raise_exception=True)
def order_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The purchase order as the supplier gets it."""
    return order_page(request, pk, template="purchasing/print.html")


def order_page(
    request: HttpRequest,
    pk: int,
    *,
    template: str = "purchasing/order.html",
    status: int = 200,
    typed_dates: Mapping[int, str] | None = None,
    date_errors: Mapping[int, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """One purchase order with its forms; ``extra`` replaces those that were sent and refused."""
    orders = selectors.with_figures(PurchaseOrder.objects.select_related("supplier", "warehouse", "created_by"))
    order = get_object_or_404(orders, pk=pk)
    lines = selectors.purchase_order_lines(order)
    context = {
        "order": order,
        "rows": [_row(order, line, typed_dates or {}, date_errors or {}) for line in lines],
        "asked_total": sum((to_cents(line.quantity * line.asked) for line in lines), ZERO),
        "receipts": selectors.receipts(order),
        "events": purchase_order_events(order.pk),
        "mails": unsent_mails(SUBJECT, order.pk),
        "can_mail": order.status in PLACED,
        "can_cancel": PurchaseOrder.Status.CANCELLED in PurchaseOrder.NEXT.get(order.status, ()),
        "is_incoming": order.status in selectors.INCOMING,
        "cancel_question": _cancel_question(order, lines),
        "close_question": _close_question(order, lines),
        "can_approve": order.status == PurchaseOrder.Status.WAITING
        and services.covers(services.limit_of(request.user.pk), order.total),  # type: ignore[attr-defined]
        "is_draft": order.status == PurchaseOrder.Status.DRAFT,
        "has_dates": any(line.expected_on for line in lines),
        "cancel_form": ReasonForm(),
        "close_form": ReasonForm(),
        "send_back_form": ReasonForm(),
        "date_form": ExpectedDateForm(initial={"expected_on": order.expected_on}),
    }
    return render(request, template, context | extra, status=status)


def _row(
    order: PurchaseOrder, line: PurchaseOrderLine, typed: Mapping[int, str], errors: Mapping[int, str]
) -> dict[str, Any]:
    """A line, what is open of it, and the suggestion it came from, if one."""
    suggestion = getattr(line, "suggestion", None)
    return {
        "line": line,
        "open": 0 if order.status == PurchaseOrder.Status.CLOSED else line.open,
        "day": typed.get(line.pk, f"{line.expected_on or order.expected_on or ''}"),
        "day_error": errors.get(line.pk, ""),
        "agreement": agreement_of(line),
        "amount": to_cents(line.quantity * line.unit_cost),
        "asked_amount": to_cents(line.quantity * line.asked),
        "suggested": suggestion.quantity if suggestion else None,
        "reasons": reasons(suggestion.inputs) if suggestion else [],
    }


def _cancel_question(order: PurchaseOrder, lines: list[PurchaseOrderLine]) -> str:
    """What cancelling does, line by line."""
    question = [_("Cancel purchase order %s?") % order.number]
    for line in lines:
        words = {"sku": line.product.sku, "quantity": quantity(line.open), "warehouse": order.warehouse.code}
        question.append(_("%(sku)s: %(quantity)s pieces will no longer come to %(warehouse)s.") % words)
    if order.ordered_at:
        question.append(_("Tell the supplier: Tandem does not."))
    question.append(_("This cannot be undone."))
    return "\n".join(question)


def _close_question(order: PurchaseOrder, lines: list[PurchaseOrderLine]) -> str:
    """What closing short does, line by line."""
    question = [_("Close purchase order %s with what has arrived?") % order.number]
    for line in lines:
        if line.open:
            words = {"sku": line.product.sku, "quantity": quantity(line.open), "warehouse": order.warehouse.code}
            question.append(_("%(sku)s: %(quantity)s pieces will no longer come to %(warehouse)s.") % words)
    question.append(_("This cannot be undone."))
    return "\n".join(question)
