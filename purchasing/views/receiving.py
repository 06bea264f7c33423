"""Receiving goods on a tablet: what is expected, counting it in by hand or scanner, and what came of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from core.idempotency import do_once, new_key
from core.saved_views import saves_views
from core.templatetags.tandem import quantity
from inventory.lots import lots_of_moves
from inventory.selectors import waiting_by_place
from purchasing import selectors, services
from purchasing.forms import ReceiptCostsForm, ReceivingFilterForm
from purchasing.lot_forms import LotForms
from purchasing.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine
from purchasing.typed import whole
from purchasing.values import NewReceipt

RECEIVE = "purchasing.receive_purchaseorder"
ORDERS_SHOWN = 100


@require_safe
@permission_required(RECEIVE, raise_exception=True)
@saves_views(ReceivingFilterForm)
def expected(request: HttpRequest) -> HttpResponseBase:
    """Purchase orders on their way, due first; the number of one leads straight to it."""
    form = ReceivingFilterForm(_remembered(request))
    wanted = form.wanted()
    search = (wanted["q"] or "").strip()
    scanned = PurchaseOrder.objects.filter(number__iexact=search, status__in=selectors.INCOMING).first()
    if search and scanned:
        return redirect("purchasing:receive", scanned.pk)
    orders = selectors.expected_orders(
        search=search, warehouse_id=wanted["warehouse"].pk if wanted["warehouse"] else None
    )
    page = list(orders[: ORDERS_SHOWN + 1])
    context = {
        "form": form,
        "orders": page[:ORDERS_SHOWN],
        "limit": ORDERS_SHOWN if len(page) > ORDERS_SHOWN else None,
        "is_filtered": form.is_used(),
        "list_url": request.get_full_path(),
    }
    is_part = request.headers.get("HX-Target") == "expected"
    return render(request, "purchasing/_expected.html" if is_part else "purchasing/expected.html", context)


def _remembered(request: HttpRequest) -> dict[str, str]:
    """The filters asked for; the warehouse stays chosen until another one is."""
    chosen = request.GET.dict()
    if "warehouse" in chosen:
        request.session["receiving_warehouse"] = chosen["warehouse"]
    return {"warehouse": request.session.get("receiving_warehouse", "")} | chosen


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RECEIVE, raise_exception=True)
def receive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Count in what arrived of one purchase order; sent twice, the form receives once."""
    order = get_object_or_404(PurchaseOrder.objects.select_related("supplier", "warehouse"), pk=pk)
    if request.method != "POST":
        return _form_page(request, order)
    lines = selectors.purchase_order_lines(order)
    typed = {line.pk: request.POST.get(f"line-{line.pk}", "").strip() for line in lines}
    errors = {pk: _("Enter a whole number, 0 for nothing.") for pk, text in typed.items() if whole(text or "0") is None}
    lots = LotForms(lines, request.POST)
    key = request.POST.get("key", "")
    costs = ReceiptCostsForm(request.POST)
    if errors or not costs.is_valid() or not lots.are_valid():
        return _form_page(request, order, typed=typed, key=key, errors=errors, costs=costs, lots=lots, status=422)
    places = {(line.product_id, order.warehouse_id) for line in lines}
    waited = sum(waiting_by_place(places).values())
    quantities = {pk: whole(text) or 0 for pk, text in typed.items()}
    new = NewReceipt(pk, quantities, landed=costs.landed(), lots=lots.values())
    try:
        receipt = do_once(request.user.pk or 0, key, request.POST, lambda: services.receive_goods([new])[0].pk)
    except DomainError as error:
        named = getattr(error, "field_errors", {})
        errors = {line: named[f"lines.{line}.quantity"] for line in typed if f"lines.{line}.quantity" in named}
        lots.refuse(named)
        return _form_page(
            request, order, typed=typed, key=key, error=error, errors=errors, costs=costs, lots=lots, status=409
        )
    _say_what_came_of_it(request, waited - sum(waiting_by_place(places).values()))
    return redirect("purchasing:receipt", receipt)


