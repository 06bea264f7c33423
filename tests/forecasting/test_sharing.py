"""The forecast that a supplier gets: whole pieces by calendar week, of what it alone will be asked for."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from forecasting.models import DemandForecast
from forecasting.services import run_forecast
from forecasting.sharing import WEEKS, _add_weeks, _whole, shared_forecast
from purchasing.models import SupplierItem
from purchasing.services import create_purchase_orders
from purchasing.values import NewPurchaseLine, NewPurchaseOrder
from tests.factories import ProductFactory, SupplierItemFactory, UserFactory

TODAY = timezone.localdate()
VIEW = "forecasting.view_demandforecast"


def test_weeks_of_the_forecast_become_calendar_weeks():
    weekly = [0.0] * WEEKS
    # Weeks from Thursday 5 March 2026, 7 and 14 pieces: 4 of the first fall into the week from Monday 2 March.
    _add_weeks(weekly, {"start": "2026-03-05", "mean": [7.0, 14.0]}, date(2026, 3, 2))
    assert [round(pieces, 6) for pieces in weekly[:4]] == [4, 3 + 8, 6, 0]


@given(st.lists(st.floats(0, 1000), min_size=WEEKS, max_size=WEEKS))
def test_rounding_never_adds_up(weekly):
    whole = _whole(weekly)
    assert min(whole) >= 0
    for week in range(WEEKS):
        assert -1e-5 <= sum(whole[: week + 1]) - sum(weekly[: week + 1]) < 1


@pytest.fixture
def steady(shop):
    """Ten a day until today, forecast; another product has another preferred supplier."""
    shop.sell({TODAY - timedelta(days=n): 10 for n in range(1, 71)})
    run_forecast()
    item = SupplierItem.objects.get(product=shop.product)
    SupplierItemFactory(product=ProductFactory(), supplier=item.supplier)  # never sold: not forecast
    other = SupplierItemFactory(product=ProductFactory())
    SupplierItemFactory(product=other.product, supplier=item.supplier, is_preferred=False)
    return item


def test_what_the_supplier_is_told(steady, client, shop):
    new = NewPurchaseOrder(steady.supplier_id, shop.warehouse.pk, [NewPurchaseLine(steady.product_id, 48)])
    create_purchase_orders([new])
    (line,) = shared_forecast(steady.supplier, TODAY).lines
    assert (line.item, line.on_order) == (steady, 48)
    assert line.weekly[1:4] == [70, 70, 70]
    client.force_login(UserFactory(permissions=[VIEW]))
    url = reverse("forecasting:supplier", args=[steady.supplier_id])
    page = client.get(url).content.decode()
    assert steady.product.sku in page
    text = b"".join(client.get(url, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    header, row = text.splitlines()
    monday = TODAY - timedelta(days=TODAY.weekday())
    assert header.startswith(f"Your code,Our SKU,Barcode,Product,Unit,On order,{monday},{monday + timedelta(days=7)},")
    assert row.split(",")[1] == steady.product.sku
    assert row.split(",")[5] == "48"
    assert row.endswith(f",{line.total}")


def test_nothing_to_share_and_who_may_not_see(client, shop):
    supplier = SupplierItem.objects.get(product=shop.product).supplier
    url = reverse("forecasting:supplier", args=[supplier.pk])
    client.force_login(UserFactory())
    assert client.get(url).status_code == 403
    client.force_login(UserFactory(permissions=[VIEW]))
    assert not DemandForecast.objects.exists()
    assert "Nothing to share yet" in client.get(url).content.decode()
    assert client.get(reverse("forecasting:supplier", args=[0])).status_code == 404
