"""Transfers between warehouses: list, request, one transfer with its history, sending and receiving it, its slip."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.forms import spread_errors
from core.idempotency import do_once, new_key
from core.saved_views import saves_views
from core.templatetags.tandem import quantity
from inventory import selectors, transfers
from inventory.history import transfer_events
from inventory.models import Product, StockLevel, Transfer, TransferLine
from inventory.transfer_forms import (
    DayForm,
    TransferFilterForm,
    TransferHeadForm,
    WhyForm,
    blank_line,
    typed_lines,
    valid_lines,
    whole,
)
from inventory.transit import lane_rows
from inventory.views.stock import VIEW_COSTS, row_after

PAGE_SIZE = 50
MAX_SUGGESTIONS = 8
VIEW, REQUEST, MOVE = "inventory.view_transfer", "inventory.request_transfer", "inventory.move_transfer"


@require_safe
@permission_required(VIEW, raise_exception=True)
@saves_views(TransferFilterForm)
def transfer_list(request: HttpRequest) -> HttpResponse:
    """Transfers, newest first; ``?before=`` the last one shown gives the next page."""
    form, before = TransferFilterForm(request.GET), row_after(request, "before")
    found = selectors.transfer_list(form.wish())
    page = list((found if before is None else found.filter(pk__lt=before))[: PAGE_SIZE + 1])
    context = {
        "form": form,
        "transfers": page[:PAGE_SIZE],
        "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "is_first": before is None,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    is_part = request.headers.get("HX-Target") == "transfers"
    return render(request, "inventory/_transfers.html" if is_part else "inventory/transfers.html", context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def transfer_lanes(request: HttpRequest) -> HttpResponse:
    """How long transfers take from each warehouse to each: what people named, what is learned from arrivals."""
    return render(request, "inventory/transfer_lanes.html", {"lanes": lane_rows()})


@require_safe
@permission_required(REQUEST, raise_exception=True)
def product_suggestions(request: HttpRequest) -> JsonResponse:
    """Products for the type-ahead, each with what is free at the source."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = list(selectors.search_products(text)[:MAX_SUGGESTIONS]) if text else []
    source = whole(request.GET.get("source", "")) or 0
    free = dict(StockLevel.objects.filter(product__in=found, warehouse=source).values_list("product_id", "available"))
    rows = [
        {
            "id": product.pk,
            "label": product.name,
            "code": product.sku,
            "hint": _("%s free") % quantity(free.get(product.pk, 0)),
            "exact": product.is_exact,  # type: ignore[attr-defined]
        }
        for product in found
    ]
    return JsonResponse({"results": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(REQUEST, raise_exception=True)
def transfer_new(request: HttpRequest) -> HttpResponseBase:
    """Ask one warehouse to send to another; sent twice, the form asks once. ``?product=`` and the like fill it in."""
    if request.method != "POST":
        ends = {name: request.GET.get(name) for name in ("source", "destination")}
        head = TransferHeadForm(initial=ends)
        return _form_page(request, head, [_first_line(request)], key=new_key())
    head, lines, key = TransferHeadForm(request.POST), typed_lines(request.POST), request.POST.get("key", "")
    wanted = valid_lines(lines)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, key=key, status=422)
    new = transfers.NewTransfer(
        source_id=head.cleaned_data["source"].pk,
        destination_id=head.cleaned_data["destination"].pk,
        lines=wanted,
        expected_on=head.cleaned_data["expected_on"],
        reason=head.cleaned_data["reason"],
    )
    try:
        pk = do_once(request.user.pk or 0, key, request.POST, lambda: transfers.request_transfer(new).pk)
    except DomainError as error:
        return _form_page(request, head, lines, key=key, error=error, status=422)
    messages.success(request, _("The transfer was requested; the source warehouse sees it."))
    return redirect("inventory:transfer", pk)


def _first_line(request: HttpRequest) -> dict[str, Any]:
    product = Product.objects.filter(pk=whole(request.GET.get("product", "")) or 0).first()
    if product is None:
        return blank_line()
    pieces = whole(request.GET.get("quantity", ""))
    return blank_line() | {"product": product.pk, "label": str(product), "quantity": "" if pieces is None else pieces}


def _form_page(
    request: HttpRequest,
    head: TransferHeadForm,
    lines: list[dict[str, Any]],
    *,
    key: str,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with everything that was typed, each error at its field."""
    context = {
        "head": head,
        "lines": lines,
        "blank": blank_line(),
        "key": key,
        "error": error.detail if error else _("Please correct the fields named.") if status != 200 else "",
        "other_errors": spread_errors(getattr(error, "field_errors", {}), head, lines),
        "texts": {"no_match": _("No product fits.")},
    }
    return render(request, "inventory/transfer_form.html", context, status=status)


@require_safe
@permission_required(VIEW, raise_exception=True)
def transfer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One transfer; asked by htmx, only the part that changes."""
    is_part = request.headers.get("HX-Target") == "transfer"
    return _page(request, pk, template="inventory/_transfer.html" if is_part else "inventory/transfer.html")


@require_safe
@permission_required(VIEW, raise_exception=True)
def transfer_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The slip that goes with the pieces."""
    return _page(request, pk, template="inventory/transfer_print.html")


def _transfer(pk: int) -> Transfer:
    rows = Transfer.objects.select_related("source", "destination", "created_by")
    return get_object_or_404(selectors.transfers_with_figures(rows), pk=pk)


def _page(
    request: HttpRequest, pk: int, *, template: str = "inventory/transfer.html", status: int = 200, **extra: Any
) -> HttpResponse:
    transfer = _transfer(pk)
    lines = selectors.transfer_lines(transfer)
    status_of = Transfer.Status
    context = {
        "transfer": transfer,
        "lines": lines,
        "steps": transfer_events(pk),
        "in_transit": sum(line.open for line in lines),
        "is_in_transit": transfer.status in Transfer.IN_TRANSIT,
        "is_open": transfer.status in (status_of.REQUESTED, *Transfer.IN_TRANSIT),
        "value": sum((line.cost for line in lines), start=0) if request.user.has_perm(VIEW_COSTS) else None,
        "cancel_form": WhyForm(),
        "close_form": WhyForm(),
        "day_form": DayForm(initial={"expected_on": transfer.expected_on}),
        "close_question": _close_question(transfer, lines),
        "cancel_question": _("Cancel transfer %s? Nothing of it will come.") % transfer.number,
    }
    return render(request, template, context | extra, status=status)


def _close_question(transfer: Transfer, lines: list[TransferLine]) -> str:
    """What closing with differences does, line by line."""
    question = [_("Close transfer %s with what has arrived?") % transfer.number]
    for line in lines:
        if line.open:
            words = {"sku": line.product.sku, "pieces": quantity(line.open), "warehouse": transfer.destination.code}
            question.append(_("%(sku)s: %(pieces)s pieces are written off at %(warehouse)s as missing.") % words)
    question.append(_("This cannot be undone."))
    return "\n".join(question)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MOVE, raise_exception=True)
def transfer_send(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Count out what leaves the source; sent twice, the form sends once."""
    transfer = _transfer(pk)
    if transfer.status != Transfer.Status.REQUESTED:
        messages.error(request, _("%s is no longer waiting to be sent.") % transfer.number)
        return redirect("inventory:transfer", pk)
    return _move(request, transfer, transfers.send_transfer, _("The pieces are in transit."), is_sending=True)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MOVE, raise_exception=True)
def transfer_receive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Count in what arrived at the destination; sent twice, the form receives once."""
    transfer = _transfer(pk)
    if transfer.status not in Transfer.IN_TRANSIT and request.method != "POST":
        messages.error(request, _("Nothing of %s is in transit.") % transfer.number)
        return redirect("inventory:transfer", pk)
    return _move(request, transfer, transfers.receive_transfer, _("The pieces were received."), is_sending=False)


def _move(
    request: HttpRequest, transfer: Transfer, step: Callable[..., Transfer], said: str, *, is_sending: bool
) -> HttpResponseBase:
    if request.method != "POST":
        return _move_page(request, transfer, is_sending=is_sending)
    typed = {line: request.POST.get(f"line-{line}", "").strip() for line in transfer.lines.values_list("pk", flat=True)}
    errors = {
        line: _("Enter a whole number, 0 for nothing.") for line, text in typed.items() if whole(text or "0") is None
    }
    kept: dict[str, Any] = {"typed": typed, "key": request.POST.get("key", ""), "is_sending": is_sending}
    if errors:
        return _move_page(request, transfer, errors=errors, status=422, **kept)
    wanted = {line: whole(text) or 0 for line, text in typed.items()}
    try:
        do_once(request.user.pk or 0, kept["key"], request.POST, lambda: step(transfer.pk, wanted).pk)
    except DomainError as error:
        named = getattr(error, "field_errors", {})
        errors = {line: named[f"lines.{line}.quantity"] for line in typed if f"lines.{line}.quantity" in named}
        return _move_page(request, transfer, errors=errors, error=error, status=409, **kept)
    messages.success(request, said)
    return redirect("inventory:transfer", transfer.pk)


def _move_page(
    request: HttpRequest,
    transfer: Transfer,
    *,
    is_sending: bool,
    typed: Mapping[int, str] | None = None,
    errors: Mapping[int, str] | None = None,
    error: DomainError | None = None,
    key: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = []
    for line in selectors.transfer_lines(transfer):
        most = max(min(line.requested, line.free), 0) if is_sending else line.open  # type: ignore[attr-defined]
        rows.append(
            {
                "line": line,
                "most": most,
                "quantity": most if typed is None else typed[line.pk],
                "error": (errors or {}).get(line.pk, ""),
                "codes": [code.upper() for code in (line.product.sku, line.product.barcode) if code],
            }
        )
    context = {
        "transfer": transfer,
        "rows": rows,
        "is_sending": is_sending,
        "key": key or new_key(),
        "error": error.detail if error else _("Nothing moved: please correct the lines named.") if errors else "",
        "texts": _texts(transfer, is_sending=is_sending),
    }
    return render(request, "inventory/transfer_move.html", context, status=status)


def _texts(transfer: Transfer, *, is_sending: bool) -> dict[str, str]:
    """Sentences that the page's script shows."""
    question = (
        _("Send {pieces} pieces of %(number)s from %(source)s to %(destination)s?\nThis cannot be undone.")
        if is_sending
        else _("Receive {pieces} pieces of %(number)s into %(destination)s?\nThis cannot be undone.")
    )
    words = {"number": transfer.number, "source": transfer.source.code, "destination": transfer.destination.code}
    return {
        "counting": _("Counting by scan: every line started at 0."),
        "counted": _("{code}: {quantity} of {open}"),
        "unknown": _("{code} is not on this transfer. Put it aside."),
        "complete": _("{code}: all {open} are counted already. Put the rest aside."),
        "more": "",
        "question": question % words,
    }


@require_POST
@permission_required(REQUEST, raise_exception=True)
def transfer_cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back a request, with the reason."""
    return _with_reason(request, pk, transfers.cancel_transfer, "cancel_form", _("Transfer %s is cancelled."))


@require_POST
@permission_required(MOVE, raise_exception=True)
def transfer_close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Expect no more of what was sent, with the reason."""
    said = _("Transfer %s is closed; what was missing is written off.")
    return _with_reason(request, pk, transfers.close_transfer, "close_form", said)


def _with_reason(
    request: HttpRequest, pk: int, step: Callable[..., Transfer], form_name: str, said: str
) -> HttpResponseBase:
    get_object_or_404(Transfer.objects.only("pk"), pk=pk)
    form = WhyForm(request.POST)
    kept: dict[str, Any] = {form_name: form}
    if not form.is_valid():
        return _page(request, pk, status=422, **kept)
    try:
        transfer = step(pk, reason=form.cleaned_data["reason"])
    except DomainError as error:
        return _page(request, pk, error=error, status=409, **kept)
    messages.success(request, said % transfer.number)
    return redirect("inventory:transfer", pk)


@require_POST
@permission_required(REQUEST, raise_exception=True)
def transfer_reschedule(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Count on the pieces for another day."""
    get_object_or_404(Transfer.objects.only("pk"), pk=pk)
    form = DayForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, day_form=form, status=422)
    try:
        transfers.reschedule_transfer(pk, form.cleaned_data["expected_on"])
    except DomainError as error:
        return _page(request, pk, day_form=form, error=error, status=409)
    messages.success(request, _("The changes were saved."))
    return redirect("inventory:transfer", pk)