def _say_what_came_of_it(request: HttpRequest, filled: int) -> None:
    if filled > 0:
        sentence = ngettext(
            "%s piece that customers waited for is reserved for them now.",
            "%s pieces that customers waited for are reserved for them now.",
            filled,
        )
        messages.success(request, sentence % quantity(filled))


def _form_page(
    request: HttpRequest,
    order: PurchaseOrder,
    *,
    typed: dict[int, str] | None = None,
    key: str = "",
    error: DomainError | None = None,
    errors: dict[int, str] | None = None,
    costs: ReceiptCostsForm | None = None,
    lots: LotForms | None = None,
    status: int = 200,
) -> HttpResponse:
    lines = selectors.purchase_order_lines(order)
    lots = lots or LotForms(lines)
    is_wrong = errors or not lots.are_valid()
    context = {
        "order": order,
        "rows": [_row(line, typed, errors or {}) | {"lot": lots.forms.get(line.pk)} for line in lines],
        "receipts": selectors.receipts(order),
        "is_incoming": order.status in selectors.INCOMING,
        "key": key or new_key(),
        "error": error.detail if error else _("Nothing was received: correct the lines named.") if is_wrong else "",
        "costs": costs or ReceiptCostsForm(),
        "texts": _texts(order),
    }
    return render(request, "purchasing/receive.html", context, status=status)


def _row(line: PurchaseOrderLine, typed: dict[int, str] | None, errors: dict[int, str]) -> dict[str, Any]:
    codes = [line.product.sku, line.product.barcode, line.supplier_sku]  # type: ignore[attr-defined]
    return {
        "line": line,
        "open": line.open,
        "most": line.most,
        "quantity": line.open if typed is None else typed[line.pk],
        "error": errors.get(line.pk, ""),
        "codes": [code.upper() for code in codes if code],
    }


def _texts(order: PurchaseOrder) -> dict[str, str]:
    """Sentences that the page's script shows."""
    return {
        "counting": _("Counting by scan: every line started at 0."),
        "counted": _("{code}: {quantity} of {open}"),
        "unknown": _("{code} is not on this order. Put it aside."),
        "complete": _("{code}: all {open} expected are counted already. Put the rest aside."),
        "more": _("{code}: {quantity}, more than the {open} expected, within the tolerance"),
        "question": _("Receive {pieces} pieces of %(number)s into %(warehouse)s?\nThis cannot be undone.")
        % {"number": order.number, "warehouse": order.warehouse},
    }


@require_safe
@permission_required(RECEIVE, raise_exception=True)
def receipt_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What one goods receipt brought in, and what is still expected of its order."""
    receipts = GoodsReceipt.objects.select_related(
        "purchase_order__supplier", "purchase_order__warehouse", "created_by"
    ).prefetch_related("lines__line__product")
    receipt = get_object_or_404(receipts, pk=pk)
    lines = list(receipt.lines.all())
    lots = lots_of_moves([line.move_id for line in lines])
    context = {
        "receipt": receipt,
        "order": receipt.purchase_order,
        "lines": [(line, lots.get(line.move_id, [])) for line in lines],
        "pieces": sum(line.quantity for line in lines),
        "left": sum(line.open for line in receipt.purchase_order.lines.all())
        if receipt.purchase_order.status == PurchaseOrder.Status.PARTLY_RECEIVED
        else 0,
    }
    return render(request, "purchasing/receipt.html", context)


@require_safe
@permission_required(RECEIVE, raise_exception=True)
def receipts_so_far(request: HttpRequest, pk: int) -> HttpResponse:
    """What arrived of a purchase order, for a receiving page that is open: ``?seen=`` tells how many it has shown."""
    order = get_object_or_404(PurchaseOrder, pk=pk)
    found = list(selectors.receipts(order))
    seen = request.GET.get("seen", "")
    context = {
        "order": order,
        "receipts": found,
        "seen": seen,
        "is_stale": seen != str(len(found)) or order.status not in selectors.INCOMING,
    }
    return render(request, "purchasing/_receipts_so_far.html", context)
