import pytest

from orders.values import NewLine, NewOrder
from tests.factories import ChannelFactory, CustomerFactory, ProductFactory, WarehouseFactory


@pytest.fixture
def desk():
    """A small trading post: ``desk.order((product, 3), …)`` is a NewOrder of it."""
    return Desk()


class Desk:
    def __init__(self):
        self.warehouse, self.channel, self.customer = WarehouseFactory(), ChannelFactory(), CustomerFactory()

    def product(self, **kwargs):
        return ProductFactory(**kwargs)

    def order(self, *lines, **kwargs) -> NewOrder:
        wanted = [NewLine(product.pk, quantity, *price) for product, quantity, *price in lines]
        return NewOrder(self.customer.pk, self.channel.pk, self.warehouse.pk, wanted, **kwargs)
