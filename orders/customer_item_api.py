"""Customers' own item codes over HTTP."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiViewSet, kept
from orders import services
from orders.customer_item_serializers import ChangeCustomerItemIn, CustomerItemIn, CustomerItemOut
from orders.filters import CustomerItemFilter
from orders.models import CustomerItem


class CustomerItemViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """What customers call our products; the order desk and its papers know the codes."""

    queryset = CustomerItem.objects.select_related("customer", "product")
    serializer_class = CustomerItemOut
    filterset_class = CustomerItemFilter
    permissions = {
        "list": "orders.view_customer",
        "retrieve": "orders.view_customer",
        "create": "orders.change_customer",
        "change": "orders.change_customer",
        "remove": "orders.change_customer",
    }

    @extend_schema(request=CustomerItemIn, responses={201: CustomerItemOut})
    def create(self, request: Request) -> Response:
        """Note what a customer calls a product; a customer uses a code once."""
        wanted = self.validated(CustomerItemIn)
        item = CustomerItem(customer_id=wanted["customer"], product_id=wanted["product"], code=wanted["code"])
        return self._answer(services.add_customer_item(item), status=201)

    @extend_schema(request=ChangeCustomerItemIn, responses={200: CustomerItemOut})
    @action(methods=["post"], detail=True)
    def change(self, request: Request, pk: str) -> Response:
        """Give a code another spelling or another product."""
        key, wanted = self._key(pk), self.validated(ChangeCustomerItemIn)
        return self._answer(services.change_customer_item(key, code=wanted["code"], product_id=wanted["product"]))

    @extend_schema(request=None, responses={200: CustomerItemOut})
    @action(methods=["post"], detail=True, url_path="delete")
    def remove(self, request: Request, pk: str) -> Response:
        """Forget a code, and answer with what it was; the product and its orders stay as they are."""
        return self._answer(services.remove_customer_item(self._key(pk)))

    def _key(self, pk: str) -> int:
        return get_object_or_404(CustomerItem.objects.only("pk"), pk=pk).pk

    def _answer(self, item: CustomerItem, status: int = 200) -> Response:
        return Response(kept(CustomerItemOut).to_representation(item), status=status)
