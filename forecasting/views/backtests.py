"""Backtests: ask for one, follow it, read what came out."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from core.queue import enqueue
from forecasting import services
from forecasting.forms import BacktestForm
from forecasting.models import Backtest
from forecasting.tasks import run_backtest
from inventory.models import Category, Product

SHOWN, FIRST_PRODUCTS = 20, 30
POLICIES = {
    "tandem": gettext_lazy("Tandem"),
    "fixed": gettext_lazy("Fixed min/max"),
    "z_score": gettext_lazy("Textbook, 95 %"),
    "actual": gettext_lazy("What was really ordered"),
    "bound": gettext_lazy("Clairvoyant (upper bound)"),
}
GROUPINGS = {
    "abc": gettext_lazy("ABC class"),
    "xyz": gettext_lazy("XYZ class"),
    "category": gettext_lazy("Category"),
    "warehouse": gettext_lazy("Warehouse"),
}


@require_safe
@permission_required("forecasting.view_backtest", raise_exception=True)
def backtest_list(request: HttpRequest) -> HttpResponse:
    """The newest backtests."""
    rows = Backtest.objects.defer("result").select_related("created_by").order_by("-pk")[:SHOWN]
    return render(request, "forecasting/backtests.html", {"backtests": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("forecasting.add_backtest", raise_exception=True)
def backtest_new(request: HttpRequest) -> HttpResponseBase:
    """Ask for a backtest; the last year is proposed."""
    yesterday = timezone.localdate() - timedelta(days=1)
    initial = {"first_day": yesterday - timedelta(weeks=52) + timedelta(days=1), "last_day": yesterday}
    form = BacktestForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        backtest = services.request_backtest(typed["first_day"], typed["last_day"], form.question())
        enqueue(run_backtest, backtest.pk)
        return redirect("forecasting:backtest", backtest.pk)
    return render(request, "forecasting/backtest_form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@permission_required("forecasting.view_backtest", raise_exception=True)
def backtest_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress, then what each policy would have earned. Asked by htmx, only the progress while it lasts."""
    backtest = get_object_or_404(Backtest, pk=pk)
    context: dict[str, Any] = {"backtest": backtest, "terms": _terms(backtest), "policies": POLICIES}
    if request.headers.get("HX-Request"):
        answer = render(request, "forecasting/_backtest_progress.html", context)
        if backtest.status in (Backtest.Status.DONE, Backtest.Status.FAILED):
            answer["HX-Refresh"] = "true"
        return answer
    if backtest.result:
        by = request.GET.get("by", "abc")
        count = None if request.GET.get("all") else FIRST_PRODUCTS
        context |= _result_context(backtest.result, by if by in GROUPINGS else "abc", count)
    return render(request, "forecasting/backtest.html", context)


def _result_context(result: dict[str, Any], by: str, count: int | None) -> dict[str, Any]:
    groups = [(key.partition(":")[2], rows) for key, rows in result["groups"].items() if key.startswith(f"{by}:")]
    total = result["groups"]["all:"]
    codes = [row["policy"] for row in total]
    return {
        "verdicts": _named(total),
        "by": by,
        "groupings": GROUPINGS,
        "groups": [(label, _named(rows)) for label, rows in groups],
        "products": [row | {"profits": [row["profit"][code] for code in codes]} for row in result["products"][:count]],
        "more": count is not None and len(result["products"]) > count,
        "columns": [POLICIES[code] for code in codes],
        "chart": {
            "policies": [
                {"name": str(POLICIES[row["policy"]]), "profit": row["profit"], "code": row["policy"]} for row in total
            ],
            "curve": [
                {"stock": point["stock_change"], "profit": point["profit_change"], "fill": point["fill_rate"]}
                for point in result["curve"]
            ],
        },
        "less": [(round(float(share) * 100), max(cost, 0), max(-cost, 0)) for share, cost in result["less"].items()],
    }


def _named(verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"name": POLICIES[row["policy"]]} for row in verdicts]


def _terms(backtest: Backtest) -> list[str]:
    """What was asked, in words."""
    asked, terms = backtest.question, []
    if "category" in asked:
        terms.append(str(Category.objects.filter(pk=asked["category"]).first() or "–"))
    if "products" in asked:
        skus = Product.objects.filter(pk__in=asked["products"]).order_by("sku").values_list("sku", flat=True)
        terms.append(", ".join(skus[:10]) + (" …" if len(asked["products"]) > 10 else ""))
    for name, words in (
        ("service", _("service level %s %%")),
        ("lead_time", _("lead times %s %% of today's")),
        ("holding_rate", _("holding cost %s %% a year")),
    ):
        if name in asked:
            terms.append(words % f"{100 * asked[name]:g}")
    return terms or [_("all products")]
