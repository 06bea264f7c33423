"""Suggestions from the database: dated supply, drafts, other suppliers, and the page that proves one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import InvalidInput
from purchasing.models import PriceBreak, ReorderSuggestion, StockPolicy
from purchasing.needs import Terms, due_needs
from purchasing.services import approve_suggestions, change_supplier_item, drain_marks, mark_for_check
from purchasing.verification import differing_suggestions, recompute
from tests.factories import CompanyFactory, SupplierItemFactory, WarehouseFactory, stock

pytestmark = pytest.mark.django_db


def demand(buying, product, weekly):
    """As if the forecast had said so."""
    StockPolicy.objects.filter(product=product).update(basis={"lot_weekly_demand": weekly, "lead_time_days": 7})
    mark_for_check({(product.pk, buying.warehouse.pk)})
    drain_marks()


def need_of(buying, product):
    place = (product.pk, buying.warehouse.pk)
    return due_needs([place], Terms.today()).get(place)


def test_supply_that_comes_too_late_does_not_count(buying):
    today = timezone.localdate()
    buying.suggest(buying.cup, 7, 22)
    # 10 a week: a lot of 15 lasts 10.5 days, a new order is here in 7: what comes after 18 days does not help.
    buying.order((buying.cup, 4), expected_on=today + timedelta(days=18))
    buying.order((buying.cup, 3), expected_on=today + timedelta(days=19))
    buying.order((buying.cup, 2), place=False, expected_on=today + timedelta(days=90))
    demand(buying, buying.cup, 10)
    need = need_of(buying, buying.cup)
    assert (need.on_order, need.drafted, need.late, need.position) == (6, 2, 3, 6)
    # 22 - 6 missing
    assert ReorderSuggestion.objects.get().quantity == 16


def test_the_check_writes_everything_that_the_quantity_came_from(buying):
    CompanyFactory(holding_rate=Decimal("0.25"))
    other = SupplierItemFactory(
        supplier__code="MILL", supplier__name="Mill", supplier__lead_time_days=5, product=buying.tea,
        unit_cost="2.60", is_preferred=False,
    )  # fmt: skip
    PriceBreak.objects.create(supplier_item=buying.tea_item, quantity=100, unit_cost="2.0000")
    north = WarehouseFactory(code="NORTH")
    stock(buying.tea, north, 50)
    StockPolicy.objects.create(
        product=buying.tea, warehouse=north, reorder_point=5, order_up_to=20, updated_at=timezone.now()
    )
    suggestion = buying.suggest(buying.tea, 20, 60)
    demand(buying, buying.tea, 70)
    suggestion.refresh_from_db()
    # 3650 × 2.00 and holding 100 pieces beat 3650 × 2.50.
    assert suggestion.quantity == 100
    assert suggestion.inputs["offers"] == [
        {
            "item": buying.tea_item.pk, "supplier": "Tea farm", "unit_cost": "2.5000", "breaks": [[100, "2.0000"]],
            "moq": 10, "order_multiple": 5, "lead_time_days": 7, "shelf_life_days": None, "agreed": None,
            "pallet": None, "broken_pallet": "0",
        },
        {
            "item": other.pk, "supplier": "Mill", "unit_cost": "2.6000", "breaks": [],
            "moq": 1, "order_multiple": 1, "lead_time_days": 5, "shelf_life_days": None, "agreed": None,
            "pallet": None, "broken_pallet": "0",
        },
    ]  # fmt: skip
    assert (suggestion.inputs["surplus"], suggestion.inputs["daily_demand"]) == ({"NORTH": 30}, "10.000000")
    assert recompute(suggestion).is_identical


def test_another_supplier_is_suggested_when_it_saves(buying):
    suggestion = buying.suggest(buying.tea, 20, 60)
    mill = SupplierItemFactory(
        supplier__code="MILL", supplier__lead_time_days=5, product=buying.tea, unit_cost="2.00", is_preferred=False
    )
    demand(buying, buying.tea, 70)
    suggestion.refresh_from_db()
    assert (suggestion.supplier_item_id, suggestion.quantity) == (mill.pk, 60)


def test_a_check_that_changes_nothing_writes_nothing(buying):
    suggestion = buying.suggest(buying.tea, 20, 60)
    demand(buying, buying.tea, 70)
    suggestion.refresh_from_db()
    before = suggestion.updated_at
    demand(buying, buying.tea, 70)
    suggestion.refresh_from_db()
    assert suggestion.updated_at == before


def test_what_was_tampered_with_is_found(buying):
    first, second = buying.suggest(buying.tea, 20, 60), buying.suggest(buying.cup, 3, 9)
    assert differing_suggestions() == []
    ReorderSuggestion.objects.filter(pk=first.pk).update(quantity=65)
    (found,) = differing_suggestions()
    assert (found.suggestion_id, found.stored[0], found.computed[0]) == (first.pk, 65, 60)
    assert recompute(second).is_identical


def test_old_snapshots_compute_too(buying):
    suggestion = buying.suggest(buying.tea, 20, 60)
    suggestion.inputs = {
        "available": 7, "on_order": 5, "waiting": 2, "reorder_point": 10, "order_up_to": 30, "moq": 1,
        "order_multiple": 6,
    }  # fmt: skip
    suggestion.quantity = 24
    suggestion.save()
    assert recompute(suggestion).is_identical


def test_the_page_proves_the_quantity(buyer, buying):
    suggestion = buying.suggest(buying.tea, 20, 58)
    demand(buying, buying.tea, 70)
    response = buyer.get(f"/purchasing/replenishment/{suggestion.pk}/")
    assert sum(pieces for _name, pieces in response.context["terms"]) == 60
    dates, today = response.context["dates"], timezone.localdate()
    assert (dates.arrival, dates.runs_out, dates.order_by) == (
        today + timedelta(days=7),
        today,
        today - timedelta(days=7),
    )
    page = response.content.decode()
    assert "Even ordered at once it runs out 7 days before it arrives." in page
    # Up to 66 missing, 65 stand within a tenth of 60 and are not worth a change.
    assert "If 8 more were sold: 70." in page
    again = buyer.post(f"/purchasing/replenishment/{suggestion.pk}/recompute/").content.decode()
    assert "Computed again from the stored inputs: 60. Identical." in again
    ReorderSuggestion.objects.filter(pk=suggestion.pk).update(quantity=65)
    again = buyer.post(f"/purchasing/replenishment/{suggestion.pk}/recompute/").content.decode()
    assert "Computed again from the stored inputs: 60, but 65 stands here." in again


def test_a_missing_price_is_named_and_refused(buyer, buying):
    suggestion = buying.suggest(buying.tea, 20, 60)
    change_supplier_item(buying.tea_item.pk, {"unit_cost": Decimal(0)})
    drain_marks()
    page = buyer.get("/purchasing/replenishment/").content.decode()
    assert "Tea farm has no price for it: enter the unit cost before ordering." in page
    with pytest.raises(InvalidInput) as refused:
        approve_suggestions({suggestion.pk: 60})
    assert refused.value.field_errors == {
        f"suggestions.{suggestion.pk}.supplier": "TEA has no price at Tea farm: enter the unit cost before ordering."
    }


def test_another_quantity_needs_a_reason_on_the_page(buyer, buying):
    suggestion = buying.suggest(buying.tea, 20, 60)
    body = {"chosen": [suggestion.pk], f"quantity-{suggestion.pk}": "75", "place": "yes"}
    assert (
        "Why another quantity than suggested?" in buyer.post("/purchasing/replenishment/review/", body).content.decode()
    )
    refused = buyer.post("/purchasing/replenishment/approve/", body)
    assert (refused.status_code, ReorderSuggestion.objects.get().status) == (422, "open")
    assert "Say why you buy another quantity than suggested" in refused.content.decode()
    assert buyer.post("/purchasing/replenishment/approve/", body | {"reason": "fair in May"}).status_code == 302
    suggestion.refresh_from_db()
    assert (suggestion.quantity, suggestion.approved_quantity, suggestion.override_reason) == (60, 75, "fair in May")


def test_a_check_asks_as_much_for_forty_places_as_for_two(buying):
    def check(count):
        others = [SupplierItemFactory(supplier=buying.supplier) for _ in range(count)]
        places = {(item.product_id, buying.warehouse.pk) for item in others}
        for product, warehouse in places:
            StockPolicy.objects.create(
                product_id=product, warehouse_id=warehouse, reorder_point=5, order_up_to=9, updated_at=timezone.now()
            )
        mark_for_check(places)
        with CaptureQueriesContext(connection) as asked:
            drain_marks()
        return len(asked)

    check(1)  # prepares the statements
    assert check(2) == check(40)
