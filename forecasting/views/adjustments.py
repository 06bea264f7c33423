"""Adjustments of the forecast by people, and what they turned out to be worth."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.pages import following_page
from forecasting import selectors, services
from forecasting.forms import ForecastAdjustmentForm
from forecasting.models import ForecastAdjustment
from forecasting.views.forms import form_page

PAGE_SIZE = 50
CHANGE = "forecasting.change_forecastadjustment"


@require_safe
@permission_required("forecasting.view_forecastadjustment", raise_exception=True)
def adjustment_list(request: HttpRequest) -> HttpResponse:
    """Every adjustment with its measured value, and what each person's were worth."""
    context = {
        "page": following_page(selectors.adjustments(), request.GET.get("after"), PAGE_SIZE),
        "people": selectors.value_added(),
        "today": timezone.localdate(),
    }
    return render(request, "forecasting/adjustments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def adjustment_new(request: HttpRequest) -> HttpResponseBase:
    """Expect more or less than forecast; ``?product=SKU`` fills in what is known."""
    return form_page(
        request,
        ForecastAdjustmentForm,
        "forecasting/adjustment_form.html",
        save=services.add_adjustment,
        done=_("The next forecast plans with it."),
        to="forecasting:adjustments",
    )


@require_POST
@permission_required(CHANGE, raise_exception=True)
def adjustment_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an adjustment no longer count."""
    get_object_or_404(ForecastAdjustment, pk=pk)
    try:
        services.withdraw_adjustment(pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The adjustment was withdrawn."))
    return redirect("forecasting:adjustments")
