"""One effect and one answer per Idempotency-Key: key, effect and answer commit together or not at all.

Why it is done like this: docs/decisions/0002-idempotency.md.
"""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from secrets import token_hex
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import DomainError, Duplicate, InvalidInput
from core.problems import CONTENT_TYPE, problem_response
from core.renderers import SafeJSONRenderer
from core.statements import fetch_all, write
from core.transactions import one_transaction

MAX_KEY_LENGTH = 200


def answer_once(handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Run a POST handler; with an ``Idempotency-Key`` at most once, a repetition gets the first answer again.

    Raises: Duplicate when the key was used for another request, InvalidInput for a malformed key.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return handler(request, *args, **kwargs)
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        text = _("Use 1 to %s printable ASCII characters.") % MAX_KEY_LENGTH
        raise InvalidInput(text, field_errors={"Idempotency-Key": text})
    assert request.user.pk is not None, "permissions are checked before"
    fingerprint = _fingerprint(request)
    with one_transaction():
        row = _claim(request.user.pk, key, fingerprint)
        if row.fingerprint != fingerprint:
            raise Duplicate(_("This Idempotency-Key was used before for another request."))
        if row.status is not None:
            return _answer(row, repeated=True)
        try:
            response = handler(request, *args, **kwargs)
        except InvalidInput:
            raise
        except DomainError as refusal:
            # A refusal is an answer, and may have recorded lost demand: both are kept.
            response = problem_response(refusal, {})
        row = _keep(row, response.status_code, SafeJSONRenderer().render(response.data).decode())
    return _answer(row, repeated=False)


def do_once(user_id: int, key: str, form: QueryDict, work: Callable[[], int]) -> int:
    """Do what a page's form asks at most once per form; a repetition gets the first result (a primary key) again.

    ``key`` is what ``new_key()`` put into the form; without one the work is simply done. A refusal undoes
    everything, the key too: the corrected form may be sent again.

    Raises: Duplicate when the form was done with other content: somebody went back to it and changed it.
    """
    if not re.fullmatch("[0-9a-f]{32}", key):
        return work()
    fields = sorted((name, values) for name, values in form.lists() if name != "csrfmiddlewaretoken")
    fingerprint = sha256(repr(fields).encode(errors="surrogatepass")).hexdigest()
    with one_transaction():
        row = _claim(user_id, f"form-{key}", fingerprint)
        if row.fingerprint != fingerprint:
            raise Duplicate(
                _("This form was sent before, with other content: see what was saved, and start a new form for more.")
            )
        if row.status is None:
            row = _keep(row, 200, work())
        return int(row.body or 0)


def new_key() -> str:
    """A key for one form."""
    return token_hex(16)


def form_key(request: HttpRequest) -> str:
    """The key of the form that was sent, empty where it had none; a new one for a form that is shown first."""
    return request.POST.get("key", "") if request.method == "POST" else new_key()


def _fingerprint(request: Request) -> str:
    content = json.dumps(request.data, sort_keys=True)
    return sha256(f"{request.get_full_path()}\n{content}".encode()).hexdigest()


class _Row(NamedTuple):
    """A row of IdempotencyKey; ``status`` is None while nothing is answered."""

    pk: int
    fingerprint: str
    status: int | None
    body: Any


CLAIM = """
    INSERT INTO core_idempotencykey (user_id, key, fingerprint) VALUES (%s::bigint, %s::text, %s::text)
    ON CONFLICT (user_id, key) DO UPDATE SET key = excluded.key RETURNING id, fingerprint, status, body
"""
ANSWER = "UPDATE core_idempotencykey SET status = %s::int, body = %s::jsonb WHERE id = %s::bigint"


def _claim(user_id: int, key: str, fingerprint: str) -> _Row:
    """The row of this key, new or old, locked.

    While another request with the same key runs, the unique index makes this one wait for its commit or rollback;
    a row without an answer is therefore always our own.
    """
    pk, known, status, body = fetch_all("claim_idempotency_key", CLAIM, [user_id, key, fingerprint])[0]
    return _Row(pk, known, status, None if body is None else json.loads(body))


def _keep(row: _Row, status: int, body: Any) -> _Row:
    """Write the answer down."""
    write("answer_idempotency_key", ANSWER, [status, json.dumps(body), row.pk])
    return row._replace(status=status, body=body)


def _answer(row: _Row, *, repeated: bool) -> HttpResponse:
    assert row.status is not None
    content_type = CONTENT_TYPE if row.status >= 400 else "application/json"
    headers = {"Idempotency-Replayed": "true"} if repeated else {}
    return HttpResponse(row.body, status=row.status, content_type=content_type, headers=headers)
