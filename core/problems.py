"""API errors as RFC 9457 problem details."""

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, InvalidInput

CONTENT_TYPE = "application/problem+json"
CHUNK = 65_536
# Ten times what the API takes: whoever sends more is cut off.
MOST_READ = 10 * settings.API_MAX_BODY_BYTES
logger = logging.getLogger(__name__)


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """A problem-details response; the title is the status in words."""
    body = {
        "type": f"urn:tandem:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response(body | extra, status=status, content_type=CONTENT_TYPE)


def flatten(errors: Any, path: str = "") -> dict[str, str]:
    """DRF's nested error structure as ``{"lines.0.quantity": "sentence"}``."""
    if isinstance(errors, dict):
        items = [(str(key), value) for key, value in errors.items()]
    elif isinstance(errors, list) and any(isinstance(item, dict | list) for item in errors):
        items = [(str(index), value) for index, value in enumerate(errors) if value]
    else:
        return {path: " ".join(map(str, errors)) if isinstance(errors, list) else str(errors)}
    # What concerns a whole object carries the object's own name.
    parts = [(path if key == "non_field_errors" else f"{path}.{key}" if path else key, value) for key, value in items]
    return {k: v for name, value in parts for k, v in flatten(value, name).items()}


def named(errors: dict[str, str]) -> list[dict[str, str]]:
    """Errors by field as the ``errors`` member of a problem; an empty name is the body itself."""
    return [{"field": field, "detail": str(text)} for field, text in errors.items()]


def problem_response(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: domain errors are 409 (400 for bad input), the rest keep their status."""
    set_rollback()
    _read_rest(context.get("request"))
    if isinstance(exc, InvalidInput):
        return problem(400, exc.code, exc.detail, errors=named(exc.field_errors), meta=exc.meta)
    if isinstance(exc, DomainError):
        return problem(409, exc.code, exc.detail, meta=exc.meta)
    if isinstance(exc, DataError):
        return problem(400, "out_of_range", _("A number is larger than can be stored."))
    if isinstance(exc, OperationalError | InterfaceError):
        return _from_outage(exc, context)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, exceptions.APIException):
        return _from_drf(exc)
    if settings.DEBUG:
        raise exc
    return _from_bug(exc, context)


def _read_rest(request: Request | None) -> None:
    """Read what the client is still sending, up to ``MOST_READ`` bytes.

    A server that answers in the middle of a body and closes resets the connection: the client sees that it broke, and
    never the answer, a 401 or a 413.
    """
    if request is None:
        return
    left = MOST_READ
    try:
        while left > 0 and (data := request._request.read(CHUNK)):
            left -= len(data)
    except OSError:  # it is gone
        return


def _from_drf(exc: exceptions.APIException) -> Response:
    if isinstance(exc, exceptions.ValidationError):
        response = problem(exc.status_code, "invalid", _("The input is not valid."), errors=named(flatten(exc.detail)))
    else:
        response = problem(exc.status_code, str(exc.default_code), str(exc.detail))
    if exc.status_code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = getattr(exc, "auth_header", "Token")
    return response


def _from_outage(exc: Exception, context: dict[str, Any]) -> Response:
    """The database restarts, or is too busy for a bounded number of tries: nothing was done, so ask again."""
    logger.error("%s: database unavailable", _path(context), exc_info=exc)
    response = problem(503, "unavailable", _("The database cannot be reached at the moment; please try again."))
    response["Retry-After"] = "1"
    return response


def _from_bug(exc: Exception, context: dict[str, Any]) -> Response:
    """Our own mistake: logged and signalled as Django does, answered without details."""
    request = getattr(context.get("request"), "_request", None)
    got_request_exception.send(sender=None, request=request)
    logger.error("%s failed", _path(context), exc_info=exc)
    return problem(500, "internal_error", _("Something went wrong on our side; it has been logged."))


def _path(context: dict[str, Any]) -> str:
    return getattr(context.get("request"), "path", "request")
