"""Classes of products, and the service levels that somebody wants instead of those that earn most."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forecasting import selectors, services
from forecasting.forms import PolicyRuleForm, SuccessionForm
from forecasting.models import PolicyRule, Succession
from forecasting.views.forms import form_page

CHANGE = "forecasting.change_policyrule"


@require_safe
@permission_required("forecasting.view_policyrule", raise_exception=True)
def classes(request: HttpRequest) -> HttpResponse:
    """The ABC/XYZ table and the rules with what they cost."""
    context: dict[str, Any] = {"table": selectors.class_table(), "rules": selectors.policy_rules(timezone.localdate())}
    context["successions"] = Succession.objects.select_related("predecessor", "successor").order_by("-pk")
    return render(request, "forecasting/classes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def rule_new(request: HttpRequest) -> HttpResponseBase:
    """Want a service level for a product, a supplier or a class."""
    return form_page(
        request,
        PolicyRuleForm,
        "forecasting/rule_form.html",
        save=services.add_rule,
        done=_("The rule counts from the next forecast on."),
        to="forecasting:classes",
    )


@require_POST
@permission_required(CHANGE, raise_exception=True)
def rule_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a rule no longer count."""
    get_object_or_404(PolicyRule, pk=pk)
    services.end_rule(pk)
    messages.success(request, _("The rule has ended; the next forecast chooses again."))
    return redirect("forecasting:classes")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def succession_new(request: HttpRequest) -> HttpResponseBase:
    """Say which product takes which one's place."""
    return form_page(
        request,
        SuccessionForm,
        "forecasting/succession_form.html",
        save=services.save_succession,
        done=_("The next forecast lets the successor inherit."),
        to="forecasting:classes",
    )


@require_POST
@permission_required(CHANGE, raise_exception=True)
def succession_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Let both products stand alone again."""
    get_object_or_404(Succession, pk=pk)
    services.delete_succession(pk)
    messages.success(request, _("The succession was deleted."))
    return redirect("forecasting:classes")
