"""Blanket orders: what is agreed with suppliers, what is left of it, and the purchase orders that draw on it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, InvalidInput
from core.idempotency import do_once, new_key
from core.money import to_cents
from core.pages import following_page
from core.queue import kick
from core.saved_views import saves_views
from purchasing import agreements, services
from purchasing.agreement_forms import BlanketFilterForm, BlanketHeadForm, BlanketLineForm, ReleaseForm
from purchasing.forms import ReasonForm
from purchasing.models import BlanketOrder, PurchaseOrder
from purchasing.tasks import check_reorder_points
from purchasing.timeline import blanket_order_events
from purchasing.typed import whole
from purchasing.values import NewBlanketLine, NewBlanketOrder
from purchasing.views.entry import PLACE, Typed, blank_line, form_page, typed_lines, valid_lines
from purchasing.views.steps import said_of_placing

PAGE_SIZE = 50
RELEASES_SHOWN = 50
VIEW, ADD, CHANGE = (f"purchasing.{what}_blanketorder" for what in ("view", "add", "change"))
_form_page = partial(form_page, template="purchasing/blanket_form.html")
State = BlanketOrder.State


@require_safe
@permission_required(VIEW, raise_exception=True)
@saves_views(BlanketFilterForm)
def blanket_list(request: HttpRequest) -> HttpResponseBase:
    """Agreements, the last to end first; those that end soon with something left stand out."""
    form, today = BlanketFilterForm(request.GET), timezone.localdate()
    wanted = form.wanted()
    orders = agreements.blanket_orders(
        today,
        search=wanted["q"] or "",
        supplier_id=wanted["supplier"].pk if wanted["supplier"] else None,
        state=wanted["state"] or "",
    )
    page = following_page(orders, request.GET.get("after"), PAGE_SIZE)
    context = {
        "form": form,
        "filters": [form[name] for name in ("state", "supplier")],
        "rows": [_row(order) for order in page],
        "page": page,
        "is_filtered": form.is_used(),
        "ending": agreements.blanket_orders(today, state=State.ENDING).count(),
    }
    return render(request, "purchasing/blankets.html", context)


def _row(order: Any) -> dict[str, Any]:
    """An agreement, where it stands, and how much of it is drawn: by value where that limits it, else by pieces."""
    by_value = order.value_limit is not None
    drawn, agreed = (order.spent, order.value_limit) if by_value else (order.drawn, order.pieces)
    state = order.state(timezone.localdate())
    return {
        "order": order,
        "state": state,
        "by_value": by_value,
        "drawn": drawn,
        "agreed": agreed,
        "left": agreed - drawn,
        "share": min(100, int(100 * drawn / agreed)) if agreed else 0,
        "is_over": drawn > agreed,
        "is_urgent": state == State.ENDING and drawn < agreed,
    }


@require_safe
@permission_required(VIEW, raise_exception=True)
def blanket_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One agreement: what is left of each line, what draws on it, and a form to order from it."""
    return _page(request, pk)


def _page(
    request: HttpRequest,
    pk: int,
    *,
    status: int = 200,
    typed: Mapping[int, str] | None = None,
    errors: Mapping[int, str] | None = None,
    **extra: Any,
) -> HttpResponseBase:
    found = agreements.blanket_orders(timezone.localdate()).select_related("created_by")
    order = get_object_or_404(found, pk=pk)
    lines = agreements.blanket_order_lines(pk)
    state = order.state(timezone.localdate())
    releases = list(agreements.releases(pk)[: RELEASES_SHOWN + 1])
    drafts = {r.purchase_order.number for r in releases if r.purchase_order.status == PurchaseOrder.Status.DRAFT}
    context = {
        "order": order,
        "row": _row(order),
        "lines": [_line(line, (typed or {}).get(line.pk, ""), (errors or {}).get(line.pk, "")) for line in lines],
        "releases": releases[:RELEASES_SHOWN],
        "has_more": len(releases) > RELEASES_SHOWN,
        "events": blanket_order_events(pk),
        "is_open": order.status == BlanketOrder.Status.OPEN,
        "can_release": state in (State.VALID, State.ENDING) and order.currency == order.supplier.currency,
        "has_other_currency": order.currency != order.supplier.currency,
        "may_overdraw": False,
        "release_form": ReleaseForm(),
        "close_form": ReasonForm(),
        "close_question": _close_question(order, lines, drafts),
        "key": new_key(),
    }
    return render(request, "purchasing/blanket.html", context | extra, status=status)


