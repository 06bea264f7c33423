"""Answers of the API as JSON."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class SafeJSONRenderer(JSONRenderer):
    """JSON in UTF-8; where an answer repeats text that UTF-8 does not have (half a surrogate pair), all in ASCII."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return _AsciiRenderer().render(data, accepted_media_type, renderer_context)


class PdfRenderer(SafeJSONRenderer):
    """A document as it is; what went wrong instead is JSON, as everywhere."""

    media_type = "application/pdf"
    format = "pdf"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return data if isinstance(data, bytes) else super().render(data, "application/json", renderer_context)


class _AsciiRenderer(JSONRenderer):
    ensure_ascii = True
