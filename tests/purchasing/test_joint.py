"""A supplier's minimum order value, filled with what would be due next; by hand."""

from decimal import Decimal

import pytest
from django.utils import timezone

from purchasing.models import ReorderSuggestion, StockPolicy
from purchasing.reasons import reasons
from purchasing.services import drain_marks, fill_up, mark_for_check
from tests.factories import SupplierItemFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def range_of_goods(buying):
    """Tea is due for 50.00; cups would be in 5 days, plates in 2; the supplier takes no order below 70.00."""
    buying.supplier.min_order_value = Decimal("70.00")
    buying.supplier.save()
    tea = buying.suggest(buying.tea, 10, 20)
    plate = SupplierItemFactory(supplier=buying.supplier, product__sku="PLATE", unit_cost="1.00")
    for product, on_hand in ((buying.cup, 20), (plate.product, 14)):
        stock(product, buying.warehouse, on_hand)
        StockPolicy.objects.create(
            product=product, warehouse=buying.warehouse, reorder_point=10, order_up_to=26, updated_at=timezone.now(),
            basis={"lot_weekly_demand": 14.0},
        )  # fmt: skip
    drain_marks()
    return tea, plate.product


def suggested():
    rows = ReorderSuggestion.objects.filter(status="open").order_by("product__sku")
    return [(row.product.sku, row.quantity) for row in rows]


def test_what_is_due_next_comes_first_and_only_as_much_as_is_needed(buying, range_of_goods):
    assert suggested() == [("TEA", 20)]
    # 50.00 of tea and 12 plates are 62.00; 6 cups for 7.20 more are still below 70.00, and nothing else is sold.
    assert fill_up(buying.supplier.pk, buying.warehouse.pk) == 2
    assert suggested() == [("CUP", 6), ("PLATE", 12), ("TEA", 20)]
    assert fill_up(buying.supplier.pk, buying.warehouse.pk) == 0


def test_the_minimum_reached_adds_nothing_more(buying, range_of_goods):
    buying.supplier.min_order_value = Decimal("60.00")
    buying.supplier.save()
    assert fill_up(buying.supplier.pk, buying.warehouse.pk) == 1
    assert suggested() == [("PLATE", 12), ("TEA", 20)]


def test_what_was_added_says_so_and_stays_until_it_is_full(buying, range_of_goods):
    _tea, plate = range_of_goods
    fill_up(buying.supplier.pk, buying.warehouse.pk)
    suggestion = ReorderSuggestion.objects.get(product=plate)
    assert reasons(suggestion.inputs)[1] == "14 > reorder point 10: ordered early, to fill the supplier's minimum."
    mark_for_check({(plate.pk, buying.warehouse.pk)})
    drain_marks()
    assert ("PLATE", 12) in suggested()
    stock(plate, buying.warehouse, 12)
    drain_marks()
    assert ("PLATE", 12) not in suggested()


def test_the_desk_says_what_is_missing_and_fills_it(buyer, buying, range_of_goods):
    page = buyer.get("/purchasing/replenishment/").content.decode()
    assert "MAIN: 20.00 below the minimum order value of 70.00" in page
    url = f"/purchasing/replenishment/fill/?supplier={buying.supplier.pk}&warehouse={buying.warehouse.pk}"
    assert url.replace("&", "&amp;") in page
    page = buyer.post(url, follow=True).content.decode()
    assert "2 products that would be due next were added." in page
    page = buyer.post(url, follow=True).content.decode()
    assert "Tea farm sells nothing else that could be added." in page