def _line(line: Any, typed: str, error: str) -> dict[str, Any]:
    drawn = line.drawn
    return {
        "line": line,
        "amount": None if line.quantity is None else to_cents(line.quantity * line.asked),
        "share": min(100, 100 * drawn // line.quantity) if line.quantity else None,
        "over": max(-line.left, 0),
        "left": max(line.left, 0),
        "typed": typed,
        "error": error,
    }


def _close_question(order: BlanketOrder, lines: list[Any], drafts: set[str]) -> str:
    """What closing does."""
    question = [_("Close blanket order %s?") % order.number]
    left = ", ".join(f"{line.supplier_item.product.sku} {line.left}" for line in lines if line.left > 0)
    if left:
        question.append(_("No longer to be had at these prices: %s.") % left)
    if drafts:
        question.append(_("Drafts that draw on it cannot be placed as they are: %s.") % ", ".join(sorted(drafts)))
    question.append(_("Tell the supplier: Tandem does not."))
    question.append(_("This cannot be undone."))
    return "\n".join(question)


# ---- agreed, changed, closed


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADD, raise_exception=True)
def blanket_new(request: HttpRequest) -> HttpResponseBase:
    """Note an agreement; sent twice, the form makes one."""
    if request.method != "POST":
        today = timezone.localdate()
        initial = {"supplier": request.GET.get("supplier"), "starts_on": today}
        return _form_page(request, BlanketHeadForm(initial=initial, is_new=True), [blank_line()], key=new_key())
    head, lines, key = BlanketHeadForm(request.POST, is_new=True), typed_lines(request), request.POST.get("key", "")
    wanted = valid_lines(lines, BlanketLineForm)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, key=key, status=422)
    new = _new(head, wanted, head.cleaned_data["supplier"].pk)
    try:
        pk = do_once(request.user.pk or 0, key, request.POST, lambda: services.add_blanket_order(new).pk)
    except DomainError as error:
        return _form_page(request, head, lines, key=key, error=error, status=422)
    kick(check_reorder_points)
    messages.success(request, _("The agreement was saved; its prices count from its first day."))
    return redirect("purchasing:blanket", pk)


