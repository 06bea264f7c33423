"""Lists out to a spreadsheet and back: stock policies and suggestions, with a preview and the errors of each row."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError, InvalidInput
from core.queue import kick
from purchasing import selectors, services
from purchasing.forms import ReasonForm, SheetForm
from purchasing.policy_sheet import COLUMNS as POLICY_COLUMNS
from purchasing.policy_sheet import LevelChange, level_changes
from purchasing.sheets import RowError, read_sheet
from purchasing.suggestion_sheet import COLUMNS as SUGGESTION_COLUMNS
from purchasing.suggestion_sheet import wanted_quantities
from purchasing.tasks import check_reorder_points
from purchasing.views.desk import PLACE, planned, review_page

CHANGE = "purchasing.change_stockpolicy"
SALT = "purchasing.policies"
SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def policies_import(request: HttpRequest) -> HttpResponse:
    """Take an edited list of policies and show what it would change; nothing is changed yet."""
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if not form.is_valid():
        return _policies_page(request, form, status=422 if form.errors else 200)
    try:
        changes, errors = level_changes(read_sheet(form.cleaned_data["file"], POLICY_COLUMNS))
    except InvalidInput as refusal:
        form.add_error("file", refusal.detail)
        return _policies_page(request, form, status=422)
    return _policies_page(request, form, changes=changes, errors=errors, status=422 if errors else 200)


def _policies_page(
    request: HttpRequest,
    form: SheetForm,
    *,
    changes: list[LevelChange] | None = None,
    errors: list[RowError] | None = None,
    reason: ReasonForm | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "changes": (changes or [])[:SHOWN],
        "count": len(changes or []),
        "errors": (errors or [])[:SHOWN],
        "error_count": len(errors or []),
        "is_read": changes is not None,
        "signed": signing.dumps([one.plain() for one in changes], salt=SALT, compress=True) if changes else "",
        "reason": reason or ReasonForm(),
        "error": error,
    }
    return render(request, "purchasing/policies_import.html", context, status=status)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def policies_apply(request: HttpRequest) -> HttpResponseBase:
    """Make the changes of a preview, all or none."""
    try:
        changes = [
            LevelChange(**one) for one in signing.loads(request.POST.get("signed", ""), salt=SALT, max_age=86_400)
        ]
    except signing.BadSignature:
        messages.error(request, _("This preview is too old: choose the file again."))
        return redirect("purchasing:policies-import")
    reason = ReasonForm(request.POST)
    if not reason.is_valid():
        return _policies_page(request, SheetForm(), changes=changes, reason=reason, status=422)
    try:
        services.set_policies_by_hand(changes, reason=reason.cleaned_data["reason"])
    except DomainError as error:
        return _policies_page(request, SheetForm(), changes=changes, reason=reason, error=error, status=409)
    kick(check_reorder_points)
    text = ngettext(
        "The levels of %s place are set by hand now.", "The levels of %s places are set by hand now.", len(changes)
    )
    messages.success(request, text % len(changes))
    return redirect("purchasing:policies")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PLACE, raise_exception=True)
def suggestions_import(request: HttpRequest) -> HttpResponse:
    """Take an edited list of suggestions to the review of what would be ordered; nothing is ordered yet."""
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    errors: list[RowError] = []
    if form.is_valid():
        try:
            quantities, errors = wanted_quantities(read_sheet(form.cleaned_data["file"], SUGGESTION_COLUMNS))
        except InvalidInput as refusal:
            form.add_error("file", refusal.detail)
        else:
            if quantities and not errors:
                chosen = list(selectors.open_suggestions().filter(pk__in=quantities))
                return review_page(request, planned(chosen, quantities))
            if not errors:
                form.add_error("file", _("Every quantity is 0: there is nothing to order."))
    context = {"form": form, "errors": errors[:SHOWN], "error_count": len(errors)}
    is_wrong = bool(form.errors or errors)
    return render(request, "purchasing/suggestions_import.html", context, status=422 if is_wrong else 200)
