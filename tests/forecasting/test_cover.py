"""Days of cover: how long what is available lasts at the demand that is forecast."""

from datetime import timedelta

import pytest
from django.utils import timezone

from forecasting.cover import days_of_cover, lasting
from forecasting.models import DemandForecast, ForecastRun
from inventory.models import StockLevel
from orders.services import create_order
from tests.factories import UserFactory, stock
from tests.orders.conftest import Desk


@pytest.mark.parametrize(
    ("pieces", "weekly", "first_day", "days"),
    [
        (0, [7], 0, 0),
        (1, [7], 0, 1),
        (10, [7, 14], 0, 8),  # seven in the first week, then two a day: one day whole, one piece left over
        (10, [7, 14], 6, 5),  # one on the last day of the first week, nine at two a day
        (100, [7, 7], 0, 100),  # beyond the horizon as in its last weeks
        (1, [0, 0], 0, 365),
        (5, [0, 35], 0, 8),  # nobody wants any for a week
    ],
)
def test_each_day_takes_a_seventh_of_its_week(pieces, weekly, first_day, days):
    assert lasting(pieces, weekly, first_day) == days


@pytest.mark.django_db
def test_it_stands_on_every_stock_row(client):
    desk = Desk()
    tea, rice, cup = (desk.product(sku=sku) for sku in ("TEA", "RICE", "CUP"))
    for product in (tea, rice, cup):
        stock(product, desk.warehouse, 12)
    create_order(desk.order((tea, 2)))
    run, start = (
        ForecastRun.objects.create(as_of=timezone.localdate(), started_at=timezone.now()),
        timezone.localdate() - timedelta(days=3),
    )
    for product, weekly in ((tea, [7, 7, 7, 7]), (rice, [0, 0, 0, 0])):
        DemandForecast.objects.create(
            run=run, product=product, warehouse=desk.warehouse, lead_time_days=1, lead_time_sd=0, lead_time_demand=1,
            lead_time_demand_sd=1, service_level=0.9, safety_stock=1, reorder_point=1, order_up_to=2,
            horizon={"start": start.isoformat(), "mean": weekly},
        )  # fmt: skip
    assert days_of_cover({(tea.pk, desk.warehouse.pk): 10}) == {(tea.pk, desk.warehouse.pk): 10}

    client.force_login(UserFactory(role="Warehouse"))
    levels = client.get("/stock/").context["levels"]
    # Of the tea two of twelve are reserved; nobody wants rice; nothing is known of the cup.
    assert {level.product.sku: level.cover for level in levels} == {"TEA": 10, "RICE": 365, "CUP": None}
    assert StockLevel.objects.count() == 3
    page = client.get(f"/stock/{tea.pk}/{desk.warehouse.pk}/").content.decode()
    assert "10 days" in page
