from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting.economics import economics_of, learn_lost_share, supplies
from inventory.models import StockLevel
from orders.models import LostDemand, Order
from orders.services import ship_orders
from orders.values import NewShipment
from purchasing.models import Supplier
from purchasing.services import create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import ProductFactory, SupplierItemFactory
from tests.forecasting.conftest import AS_OF, at


def economics(shop, product=None):
    place = ((product or shop.product).pk, shop.warehouse.pk)
    return economics_of([place], supplies({place[0]}, AS_OF), 0.5, AS_OF)[place]


def test_cost_is_the_stock_s_and_terms_are_the_supplier_s(shop):
    money = economics(shop)
    assert (money.unit_cost, money.price, money.holding_rate) == (5.0, 10.0, 0.25)
    assert (money.moq, money.order_multiple, money.order_cost) == (24, 12, 30.0)
    assert money.assumptions == ("price_from_list",)


def test_price_is_what_shipped_pieces_brought(shop):
    shop.sell({AS_OF - timedelta(days=5): 4})
    order = Order.objects.get()
    order.lines.update(unit_price=Decimal("8.50"))
    ship_orders([NewShipment(order.pk, shipped_at=at(AS_OF - timedelta(days=4)))])
    money = economics(shop)
    assert money.price == 8.5
    assert money.assumptions == ()


def test_without_stock_the_supplier_s_cost_counts(shop):
    product = ProductFactory(price=Decimal("20.00"))
    SupplierItemFactory(product=product, unit_cost=Decimal("7.5000"))
    assert economics(shop, product).unit_cost == 7.5


def test_without_supplier_or_cost_the_defaults_count_and_say_so(shop):
    product = ProductFactory(price=Decimal("20.00"))
    money = economics(shop, product)
    assert money.unit_cost == 12.0
    assert (money.moq, money.order_multiple, money.order_cost) == (1, 1, 0.0)
    assert money.assumptions == ("price_from_list", "cost_from_price", "no_supplier")


def test_a_product_of_which_nothing_is_known_still_has_economics(shop):
    money = economics(shop, ProductFactory(price=Decimal("0.00")))
    assert (money.price, money.unit_cost) == (1.0, 0.6)


def test_lead_times_are_learned_from_receipts_before_the_day(shop):
    supplier = Supplier.objects.get()
    for ordered, received in ((60, 48), (40, 24), (10, -5)):
        order = create_purchase_orders(
            [
                NewPurchaseOrder(
                    supplier.pk,
                    shop.warehouse.pk,
                    [NewPurchaseLine(shop.product.pk, 24)],
                    ordered_at=at(AS_OF - timedelta(days=ordered)),
                )
            ]
        )[0]
        receive_goods([NewReceipt(order.pk, received_at=at(AS_OF - timedelta(days=received)))])
    terms = supplies({shop.product.pk}, AS_OF)[shop.product.pk]
    # (12 + 16 + 4 · 10) / 6; the third receipt is not known yet
    assert terms.lead_time.receipts == 2
    assert terms.lead_time.mean == pytest.approx(68 / 6)


def test_lines_of_an_order_share_its_cost(shop):
    supplier = Supplier.objects.get()
    other = ProductFactory()
    SupplierItemFactory(product=other, supplier=supplier)
    create_purchase_orders(
        [
            NewPurchaseOrder(
                supplier.pk,
                shop.warehouse.pk,
                [NewPurchaseLine(shop.product.pk, 24), NewPurchaseLine(other.pk, 5)],
                ordered_at=at(AS_OF - timedelta(days=3)),
            )
        ]
    )
    assert economics(shop).order_cost == 15.0


def test_lost_share_is_learned_from_refusals(shop):
    assert learn_lost_share(AS_OF) == 0.5
    day = at(AS_OF - timedelta(days=3))
    LostDemand.objects.bulk_create(
        LostDemand(product=shop.product, warehouse=shop.warehouse, kind="refused", quantity=1, at=day)
        for _ in range(20)
    )
    assert learn_lost_share(AS_OF) == 0.75
    LostDemand.objects.update(kind="backordered")
    assert learn_lost_share(AS_OF) == 0.25


def test_reading_takes_a_constant_number_of_queries(shop, django_assert_num_queries):
    places = list(StockLevel.objects.values_list("product_id", "warehouse_id"))
    places += [(ProductFactory().pk, shop.warehouse.pk) for _ in range(5)]
    products = {product for product, _ in places}
    with django_assert_num_queries(3):
        terms = supplies(products, AS_OF)
    with django_assert_num_queries(4):
        economics_of(places, terms, 0.5, AS_OF)
