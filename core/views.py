"""Sign-in's language, the language switch, where each role starts, and the views that users save of lists."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.models import User
from core.navigation import items_for
from core.saved_views import (
    ALL,
    MAX_NAME,
    NameTaken,
    change_view,
    delete_view,
    list_page,
    save_view,
)

YEAR = 365 * 24 * 3600
# Longer than any address that a browser sends.
MAX_TYPED = 10_000


def _remember_language(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax")


class SignInView(LoginView):
    """Sign in; the user's own language, if they chose one, counts from then on."""

    redirect_authenticated_user = True

    def form_valid(self, form) -> HttpResponse:  # type: ignore[no-untyped-def]
        response = super().form_valid(form)
        if language := form.get_user().language:
            _remember_language(response, language)
        return response


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language of this browser, and of the signed-in user from now on."""
    wanted, back = request.POST.get("language", ""), request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = redirect(back)
    if wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        _remember_language(response, wanted)
        if request.user.is_authenticated:
            request.user.language = wanted
            request.user.save(update_fields=["language"])
    return response


def home(request: HttpRequest) -> HttpResponseBase:
    """The first room that the user may enter."""
    first = next(items_for(request), None)
    if first is None:
        return render(request, "core/no_rooms.html")
    return redirect(str(first["url"]))


class SavedViewForm(forms.Form):
    """What is said about a saved view."""

    name = forms.CharField(max_length=MAX_NAME, required=False, strip=True)
    is_default = forms.BooleanField(required=False)
    is_shared = forms.BooleanField(required=False)


@require_POST
def view_save(request: HttpRequest) -> HttpResponseBase:
    """Keep the filters of a list under a name; asks before it replaces those of a view that has it."""
    page = list_page(request.POST.get("page", ""))
    query = request.POST.get("query", "")[:MAX_TYPED]
    said = _said(request)
    try:
        view = save_view(_user(request), page, typed=query, replace=request.POST.get("replace") == "1", **said)
    except NameTaken as refusal:
        context = {"page": page, "query": query, "said": said, "refusal": refusal}
        return render(request, "core/view_replace.html", context, status=409)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect(f"{page.path}?{query}" if query else f"{page.path}?view={ALL}")
    messages.success(request, _("The view “%s” is saved.") % view.name)
    return redirect(f"{page.path}?view={view.pk}")


@require_POST
def view_change(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Rename a view, share it, make it the list's start."""
    page = list_page(request.POST.get("page", ""))
    try:
        view = change_view(_user(request), pk, **_said(request))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The view “%s” is saved.") % view.name)
    return redirect(f"{page.path}?view={pk}")


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete a view; the list shows everything then."""
    page = list_page(request.POST.get("page", ""))
    try:
        view = delete_view(_user(request), pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect(f"{page.path}?view={pk}")
    messages.success(request, _("The view “%s” is deleted.") % view.name)
    return redirect(f"{page.path}?view={ALL}")


def _said(request: HttpRequest) -> dict[str, Any]:
    form = SavedViewForm(request.POST)
    form.is_valid()
    # A name that is too long is refused by the service, with its sentence.
    return {"is_default": False, "is_shared": False} | form.cleaned_data | {"name": request.POST.get("name", "")}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
