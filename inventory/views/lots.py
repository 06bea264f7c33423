"""Lots that have expired and wait to be written off, and those that will expire soon."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.money import ZERO
from inventory import expiry

MOST = 500


@require_safe
@permission_required("inventory.view_stockmove", raise_exception=True)
def expired(request: HttpRequest) -> HttpResponseBase:
    """What may no longer leave, to be written off; what expires within a month, to be sold before."""
    return _page(request)


def _page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponseBase:
    today = timezone.localdate()
    lots = list(expiry.expired_lots(today)[:MOST])
    context = {
        "expired": lots,
        "worth": sum((lot.worth for lot in lots), ZERO),
        "pieces": sum(lot.on_hand for lot in lots),
        "expiring": expiry.expiring_lots(today)[:MOST],
        "days": expiry.SOON_DAYS,
        "error": error,
    }
    return render(request, "inventory/expired.html", context, status=status)


@require_POST
@permission_required("inventory.adjust_stock", raise_exception=True)
def write_off(request: HttpRequest) -> HttpResponseBase:
    """Write off the lots chosen, in the pieces that the page showed."""
    pieces = dict(map(_lot_and_pieces, request.POST.getlist("all" if "everything" in request.POST else "lot")))
    pieces.pop(0, None)
    if not pieces:
        return _page(request, error=_("Choose at least one lot."), status=422)
    done, left = expiry.write_off_expired(pieces)
    if done:
        messages.success(request, ngettext("%s lot was written off.", "%s lots were written off.", done) % done)
    if left:
        text = ngettext(
            "%s lot was not: it changed in the meantime. Look at it again.",
            "%s lots were not: they changed in the meantime. Look at them again.",
            left,
        )
        messages.warning(request, text % left)
    return redirect("inventory:expired")


def _lot_and_pieces(text: str) -> tuple[int, int]:
    """``12:5`` as (12, 5); (0, 0) when it is nothing like it."""
    pk, _colon, pieces = text.partition(":")
    known = all(part.isdecimal() and len(part) < 19 for part in (pk, pieces))
    return (int(pk), int(pieces)) if known else (0, 0)
