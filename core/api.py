"""What every API endpoint shares: the actor, its permissions, and one effect per Idempotency-Key."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework import exceptions, serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.actor import set_actor
from core.errors import InvalidInput
from core.idempotency import answer_once


@cache
def kept(serializer: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The one instance of a serializer that this process keeps, for ``run_validation`` and ``to_representation``.

    Neither leaves anything in it. Building its fields anew costs several times what using them does.
    """
    return serializer()


@contextmanager
def renamed_fields(names: Mapping[str, str]) -> Iterator[None]:
    """Name the wrong fields as the request names them, where a service names them by its own rows."""
    try:
        yield
    except InvalidInput as exc:
        exc.field_errors = {names.get(field, field): text for field, text in exc.field_errors.items()}
        raise


def refuse_wrong_rows(field: str, given: Sequence[Any], known: Collection[Any]) -> None:
    """Raise a ValidationError that names each of ``lines.N.<field>`` that is unknown or stands there twice."""
    errors, seen = {}, set()
    for index, value in enumerate(given):
        if value not in known:
            errors[f"lines.{index}.{field}"] = [_("The document has no such line.")]
        elif value in seen:
            errors[f"lines.{index}.{field}"] = [_("This line stands here twice.")]
        seen.add(value)
    if errors:
        raise exceptions.ValidationError(errors)


class ApiViewSet(viewsets.GenericViewSet[Any]):
    """Base of all viewsets. ``permissions`` maps each action to the permission it needs; an unmapped one is a 403."""

    permissions: ClassVar[dict[str, str]] = {}
    lookup_value_regex = "[0-9]+"
    http_method_names = ["get", "post", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Attribute the request, and wrap its POST handler, which dispatch looks up after this."""
        super().initial(request, *args, **kwargs)
        # A token is read here, after the middleware that attributes session requests.
        set_actor(request.user.pk)
        self._refuse_unknown_parameters(request)
        if request.method == "POST":
            self.post = partial(answer_once, getattr(self, "post"))  # noqa: B009  (bound by as_view, unknown to mypy)

    def check_permissions(self, request: Request) -> None:
        """A method that the address does not have is a 405 for everybody who is signed in."""
        if request.user.is_authenticated and self.action is None:
            self.http_method_not_allowed(request)
        super().check_permissions(request)

    def known_parameters(self) -> set[str]:
        """Query parameters that this action understands."""
        filterset: type[filters.FilterSet] | None = getattr(self, "filterset_class", None)
        return (
            {"cursor", "page_size", *(filterset.base_filters if filterset else ())} if self.action == "list" else set()
        )

    def _refuse_unknown_parameters(self, request: Request) -> None:
        """A misspelt filter would otherwise answer with every row."""
        unknown = sorted(set(request.query_params) - self.known_parameters())
        if unknown:
            raise exceptions.ValidationError({name: [_("There is no such parameter.")] for name in unknown})

    def validated(self, serializer_class: type[serializers.Serializer[Any]]) -> Any:
        """The request's body, checked by this serializer, which knows nothing of the request."""
        return kept(serializer_class).run_validation(self.request.data)


class UnknownAddress(APIView):
    """Any other address below /api/: a problem like every other error, not an HTML page."""

    permission_classes = [AllowAny]
    authentication_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whatever the method: there is nothing here."""
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound(_("There is no such address."))

    def get(self, request: Request) -> Response:
        """Never reached."""
        raise exceptions.NotFound
