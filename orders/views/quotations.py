"""Quotations: the list, one with its history, holding stock for it, and what becomes of it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.mail import unsent_mails
from core.saved_views import saves_views
from core.templatetags.tandem import in_words
from orders import quotations as selectors
from orders import services
from orders.credit import RELEASE, CreditExceeded
from orders.models import Quotation
from orders.quotation_forms import DeclineForm, HoldForm, QuotationFilterForm
from orders.quotation_timeline import quotation_events
from orders.services.quotations import MAX_HOLD_DAYS

PAGE_SIZE = 50


@require_safe
@permission_required("orders.view_quotation", raise_exception=True)
@saves_views(QuotationFilterForm)
def quotation_list(request: HttpRequest) -> HttpResponse:
    """Quotations, newest first; ``?before=`` the last one shown gives the next page."""
    form = QuotationFilterForm(request.GET)
    found = selectors.quotation_list(form.wish(request.user.pk))
    before = request.GET.get("before", "")
    page = list((found.filter(pk__lt=int(before)) if before.isdecimal() else found)[: PAGE_SIZE + 1])
    context = {
        "form": form,
        "quotations": page[:PAGE_SIZE],
        "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "is_first": not before.isdecimal(),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "today": timezone.localdate(),
        "soon": timezone.localdate() + timedelta(days=2),
    }
    return render(request, "orders/quotations.html", context)


@require_safe
@permission_required("orders.view_quotation", raise_exception=True)
def quotation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One quotation."""
    return _page(request, pk)


@require_safe
@permission_required("orders.view_quotation", raise_exception=True)
def quotation_print(request: HttpRequest, pk: int) -> HttpResponse:
    """What the customer gets, on paper."""
    return _page(request, pk, template="orders/quotation_print.html")


def _page(
    request: HttpRequest, pk: int, *, template: str = "orders/quotation.html", status: int = 200, **extra: Any
) -> HttpResponse:
    found = Quotation.objects.select_related("customer", "channel", "warehouse", "created_by", "order", "replaced_by")
    quotation = get_object_or_404(found, pk=pk)
    lines = list(quotation.lines.select_related("product").order_by("position"))
    is_open = quotation.status == Quotation.Status.OPEN
    held = sum(line.held for line in lines)
    context = {
        "quotation": quotation,
        "lines": lines,
        "held": held,
        "missing": sum(line.quantity for line in lines) - held,
        "totals": selectors.quotation_totals(quotation, lines),
        "events": quotation_events(pk),
        "mails": unsent_mails("quotation", pk),
        "is_open": is_open,
        "is_over": is_open and quotation.valid_until < timezone.localdate(),
        "order_question": _order_question(quotation, held, sum(line.quantity for line in lines) - held),
        "hold_form": HoldForm(quotation),
        "decline_form": DeclineForm(),
        "max_hold_days": MAX_HOLD_DAYS,
    }
    return render(request, template, context | extra, status=status)


def _order_question(quotation: Quotation, held: int, missing: int) -> str:
    """What ordering does."""
    words = in_words({"number": quotation.number, "held": held, "missing": missing})
    question = [_("Make an order of quotation %(number)s, at the prices offered?") % words]
    if held:
        question.append(_("%(held)s held pieces pass over to it.") % words)
    if missing:
        question.append(_("%(missing)s pieces are not held: what is there is reserved now, the rest waits.") % words)
    return "\n".join(question)


@require_POST
@permission_required("orders.confirm_order", raise_exception=True)
def quotation_order(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Make the order; a refusal shows the page again with its sentence."""
    release = bool(request.POST.get("release_credit"))
    if release and not request.user.has_perm(RELEASE):
        raise PermissionDenied
    quotation = get_object_or_404(Quotation, pk=pk)
    if quotation.order_id:
        # Sent twice, or by two people: there is one order.
        return _to_order(request, quotation.order_id)
    try:
        order = services.order_quotation(pk, release_credit=release)
    except DomainError as refusal:
        over = isinstance(refusal, CreditExceeded)
        return _page(request, pk, error=refusal, over_limit=over, status=409)
    return _to_order(request, order.pk)


def _to_order(request: HttpRequest, order_id: int) -> HttpResponseBase:
    if request.user.has_perm("orders.view_order"):
        return redirect(f"{reverse('orders:detail', args=[order_id])}?confirmed=1")
    return redirect("orders:quotations")


@require_POST
@permission_required("orders.change_quotation", raise_exception=True)
def quotation_hold(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hold stock until a day, longer or anew."""
    quotation = get_object_or_404(Quotation, pk=pk)
    form = HoldForm(quotation, request.POST)
    if not form.is_valid():
        return _page(request, pk, hold_form=form, status=422)
    try:
        services.hold_quotation(pk, form.cleaned_data["held_until"])
    except DomainError as refusal:
        for text in getattr(refusal, "field_errors", {}).values():
            form.add_error("held_until", text)
        error = None if form.errors else refusal
        return _page(request, pk, hold_form=form, error=error, status=422 if form.errors else 409)
    return redirect("orders:quotation", pk)


@require_POST
@permission_required("orders.change_quotation", raise_exception=True)
def quotation_let_go(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give back the stock held."""
    get_object_or_404(Quotation.objects.only("pk"), pk=pk)
    try:
        services.let_go_of_quotation(pk)
    except DomainError as refusal:
        return _page(request, pk, error=refusal, status=409)
    return redirect("orders:quotation", pk)


@require_POST
@permission_required("orders.change_quotation", raise_exception=True)
def quotation_decline(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Close it because the customer does not want it."""
    get_object_or_404(Quotation.objects.only("pk"), pk=pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, decline_form=form, status=422)
    try:
        quotation = services.decline_quotation(pk, form.cleaned_data["reason"])
    except DomainError as refusal:
        return _page(request, pk, decline_form=form, error=refusal, status=409)
    messages.success(request, _("Quotation %s is closed; what it held is free again.") % quotation.number)
    return redirect("orders:quotation", pk)
