"""The rules of buying: which role may place orders up to which amount, and what is ordered without a hand."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.errors import InvalidInput
from core.queue import kick
from purchasing import selectors, services
from purchasing.forms import LimitForm, RuleForm
from purchasing.models import AutoApprovalRule
from purchasing.tasks import check_reorder_points

CHANGE = "purchasing.change_approvallimit"
PLACE = "purchasing.place_purchaseorder"


@require_safe
@permission_required("purchasing.view_approvallimit", raise_exception=True)
def rules(request: HttpRequest) -> HttpResponseBase:
    """Approval limits of the roles that may place purchase orders."""
    return rules_page(request)


@require_POST
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
    data = request.POST if request.path.endswith("/limits/") else None
    return [
        (group, LimitForm(data, prefix=f"role-{group.pk}", initial={"amount": amount}))
        for group, amount in selectors.approval_limits()
    ]


@require_POST
@permission_required(CHANGE, raise_exception=True)
def rule_add(request: HttpRequest) -> HttpResponseBase:
    """Add a rule of auto-approval."""
    form = RuleForm(request.POST)
    if not form.is_valid():
        return rules_page(request, rule_form=form, status=422)
    data = form.cleaned_data
    try:
        services.add_rule(
            supplier_id=data["supplier"].pk if data["supplier"] else None,
            max_value=data["max_value"],
            min_confidence=data["min_confidence"],
        )
    except InvalidInput as refusal:
        form.add_error("supplier", refusal.detail)
        return rules_page(request, rule_form=form, status=409)
    messages.success(request, _("The rule counts from now on; every morning, and whenever it is applied by hand."))
    return redirect("purchasing:rules")


@require_POST
@permission_required(CHANGE, raise_exception=True)
def rule_delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a rule away."""
    get_object_or_404(AutoApprovalRule.objects.only("pk"), pk=pk)
    services.delete_rule(pk)
    messages.success(request, _("The rule is gone; what it ordered stays."))
    return redirect("purchasing:rules")


@require_POST
@permission_required(PLACE, raise_exception=True)
def rules_apply(request: HttpRequest) -> HttpResponseBase:
    """Order now what the rules allow."""
    made = services.approve_by_rules()
    kick(check_reorder_points)
    text = ngettext("%s purchase order was placed by the rules.", "%s purchase orders were placed by the rules.", made)
    messages.success(request, text % made if made else _("The rules allow nothing just now; each suggestion says why."))
    return redirect("purchasing:orders" if made else "purchasing:desk")


def rules_page(
    request: HttpRequest,
    forms: list[tuple[Group, LimitForm]] | None = None,
    *,
    rule_form: RuleForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    """The page, with what was typed."""
    context = {
        "limits": forms or _limit_forms(request),
        "rules": AutoApprovalRule.objects.select_related("supplier").order_by("supplier__code"),
        "rule_form": rule_form or RuleForm(),
    }
    return render(request, "purchasing/rules.html", context, status=status)
