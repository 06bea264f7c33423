from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from forecasting import selectors
from forecasting.models import DemandForecast, ForecastAdjustment
from forecasting.services import add_adjustment, run_forecast, withdraw_adjustment
from purchasing.models import StockPolicy
from tests.factories import UserFactory, WarehouseFactory

VIEW, CHANGE = "forecasting.view_forecastadjustment", "forecasting.change_forecastadjustment"
TODAY = timezone.localdate()


def adjust(shop, percent=50, *, first=0, last=6, **values) -> ForecastAdjustment:
    days = {"starts_on": TODAY + timedelta(days=first), "ends_on": TODAY + timedelta(days=last)}
    known = {"product": shop.product, "percent": Decimal(percent), "reason": "A tender", **days}
    return add_adjustment(known | values)


@pytest.fixture
def steady(shop):
    """Ten a day until today, forecast."""
    shop.sell({TODAY - timedelta(days=n): 10 for n in range(1, 71)})
    run_forecast()
    return shop


def test_the_forecast_before_is_kept_and_the_next_run_plans_with_it(steady):
    adjustment = adjust(steady)
    assert (adjustment.baseline, adjustment.adjusted) == (70.0, 105.0)
    run_forecast()
    forecast = DemandForecast.objects.get()
    assert forecast.horizon["mean"][:2] == [105.0, 70.0]
    assert forecast.lead_time_demand == pytest.approx(145.0)
    assert [e["key"] for e in forecast.basis["events"]] == [f"adjustment:{adjustment.pk}"]


def test_only_its_warehouse_is_concerned(steady):
    adjust(steady, warehouse=WarehouseFactory())
    run_forecast()
    assert DemandForecast.objects.get().lead_time_demand == pytest.approx(110.0)


def test_withdrawn_it_no_longer_counts(steady):
    withdraw_adjustment(adjust(steady).pk)
    run_forecast()
    assert DemandForecast.objects.get().lead_time_demand == pytest.approx(110.0)


def test_when_its_days_have_passed_its_value_is_measured(steady):
    adjustment = adjust(steady, 50)
    steady.sell({TODAY + timedelta(days=n): 14 for n in range(7)})
    run_forecast(as_of=TODAY + timedelta(days=6))
    adjustment.refresh_from_db()
    assert adjustment.actual is None
    run_forecast(as_of=TODAY + timedelta(days=7))
    adjustment.refresh_from_db()
    # 98 were wanted: without it 28 off, with it 7.
    assert (adjustment.actual, adjustment.value_added) == (98.0, 21.0)
    assert [(row.adjustments, row.better, row.pieces) for row in selectors.value_added()] == [(1, 1, 21.0)]


def test_past_days_of_one_still_going_are_history(steady):
    adjust(steady, 100, last=13)
    steady.sell({TODAY + timedelta(days=n): 10 for n in range(7)})
    run_forecast(as_of=TODAY + timedelta(days=7))
    assert DemandForecast.objects.get().horizon["mean"][:2] == [140.0, 70.0]


class TestPages:
    def test_it_is_entered_shown_and_withdrawn(self, client, steady):
        client.force_login(UserFactory(permissions=[VIEW, CHANGE]))
        fields = {"product": "CUP", "starts_on": TODAY, "ends_on": TODAY, "percent": "20", "reason": "A tender"}
        assert client.post(reverse("forecasting:adjustment-new"), fields).status_code == 302
        page = client.get(reverse("forecasting:adjustments")).content.decode()
        assert "+20 %" in page
        assert "A tender" in page
        client.post(reverse("forecasting:adjustment-withdraw", args=[ForecastAdjustment.objects.get().pk]))
        assert ForecastAdjustment.objects.get().is_withdrawn

    def test_what_is_wrong_is_named(self, client, shop):
        client.force_login(UserFactory(permissions=[CHANGE]))
        fields = {"product": "NOPE", "starts_on": TODAY, "ends_on": TODAY, "percent": "0", "reason": "A tender"}
        page = client.post(reverse("forecasting:adjustment-new"), fields)
        assert page.status_code == 422
        assert "There is no product with this SKU or barcode: NOPE." in page.content.decode()
        page = client.post(reverse("forecasting:adjustment-new"), fields | {"product": "CUP"}).content.decode()
        assert "Enter a percentage from −100 to 900, not 0." in page
        assert 'value="A tender"' in page
        assert not ForecastAdjustment.objects.exists()

    def test_levels_set_by_hand_show_what_they_cost(self, client, steady):
        StockPolicy.objects.update(source="manual", safety_stock=1, reorder_point=1000, order_up_to=3000)
        client.force_login(UserFactory(permissions=["forecasting.view_demandforecast", "inventory.view_margin"]))
        answer = client.get(reverse("forecasting:product", args=[steady.product.pk]))
        assert answer.context["by_hand_cost"] > 500
        assert "Measured by the forecast, that costs" in answer.content.decode()
