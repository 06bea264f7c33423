"""Exchange rates of suppliers' currencies: the list, typing one, and taking in a file of them."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_POST, require_safe

from core.errors import InvalidInput
from core.pages import following_page
from core.queue import kick
from purchasing import services
from purchasing.currencies import own_currency, rates_on
from purchasing.forms import RateForm, SheetForm
from purchasing.models import ExchangeRate
from purchasing.services import NewRate
from purchasing.sheets import Row, RowError, read_sheet, text_of
from purchasing.tasks import check_reorder_points

VIEW, CHANGE = "purchasing.view_exchangerate", "purchasing.change_exchangerate"
COLUMNS = {
    "currency": gettext_noop("Currency"),
    "valid_from": gettext_noop("Valid from"),
    "rate": gettext_noop("Exchange rate"),
}
PAGE_SIZE = 50
SHOWN = 200


@require_safe
@permission_required(VIEW, raise_exception=True)
def rate_list(request: HttpRequest) -> HttpResponse:
    """Today's rates, and every rate, newest first."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **extra: Any) -> HttpResponse:
    rows = ExchangeRate.objects.order_by("-valid_from", "currency")
    context = {
        "page": following_page(rows, request.GET.get("after"), PAGE_SIZE),
        "today": sorted(rates_on(timezone.localdate()).items()),
        "own": own_currency(),
        "form": RateForm(initial={"valid_from": timezone.localdate()}),
        "sheet": SheetForm(),
    }
    return render(request, "purchasing/rates.html", context | extra, status=status)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def rate_add(request: HttpRequest) -> HttpResponseBase:
    """Type a rate; one of the same day is replaced."""
    form = RateForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        services.set_rates([NewRate(**form.cleaned_data)])
    except InvalidInput as refusal:
        for field, text in refusal.field_errors.items():
            form.add_error(field.removeprefix("0."), text)
        return _page(request, form=form, status=422)
    kick(check_reorder_points)
    messages.success(request, _("The rate was saved; prices in this currency follow it."))
    return redirect("purchasing:rates")


@require_POST
@permission_required(CHANGE, raise_exception=True)
def rates_import(request: HttpRequest) -> HttpResponseBase:
    """Take in a file of rates, all or nothing."""
    sheet = SheetForm(request.POST, request.FILES)
    if not sheet.is_valid():
        return _page(request, sheet=sheet, status=422)
    try:
        news, errors = _read(read_sheet(sheet.cleaned_data["file"], COLUMNS))
        if not errors:
            services.set_rates(news)
    except InvalidInput as refusal:
        if "file" in refusal.field_errors:
            sheet.add_error("file", refusal.detail)
            return _page(request, sheet=sheet, status=422)
        errors = [RowError(news[int(key.partition(".")[0])].row, text) for key, text in refusal.field_errors.items()]
    if errors:
        return _page(request, errors=errors[:SHOWN], error_count=len(errors), status=422)
    kick(check_reorder_points)
    messages.success(request, ngettext("%s rate was saved.", "%s rates were saved.", len(news)) % len(news))
    return redirect("purchasing:rates")


def _read(rows: list[Row]) -> tuple[list[NewRate], list[RowError]]:
    news, errors, own = [], [], own_currency()
    for number, values in rows:
        day, rate = _day(values["valid_from"]), _rate(values["rate"])
        if day is None:
            errors.append(RowError(number, _("Enter a day as 2026-01-31.")))
            continue
        new = NewRate(text_of(values["currency"]).upper(), day, rate, number)
        news.append(new)
        errors += [RowError(number, text) for text in services.rate_errors(new, own).values()]
    return news, errors


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    try:
        return value if isinstance(value, date) else parse_date(text_of(value))
    except ValueError:
        return None


def _rate(value: Any) -> Decimal:
    """The number in a cell; what is none comes out as 0, which no rate may be."""
    try:
        return round(Decimal(text_of(value)), 8)
    except InvalidOperation:
        return Decimal(0)
