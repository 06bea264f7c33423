"""Products, warehouses, stock and its ledger over HTTP."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet
from core.errors import InvalidInput
from inventory import services
from inventory.filters import ProductFilter, StockFilter, StockMoveFilter, WarehouseFilter
from inventory.models import Lot, Product, StockLevel, StockMove, Warehouse
from inventory.serializers import AdjustmentIn, ProductOut, StockLevelOut, StockMoveOut, WarehouseOut


class ProductViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What is stocked and sold."""

    queryset = Product.objects.select_related("category")
    serializer_class = ProductOut
    filterset_class = ProductFilter
    permissions = {"list": "inventory.view_product", "retrieve": "inventory.view_product"}


class WarehouseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Places that hold stock and ship."""

    queryset = Warehouse.objects.all()
    serializer_class = WarehouseOut
    filterset_class = WarehouseFilter
    permissions = {"list": "inventory.view_warehouse", "retrieve": "inventory.view_warehouse"}


class StockViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Stock by product and warehouse, right now, in pieces: available = on hand - reserved."""

    queryset = StockLevel.objects.select_related("product", "warehouse")
    serializer_class = StockLevelOut
    filterset_class = StockFilter
    permissions = {"list": "inventory.view_stocklevel", "retrieve": "inventory.view_stocklevel"}


class StockMoveViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The stock ledger: every piece that came (+) or went (-). Rows never change."""

    queryset = StockMove.objects.select_related("stock_level__product", "stock_level__warehouse")
    serializer_class = StockMoveOut
    filterset_class = StockMoveFilter
    permissions = {"list": "inventory.view_stockmove", "retrieve": "inventory.view_stockmove"}


class StockAdjustmentViewSet(ApiViewSet):
    """Corrections of stock, each with its reason."""

    serializer_class = AdjustmentIn
    pagination_class = None
    permissions = {"create": "inventory.adjust_stock"}

    @extend_schema(responses={201: StockMoveOut})
    def create(self, request: Request) -> Response:
        """Correct the stock of one place; missing pieces that were reserved go back to waiting for stock."""
        wanted = self.validated(AdjustmentIn)
        move = services.adjust_stock(
            product_id=wanted["product"],
            warehouse_id=wanted["warehouse"],
            difference=wanted["difference"],
            reason=wanted["reason"],
            unit_cost=wanted["unit_cost"],
            document=wanted["document"],
            lot_id=self._lot(wanted) if wanted["lot"] else None,
        )
        fresh = StockMoveViewSet.queryset.get(pk=move.pk)
        return Response(StockMoveOut(fresh, context=self.get_serializer_context()).data, status=201)

    @staticmethod
    def _lot(wanted: dict[str, Any]) -> int:
        place = {"stock_level__product": wanted["product"], "stock_level__warehouse": wanted["warehouse"]}
        lot = Lot.objects.filter(number=wanted["lot"], **place).first()
        if lot is None:
            text = _("There is no such lot here.")
            raise InvalidInput(text, field_errors={"lot": text})
        return lot.pk
