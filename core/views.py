"""Sign-in's language, the language switch, and where each role starts."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from core.navigation import items_for

YEAR = 365 * 24 * 3600


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
