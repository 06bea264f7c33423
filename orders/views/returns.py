"""Returns step by step: the list, authorising, one return with what is to be done next, and its slip."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, InvalidInput
from core.idempotency import do_once, form_key
from core.saved_views import saves_views
from orders import authorizations as selectors
from orders import services
from orders.authorization_forms import (
    AuthorizeForm,
    CloseForm,
    ExtendForm,
    InspectForm,
    ReceiveForm,
    ReturnFilterForm,
)
from orders.models import Order, ReturnAuthorization

PAGE_SIZE = 50


@require_safe
@permission_required("orders.view_returnauthorization", raise_exception=True)
@saves_views(ReturnFilterForm)
def return_list(request: HttpRequest) -> HttpResponseBase:
    """Authorised returns, newest first; a whole number, as a scanner types it, opens the return."""
    form = ReturnFilterForm(request.GET)
    wish = form.wish()
    found = selectors.authorization_list(wish)
    before = request.GET.get("before", "")
    page = list((found.filter(pk__lt=int(before)) if before.isdecimal() else found)[: PAGE_SIZE + 1])
    scanned = next((row for row in page if row.number == wish.search.strip().upper()), None)
    if scanned:
        return redirect("orders:return-authorization", scanned.pk)
    context = {
        "form": form,
        "found": page[:PAGE_SIZE],
        "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "is_first": not before.isdecimal(),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "today": timezone.localdate(),
    }
    return render(request, "orders/returns.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("orders.add_returnauthorization", raise_exception=True)
def return_authorize(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Agree what of an order may come back; the customer is told the number."""
    order = get_object_or_404(Order.objects.select_related("customer", "warehouse"), pk=pk)
    form = AuthorizeForm(order, selectors.authorizable_lines(order), request.POST if request.method == "POST" else None)
    key, error, status = form_key(request), None, 200

    def authorize() -> int:
        # Here, as a form sent twice is no longer valid: the pieces are expected back since the first time.
        if not form.is_valid():
            raise InvalidInput(_("The input is not valid."))
        return services.authorize_return(form.new_authorization()).pk

    if request.method == "POST":
        try:
            return redirect("orders:return-authorization", do_once(request.user.pk or 0, key, request.POST, authorize))
        except InvalidInput as refusal:
            form.show(refusal.field_errors)
            status = 422
        except DomainError as refusal:
            error, status = refusal, 409
    context = {"order": order, "form": form, "error": error, "key": key}
    return render(request, "orders/return_authorize.html", context, status=status)


@require_safe
@permission_required("orders.view_returnauthorization", raise_exception=True)
def return_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One return with what is to be done next."""
    return _page(request, pk)


@require_safe
@permission_required("orders.view_returnauthorization", raise_exception=True)
def return_slip(request: HttpRequest, pk: int) -> HttpResponse:
    """What the customer puts into the parcel."""
    return _page(request, pk, template="orders/return_slip.html")


def _page(
    request: HttpRequest,
    pk: int,
    *,
    template: str = "orders/return_authorization.html",
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    found = ReturnAuthorization.objects.select_related("order__customer", "order__warehouse", "created_by")
    authorization = get_object_or_404(found, pk=pk)
    lines = _lines(authorization)
    is_open = authorization.status in ReturnAuthorization.OPEN
    context = {
        "authorization": authorization,
        "order": authorization.order,
        "lines": lines,
        "is_open": is_open,
        "is_late": is_open and authorization.valid_until < timezone.localdate(),
        "expected": sum(line.expected for line in lines),
        "waiting": sum(line.waiting for line in lines),
        "receive_form": ReceiveForm(lines),
        "inspect_form": InspectForm(lines),
        "extend_form": ExtendForm(authorization),
        "close_form": CloseForm(),
        "returns": authorization.returns.order_by("pk"),
        "events": selectors.authorization_events(pk),
    }
    return render(request, template, context | extra, status=status)


def _lines(authorization: ReturnAuthorization) -> list[Any]:
    return list(
        authorization.lines.select_related("shipment_line__line__product", "shipment_line__shipment").order_by(
            "position"
        )
    )


@require_POST
@permission_required("orders.receive_return", raise_exception=True)
def return_receive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note what came."""
    form = ReceiveForm(_lines(get_object_or_404(ReturnAuthorization, pk=pk)), request.POST)
    if form.is_valid():
        before = form.cleaned_data["received_before"]
        try:
            services.receive_return(pk, form.quantities(), received_before=before)
        except InvalidInput as refusal:
            form.show(refusal.field_errors)
        except DomainError as refusal:
            return _page(request, pk, error=refusal, status=409)
        else:
            messages.success(request, _("Received: put it aside until it is inspected."))
            return redirect("orders:return-authorization", pk)
    return _page(request, pk, receive_form=form, status=422)


@require_POST
@permission_required("orders.inspect_return", raise_exception=True)
def return_inspect(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Book what came into stock or as scrap; the credit note is written."""
    form = InspectForm(_lines(get_object_or_404(ReturnAuthorization, pk=pk)), request.POST)
    if form.is_valid():
        try:
            returned = services.inspect_return(pk, form.inspections())
        except InvalidInput as refusal:
            if not refusal.field_errors:
                return _page(request, pk, inspect_form=form, error=refusal, status=409)
            form.show(refusal.field_errors)
        except DomainError as refusal:
            return _page(request, pk, error=refusal, status=409)
        else:
            messages.success(request, _("%s is booked: this is the credit note.") % returned.number)
            if request.user.has_perm("orders.view_return"):
                return redirect("orders:credit-note", returned.pk)
            return redirect("orders:return-authorization", pk)
    return _page(request, pk, inspect_form=form, status=422)


@require_POST
@permission_required("orders.change_returnauthorization", raise_exception=True)
def return_extend(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Let goods come until another day."""
    form = ExtendForm(get_object_or_404(ReturnAuthorization, pk=pk), request.POST)
    if form.is_valid():
        try:
            services.extend_return(pk, form.cleaned_data["valid_until"])
        except InvalidInput as refusal:
            form.add_error("valid_until", refusal.detail)
        except DomainError as refusal:
            return _page(request, pk, error=refusal, status=409)
        else:
            return redirect("orders:return-authorization", pk)
    return _page(request, pk, extend_form=form, status=422)


@require_POST
@permission_required("orders.change_returnauthorization", raise_exception=True)
def return_close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Nothing more will come."""
    get_object_or_404(ReturnAuthorization.objects.only("pk"), pk=pk)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, close_form=form, status=422)
    try:
        services.close_return(pk, form.cleaned_data["reason"])
    except DomainError as refusal:
        return _page(request, pk, close_form=form, error=refusal, status=409)
    return redirect("orders:return-authorization", pk)
