"""Steps of a purchase order after it is written: approved or sent back, confirmed, given another date, closed."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.queue import kick
from purchasing import services
from purchasing.forms import ExpectedDateForm, ReasonForm
from purchasing.models import PurchaseOrder
from purchasing.tasks import check_reorder_points
from purchasing.views.orders import PLACE, order_page

Step = Callable[..., PurchaseOrder]


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_place(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Place a draft with its supplier, or have it wait for approval."""
    return _step(request, pk, services.place_purchase_order, said_of_placing)


def said_of_placing(order: PurchaseOrder) -> str:
    """What became of an order that was to be placed."""
    if order.status == PurchaseOrder.Status.WAITING:
        return _("%s is above your limit and waits for approval.") % order.number
    return _("Placed with the supplier: %s.") % order.number


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_approve(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Approve an order that waits, which places it."""
    return _step(request, pk, services.approve_purchase_order, said_of_placing)


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_send_back(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Refuse approval, with the reason."""
    return _with_reason(
        request, pk, services.send_back_purchase_order, "send_back_form", _("%s is a draft again: its placer sees why.")
    )


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Expect no more of an order that came in part, with the reason."""
    return _with_reason(
        request, pk, services.close_purchase_order, "close_form", _("%s is closed; nothing more of it is expected.")
    )


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Cancel an order of which nothing has arrived; a refusal keeps the reason typed."""
    said = _("Purchase order %s is cancelled; nothing of it is expected any more.")
    return _with_reason(request, pk, services.cancel_purchase_order, "cancel_form", said)


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_reschedule(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note when the supplier now says the goods come."""
    get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk)
    form = ExpectedDateForm(request.POST)
    if not form.is_valid():
        return order_page(request, pk, date_form=form, status=422)
    try:
        services.change_expected_date(pk, form.cleaned_data["expected_on"])
    except DomainError as error:
        return order_page(request, pk, date_form=form, error=error, status=409)
    messages.success(request, _("The changes were saved."))
    return redirect("purchasing:order", pk)


@require_POST
@permission_required(PLACE, raise_exception=True)
def order_confirm(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note that the supplier confirmed: its number, and the day of each line."""
    order = get_object_or_404(PurchaseOrder, pk=pk)
    typed = {line: request.POST.get(f"line-{line}", "").strip() for line in order.lines.values_list("pk", flat=True)}
    reference = request.POST.get("reference", "").strip()
    dates, errors = _dates(typed)
    kept: dict[str, Any] = {"typed_dates": typed, "typed_reference": reference}
    if errors:
        error = DomainError(_("Nothing was confirmed: please correct the fields named."))
        return order_page(request, pk, error=error, date_errors=errors, status=422, **kept)
    try:
        services.confirm_purchase_order(pk, dates, reference=reference)
    except DomainError as error:
        named = getattr(error, "field_errors", {})
        errors = {line: named[f"lines.{line}.date"] for line in typed if f"lines.{line}.date" in named}
        return order_page(request, pk, error=error, date_errors=errors, status=409, **kept)
    messages.success(request, _("The confirmation was noted; promises to customers follow its dates."))
    return redirect("purchasing:order", pk)


def _dates(typed: dict[int, str]) -> tuple[dict[int, date], dict[int, str]]:
    """Days by line, and what is wrong with those that are none; a line left empty keeps its date."""
    dates, errors = {}, {}
    for line, text in typed.items():
        try:
            day = parse_date(text) if text else None
        except ValueError:
            day = None
        if day:
            dates[line] = day
        elif text:
            errors[line] = _("Enter a day as 2026-01-31.")
    return dates, errors


def _step(request: HttpRequest, pk: int, step: Step, said: Callable[[PurchaseOrder], str]) -> HttpResponseBase:
    get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk)
    try:
        order = step(pk)
    except DomainError as error:
        return order_page(request, pk, error=error, status=409)
    messages.success(request, said(order))
    return redirect("purchasing:order", pk)


def _with_reason(request: HttpRequest, pk: int, step: Step, form_name: str, said: str) -> HttpResponseBase:
    get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk)
    form = ReasonForm(request.POST)
    kept: dict[str, Any] = {form_name: form}
    if not form.is_valid():
        return order_page(request, pk, status=422, **kept)
    try:
        order = step(pk, reason=form.cleaned_data["reason"])
    except DomainError as error:
        return order_page(request, pk, error=error, status=409, **kept)
    kick(check_reorder_points)
    messages.success(request, said % order.number)
    return redirect("purchasing:order", pk)
