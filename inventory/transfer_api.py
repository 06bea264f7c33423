"""Transfers between warehouses over HTTP."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, refuse_wrong_rows, renamed_fields
from inventory import transfers
from inventory.filters import TransferFilter
from inventory.models import Transfer, TransferLine
from inventory.selectors import transfers_with_lines
from inventory.serializers import MoveTransferIn, NewTransferIn, TransferOut, TransferReasonIn, resolve_products

REQUEST, MOVE = "inventory.request_transfer", "inventory.move_transfer"


class TransferViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Pieces that go from one warehouse to another; between sending and receiving they are in transit."""

    queryset = transfers_with_lines()
    serializer_class = TransferOut
    filterset_class = TransferFilter
    permissions = {
        "list": "inventory.view_transfer",
        "retrieve": "inventory.view_transfer",
        "create": REQUEST,
        "cancel": REQUEST,
        "send": MOVE,
        "receive": MOVE,
        "close": MOVE,
    }

    @extend_schema(request=NewTransferIn, responses={201: TransferOut})
    def create(self, request: Request) -> Response:
        """Ask one warehouse to send to another; nothing moves yet."""
        wanted = self.validated(NewTransferIn)
        products = resolve_products(wanted["lines"])
        transfer = transfers.request_transfer(
            transfers.NewTransfer(
                source_id=wanted["source"],
                destination_id=wanted["destination"],
                lines=[(pk, line["quantity"]) for pk, line in zip(products, wanted["lines"], strict=True)],
                expected_on=wanted["expected_on"],
                reason=wanted["reason"],
            )
        )
        return self._transfer(transfer.pk, status=201)

    @extend_schema(request=MoveTransferIn, responses={200: TransferOut})
    @action(methods=["post"], detail=True)
    def send(self, request: Request, pk: str) -> Response:
        """Take the pieces out of the source, at most those free there; what is not sent is not expected any more."""
        return self._move(pk, transfers.send_transfer)

    @extend_schema(request=MoveTransferIn, responses={200: TransferOut})
    @action(methods=["post"], detail=True)
    def receive(self, request: Request, pk: str) -> Response:
        """Receive all that is in transit or the lines given; waiting orders are filled at once."""
        return self._move(pk, transfers.receive_transfer)

    @extend_schema(request=TransferReasonIn, responses={200: TransferOut})
    @action(methods=["post"], detail=True)
    def close(self, request: Request, pk: str) -> Response:
        """Close with differences: what is still in transit is missing and written off at the destination."""
        transfer_id = self._known(pk)
        transfers.close_transfer(transfer_id, reason=self.validated(TransferReasonIn)["reason"])
        return self._transfer(transfer_id)

    @extend_schema(request=TransferReasonIn, responses={200: TransferOut})
    @action(methods=["post"], detail=True)
    def cancel(self, request: Request, pk: str) -> Response:
        """Take back a transfer that was not sent."""
        transfer_id = self._known(pk)
        transfers.cancel_transfer(transfer_id, reason=self.validated(TransferReasonIn)["reason"])
        return self._transfer(transfer_id)

    def _move(self, pk: str, step: Callable[..., Transfer]) -> Response:
        transfer_id = self._known(pk)
        quantities, names = self._quantities(transfer_id, self.validated(MoveTransferIn).get("lines"))
        with renamed_fields(names):
            step(transfer_id, quantities)
        return self._transfer(transfer_id)

    def _quantities(
        self, transfer_id: int, lines: list[dict[str, Any]] | None
    ) -> tuple[dict[int, int] | None, dict[str, str]]:
        """Pieces by line id, and the request's name for each of the service's field names."""
        if lines is None:
            return None, {}
        ids = dict(TransferLine.objects.filter(transfer=transfer_id).values_list("product_id", "pk"))
        products = resolve_products(lines)
        refuse_wrong_rows("product", products, ids)
        names = {f"lines.{ids[product]}.quantity": f"lines.{i}.quantity" for i, product in enumerate(products)}
        return {ids[product]: line["quantity"] for product, line in zip(products, lines, strict=True)}, names

    def _known(self, pk: str) -> int:
        return get_object_or_404(Transfer.objects.only("pk"), pk=pk).pk

    def _transfer(self, transfer_id: int, status: int = 200) -> Response:
        transfer = transfers_with_lines().get(pk=transfer_id)
        return Response(TransferOut(transfer, context=self.get_serializer_context()).data, status=status)
