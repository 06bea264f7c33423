from datetime import date, timedelta
from decimal import Decimal

from core.errors import DomainError
from forecasting.calendar import Learned
from forecasting.demand import (
    category_demand,
    curve_of,
    demand_histories,
    learn_pools,
    learn_variation,
    places_to_forecast,
)
from forecasting.services import save_succession
from orders.models import LostDemand, Order, OrderLine, ShipmentLine
from orders.services import cancel_order, create_orders, return_goods, ship_orders
from orders.values import NewLine, NewOrder, NewReturn, NewShipment
from tests.factories import ChannelFactory, ProductFactory, WarehouseFactory, stock
from tests.forecasting.conftest import AS_OF, at


def history(shop, as_of=AS_OF):
    place = (shop.product.pk, shop.warehouse.pk)
    return demand_histories([place], as_of)[place]


def test_days_end_the_day_before_the_forecast(shop):
    shop.sell({AS_OF - timedelta(days=1): 3, AS_OF - timedelta(days=7): 4, AS_OF - timedelta(days=8): 5, AS_OF: 9})
    assert history(shop).demand[-9:].tolist() == [0, 5, 4, 0, 0, 0, 0, 0, 3]
    assert history(shop).end == AS_OF


def test_demand_counts_on_the_day_it_is_wanted(shop):
    wanted = AS_OF - timedelta(days=2)
    create_orders(
        [
            NewOrder(
                shop.customer.pk,
                shop.channel.pk,
                shop.warehouse.pk,
                [NewLine(shop.product.pk, 6)],
                ordered_at=at(AS_OF - timedelta(days=30)),
                requested_date=wanted,
            )
        ]
    )
    assert history(shop).demand[-4:].tolist() == [0, 0, 6, 0]


def test_cancelled_pieces_are_no_demand(shop):
    shop.sell({AS_OF - timedelta(days=1): 3, AS_OF - timedelta(days=2): 8})
    cancel_order(OrderLine.objects.get(quantity=8).order_id, reason="changed their mind")
    assert history(shop).demand[-1] == 3


def test_pieces_that_came_back_were_not_wanted_after_all(shop):
    shop.sell({AS_OF - timedelta(days=9): 10})
    order = Order.objects.get()
    ship_orders([NewShipment(order.pk, shipped_at=at(AS_OF - timedelta(days=8)))])
    line = ShipmentLine.objects.get()
    return_goods([NewReturn(order.pk, {line.pk: 4}, returned_at=at(AS_OF - timedelta(days=2)), reason="too small")])
    assert history(shop).demand[-9] == 6
    # Three days ago nobody knew that yet.
    assert history(shop, AS_OF - timedelta(days=3)).demand[-6] == 10


def test_every_channel_counts(shop):
    shop.sell({AS_OF - timedelta(days=1): 3})
    shop.channel = ChannelFactory()
    shop.sell({AS_OF - timedelta(days=1): 5})
    assert history(shop).demand[-1] == 8


def test_refused_demand_is_put_back_in_the_company_s_day(shop):
    # 00:30 in Shanghai is still the day before in UTC: the refusal belongs to that day.
    begins = AS_OF - timedelta(days=7)
    outcome = create_orders(
        [
            NewOrder(
                shop.customer.pk,
                shop.channel.pk,
                shop.warehouse.pk,
                [NewLine(shop.product.pk, 20_000)],
                allow_backorder=False,
            )
        ]
    )[0]
    assert isinstance(outcome.error, DomainError)
    LostDemand.objects.update(at=at(begins, 0, 30))
    assert history(shop).demand[-8:-5].tolist() == [0, 20_000, 0]
    assert history(shop).lost[-8:-5].tolist() == [0, 20_000, 0]


def test_a_backordered_line_counts_once(shop):
    shop.sell({AS_OF - timedelta(days=1): 10_004})
    assert LostDemand.objects.get().quantity == 4
    assert history(shop).demand[-1] == 10_004
    assert history(shop).lost[-1] == 0


def test_what_is_ordered_later_is_not_known_yet(shop):
    shop.sell({AS_OF - timedelta(days=1): 3, AS_OF: 100, AS_OF + timedelta(days=3): 100})
    assert history(shop).demand.sum() == 3


