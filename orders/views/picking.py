"""The warehouse desk: the queue of what can ship, pick lists, confirming shipments and their delivery notes."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, InvalidInput
from core.saved_views import saves_views
from inventory.models import Warehouse
from orders import picking, services
from orders.models import Order, Shipment
from orders.picking_forms import QueueForm, ShipmentForm
from orders.promise import OPEN_ORDERS
from orders.selectors import order_lines, order_shipments
from orders.values import NewShipment

PAGE_SIZE = 50
MAX_ORDERS = 100
REMEMBERED = "pick_warehouse"


@require_safe
@permission_required("orders.ship_order", raise_exception=True)
@saves_views(QueueForm)
def pick_queue(request: HttpRequest) -> HttpResponseBase:
    """What can ship from one warehouse, oldest wish first; ``?after=`` the last row shown gives the next page.

    A whole order number, as a scanner types it, opens the order. Asked by htmx, only the rows, the same ones ticked.
    """
    form = QueueForm(request.GET)
    form.is_valid()
    search = form.cleaned_data.get("q", "")
    warehouse = _warehouse(request, form.cleaned_data.get("warehouse"))
    after = next(iter(_ids(request, "after")), None)
    orders = list(picking.pick_queue(warehouse.pk, search=search, after=after)[: PAGE_SIZE + 1]) if warehouse else []
    is_refresh = bool(request.headers.get("HX-Request"))
    scanned = next((order for order in orders if order.number == search.upper()), None)
    if scanned and not is_refresh:
        return redirect("orders:ship", scanned.pk)
    context = {
        "form": form,
        "warehouse": warehouse,
        "warehouses": Warehouse.objects.filter(is_active=True),
        "search": search,
        "rows": picking.queue_rows(orders[:PAGE_SIZE]),
        "ticked": set(_ids(request, "order")),
        "next": orders[PAGE_SIZE - 1].pk if len(orders) > PAGE_SIZE else None,
        "is_first": after is None,
    }
    return render(request, "orders/_pick_queue.html" if is_refresh else "orders/pick_queue.html", context)


def _warehouse(request: HttpRequest, chosen: Warehouse | None) -> Warehouse | None:
    """The warehouse asked for, else the one this browser showed last, else the first."""
    if chosen:
        request.session[REMEMBERED] = chosen.pk
        return chosen
    active = Warehouse.objects.filter(is_active=True)
    return active.filter(pk=request.session.get(REMEMBERED, 0)).first() or active.first()


def _ids(request: HttpRequest, name: str) -> list[int]:
    """The ids that an address lists under ``name``."""
    return [int(text) for text in request.GET.getlist(name) if text.isdecimal() and len(text) < 19]


@require_safe
@permission_required("orders.ship_order", raise_exception=True)
def pick_list(request: HttpRequest) -> HttpResponse:
    """What to fetch for the orders ticked, to be printed."""
    wanted = list(dict.fromkeys(_ids(request, "order")))
    sheets = picking.pick_sheets(wanted[:MAX_ORDERS])
    found = {order.pk for sheet in sheets for order in sheet.orders}
    context = {
        "sheets": sheets,
        "missing": Order.objects.filter(pk__in=set(wanted[:MAX_ORDERS]) - found).order_by("pk"),
        "left_out": wanted[MAX_ORDERS:],
        "max_orders": MAX_ORDERS,
    }
    return render(request, "orders/pick_list.html", context)


@require_POST
@permission_required("orders.ship_order", raise_exception=True)
def pick_list_printed(request: HttpRequest) -> HttpResponse:
    """The list of these orders goes to the printer: their histories say who fetches the goods."""
    chosen = [int(text) for text in request.POST.getlist("order") if text.isdecimal() and len(text) < 19]
    services.note_pick_list(chosen[:MAX_ORDERS])
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
@permission_required("orders.ship_order", raise_exception=True)
def ship(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Confirm what leaves for one order. Asked by htmx, only whether the order is still as the page shows it."""
    desk = _Desk(pk)
    if request.method == "POST":
        return _confirm(request, desk)
    if not request.headers.get("HX-Request"):
        return desk.page(request, ShipmentForm(rows=desk.rows))
    if request.GET.get("seen") == desk.state:
        return HttpResponse(status=204)
    return render(request, "orders/_ship_changed.html", {"order": desk.order})


