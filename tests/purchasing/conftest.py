import pytest
from django.utils import timezone

from purchasing.models import PurchaseOrder, ReorderSuggestion, StockPolicy
from purchasing.services import create_purchase_orders, drain_marks, mark_for_check
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.factories import (
    ProductFactory,
    SupplierFactory,
    SupplierItemFactory,
    UserFactory,
    WarehouseFactory,
)


@pytest.fixture
def buying():
    """A small buying department: a supplier of tea (from 10, packs of 5, 2.50) and cups (1.20), one warehouse."""
    return Buying()


class Buying:
    def __init__(self):
        self.warehouse = WarehouseFactory(code="MAIN", name="Main warehouse")
        self.supplier = SupplierFactory(code="FARM", name="Tea farm", lead_time_days=7, order_cost="30.00")
        self.tea = ProductFactory(sku="TEA", name="Green tea", barcode="690001")
        self.cup = ProductFactory(sku="CUP", name="Cup", barcode="690002")
        rules = {"supplier": self.supplier, "supplier_sku": "F-1"}
        self.tea_item = SupplierItemFactory(product=self.tea, unit_cost="2.5000", moq=10, order_multiple=5, **rules)
        self.cup_item = SupplierItemFactory(supplier=self.supplier, product=self.cup, unit_cost="1.2000")

    def suggest(self, product, reorder_point, order_up_to, warehouse=None) -> ReorderSuggestion:
        """The suggestion that these levels make."""
        warehouse = warehouse or self.warehouse
        StockPolicy.objects.create(
            product=product,
            warehouse=warehouse,
            reorder_point=reorder_point,
            order_up_to=order_up_to,
            updated_at=timezone.now(),
        )
        mark_for_check({(product.pk, warehouse.pk)})
        drain_marks()
        return ReorderSuggestion.objects.get(product=product, warehouse=warehouse, status="open")

    def order(self, *lines, **kwargs) -> PurchaseOrder:
        """A purchase order: ``buying.order((buying.tea, 10), place=False)``."""
        wanted = [NewPurchaseLine(product.pk, quantity) for product, quantity in lines]
        (order,) = create_purchase_orders([NewPurchaseOrder(self.supplier.pk, self.warehouse.pk, wanted, **kwargs)])
        return order


@pytest.fixture
def buyer(client):
    client.force_login(UserFactory(role="Buyers", first_name="Jing", last_name="Chen"))
    return client


@pytest.fixture
def storekeeper(client):
    client.force_login(UserFactory(role="Warehouse", first_name="Qiang", last_name="Wang"))
    return client
