"""Changing and splitting an order in progress. What somebody else did meanwhile is shown, never overwritten."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, InvalidInput, Outdated
from core.history import Event
from orders import selectors, services
from orders.changing_forms import AddedLines, BaseAddedLines, ChangeForm, SplitForm
from orders.credit import RELEASE, CreditExceeded
from orders.models import Order
from orders.promise import OPEN_ORDERS
from orders.selectors import DeskLine
from orders.timeline import order_events


class _Desk:
    """One order as these pages show it; ``seen`` is read first, so that a step in between is then unknown to it."""

    def __init__(self, pk: int) -> None:
        self.seen = services.last_step(pk)
        self.order = get_object_or_404(Order.objects.select_related("customer", "channel", "warehouse"), pk=pk)
        self.rows: list[DeskLine] = selectors.order_lines(self.order)

    @property
    def is_open(self) -> bool:
        return self.order.status in OPEN_ORDERS

    def since(self, seen: int) -> list[Event]:
        """What people did to the order after that step."""
        return [event for event in order_events(self.order.pk) if event.pk > seen and event.pk <= self.seen]


@require_http_methods(["GET", "POST"])
@permission_required("orders.change_order", raise_exception=True)
def order_change(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change an open order. Asked by htmx, only whether somebody else has changed it since the page was shown."""
    desk = _Desk(pk)
    if request.headers.get("HX-Request"):
        return _news(request, desk)
    if not desk.is_open:
        messages.error(request, _("Order %s is closed: nothing of it can be changed any more.") % desk.order.number)
        return redirect("orders:detail", pk)
    if request.method == "GET":
        return _change_page(request, desk, ChangeForm(desk.order, desk.rows, seen=desk.seen), AddedLines(prefix="add"))
    form = ChangeForm(desk.order, desk.rows, request.POST, seen=desk.seen)
    added = AddedLines(request.POST, prefix="add")
    if not (form.is_valid() & added.is_valid()):
        return _change_page(request, desk, form, added, status=422)
    change = form.change(added.new_lines())
    if change.release_credit and not request.user.has_perm(RELEASE):
        raise PermissionDenied
    if not (change.quantities or change.added or change.closed or change.details):
        form.add_error(None, _("Nothing was changed: change a field, then save."))
        return _change_page(request, desk, form, added, status=422)
    try:
        services.change_order(change)
    except InvalidInput as refusal:
        form.show(change, refusal.field_errors)
        added.show(refusal.field_errors)
        return _change_page(request, desk, form, added, status=422)
    except Outdated as refusal:
        fresh = _Desk(pk)
        if not fresh.is_open:
            return redirect("orders:detail", pk)
        rebased = form.rebased(fresh.order, fresh.rows, seen=fresh.seen)
        since = fresh.since(change.seen or 0)
        return _change_page(request, fresh, rebased, added, error=refusal, since=since, status=409)
    except DomainError as refusal:
        over = isinstance(refusal, CreditExceeded)
        return _change_page(request, desk, form, added, error=refusal, over_limit=over, status=409)
    return redirect(f"{reverse('orders:detail', args=[pk])}?step={services.last_step(pk)}")


def _news(request: HttpRequest, desk: _Desk) -> HttpResponse:
    """What happened since the page was shown; nothing, when nothing did."""
    seen = request.GET.get("seen", "")
    if not seen.isdecimal() or int(seen) == desk.seen:
        return HttpResponse(status=204)
    return render(request, "orders/_since.html", {"since": desk.since(int(seen)), "order": desk.order})


def _change_page(
    request: HttpRequest, desk: _Desk, form: ChangeForm, added: BaseAddedLines, *, status: int = 200, **extra: object
) -> HttpResponse:
    context = {
        "order": desk.order,
        "form": form,
        "added": added,
        "seen": desk.seen,
        "texts": {
            "no_match": _("Nothing found."),
            "available": _("{available} available"),
            "close": _("Closed lines stay closed: what is open of them will not be delivered. Save?"),
        },
    }
    return render(request, "orders/change.html", context | extra, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("orders.change_order", raise_exception=True)
def order_split(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Make an order of its own from open pieces."""
    desk = _Desk(pk)
    if not desk.is_open:
        messages.error(request, _("Order %s is closed: nothing of it can be changed any more.") % desk.order.number)
        return redirect("orders:detail", pk)
    form = SplitForm(desk.order, desk.rows, request.POST or None, seen=desk.seen)
    if request.method == "GET":
        return _split_page(request, desk, form)
    if not form.is_valid():
        return _split_page(request, desk, form, status=422)
    split = form.split()
    try:
        part = services.split_order(split)
    except InvalidInput as refusal:
        form.show(refusal.field_errors)
        return _split_page(request, desk, form, status=422)
    except Outdated as refusal:
        fresh = _Desk(pk)
        if not fresh.is_open:
            return redirect("orders:detail", pk)
        typed = request.POST.copy()
        typed["seen"] = str(fresh.seen)
        again = SplitForm(fresh.order, fresh.rows, typed, seen=fresh.seen)
        since = fresh.since(split.seen or 0)
        return _split_page(request, fresh, again, error=refusal, since=since, status=409)
    except DomainError as refusal:
        return _split_page(request, desk, form, error=refusal, status=409)
    messages.success(request, _("This is the new order: its pieces were moved from %s.") % desk.order.number)
    return redirect("orders:detail", part.pk)


def _split_page(
    request: HttpRequest, desk: _Desk, form: SplitForm, *, status: int = 200, **extra: object
) -> HttpResponse:
    return render(request, "orders/split.html", {"order": desk.order, "form": form} | extra, status=status)
