"""The rules of buying: which role may place orders up to which amount."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from purchasing import selectors, services
from purchasing.forms import LimitForm

CHANGE = "purchasing.change_approvallimit"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("purchasing.view_approvallimit", raise_exception=True)
def rules(request: HttpRequest) -> HttpResponseBase:
    """Approval limits of the roles that may place purchase orders."""
    return rules_page(request)


@require_http_methods(["POST"])
@permission_required(CHANGE, raise_exception=True)
def limits(request: HttpRequest) -> HttpResponseBase:
    """Set the limits of all roles at once; an empty one takes the limit away."""
    forms = _limit_forms(request)
    if not all(form.is_valid() for _group, form in forms):
        return rules_page(request, forms, status=422)
    for group, form in forms:
        services.set_approval_limit(group.pk, form.cleaned_data["amount"])
    messages.success(request, _("The changes were saved."))
    return redirect("purchasing:rules")


def _limit_forms(request: HttpRequest) -> list[tuple[Group, LimitForm]]:
    data = request.POST if request.method == "POST" else None
    return [
        (group, LimitForm(data, prefix=f"role-{group.pk}", initial={"amount": amount}))
        for group, amount in selectors.approval_limits()
    ]


def rules_page(
    request: HttpRequest, forms: list[tuple[Group, LimitForm]] | None = None, *, status: int = 200
) -> HttpResponseBase:
    """The page, with what was typed."""
    context = {"limits": forms or _limit_forms(request)}
    return render(request, "purchasing/rules.html", context, status=status)
