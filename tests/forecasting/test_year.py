from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.urls import reverse

from forecasting.models import DemandForecast
from forecasting.services import run_forecast, save_event
from forecasting.year import Year, year_of_product
from tests.factories import UserFactory
from tests.forecasting.conftest import AS_OF

START = date(2026, 6, 1)


def year(*changed: tuple[int, int, float]) -> Year:
    index = np.ones(52)
    for first, end, value in changed:
        index[first:end] = value
    return Year(START, index, 10.0, [])


def test_peaks_and_slumps_with_the_day_to_act_on():
    peak, slump = year((10, 12, 1.5), (20, 23, 0.5)).stretches(lead_time_days=14)
    assert (peak.is_peak, peak.first, peak.last) == (True, date(2026, 8, 10), date(2026, 8, 23))
    assert (peak.index, peak.pieces, peak.act_on) == (1.5, 10.0, date(2026, 7, 27))
    assert (slump.is_peak, slump.first, slump.pieces) == (False, date(2026, 10, 19), -15.0)
    assert not peak.has_begun


def test_a_peak_within_the_lead_time_is_for_now():
    (peak,) = year((1, 3, 2.0)).stretches(lead_time_days=14)
    assert peak.has_begun


def test_an_even_year_has_nothing_to_do():
    assert list(year((0, 52, 1.1)).stretches(14)) == []


def test_months_are_means_of_their_weeks():
    months = year((0, 5, 1.4)).months()
    assert months[:2] == [(date(2026, 6, 1), pytest.approx(1.4)), (date(2026, 7, 1), 1.0)]
    assert len(months) == 12


def test_a_products_year_has_its_events(shop):
    shop.sell_weekly(70, 60)
    days = {"starts_on": AS_OF + timedelta(weeks=10), "ends_on": AS_OF + timedelta(weeks=11, days=-1)}
    save_event({"name": "Sale", "kind": "event", "planned_uplift": Decimal(3)} | days, [])
    run_forecast(as_of=AS_OF)
    found = year_of_product(DemandForecast.objects.get())
    # 51 weeks of 70 and one of 210.
    assert found.weekly == pytest.approx(70 * 54 / 52)
    assert found.index[10] / found.index[0] == pytest.approx(3.0)


def test_the_pages_say_what_to_do(client, shop):
    shop.sell_weekly(70, 60)
    days = {"starts_on": AS_OF + timedelta(weeks=10), "ends_on": AS_OF + timedelta(weeks=11, days=-1)}
    save_event({"name": "Sale", "kind": "event", "planned_uplift": Decimal(3)} | days, [])
    run_forecast(as_of=AS_OF)
    client.force_login(UserFactory(permissions=["forecasting.view_demandforecast"]))
    page = client.get(reverse("forecasting:year", args=[shop.product.pk])).content.decode()
    assert "Build up: order by" in page
    assert "Sale" in page
    page = client.get(reverse("forecasting:seasons")).content.decode()
    assert str(shop.product.category) in page


def test_without_a_forecast_there_is_no_year(client, shop):
    client.force_login(UserFactory(permissions=["forecasting.view_demandforecast"]))
    assert client.get(reverse("forecasting:year", args=[shop.product.pk])).status_code == 404
    assert "No seasons yet" in client.get(reverse("forecasting:seasons")).content.decode()
