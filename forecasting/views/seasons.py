"""The year ahead: every category's months at a glance, and one product's calendar with what to do when."""

from dataclasses import replace
from datetime import date, timedelta

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from forecasting import selectors
from forecasting.calendar import Spell, local_name
from forecasting.models import DemandForecast, ForecastRun
from forecasting.year import USUAL_LEAD_TIME_DAYS, year_of_product, years_of_categories
from inventory.models import Product

VIEW = "forecasting.view_demandforecast"
FULL = 2.0  # an index that fills a bar


@require_safe
@permission_required(VIEW, raise_exception=True)
def seasons(request: HttpRequest) -> HttpResponse:
    """Categories by months, and the next peaks and slumps."""
    run = ForecastRun.objects.filter(status=ForecastRun.Status.DONE, shared__has_key="events").order_by("-pk").first()
    years = years_of_categories(run) if run else []
    coming = [(category, stretch) for category, year in years for stretch in year.stretches(USUAL_LEAD_TIME_DAYS)]
    context = {
        "years": [(category, year.months()) for category, year in years],
        "months": [month for month, _index in years[0][1].months()] if years else [],
        "coming": sorted(coming, key=lambda found: (found[1].act_on, found[0].name))[:20],
        "lead_time": USUAL_LEAD_TIME_DAYS,
    }
    return render(request, "forecasting/seasons.html", context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def product_year(request: HttpRequest, pk: int) -> HttpResponse:
    """One product's year in one warehouse: weeks, events, when to build up and when to run down."""
    product = get_object_or_404(Product.objects.select_related("category"), pk=pk)
    forecasts = list(selectors.product_forecasts(pk))
    wanted = request.GET.get("warehouse", "")
    forecast = next((f for f in forecasts if str(f.warehouse_id) == wanted), forecasts[0] if forecasts else None)
    if forecast is None:
        raise Http404
    return render(request, "forecasting/year.html", _year_context(product, forecast) | {"forecasts": forecasts})


def _year_context(product: Product, forecast: DemandForecast) -> dict[str, object]:
    year = year_of_product(forecast)
    year = replace(year, events=[spell for spell in year.events if not spell.key.endswith(":before")])
    lead_time = forecast.lead_time_days + forecast.lead_time_sd
    return {
        "product": product,
        "forecast": forecast,
        "lead_time": lead_time,
        "weekly": year.weekly,
        "stretches": list(year.stretches(lead_time)),
        "weeks": [
            {
                "start": year.start + timedelta(weeks=week),
                "index": value,
                "pieces": value * year.weekly,
                "width": min(round(100 * value / FULL), 100),
                "events": [local_name(s) for s in year.events if _in_week(s, year.start, week)],
            }
            for week, value in enumerate(map(float, year.index))
        ],
    }


def _in_week(spell: Spell, start: date, week: int) -> bool:
    begins = start + timedelta(weeks=week)
    return spell.first < begins + timedelta(weeks=1) and spell.last >= begins
