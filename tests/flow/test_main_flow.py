"""The sentence the product was ordered with, through a real Celery worker."""

from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from purchasing.models import ReorderSuggestion
from purchasing.services import approve_suggestions, receive_goods, set_policies
from purchasing.values import NewReceipt, PolicyInput
from tests.conftest import wait_for
from tests.factories import ChannelFactory, CustomerFactory, SupplierItemFactory, WarehouseFactory, stock


def test_order_check_purchase_receipt_backorder_shipment(celery_worker_process):
    item, warehouse = SupplierItemFactory(moq=1, order_multiple=6), WarehouseFactory()
    stock(item.product, warehouse, 10)
    set_policies([PolicyInput(item.product_id, warehouse.pk, 2, 8, 20, 0.95)])

    new = NewOrder(CustomerFactory().pk, ChannelFactory().pk, warehouse.pk, [NewLine(item.product_id, 14)])
    order = create_order(new)
    assert StockLevel.objects.get().reserved == 10

    wait_for(lambda: ReorderSuggestion.objects.filter(status="open").exists())
    suggestion = ReorderSuggestion.objects.get()
    assert suggestion.quantity == 24  # 4 wait: position -4, up to 20, in packs of 6

    (purchase,) = approve_suggestions({suggestion.pk: 24})
    receive_goods([NewReceipt(purchase.pk)])
    assert StockLevel.objects.get().reserved == 14

    ship_order(NewShipment(order.pk))
    order.refresh_from_db()
    assert order.status == "shipped"
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.available) == (20, 0, 20)
    assert stock_differences() == []
