"""One step for several orders of the list, looked at before it is done."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders import several


@require_POST
def several_orders(request: HttpRequest) -> HttpResponse:
    """Show what a step would do to each chosen order; confirmed, do it and say of each what came of it."""
    name = request.POST.get("action", "")
    action = several.ACTIONS.get(name)
    if action is None:
        return HttpResponseBadRequest(_("There is no such step."))
    if not (request.user.has_perm("orders.view_order") and request.user.has_perm(action.permission)):
        raise PermissionDenied
    chosen = [int(pk) for pk in request.POST.getlist("order") if pk.isdecimal() and len(pk) < 19]
    ids = list(dict.fromkeys(chosen))[: several.MOST]
    is_confirmed = "confirm" in request.POST
    form = several.action_form(name, request.POST if is_confirmed else None)
    data = form.cleaned_data if is_confirmed and form.is_valid() else {}
    rows = several.preview(name, ids, data)
    is_done = is_confirmed and form.is_valid()
    if is_done:
        rows = several.apply(name, rows, data, _seen(request, ids))
    context = {
        "name": name,
        "action": action,
        "form": form,
        "rows": rows,
        "fine": sum(row.is_fine for row in rows),
        "is_done": is_done,
        "left_out": len(chosen) - len(ids),
    }
    return render(request, "orders/several.html", context, status=422 if form.errors else 200)


def _seen(request: HttpRequest, ids: list[int]) -> dict[int, int]:
    """The last step of each order that the page showed."""
    typed = {pk: request.POST.get(f"seen-{pk}", "") for pk in ids}
    return {pk: int(step) for pk, step in typed.items() if step.isdecimal() and len(step) < 19}
