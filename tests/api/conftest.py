"""A client per permission set, and one small company to sell from."""

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from tests.factories import (
    ChannelFactory,
    CustomerFactory,
    ProductFactory,
    SupplierFactory,
    SupplierItemFactory,
    UserFactory,
    WarehouseFactory,
    stock,
)


@pytest.fixture
def client_of():
    """``client_of("orders.view_order", …)``: an API client whose token has these permissions (or ``role=…``)."""

    def make(*permissions, **kwargs):
        token = Token.objects.create(user=UserFactory(permissions=permissions, **kwargs))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    return make


@pytest.fixture
def shop():
    """10 pieces of SKU TEA (cost 6.00, price 10.00) and none of CUP, in warehouse MAIN."""
    return Shop()


class Shop:
    def __init__(self):
        self.warehouse = WarehouseFactory(code="MAIN", name="Main warehouse")
        self.channel, self.customer = ChannelFactory(code="web", name="Web"), CustomerFactory(code="C1", name="Li")
        self.tea = ProductFactory(sku="TEA", name="Tea", barcode="690001", price="10.00")
        self.cup = ProductFactory(sku="CUP", name="Cup", price="2.50")
        self.supplier = SupplierFactory(code="S1", name="Tea farm", lead_time_days=10)
        for product in (self.tea, self.cup):
            SupplierItemFactory(supplier=self.supplier, product=product, unit_cost="6.0000", moq=6, order_multiple=6)
        self.level = stock(self.tea, self.warehouse, 10, "6.00")

    def order(self, *lines, **kwargs):
        """The body of a new order: ``shop.order(("TEA", 3))``."""
        wanted = [{"product": product, "quantity": quantity} for product, quantity in lines]
        return {"customer": "C1", "channel": "web", "warehouse": "MAIN", "lines": wanted} | kwargs