class _Desk:
    """One order as its shipping page shows it."""

    def __init__(self, pk: int) -> None:
        self.order = get_object_or_404(Order.objects.select_related("customer", "channel", "warehouse"), pk=pk)
        # Before the lines: a shipment that commits in between is then unknown to the form, which will be refused.
        self.shipments = list(order_shipments(self.order))
        self.rows = order_lines(self.order)

    @property
    def state(self) -> str:
        """Changes whenever what can ship changes."""
        return "-".join([self.order.status, *(f"{row.reserved}.{row.line.shipped}" for row in self.rows)])

    @property
    def is_held_back(self) -> bool:
        """Whether what is reserved waits for the rest."""
        return self.order.ship_complete and any(row.waiting for row in self.rows)

    def page(
        self, request: HttpRequest, form: ShipmentForm, *, error: DomainError | None = None, status: int = 200
    ) -> HttpResponse:
        """The page with the form as filled in."""
        to_ship = sorted((row for row in self.rows if row.line.open_quantity), key=lambda row: row.line.product.sku)
        context = {
            "order": self.order,
            "shipments": self.shipments,
            "state": self.state,
            "form": form,
            "lines": [(row, form[form.name_of(row)]) for row in to_ship],
            "can_ship": self.order.status in OPEN_ORDERS
            and any(row.reserved for row in self.rows)
            and not self.is_held_back,
            "held_back": self.is_held_back,
            "error": error,
            "texts": _texts(self.order),
        }
        return render(request, "orders/ship.html", context, status=status)


def _confirm(request: HttpRequest, desk: _Desk) -> HttpResponseBase:
    form = ShipmentForm(request.POST, rows=desk.rows)
    if not form.is_valid():
        return desk.page(request, form, status=422)
    pk, wanted, tracking = desk.order.pk, form.quantities(), form.cleaned_data["tracking"]
    before: int = form.cleaned_data["before"]
    try:
        counted: bool = form.cleaned_data["counting"]
        new = NewShipment(pk, wanted, tracking=tracking, shipments_before=before, is_counted=counted)
        shipment = services.ship_order(new)
    except DomainError as refusal:
        # The same form again (a second click, a lost answer) gets the delivery note of the first time.
        made = picking.shipment_repeated(pk, wanted, tracking=tracking, before=before, user_id=request.user.pk)
        if made:
            return redirect("orders:delivery-note", made.pk)
        if isinstance(refusal, InvalidInput):
            form.show(refusal)
            return desk.page(request, form, status=422)
        fresh = _Desk(pk)
        return fresh.page(request, ShipmentForm(request.POST, rows=fresh.rows), error=refusal, status=409)
    messages.success(request, _("Shipment %s left the warehouse.") % shipment.number)
    return redirect("orders:delivery-note", shipment.pk)


def _texts(order: Order) -> dict[str, str]:
    """Sentences that the page's script shows."""
    return {
        "picked": _("{sku}: {picked} of {reserved} picked."),
        "unknown": _("{code} is not to be picked for this order. Put it back."),
        "full": _("{sku}: all {reserved} are picked already. Put this one back."),
        "none": _("{sku}: nothing is reserved yet, {waiting} wait for stock. Put it back."),
        "question": _("Ship {pieces} pcs of order %s?") % order.number,
        "rest": _("{rest} reserved pcs stay for a later shipment."),
        "undo": _("This cannot be undone."),
    }


@require_safe
@permission_required("orders.view_shipment", raise_exception=True)
def delivery_note(request: HttpRequest, pk: int) -> HttpResponse:
    """What left with one shipment, to be printed and put into the parcel."""
    shipment = get_object_or_404(Shipment.objects.select_related("order__customer", "warehouse", "created_by"), pk=pk)
    lines = picking.delivery_lines(shipment)
    context = {
        "shipment": shipment,
        "order": shipment.order,
        "lines": lines,
        "pieces": sum(line.pieces for line in lines),
        "to_follow": sum(line.to_follow for line in lines),
    }
    return render(request, "orders/delivery_note.html", context)
