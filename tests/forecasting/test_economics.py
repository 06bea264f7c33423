from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting.economics import economics_of, learn_lost_share, supplies
from inventory.models import StockLevel
from orders.models import LostDemand, Order
from orders.services import ship_orders
from orders.values import NewShipment
from purchasing.agreements import in_force
from purchasing.models import PriceBreak, StockPolicy, Supplier, SupplierItem
from purchasing.services import add_blanket_order, cost_at, create_purchase_orders, receive_goods
from purchasing.values import NewBlanketLine, NewBlanketOrder, NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import ProductFactory, SupplierItemFactory, WarehouseFactory
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
    # Items, their agreements, receipts, lines of orders.
    with django_assert_num_queries(4):
        terms = supplies(products, AS_OF)
    with django_assert_num_queries(4):
        economics_of(places, terms, 0.5, AS_OF)


# ---- what is agreed with the supplier


def agree(product, price: str, quantity: int):
    """A blanket order over so many pieces that counts on AS_OF."""
    item = SupplierItem.objects.get(product=product)
    line = NewBlanketLine(product.pk, Decimal(price), quantity)
    first, last = AS_OF - timedelta(days=30), AS_OF + timedelta(days=300)
    return add_blanket_order(NewBlanketOrder(item.supplier_id, first, last, [line]))


def set_levels(product, warehouse, reorder_point: int, order_up_to: int) -> None:
    StockPolicy.objects.create(
        product=product, warehouse=warehouse, reorder_point=reorder_point, order_up_to=order_up_to, updated_at=at(AS_OF)
    )


def test_an_agreement_that_covers_what_is_ordered_next_is_the_cost(shop):
    # Next it orders 90 - 40 = 50, in dozens 60. Stock is worth 5.00 a piece, the ordinary price is 6.00.
    set_levels(shop.product, shop.warehouse, 40, 90)
    agree(shop.product, "4.50", 60)
    money = economics(shop)
    assert (money.unit_cost, money.assumptions) == (4.5, ("price_from_list", "cost_agreed"))
    assert cost_at(SupplierItem.objects.prefetch_related(in_force(AS_OF)).get(), 60) == Decimal("4.5000")


def test_with_fewer_pieces_left_than_are_ordered_next_it_does_not_count(shop):
    set_levels(shop.product, shop.warehouse, 40, 90)
    agree(shop.product, "4.50", 59)
    money = economics(shop)
    assert (money.unit_cost, money.assumptions) == (5.0, ("price_from_list",))


def test_all_places_draw_on_the_same_agreement(shop):
    # 50 and 30 together, in dozens 84.
    set_levels(shop.product, shop.warehouse, 40, 90)
    set_levels(shop.product, WarehouseFactory(), 10, 40)
    agreement = agree(shop.product, "4.50", 83)
    assert economics(shop).unit_cost == 5.0
    agreement.lines.update(quantity=84)
    assert economics(shop).unit_cost == 4.5


def test_before_there_is_a_policy_the_smallest_order_is_to_be_covered(shop):
    agreement = agree(shop.product, "4.50", 23)
    assert economics(shop).unit_cost == 5.0
    agreement.lines.update(quantity=24)
    assert economics(shop).unit_cost == 4.5


def test_a_dearer_agreement_and_one_below_a_price_break_do_not_count(shop):
    agree(shop.product, "4.50", 100)
    PriceBreak.objects.create(supplier_item=SupplierItem.objects.get(), quantity=24, unit_cost=Decimal("4.40"))
    assert economics(shop).unit_cost == 5.0
    PriceBreak.objects.update(quantity=25)
    assert economics(shop).unit_cost == 4.5
    SupplierItem.objects.update(unit_cost=Decimal("4.4000"))
    assert economics(shop).unit_cost == 5.0


def test_an_agreement_counts_on_its_days_only(shop):
    agree(shop.product, "4.50", 100)
    place = (shop.product.pk, shop.warehouse.pk)
    for day, cost in ((-31, 5.0), (-30, 4.5), (300, 4.5), (301, 5.0)):
        day = AS_OF + timedelta(days=day)
        assert economics_of([place], supplies({place[0]}, day), 0.5, day)[place].unit_cost == cost


def test_agreements_take_two_more_queries_however_many(shop, django_assert_num_queries):
    supplier, products = Supplier.objects.get(), ProductFactory.create_batch(5)
    for product in products:
        SupplierItemFactory(product=product, supplier=supplier, unit_cost=Decimal("9.0000"))
        agree(product, "8.00", 100)
    with django_assert_num_queries(6):
        terms = supplies({product.pk for product in products}, AS_OF)
    assert {row.agreed_cost for row in terms.values()} == {8.0}
