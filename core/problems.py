"""API errors as RFC 9457 problem details."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, InvalidInput


def problem(status: int, code: str, title: str, detail: str, **extra: Any) -> Response:
    """A problem-details response."""
    body = {"type": f"urn:tandem:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return Response(body | extra, status=status, content_type="application/problem+json")


def flatten(errors: Any, path: str = "") -> dict[str, str]:
    """DRF's nested error structure as ``{"lines.0.quantity": "sentence"}``."""
    if isinstance(errors, dict):
        items = [(str(key), value) for key, value in errors.items()]
    elif isinstance(errors, list) and any(isinstance(item, dict | list) for item in errors):
        items = [(str(index), value) for index, value in enumerate(errors) if value]
    else:
        return {path or "non_field_errors": " ".join(map(str, errors)) if isinstance(errors, list) else str(errors)}
    return {k: v for key, value in items for k, v in flatten(value, f"{path}.{key}" if path else key).items()}


def problem_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: domain errors are 409 (400 for bad input), the rest keep their status."""
    if isinstance(exc, InvalidInput):
        set_rollback()
        errors = [{"field": field, "detail": str(text)} for field, text in exc.field_errors.items()]
        return problem(400, exc.code, "Invalid input", exc.detail, errors=errors, meta=exc.meta)
    if isinstance(exc, DomainError):
        set_rollback()
        return problem(409, exc.code, "Refused", exc.detail, meta=exc.meta)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    extra: dict[str, Any] = {}
    detail = str(exc.detail) if not isinstance(exc, exceptions.ValidationError) else "The input is not valid."
    if isinstance(exc, exceptions.ValidationError):
        extra["errors"] = [{"field": field, "detail": text} for field, text in flatten(exc.detail).items()]
    response = problem(exc.status_code, str(exc.default_code), exc.default_detail, detail, **extra)
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed) and exc.status_code == 401:
        response["WWW-Authenticate"] = getattr(exc, "auth_header", "Token")
    if isinstance(exc, exceptions.Throttled) and exc.wait:
        response["Retry-After"] = str(int(exc.wait))
    return response
