"""Returns that are agreed, received and inspected, over HTTP."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, kept, refuse_wrong_rows, renamed_fields
from core.errors import InvalidInput
from orders import services
from orders.authorizations import authorizable_lines
from orders.filters import ReturnAuthorizationFilter
from orders.models import Order, ReturnAuthorization, ReturnAuthorizationLine
from orders.return_serializers import (
    AuthorizeIn,
    CloseReturnIn,
    InspectIn,
    ReceiveReturnIn,
    ReturnAuthorizationOut,
)
from orders.values import Inspection, NewAuthorization


class ReturnAuthorizationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Returns step by step: agreed, received, inspected. Stock and credit notes change when they are inspected."""

    queryset = ReturnAuthorization.objects.select_related("order").prefetch_related(
        "returns",
        Prefetch(
            "lines",
            ReturnAuthorizationLine.objects.select_related(
                "shipment_line__line__product", "shipment_line__shipment"
            ).order_by("position"),
        ),
    )
    serializer_class = ReturnAuthorizationOut
    filterset_class = ReturnAuthorizationFilter
    permissions = {
        "list": "orders.view_returnauthorization",
        "retrieve": "orders.view_returnauthorization",
        "create": "orders.add_returnauthorization",
        "receive": "orders.receive_return",
        "inspect": "orders.inspect_return",
        "close": "orders.change_returnauthorization",
    }

    @extend_schema(request=AuthorizeIn, responses={201: ReturnAuthorizationOut})
    def create(self, request: Request) -> Response:
        """Agree what may come back of an order, by its lines: of each, the pieces that left first."""
        wanted = self.validated(AuthorizeIn)
        order = Order.objects.filter(pk=wanted["order"]).first()
        if order is None:
            words = _("There is no such order.")
            raise InvalidInput(words, field_errors={"order": words})
        quantities = _by_shipment(order, wanted["lines"])
        authorization = services.authorize_return(
            NewAuthorization(order.pk, quantities, wanted["valid_until"], wanted["reason"])
        )
        return self._answer(authorization.pk, status=201)

    @extend_schema(request=ReceiveReturnIn, responses={200: ReturnAuthorizationOut})
    @action(methods=["post"], detail=True)
    def receive(self, request: Request, pk: str) -> Response:
        """Note pieces that came; they are no stock until they are inspected."""
        key, lines = self._key(pk), self.validated(ReceiveReturnIn)["lines"]
        with renamed_fields(self._numbered(key, lines, "received", "quantity")):
            services.receive_return(key, {line["line"]: line["quantity"] for line in lines})
        return self._answer(key)

    @extend_schema(request=InspectIn, responses={200: ReturnAuthorizationOut})
    @action(methods=["post"], detail=True)
    def inspect(self, request: Request, pk: str) -> Response:
        """Say of all pieces that came whether they go into stock or are scrapped; writes the credit note."""
        key, lines = self._key(pk), self.validated(InspectIn)["lines"]
        shipped = dict(
            ReturnAuthorizationLine.objects.filter(authorization=key).values_list("position", "shipment_line")
        )
        names = self._numbered(key, lines, "fit", "fit")
        names |= {f"lots.{shipped[line['line']]}": f"lines.{i}.lots" for i, line in enumerate(lines)}
        with renamed_fields(names):
            services.inspect_return(key, {line["line"]: _inspection(line) for line in lines})
        return self._answer(key)

    @extend_schema(request=CloseReturnIn, responses={200: ReturnAuthorizationOut})
    @action(methods=["post"], detail=True)
    def close(self, request: Request, pk: str) -> Response:
        """Nothing more will come."""
        key = self._key(pk)
        services.close_return(key, self.validated(CloseReturnIn)["reason"])
        return self._answer(key)

    def _key(self, pk: str) -> int:
        return get_object_or_404(ReturnAuthorization.objects.only("pk"), pk=pk).pk

    def _numbered(self, key: int, lines: list[dict[str, int]], field: str, named: str) -> dict[str, str]:
        """The request's name for each of the service's fields; refuses lines that are unknown or there twice."""
        numbers = [line["line"] for line in lines]
        known = ReturnAuthorizationLine.objects.filter(authorization=key).values_list("position", flat=True)
        refuse_wrong_rows("line", numbers, set(known))
        return {f"lines.{number}.{field}": f"lines.{i}.{named}" for i, number in enumerate(numbers)}

    def _answer(self, key: int, status: int = 200) -> Response:
        fresh = self.queryset.get(pk=key)
        return Response(kept(ReturnAuthorizationOut).to_representation(fresh), status=status)


def _inspection(line: dict[str, Any]) -> Inspection:
    lots: dict[str, int] = {}
    for lot in line["lots"]:
        lots[lot["lot"]] = lots.get(lot["lot"], 0) + lot["quantity"]
    return Inspection(line["fit"], line["scrap"], lots)


def _by_shipment(order: Order, lines: list[dict[str, Any]]) -> dict[int, int]:
    """Pieces by shipment line, oldest shipment first. Raises: InvalidInput."""
    refuse_wrong_rows("line", [line["line"] for line in lines], set(order.lines.values_list("position", flat=True)))
    rows = authorizable_lines(order)
    quantities: dict[int, int] = {}
    errors: dict[str, str] = {}
    for index, line in enumerate(lines):
        left = line["quantity"]
        for row in rows:
            if row.line.line.position == line["line"] and left:
                quantities[row.line.pk] = min(left, row.left)
                left -= quantities[row.line.pk]
        if left:
            errors[f"lines.{index}.quantity"] = _("%s can still come back; enter no more.") % (line["quantity"] - left)
    if errors:
        raise InvalidInput(_("Nothing was authorised: please correct the fields named."), field_errors=errors)
    return quantities