def _new(head: BlanketHeadForm, lines: list[dict[str, Any]], supplier_id: int) -> NewBlanketOrder:
    data = head.cleaned_data
    return NewBlanketOrder(
        supplier_id=supplier_id,
        starts_on=data["starts_on"],
        ends_on=data["ends_on"],
        lines=[NewBlanketLine(line["product"], line["unit_cost"], line["quantity"]) for line in lines],
        value_limit=data["value_limit"],
        reference=data["reference"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def blanket_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change the terms of an open agreement."""
    order = get_object_or_404(BlanketOrder.objects.select_related("supplier"), pk=pk)
    if request.method != "POST":
        if order.status != BlanketOrder.Status.OPEN:
            messages.error(request, _("Blanket order %s is closed: it can no longer change.") % order.number)
            return redirect("purchasing:blanket", pk)
        names = ("reference", "starts_on", "ends_on", "value_limit")
        head = BlanketHeadForm(initial={name: getattr(order, name) for name in names}, is_new=False)
        return _form_page(request, head, _known_lines(order), order=order)
    head, lines = BlanketHeadForm(request.POST, is_new=False), typed_lines(request)
    wanted = valid_lines(lines, BlanketLineForm)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, order=order, status=422)
    try:
        services.change_blanket_order(pk, _new(head, wanted, order.supplier_id))
    except DomainError as error:
        return _form_page(request, head, lines, order=order, error=error, status=422)
    kick(check_reorder_points)
    messages.success(request, _("The changes were saved."))
    return redirect("purchasing:blanket", pk)


def _known_lines(order: BlanketOrder) -> list[Typed]:
    return [
        {
            "product": line.supplier_item.product_id,
            "label": f"{line.supplier_item.product.sku} {line.supplier_item.product.name}",
            "quantity": "" if line.quantity is None else line.quantity,
            "unit_cost": line.asked,
            "errors": {},
        }
        for line in agreements.blanket_order_lines(order.pk)
    ]


@require_POST
@permission_required(CHANGE, raise_exception=True)
def blanket_close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Draw no more on it, with the reason."""
    order, form = get_object_or_404(BlanketOrder.objects.only("number"), pk=pk), ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, close_form=form, status=422)
    try:
        services.close_blanket_order(pk, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        return _page(request, pk, close_form=form, error=refusal, status=409)
    kick(check_reorder_points)
    messages.success(request, _("Blanket order %s is closed.") % order.number)
    return redirect("purchasing:blanket", pk)


# ---- drawn on


@require_POST
@permission_required(PLACE, raise_exception=True)
def blanket_release(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Order from an agreement; more than is left only when that is said."""
    get_object_or_404(BlanketOrder.objects.only("pk"), pk=pk)
    form, key = ReleaseForm(request.POST), request.POST.get("key", "")
    lines = {line.pk: line.supplier_item.product_id for line in agreements.blanket_order_lines(pk)}
    typed = {line: request.POST.get(f"quantity-{line}", "").strip() for line in lines}
    wrong = {line: _("Enter a whole number.") for line, text in typed.items() if text and whole(text) is None}
    shown: dict[str, Any] = {"typed": typed, "release_form": form, "key": key}
    if wrong or not form.is_valid():
        return _page(request, pk, errors=wrong, status=422, **shown)
    data = form.cleaned_data
    quantities = {lines[line]: pieces for line, text in typed.items() if (pieces := whole(text))}

    def release() -> int:
        return services.release(
            pk,
            quantities,
            warehouse_id=data["warehouse"].pk,
            expected_on=data["expected_on"],
            place=request.POST.get("place") == "yes",
            may_overdraw=data["may_overdraw"],
        ).pk

    try:
        made = do_once(request.user.pk or 0, key, request.POST, release)
    except DomainError as refusal:
        return _refused(request, pk, refusal, list(quantities), lines, shown)
    is_placed = request.POST.get("place") == "yes"
    saved = _("The purchase order was saved.")
    messages.success(request, said_of_placing(PurchaseOrder.objects.get(pk=made)) if is_placed else saved)
    return redirect("purchasing:order", made)


def _refused(
    request: HttpRequest,
    pk: int,
    refusal: DomainError,
    products: list[int],
    lines: Mapping[int, int],
    shown: dict[str, Any],
) -> HttpResponseBase:
    """The page with each error at its line; from now on it offers to overdraw."""
    by_product = {product: line for line, product in lines.items()}
    errors, other = {}, []
    for name, text in getattr(refusal, "field_errors", {}).items():
        index = name.split(".")[1] if name.startswith("lines.") else ""
        if index.isdecimal():
            errors[by_product[products[int(index)]]] = text
        else:
            other.append(text)
    is_invalid = isinstance(refusal, InvalidInput)
    return _page(
        request,
        pk,
        errors=errors,
        error=None if errors else refusal,
        other_errors=other,
        may_overdraw=isinstance(refusal, services.AgreementOverdrawn),
        status=422 if is_invalid else 409,
        **shown,
    )
