"""The forecast pages: list, one product with its reasons, runs."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.pages import count_for_notice, following_page
from core.saved_views import saves_views
from forecasting import selectors
from forecasting.explanation import assumptions, explain
from forecasting.models import DemandForecast, ForecastRun, Pattern
from forecasting.services import request_run
from forecasting.tasks import fan_out
from forecasting.workbook import workbook_response
from inventory.models import Category, Product, Warehouse

PAGE_SIZE = 50
VIEW = "forecasting.view_demandforecast"


@require_safe
@permission_required(VIEW, raise_exception=True)
@saves_views(["q", "category", "warehouse", "pattern", "stale"])
def forecast_list(request: HttpRequest) -> HttpResponse:
    """Every forecast, most valuable first."""
    chosen = {
        "search": request.GET.get("q", "").strip(),
        "category_id": _number(request, "category"),
        "warehouse_id": _number(request, "warehouse"),
        "pattern": request.GET.get("pattern", ""),
        "stale_at": timezone.now() if request.GET.get("stale") else None,
    }
    page = following_page(selectors.forecast_list(**chosen), request.GET.get("after"), PAGE_SIZE)  # type: ignore[arg-type]
    context = {
        "page": page,
        "chosen": chosen,
        "categories": Category.objects.all(),
        "warehouses": Warehouse.objects.all(),
        "patterns": Pattern.choices,
        "runs": selectors.recent_runs(1),
        "stale": count_for_notice(selectors.stale_forecasts(timezone.now())),
    }
    return render(request, "forecasting/list.html", context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def forecast_product(request: HttpRequest, pk: int) -> HttpResponse:
    """The forecast of one product in one warehouse and why its levels are what they are."""
    product = get_object_or_404(Product.objects.select_related("category"), pk=pk)
    forecasts = list(selectors.product_forecasts(pk))
    wanted = _number(request, "warehouse")
    shown = next((f for f in forecasts if f.warehouse_id == wanted), forecasts[0] if forecasts else None)
    context = {"product": product, "forecasts": forecasts, "forecast": shown}
    if shown:
        context |= _forecast_context(request, shown)
    return render(request, "forecasting/product.html", context)


@require_safe
@permission_required([VIEW, "inventory.view_margin"], raise_exception=True)
def forecast_workbook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The arithmetic of one forecast's policy as an Excel file with live formulas."""
    forecast = get_object_or_404(DemandForecast.objects.select_related("product", "warehouse", "run"), pk=pk)
    return workbook_response(forecast)


def _forecast_context(request: HttpRequest, forecast: DemandForecast) -> dict[str, object]:
    place = (forecast.product_id, forecast.warehouse_id)
    by_hand = selectors.policy_by_hand(place)
    return {
        "by_hand_cost": selectors.cost_by_hand(forecast, by_hand) if by_hand else None,
        "steps": explain(forecast, with_money=request.user.has_perm("inventory.view_margin")),
        "assumptions": assumptions(forecast),
        "large_orders": selectors.large_orders(forecast),
        "position": selectors.stock_position(place),
        "by_hand": by_hand,
        "weeks": list(reversed(selectors.weeks(forecast))),
        "chart": selectors.chart_data(forecast),
    }


@require_safe
@permission_required("forecasting.view_forecastrun", raise_exception=True)
def run_list(request: HttpRequest) -> HttpResponse:
    """The newest runs, with a button to start one for those who may."""
    return render(request, "forecasting/runs.html", {"runs": selectors.recent_runs(20)})


@require_safe
@permission_required("forecasting.view_forecastrun", raise_exception=True)
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: progress, timing, failures. Asked by htmx, only the part that changes."""
    run = get_object_or_404(ForecastRun.objects.defer("shared"), pk=pk)
    template = "forecasting/_run.html" if request.headers.get("HX-Request") else "forecasting/run.html"
    return render(request, template, {"run": run})


@require_POST
@permission_required("forecasting.run_forecast", raise_exception=True)
def run_start(request: HttpRequest) -> HttpResponse:
    """Start a run of everything; the workers compute it."""
    try:
        run = request_run()
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("forecasting:runs")
    fan_out(run)
    messages.success(request, _("The forecast is being computed."))
    return redirect("forecasting:run", pk=run.pk)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() else None
