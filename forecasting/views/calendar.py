"""The demand calendar: list, add, edit and delete events; the holidays reckoned with."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import InvalidInput
from core.pages import following_page
from forecasting import selectors, services
from forecasting.forms import DemandEventForm
from forecasting.models import DemandEvent, HolidayCalendar

PAGE_SIZE = 50
CHANGE = "forecasting.change_demandevent"


@require_safe
@permission_required("forecasting.view_demandevent", raise_exception=True)
def calendar(request: HttpRequest) -> HttpResponse:
    """Every event, newest first, with what it did; and the holidays that come next."""
    today = timezone.localdate()
    context = {
        "page": following_page(selectors.demand_events(), request.GET.get("after"), PAGE_SIZE),
        "today": today,
        "calendars": HolidayCalendar.objects.all(),
        "promotions": selectors.promotions_reckoned_with(today - timedelta(days=28), today + timedelta(days=365)),
        "countries": HolidayCalendar.Country.choices,
        "holidays": selectors.coming_holidays(today, today + timedelta(days=365)),
    }
    return render(request, "forecasting/calendar.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def event_new(request: HttpRequest) -> HttpResponseBase:
    """Add an event."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def event_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change an event."""
    return _edit(request, get_object_or_404(DemandEvent, pk=pk))


def _edit(request: HttpRequest, event: DemandEvent | None) -> HttpResponseBase:
    form = DemandEventForm(request.POST if request.method == "POST" else None, instance=event)
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        services.save_event(values, values["products"], event)
        messages.success(request, _("The event was saved; the next forecast reckons with it."))
        return redirect("forecasting:calendar")
    context = {"form": form, "event": event}
    return render(request, "forecasting/event_form.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def event_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an event off the calendar."""
    get_object_or_404(DemandEvent, pk=pk)
    services.delete_event(pk)
    messages.success(request, _("The event was deleted."))
    return redirect("forecasting:calendar")


@require_POST
@permission_required(CHANGE, raise_exception=True)
def holidays_change(request: HttpRequest) -> HttpResponse:
    """Add the holidays of a country, or remove them."""
    country = request.POST.get("country", "")
    if request.POST.get("remove"):
        services.remove_calendar(country)
        messages.success(request, _("These holidays are no longer reckoned with."))
    else:
        try:
            services.add_calendar(country, is_closed=bool(request.POST.get("is_closed")))
        except InvalidInput as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, _("The next forecast reckons with these holidays."))
    return redirect("forecasting:calendar")
