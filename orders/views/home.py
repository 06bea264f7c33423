"""The home of a sales person."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.models import User
from orders import home
from orders.buying import customers_due

SHOWN = 20


@require_safe
@permission_required(["orders.view_order", "orders.view_customer"], raise_exception=True)
def sales_home(request: HttpRequest) -> HttpResponse:
    """What is at risk, what waits for an answer, what expires and who is due to buy; one's own or everybody's."""
    is_mine = request.GET.get("of") == "me"
    user = request.user if is_mine and isinstance(request.user, User) else None
    today = timezone.localdate()
    risks = home.orders_at_risk(today, user)
    context = {
        "is_mine": is_mine,
        "risks": risks if request.GET.get("risks") == "all" else risks[:SHOWN],
        "more_risks": 0 if request.GET.get("risks") == "all" else max(0, len(risks) - SHOWN),
        "complaints": home.open_complaints(user)[:SHOWN],
        "mails": home.undecided_mails(user)[:SHOWN],
        "quotations": home.expiring_quotations(today, user)[:SHOWN]
        if request.user.has_perm("orders.view_quotation")
        else [],
        "due": customers_due(today)[:SHOWN],
        "today": today,
    }
    return render(request, "orders/home.html", context)
