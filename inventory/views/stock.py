"""Stock by product and warehouse, the ledger of one place, and its correction."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError, InvalidInput
from core.exports import EXCEL_LIMIT, FORMATS, columns_response
from core.pages import count_for_notice, following_page
from core.saved_views import saves_views
from inventory import pipeline, selectors, services
from inventory.documents import addresses
from inventory.expiry import expired_lots
from inventory.forms import AdjustForm, StockFilterForm
from inventory.lots import lots_at
from inventory.models import Product, StockLevel, Warehouse
from inventory.places import Agreed, Effect

PAGE_SIZE = 50
VIEW_COSTS = "inventory.view_margin"


def row_after(request: HttpRequest, name: str) -> int | None:
    """The row that a page follows, from its address."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


@require_safe
@permission_required("inventory.view_stocklevel", raise_exception=True)
@saves_views(StockFilterForm)
def stock_list(request: HttpRequest) -> HttpResponseBase:
    """Stock by SKU or sorted; ``?after=`` the last row shown gives the next page. Asked by htmx, only the rows."""
    form = StockFilterForm(request.GET, with_costs=request.user.has_perm(VIEW_COSTS))
    wish = form.wish()
    if request.GET.get("format") in FORMATS:
        return _export(request, selectors.stock_list(wish))
    page = following_page(selectors.stock_list(wish), request.GET.get("after"), PAGE_SIZE)
    context = {
        "form": form,
        "levels": _with_cover(list(page)),
        "next": page.next,
        "is_first": page.is_first,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "excel_limit": EXCEL_LIMIT,
    }
    if request.headers.get("HX-Request"):
        return render(request, "inventory/_stock.html", context)
    if request.user.has_perm("inventory.view_stockmove"):
        context["expired"] = count_for_notice(expired_lots(timezone.localdate()))
    return render(request, "inventory/stock.html", context)


def _with_cover(levels: list[StockLevel]) -> list[StockLevel]:
    """The levels, each with ``cover``: the days its available pieces last, None where nobody knows."""
    found = pipeline.days_of_cover({(level.product_id, level.warehouse_id): level.available for level in levels})
    for level in levels:
        level.cover = found.get((level.product_id, level.warehouse_id))  # type: ignore[attr-defined]
    return levels


def _export(request: HttpRequest, levels: QuerySet[StockLevel]) -> HttpResponseBase:
    """Every row as CSV, as many as a spreadsheet opens well as Excel; the value only for those who may see costs."""
    kind = request.GET["format"]
    columns = {
        "product__sku": _("SKU"),
        "product__name": _("Name"),
        "product__barcode": _("Barcode"),
        "product__category__name": _("Category"),
        "warehouse__code": _("Warehouse code"),
        "warehouse__name": _("Warehouse"),
        "on_hand": _("On hand"),
        "reserved": _("Reserved"),
        "available": _("Available"),
    }
    if request.user.has_perm(VIEW_COSTS):
        columns["value"] = _("Stock value")
    return columns_response(kind, "stock", columns, levels)


@require_safe
@permission_required("inventory.view_stockmove", raise_exception=True)
def stock_card(request: HttpRequest, product: int, warehouse: int) -> HttpResponse:
    """The ledger of one place, newest first; ``?before=`` the last row shown gives older ones."""
    template = "inventory/_card.html" if request.headers.get("HX-Request") else "inventory/card.html"
    before, level = row_after(request, "before"), _level(product, warehouse)
    _with_cover([level])
    rows = selectors.stock_card(level, before=before, limit=PAGE_SIZE + 1) if level.pk else []
    links = addresses([row.move for row in rows], request.user)
    context = {
        "level": level,
        "places": selectors.stock_by_warehouse(level.product),
        "rows": [(row, links.get(row.move.document)) for row in rows[:PAGE_SIZE]],
        "older": rows[PAGE_SIZE - 1].move.pk if len(rows) > PAGE_SIZE else None,
        "is_first": before is None,
    }
    return render(request, template, context)


def _level(product_id: int, warehouse_id: int) -> StockLevel:
    """The place's stock; a row of zeros that is not saved where it never had any."""
    level = (
        StockLevel.objects.filter(product=product_id, warehouse=warehouse_id)
        .select_related("product", "warehouse")
        .first()
    )
    if level is None:
        product, warehouse = get_object_or_404(Product, pk=product_id), get_object_or_404(Warehouse, pk=warehouse_id)
        level = StockLevel(product=product, warehouse=warehouse, available=0)
    return level


@require_http_methods(["GET", "POST"])
@permission_required("inventory.adjust_stock", raise_exception=True)
def stock_adjust(request: HttpRequest, product: int, warehouse: int) -> HttpResponseBase:
    """Correct one place in two steps: type, then read what would change and confirm it."""
    level, step = _level(product, warehouse), request.POST.get("step")
    lots = lots_at(level.pk) if level.pk else []
    form = AdjustForm(request.POST or None, with_cost=request.user.has_perm(VIEW_COSTS), lots=lots)
    if request.method == "GET" or step == "edit":
        return _adjust_page(request, form, level)
    if not form.is_valid():
        return _adjust_page(request, form, level, status=422)
    # As the service reckons: what is held back of expired lots stands behind nobody's order.
    effect = Effect(level.on_hand, level.reserved - _held_back(level), form.difference(level.on_hand))
    if form.errors:
        return _adjust_page(request, form, level, status=422)
    agreed = Agreed(form.seen_on_hand(), (form.cleaned_data["cut"] or 0) if step == "confirm" else effect.cut)
    try:
        services.refuse_outdated(agreed, effect)
        if step != "confirm":
            return _adjust_page(request, form, level, effect=effect)
        _adjust(form, level, effect.difference, agreed)
    except InvalidInput as refusal:
        return _adjust_page(request, form, level, error=refusal, status=422)
    except DomainError as refusal:
        return _adjust_page(request, form, _level(product, warehouse), error=refusal, status=409)
    words = {"sku": level.product.sku, "before": effect.on_hand, "after": effect.on_hand_after}
    messages.success(request, _("%(sku)s: on hand %(before)s → %(after)s.") % words)
    return redirect("inventory:card", product, warehouse)


def _held_back(level: StockLevel) -> int:
    return level.held_back if level.pk else 0


def _adjust(form: AdjustForm, level: StockLevel, difference: int, agreed: Agreed) -> None:
    services.adjust_stock(
        product_id=level.product_id,
        warehouse_id=level.warehouse_id,
        difference=difference,
        reason=form.cleaned_data["reason"],
        unit_cost=form.cleaned_data.get("unit_cost"),
        agreed=agreed,
        lot_id=lot.pk if (lot := form.chosen_lot()) else None,
    )


def _adjust_page(
    request: HttpRequest,
    form: AdjustForm,
    level: StockLevel,
    *,
    effect: Effect | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    lot = form.chosen_lot() if effect else None
    context = {"form": form, "level": level, "effect": effect, "error": error, "lot": lot, "held": _held_back(level)}
    return render(request, "inventory/adjust.html", context, status=status)
