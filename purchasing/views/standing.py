"""Standing orders: what is ordered again and again, when next, and what came of it."""

from collections.abc import Callable
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

from core.errors import DomainError
from core.idempotency import do_once, new_key
from core.money import ZERO, to_cents
from core.pages import following_page
from purchasing import services
from purchasing.agreements import in_force
from purchasing.models import StandingOrder
from purchasing.schedule import coming_days
from purchasing.standing_forms import StandingHeadForm, StandingLineForm
from purchasing.timeline import every_text, standing_order_events
from purchasing.values import NewPurchaseLine, NewStandingOrder
from purchasing.views.entry import Typed, blank_line, form_page, typed_lines, valid_lines

PAGE_SIZE = 50
DAYS_SHOWN = 6
RUNS_SHOWN = 20
VIEW, ADD, CHANGE = (f"purchasing.{what}_standingorder" for what in ("view", "add", "change"))
_form_page = partial(form_page, template="purchasing/standing_form.html")
Status = StandingOrder.Status


@require_safe
@permission_required(VIEW, raise_exception=True)
def standing_list(request: HttpRequest) -> HttpResponseBase:
    """Standing orders, the newest first."""
    orders = StandingOrder.objects.select_related("supplier", "warehouse").order_by("-pk")
    page = following_page(orders, request.GET.get("after"), PAGE_SIZE)
    context = {
        "page": page,
        "rows": [(order, every_text(order.every, order.unit)) for order in page],
        "failed": StandingOrder.objects.filter(status=Status.ACTIVE).exclude(problem="").count(),
        "today": timezone.localdate(),
    }
    return render(request, "purchasing/standings.html", context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def standing_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One standing order: its lines at today's prices, its next days, the orders it made."""
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, **extra: Any) -> HttpResponseBase:
    found = StandingOrder.objects.select_related("supplier", "warehouse", "created_by")
    order = get_object_or_404(found, pk=pk)
    rows = _rows(order)
    schedule = (order.starts_on, order.every, order.unit, order.ends_on)
    days = coming_days(*schedule, since=order.next_on, limit=DAYS_SHOWN) if order.next_on else []
    context = {
        "order": order,
        "rows": rows,
        "total": sum((row["amount"] for row in rows), ZERO),
        "rhythm": every_text(order.every, order.unit),
        "days": days if order.status == Status.ACTIVE else [],
        "runs": order.runs.select_related("purchase_order").order_by("-due_on")[:RUNS_SHOWN],
        "events": standing_order_events(pk),
        "is_ended": order.status == Status.ENDED,
        "end_question": _end_question(order),
    }
    return render(request, "purchasing/standing.html", context | extra, status=409 if "error" in extra else 200)


def _rows(order: StandingOrder) -> list[dict[str, Any]]:
    """The lines at what they would cost today."""
    lines = order.lines.select_related("supplier_item__product").order_by("supplier_item__product__sku")
    today = timezone.localdate()
    lines = lines.prefetch_related("supplier_item__price_breaks", in_force(today, "supplier_item__"))
    costs = [(line, services.cost_at(line.supplier_item, line.quantity)) for line in lines]
    return [{"line": line, "cost": cost, "amount": to_cents(line.quantity * cost)} for line, cost in costs]


def _end_question(order: StandingOrder) -> str:
    question = [_("End standing order %s?") % order.number]
    question.append(_("No order is made any more; those that were made stay."))
    question.append(_("This cannot be undone."))
    return "\n".join(question)


# ---- set up, changed


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADD, raise_exception=True)
def standing_new(request: HttpRequest) -> HttpResponseBase:
    """Set one up; sent twice, the form makes one."""
    if request.method != "POST":
        initial = {"supplier": request.GET.get("supplier"), "starts_on": timezone.localdate()}
        return _form_page(request, StandingHeadForm(initial=initial, is_new=True), [blank_line()], key=new_key())
    head, lines, key = StandingHeadForm(request.POST, is_new=True), typed_lines(request), request.POST.get("key", "")
    wanted = valid_lines(lines, StandingLineForm)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, key=key, status=422)
    data = head.cleaned_data
    new = _new(head, wanted, data["supplier"].pk, data["warehouse"].pk)
    try:
        pk = do_once(request.user.pk or 0, key, request.POST, lambda: services.add_standing_order(new).pk)
    except DomainError as error:
        return _form_page(request, head, lines, key=key, error=error, status=422)
    messages.success(request, _("The standing order was saved."))
    return redirect("purchasing:standing", pk)


def _new(head: StandingHeadForm, lines: list[dict[str, Any]], supplier_id: int, warehouse_id: int) -> NewStandingOrder:
    data = head.cleaned_data
    return NewStandingOrder(
        supplier_id,
        warehouse_id,
        [NewPurchaseLine(line["product"], line["quantity"]) for line in lines],
        starts_on=data["starts_on"],
        every=data["every"],
        unit=data["unit"],
        ends_on=data["ends_on"],
        approval=data["approval"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def standing_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change lines and schedule from the next order on."""
    order = get_object_or_404(StandingOrder.objects.select_related("supplier", "warehouse"), pk=pk)
    if request.method != "POST":
        if order.status == Status.ENDED:
            messages.error(request, _("Standing order %s has ended: set up a new one.") % order.number)
            return redirect("purchasing:standing", pk)
        names = ("every", "unit", "starts_on", "ends_on", "approval")
        head = StandingHeadForm(initial={name: getattr(order, name) for name in names}, is_new=False)
        return _form_page(request, head, _known_lines(order), order=order)
    head, lines = StandingHeadForm(request.POST, is_new=False), typed_lines(request)
    wanted = valid_lines(lines, StandingLineForm)
    if not head.is_valid() or wanted is None:
        return _form_page(request, head, lines, order=order, status=422)
    try:
        services.change_standing_order(pk, _new(head, wanted, order.supplier_id, order.warehouse_id))
    except DomainError as error:
        return _form_page(request, head, lines, order=order, error=error, status=422)
    messages.success(request, _("The changes were saved."))
    return redirect("purchasing:standing", pk)


def _known_lines(order: StandingOrder) -> list[Typed]:
    return [
        {
            "product": row["line"].supplier_item.product_id,
            "label": f"{row['line'].supplier_item.product.sku} {row['line'].supplier_item.product.name}",
            "quantity": row["line"].quantity,
            "unit_cost": row["cost"],
            "errors": {},
        }
        for row in _rows(order)
    ]


# ---- paused, resumed, ended


@require_POST
@permission_required(CHANGE, raise_exception=True)
def standing_pause(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Make no orders for the time being."""
    return _step(request, pk, services.pause_standing_order, _("Paused: no order is made until it is resumed."))


@require_POST
@permission_required(CHANGE, raise_exception=True)
def standing_resume(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Go on; the days of the pause are left out."""
    return _step(request, pk, services.resume_standing_order, _("Resumed: the days of the pause are left out."))


@require_POST
@permission_required(CHANGE, raise_exception=True)
def standing_end(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Make no orders any more."""
    return _step(request, pk, services.end_standing_order, _("The standing order has ended."))


def _step(request: HttpRequest, pk: int, step: Callable[[int], StandingOrder], text: str) -> HttpResponseBase:
    get_object_or_404(StandingOrder.objects.only("pk"), pk=pk)
    try:
        step(pk)
    except DomainError as refusal:
        return _page(request, pk, error=refusal)
    messages.success(request, text)
    return redirect("purchasing:standing", pk)
