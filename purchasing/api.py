"""Suppliers, purchase orders and reorder suggestions over HTTP."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, refuse_wrong_rows, renamed_fields
from core.errors import InvalidInput
from inventory.serializers import resolve_products
from purchasing import services
from purchasing.filters import ExchangeRateFilter, PurchaseOrderFilter, ReorderSuggestionFilter, SupplierFilter
from purchasing.models import ExchangeRate, GoodsReceipt, PurchaseOrder, PurchaseOrderLine, ReorderSuggestion, Supplier
from purchasing.serializers import (
    ApprovedOut,
    ApproveIn,
    CancelPurchaseIn,
    ConfirmIn,
    DismissIn,
    ExchangeRateIn,
    ExchangeRateOut,
    GoodsReceiptOut,
    NewPurchaseOrderIn,
    PurchaseOrderOut,
    PurchaseReasonIn,
    ReceiveIn,
    ReorderSuggestionOut,
    RescheduleIn,
    SupplierOut,
)
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt


class SupplierViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Who we buy from."""

    queryset = Supplier.objects.all()
    serializer_class = SupplierOut
    filterset_class = SupplierFilter
    permissions = {"list": "purchasing.view_supplier", "retrieve": "purchasing.view_supplier"}


class ExchangeRateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What currencies of suppliers are worth in the company's."""

    queryset = ExchangeRate.objects.all()
    serializer_class = ExchangeRateOut
    filterset_class = ExchangeRateFilter
    permissions = {
        "list": "purchasing.view_exchangerate",
        "retrieve": "purchasing.view_exchangerate",
        "create": "purchasing.change_exchangerate",
    }

    @extend_schema(request=ExchangeRateIn, responses={201: ExchangeRateOut})
    def create(self, request: Request) -> Response:
        """Set the rate of a currency from a day on; supplier prices in it follow."""
        wanted = self.validated(ExchangeRateIn)
        with renamed_fields({f"0.{name}": name for name in ("currency", "valid_from", "rate")}):
            services.set_rates([services.NewRate(**wanted)])
        row = ExchangeRate.objects.get(currency=wanted["currency"], valid_from=wanted["valid_from"])
        return Response(ExchangeRateOut(row).data, status=201)


class PurchaseOrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Orders to suppliers with their lines."""

    queryset = PurchaseOrder.objects.select_related("supplier", "warehouse").prefetch_related(
        Prefetch(
            "lines", PurchaseOrderLine.objects.select_related("product", "blanket_line__blanket_order").order_by("pk")
        )
    )
    serializer_class = PurchaseOrderOut
    filterset_class = PurchaseOrderFilter
    permissions = {
        "list": "purchasing.view_purchaseorder",
        "retrieve": "purchasing.view_purchaseorder",
        "create": "purchasing.place_purchaseorder",
        "place": "purchasing.place_purchaseorder",
        "cancel": "purchasing.place_purchaseorder",
        "approve": "purchasing.place_purchaseorder",
        "send_back": "purchasing.place_purchaseorder",
        "confirm": "purchasing.place_purchaseorder",
        "reschedule": "purchasing.place_purchaseorder",
        "close": "purchasing.place_purchaseorder",
        "receive": "purchasing.receive_purchaseorder",
    }

    @extend_schema(request=NewPurchaseOrderIn, responses={201: PurchaseOrderOut})
    def create(self, request: Request) -> Response:
        """Order from a supplier, or leave a draft."""
        wanted = self.validated(NewPurchaseOrderIn)
        products = resolve_products(wanted["lines"])
        (order,) = services.create_purchase_orders(
            [
                NewPurchaseOrder(
                    supplier_id=wanted["supplier"],
                    warehouse_id=wanted["warehouse"],
                    lines=[
                        NewPurchaseLine(product, line["quantity"], line["unit_cost"])
                        for product, line in zip(products, wanted["lines"], strict=True)
                    ],
                    place=wanted["place"],
                    expected_on=wanted["expected_on"],
                )
            ]
        )
        return self._order(order.pk, status=201)

    @extend_schema(request=None, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def place(self, request: Request, pk: str) -> Response:
        """Place a draft with its supplier."""
        order = services.place_purchase_order(self._known(pk))
        return self._order(order.pk)

    @extend_schema(request=CancelPurchaseIn, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an order of which nothing has arrived."""
        order_id = self._known(pk)
        services.cancel_purchase_order(order_id, reason=self.validated(CancelPurchaseIn)["reason"])
        return self._order(order_id)

    @extend_schema(request=None, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def approve(self, request: Request, pk: str) -> Response:
        """Approve an order that waits, within your own limit; that places it with its supplier."""
        order = services.approve_purchase_order(self._known(pk))
        return self._order(order.pk)

    @extend_schema(request=PurchaseReasonIn, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True, url_path="send-back")
    def send_back(self, request: Request, pk: str) -> Response:
        """Refuse to approve: the order is a draft again, with the reason in its history."""
        order_id = self._known(pk)
        services.send_back_purchase_order(order_id, reason=self.validated(PurchaseReasonIn)["reason"])
        return self._order(order_id)

    @extend_schema(request=ConfirmIn, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def confirm(self, request: Request, pk: str) -> Response:
        """Note that the supplier confirmed, and for when; lines left out keep their day. The newest answer counts."""
        order_id, wanted = self._known(pk), self.validated(ConfirmIn)
        ids, names = self._lines(order_id, wanted["lines"], "date")
        dates = {ids[index]: line["date"] for index, line in enumerate(wanted["lines"])}
        with renamed_fields(names):
            services.confirm_purchase_order(order_id, dates, reference=wanted["reference"])
        return self._order(order_id)

    @extend_schema(request=RescheduleIn, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def reschedule(self, request: Request, pk: str) -> Response:
        """Note the day on which the supplier now says all that is open comes."""
        order_id = self._known(pk)
        services.change_expected_date(order_id, self.validated(RescheduleIn)["expected_on"])
        return self._order(order_id)

    @extend_schema(request=PurchaseReasonIn, responses={200: PurchaseOrderOut})
    @action(methods=["post"], detail=True)
    def close(self, request: Request, pk: str) -> Response:
        """Close short: expect no more of an order that came in part."""
        order_id = self._known(pk)
        services.close_purchase_order(order_id, reason=self.validated(PurchaseReasonIn)["reason"])
        return self._order(order_id)

    @extend_schema(request=ReceiveIn, responses={201: GoodsReceiptOut})
    @action(methods=["post"], detail=True)
    def receive(self, request: Request, pk: str) -> Response:
        """Receive goods, all that is expected or the lines given; waiting orders are filled at once."""
        order_id = self._known(pk)
        new, names = self._receipt(order_id, self.validated(ReceiveIn).get("lines"))
        with renamed_fields(names):
            (receipt,) = services.receive_goods([new])
        receipt = GoodsReceipt.objects.get(pk=receipt.pk)
        receipt.purchase_order = self.queryset.get(pk=order_id)
        return Response(GoodsReceiptOut(receipt, context=self.get_serializer_context()).data, status=201)

    def _receipt(self, order_id: int, lines: list[dict[str, Any]] | None) -> tuple[NewReceipt, dict[str, str]]:
        """What arrived, and the request's name for each of the service's field names."""
        if lines is None:
            return NewReceipt(order_id), {}
        ids, names = self._lines(order_id, lines, "quantity")
        names |= {f"lines.{pk}.lot": f"lines.{index}.lot" for index, pk in enumerate(ids)}
        by_line = dict(zip(ids, lines, strict=True))
        quantities = {pk: line["quantity"] for pk, line in by_line.items()}
        lots = {pk: (line["lot"], line.get("expires_on")) for pk, line in by_line.items() if line.get("lot")}
        return NewReceipt(order_id, quantities, lots=lots), names

    def _lines(self, order_id: int, lines: list[dict[str, Any]], column: str) -> tuple[list[int], dict[str, str]]:
        """The id of each line named by its product, and the request's name for each of the service's field names."""
        known = dict(PurchaseOrderLine.objects.filter(purchase_order=order_id).values_list("product_id", "pk"))
        products = resolve_products(lines)
        refuse_wrong_rows("product", products, known)
        ids = [known[product] for product in products]
        return ids, {f"lines.{pk}.{column}": f"lines.{index}.{column}" for index, pk in enumerate(ids)}

    def _known(self, pk: str) -> int:
        return get_object_or_404(PurchaseOrder.objects.only("pk"), pk=pk).pk

    def _order(self, order_id: int, status: int = 200) -> Response:
        order = self.queryset.get(pk=order_id)
        return Response(PurchaseOrderOut(order, context=self.get_serializer_context()).data, status=status)


class ReorderSuggestionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What the reorder check proposes to buy, with the inputs of its arithmetic."""

    queryset = ReorderSuggestion.objects.select_related(
        "product", "warehouse", "supplier_item__supplier", "purchase_order_line__purchase_order"
    )
    serializer_class = ReorderSuggestionOut
    filterset_class = ReorderSuggestionFilter
    permissions = {
        "list": "purchasing.view_reordersuggestion",
        "retrieve": "purchasing.view_reordersuggestion",
        "approve": "purchasing.place_purchaseorder",
        "dismiss": "purchasing.place_purchaseorder",
    }

    @extend_schema(request=ApproveIn, responses={201: ApprovedOut})
    @action(methods=["post"], detail=False, pagination_class=None)
    def approve(self, request: Request) -> Response:
        """Turn open suggestions into purchase orders, one per supplier and warehouse; all or nothing."""
        wanted = self.validated(ApproveIn)
        lines = wanted["lines"]
        ids = [line["id"] for line in lines]
        suggested = dict(ReorderSuggestion.objects.filter(pk__in=ids).values_list("pk", "quantity"))
        refuse_wrong_rows("id", ids, suggested)
        quantities = {line["id"]: line.get("quantity", suggested[line["id"]]) for line in lines}
        if not wanted["reason"].strip() and any(quantities[pk] != suggested[pk] for pk in ids):
            text = _("Say why you buy another quantity than suggested; it is compared later.")
            raise InvalidInput(text, field_errors={"reason": text})
        names = {f"suggestions.{pk}.quantity": f"lines.{i}.quantity" for i, pk in enumerate(ids)}
        with renamed_fields(names | {f"suggestions.{pk}.supplier": f"lines.{i}.id" for i, pk in enumerate(ids)}):
            made = services.approve_suggestions(
                quantities, place=wanted["place"], reason=wanted["reason"], cause=wanted["cause"]
            )
        orders = PurchaseOrderViewSet.queryset.filter(pk__in=[order.pk for order in made]).order_by("pk")
        answer = ApprovedOut({"purchase_orders": orders}, context=self.get_serializer_context())
        return Response(answer.data, status=201)

    @extend_schema(request=DismissIn, responses={200: ReorderSuggestionOut})
    @action(methods=["post"], detail=True)
    def dismiss(self, request: Request, pk: str) -> Response:
        """Take a suggestion off the list; the next check may propose again."""
        known = get_object_or_404(ReorderSuggestion.objects.only("pk"), pk=pk)
        services.dismiss_suggestion(known.pk, reason=self.validated(DismissIn)["reason"])
        suggestion = self.queryset.get(pk=known.pk)
        return Response(ReorderSuggestionOut(suggestion, context=self.get_serializer_context()).data)
