"""Request bodies in JSON: of the API, gzipped or not and never larger than what is unpacked at once, and of pages."""

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.parsers import BaseParser, JSONParser


def json_body(request: HttpRequest) -> Any:
    """What a page's script sent. Raises: ValueError, for a body nested too deeply as for one that is no JSON."""
    try:
        return json.loads(request.body)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


class ContentTooLarge(exceptions.APIException):
    """The request is larger than is taken at once."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "content_too_large"
    default_detail = gettext_lazy("The request is too large.")


class BoundedJSONParser(BaseParser):
    """JSON of at most ``API_MAX_BODY_BYTES``, counted after unpacking: a small gzip body may unpack to gigabytes.

    No subclass of JSONParser, for which the framework reads the whole body first, up to the limit of Django's forms.
    """

    media_type = JSONParser.media_type

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        headers = (parser_context or {})["request"].headers
        limit = settings.API_MAX_BODY_BYTES
        if int(headers.get("Content-Length") or 0) > limit:
            raise _too_large(limit)
        encoding = headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            body = _unpacked(stream, limit + 1)
        elif encoding == "identity":
            body = stream.read(limit + 1)
        else:
            text = _("Content-Encoding %s is not understood; send gzip, or the plain body.") % encoding
            raise exceptions.UnsupportedMediaType(media_type or "", detail=text)
        if len(body) > limit:
            raise _too_large(limit)
        try:
            return JSONParser().parse(io.BytesIO(body), media_type, parser_context)  # type: ignore[no-any-return]
        except RecursionError as exc:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from exc


def _unpacked(stream: IO[bytes], most: int) -> bytes:
    """The first ``most`` bytes of what the body unpacks to. Raises: ParseError."""
    try:
        return gzip.GzipFile(fileobj=stream).read(most)
    except (gzip.BadGzipFile, zlib.error, EOFError) as exc:
        raise exceptions.ParseError(_("The body is not valid gzip, or it is cut off.")) from exc


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(
        _("The request is larger than %s MB (unpacked); send it in several parts.") % (limit // 1_000_000)
    )