def test_places_have_demand_or_stock_of_an_active_product(shop):
    other, stocked = WarehouseFactory(), ProductFactory()
    retired = ProductFactory(is_active=False)
    stock(stocked, other, 5)
    stock(retired, other, 5)
    shop.sell({AS_OF - timedelta(days=1): 3})
    assert places_to_forecast(AS_OF) == [(shop.product.pk, shop.warehouse.pk), (stocked.pk, other.pk)]
    assert places_to_forecast(AS_OF, stocked.pk) == [(stocked.pk, other.pk)]


def test_reading_takes_three_queries_whatever_the_number_of_places(shop, django_assert_num_queries):
    shop.sell({AS_OF - timedelta(days=1): 3})
    places = [(shop.product.pk, shop.warehouse.pk), (ProductFactory().pk, shop.warehouse.pk)]
    with django_assert_num_queries(3):
        demand_histories(places, AS_OF)


def test_a_category_knows_the_usual_rate_of_its_products(shop):
    shop.sell_weekly(6, 20)
    slow = ProductFactory(category=shop.product.category)
    stock(slow, shop.warehouse, 1000)
    shop.sell_weekly(2, 20, slow)
    pools = learn_pools(AS_OF, category_demand(AS_OF), Learned({}, 0.0))
    assert pools[str(shop.product.category_id)] == {"season": [], "usual_rate": 4.0}


def test_history_may_lie_anywhere(shop):
    assert history(shop, date(2011, 4, 1)).start == date(2008, 4, 4)


def empty_shelf(shop, *, last_sale: int, back: int) -> None:
    """Ten pieces arrive 60 days ago, the last one goes ``last_sale`` days ago, more come ``back`` days ago."""
    level = stock(ProductFactory(), shop.warehouse, 10, at=at(AS_OF - timedelta(days=60)))
    shop.product = level.product
    shop.sell({AS_OF - timedelta(days=last_sale): 10})
    ship_orders([NewShipment(Order.objects.get().pk, shipped_at=at(AS_OF - timedelta(days=last_sale)))])
    stock(shop.product, shop.warehouse, 10, at=at(AS_OF - timedelta(days=back)))


def test_days_without_stock_say_nothing(shop):
    empty_shelf(shop, last_sale=9, back=5)
    shown = history(shop).in_stock
    assert shown[-60:].sum() == 56
    assert shown[-9:-5].tolist() == [False] * 4


def test_a_spell_in_which_somebody_asked_hides_nothing(shop):
    empty_shelf(shop, last_sale=9, back=5)
    shop.sell({AS_OF - timedelta(days=7): 2})
    assert history(shop).in_stock.all()


def test_the_variation_of_all_products_is_learned_once(shop):
    shop.sell_weekly(6, 20)
    places = places_to_forecast(AS_OF)
    assert learn_variation(places, AS_OF, Learned({}, 0.0)) == ([0.5, 0.2, 0.0], [])  # too few products: the default
    assert curve_of([]) == curve_of([0.5, 0.2])


def test_a_successor_inherits_what_its_predecessor_sold_and_that_one_fades(shop):
    new, change = ProductFactory(sku="CUP-2"), AS_OF - timedelta(days=3)
    shop.sell({AS_OF - timedelta(days=n): 10 for n in range(1, 7)})
    shop.sell({AS_OF - timedelta(days=1): 7}, new)
    save_succession({"predecessor": shop.product, "successor": new, "starts_on": change, "share": Decimal(80)})
    old, later = (shop.product.pk, shop.warehouse.pk), (new.pk, shop.warehouse.pk)
    found = demand_histories([old, later], AS_OF)
    assert found[later].demand[-7:].tolist() == [0, 8, 8, 8, 0, 0, 7]
    assert found[old].demand[-7:].tolist() == [0, 2, 2, 2, 10, 10, 10]
    assert later in places_to_forecast(AS_OF)
    # Before the change nobody knew of it.
    assert demand_histories([later], change - timedelta(days=1))[later].demand.sum() == 0
