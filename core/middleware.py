"""Language and actor of each request, addresses of the API, and what no page can read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from core.actor import acting_as

GetResponse = Callable[[HttpRequest], HttpResponse]


class UserLocaleMiddleware(LocaleMiddleware):
    """The language chosen (cookie, written at sign-in and by the switch), else the browser's."""

    def process_request(self, request: HttpRequest) -> None:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        known = dict(settings.LANGUAGES)
        language = chosen if chosen in known else translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]


class ActorMiddleware:
    """Attributes what services do during a request to its signed-in user."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(request.user.pk):
            return self.get_response(request)


class ApiSlashMiddleware:
    """Serves an address of the API without its last slash as the one with it: a POST cannot be redirected."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/") and not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)


class NoNulMiddleware:
    """Refuses a page's address with a NUL in its query: PostgreSQL cannot store one, so no row has it.

    The API's filters refuse it themselves, by the parameter's name.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") and not request.path.startswith("/api/"):
            return HttpResponseBadRequest("The address holds a character that no text may have.")
        return self.get_response(request)
