"""What can be promised, which promises moved, and how good they were."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.models import Warehouse
from inventory.selectors import search_products
from orders.availability import product_availability
from orders.promise_forms import AvailabilityForm
from orders.promised import moved_promises, promise_outcomes, quality
from orders.sources import alternatives

PAGE_SIZE = 100


@require_safe
@permission_required("orders.view_order", raise_exception=True)
def promise_list(request: HttpRequest) -> HttpResponse:
    """Promises that moved lately, of one's own orders or of everybody's, and how good promises were."""
    is_everybody = request.GET.get("of") == "all"
    rows = moved_promises(user=None if is_everybody else request.user)  # type: ignore[arg-type]  # login is required
    context: dict[str, Any] = {
        "rows": rows[:PAGE_SIZE],
        "is_everybody": is_everybody,
        "quality": quality(promise_outcomes()),
    }
    return render(request, "orders/promises.html", context)


@require_safe
@permission_required("inventory.view_stocklevel", raise_exception=True)
def availability_page(request: HttpRequest) -> HttpResponse:
    """What of one product can be promised from which warehouse and when."""
    form = AvailabilityForm(request.GET if request.GET else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        found = list(search_products(form.cleaned_data["q"])[:1])
        if found:
            warehouses = list(Warehouse.objects.filter(is_active=True))
            (context["answer"],) = product_availability(found, warehouses, form.cleaned_data["quantity"])
            if all(place.promise.now < place.promise.quantity for place in context["answer"].places):
                others = alternatives([found[0].pk], [warehouse.pk for warehouse in warehouses])
                context["alternatives"] = others.get(found[0].pk, [])
        else:
            form.add_error("q", form.nothing_found)
    return render(request, "orders/availability.html", context)
