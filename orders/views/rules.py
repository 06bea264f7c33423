"""Quotas, substitutes and shipping lanes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import InvalidInput
from orders import sources
from orders.rule_forms import LaneForm, QuotaForm, SubstituteForm
from orders.services import rules

FORMS = {"quota": QuotaForm, "substitute": SubstituteForm, "lane": LaneForm}
PERMISSIONS = {
    "quota": "orders.change_quota",
    "substitute": "orders.change_substitute",
    "lane": "orders.change_shippinglane",
}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(list(PERMISSIONS.values()), raise_exception=True)
def rule_page(request: HttpRequest) -> HttpResponseBase:
    """Every rule with a form to add to it; ``what`` says which form was sent."""
    what = request.POST.get("what", "")
    if request.method == "POST" and what.startswith("drop-"):
        _drop(what.removeprefix("drop-"), request.POST.get("id", ""))
        return redirect("orders:rules")
    forms = {name: form(request.POST if name == what else None, prefix=name) for name, form in FORMS.items()}
    if what in forms and forms[what].is_valid():
        try:
            _save(what, forms[what].cleaned_data)
        except InvalidInput as error:
            for field, text in error.field_errors.items():
                forms[what].add_error(field, text)
        else:
            messages.success(request, _("Saved."))
            return redirect("orders:rules")
    context = {
        "forms": forms,
        "quotas": sources.quotas(),
        "substitutes": sources.substitutes(),
        "lanes": sources.lanes(),
    }
    return render(request, "orders/rules.html", context, status=422 if request.method == "POST" else 200)


def _save(what: str, data: dict[str, Any]) -> None:
    if what == "quota":
        rules.set_quota(rules.NewQuota(**data))
    elif what == "substitute":
        rules.set_substitute(**data)
    else:
        rules.set_lane(**data)


def _drop(what: str, pk: str) -> None:
    if not pk.isdecimal() or len(pk) > 18:
        return
    if what == "quota":
        rules.lift_quota(int(pk))
    elif what == "substitute":
        rules.drop_substitute(int(pk))
