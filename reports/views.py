"""The managers' pages: the dashboard and the rows behind each of its figures."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.exports import FORMATS, table_response
from core.models import Company
from reports import drilldown, presentation, selectors
from reports.forms import FilterForm
from reports.measures import MEASURES
from reports.periods import Period
from reports.selectors import Point, Slice

PAGE_SIZE = 50


@require_GET
@permission_required("reports.view_dashboard", raise_exception=True)
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """The figures of the slice asked for, or its series as a file."""
    form, known = _filter(request)
    where, step = form.chosen_slice(), form.chosen_step()
    points = selectors.series(where, step, known)
    if request.GET.get("format") in FORMATS:
        return _series_response(request.GET["format"], where.period, points)
    currency = _currency()
    now = selectors.figures(where, known)
    tiles = presentation.tiles(
        now,
        selectors.figures(_moved(where, where.period.previous()), known),
        selectors.figures(_moved(where, where.period.last_year()), known),
        currency,
    )
    slow_count, slow_value = drilldown.slow_value(where, known)
    parts = selectors.split(where, form.chosen_split(), known)
    context = {
        "form": form,
        "fields": [field for field in form if field.name != "period"],
        "period": where.period,
        "known": known,
        "refreshed_at": selectors.refreshed_at(),
        "tiles": [*tiles, presentation.slow_tile(slow_count, slow_value, now.inventory_value, currency)],
        "charts": presentation.chart_data(points, parts, now, currency, step),
        "columns": [MEASURES[code] for code in presentation.TABLE],
        "points": points,
        "parts": parts,
        "split": form.chosen_split(),
        "has_partial": any(not point.period.is_whole(step) for point in points),
        "total": now,
        "currency": currency,
        "query": _query(request),
    }
    return render(request, "reports/dashboard.html", context)


@require_GET
@permission_required("reports.view_dashboard", raise_exception=True)
def rows(request: HttpRequest, measure: str) -> HttpResponseBase:
    """The rows behind one figure, by page or as a file."""
    if measure not in drilldown.ROWS:
        raise Http404
    form, known = _filter(request)
    where, shown = form.chosen_slice(), drilldown.ROWS[measure]
    if request.GET.get("format") in FORMATS:
        name = f"{measure}_{where.period.first}_{where.period.last}"
        header = [str(column.label) for column in shown.columns]
        return table_response(request.GET["format"], name, header, _plain_rows(measure, where, known))
    totals = drilldown.totals(measure, where, known)
    paginator = Paginator(range(totals.count), PAGE_SIZE)
    try:
        page = paginator.page(request.GET.get("page", 1))
    except InvalidPage:
        page = paginator.page(1)
    found = drilldown.page(measure, where, known, offset=page.start_index() - 1 if totals.count else 0, limit=PAGE_SIZE)
    context = {
        "measure": MEASURES[measure],
        "figure": _figure(measure, where, known, totals),
        "unit": presentation.unit_name(MEASURES[measure].unit, _currency()),
        "note": shown.note,
        "form": form,
        "fields": [form[name] for name in ("first", "last", "warehouse", "category")],
        "period": where.period,
        "columns": shown.columns,
        "rows": [list(zip(shown.columns, row, strict=True)) for row in found],
        "totals": [(column, totals.sums.get(column.key)) for column in shown.columns],
        "page": page,
        "query": _query(request),
    }
    return render(request, "reports/rows.html", context)


def _filter(request: HttpRequest) -> tuple[FilterForm, Period | None]:
    known = selectors.known_days()
    today = timezone.localdate()
    recent = selectors.default_period(today)
    data = {"period": "recent", "first": recent.first, "last": recent.last, "split": "category"} | request.GET.dict()
    form = FilterForm(data, today=today, recent=recent)
    form.is_valid()
    return form, known


def _moved(where: Slice, period: Period) -> Slice:
    return Slice(period, where.warehouse_id, where.category_id)


def _currency() -> str:
    return Company.objects.values_list("currency", flat=True).first() or Company._meta.get_field("currency").default


def _query(request: HttpRequest) -> str:
    """The filter as an address part, without page and format."""
    kept = {key: value for key, value in request.GET.items() if key not in ("page", "format") and value}
    return urlencode(kept)


def _figure(measure: str, where: Slice, known: Period | None, totals: drilldown.Totals) -> str:
    if measure == "slow_movers":
        return presentation.format_figure(totals.sums["inventory_value"], "money")
    return presentation.format_figure(getattr(selectors.figures(where, known), measure), MEASURES[measure].unit)


def _plain_rows(measure: str, where: Slice, known: Period | None) -> Iterator[Sequence[Any]]:
    """Rows for a file: kinds by name, everything else as it is."""
    choices = [column.kind == "choice" for column in drilldown.ROWS[measure].columns]
    for row in drilldown.every_row(measure, where, known):
        yield [
            str(drilldown.KINDS.get(value, value)) if is_choice else value
            for value, is_choice in zip(row, choices, strict=True)
        ]


def _series_response(kind: str, period: Period, points: Sequence[Point]) -> HttpResponseBase:
    measures = [MEASURES[code] for code in presentation.TABLE]
    header = [_("From"), _("To"), *(str(measure.label) for measure in measures)]
    lines = (
        [point.period.first, point.period.last, *(_rounded(getattr(point.figures, m.code)) for m in measures)]
        for point in points
    )
    return table_response(kind, f"dashboard_{period.first}_{period.last}", header, lines)


def _rounded(value: Any) -> Any:
    return None if value is None else round(value, 6)
