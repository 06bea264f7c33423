"""Templates at the desk: kept and put in from the page of a new order, listed on a page of their own."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.errors import Duplicate, InvalidInput
from core.parsers import json_body
from core.saved_views import saves_views
from orders.entry import template_lines
from orders.models import OrderTemplate
from orders.services import templates as services
from orders.template_forms import new_template

MAX_SUGGESTIONS = 8
MAX_SHOWN = 500


@require_safe
@permission_required("orders.view_ordertemplate", raise_exception=True)
@saves_views(["q"])
def template_list(request: HttpRequest) -> HttpResponse:
    """Every template, by name."""
    search = request.GET.get("q", "").strip()[:80]
    found = OrderTemplate.objects.select_related("customer", "created_by").annotate(count=Count("lines"))
    if search:
        found = found.filter(Q(name__icontains=search) | Q(customer__name__icontains=search))
    return render(request, "orders/templates.html", {"found": found.order_by("name")[:MAX_SHOWN], "search": search})


@require_safe
@permission_required("orders.view_ordertemplate", raise_exception=True)
def template_suggestions(request: HttpRequest) -> JsonResponse:
    """Templates for the type-ahead: those for all and the customer's own, which come first."""
    text, customer = request.GET.get("q", "").strip(), request.GET.get("customer", "")
    own = Q(customer=int(customer)) if customer.isdecimal() else Q(pk__in=[])
    found = (
        OrderTemplate.objects.filter(own | Q(customer=None), name__icontains=text)
        .annotate(count=Count("lines"), is_exact=Q(name__iexact=text))
        .select_related("customer")
        .order_by(F("customer").asc(nulls_last=True), "name")
    )
    rows = [
        {
            "id": row.pk,
            "code": row.name,
            "label": "",
            "hint": ngettext("%s line", "%s lines", row.count) % row.count,
            "exact": row.is_exact,
        }
        for row in found[:MAX_SUGGESTIONS]
    ]
    return JsonResponse({"results": rows})


@require_safe
@permission_required("orders.view_ordertemplate", raise_exception=True)
def template_content(request: HttpRequest, pk: int) -> JsonResponse:
    """The lines of one template."""
    return JsonResponse({"lines": template_lines(get_object_or_404(OrderTemplate, pk=pk))})


@require_POST
@permission_required("orders.add_ordertemplate", raise_exception=True)
def template_save(request: HttpRequest) -> JsonResponse:
    """Keep the lines sent; 409 when the name is taken and nobody said that it is to be replaced."""
    try:
        body = json_body(request)
    except ValueError:
        return JsonResponse({"errors": []}, status=422)
    new, errors = new_template(body)
    try:
        if new:
            template = services.save_template(new)
            return JsonResponse({"id": template.pk, "text": _("Saved as template %s.") % template.name}, status=201)
    except InvalidInput as refusal:
        errors = refusal.field_errors
    except Duplicate as refusal:
        question = _("%s Replace it with these lines?") % refusal.detail
        return JsonResponse({"question": question}, status=409)
    return JsonResponse({"errors": [{"field": name, "detail": text} for name, text in errors.items()]}, status=422)


@require_POST
@permission_required("orders.delete_ordertemplate", raise_exception=True)
def template_forget(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete one."""
    template = get_object_or_404(OrderTemplate, pk=pk)
    services.forget_template(pk)
    messages.success(request, _("Template %s was deleted.") % template.name)
    return redirect("orders:templates")
