"""The managers' figures over the API, worked out by hand for one shipped order."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reports.services import refresh_all
from tests.api.conftest import Shop

pytestmark = pytest.mark.django_db
URL = "/api/v1/kpis/"


@pytest.fixture
def manager(client_of):
    return client_of(role="Managers")


def test_figures_of_one_shipped_order(manager, shop: Shop):
    order = manager.post("/api/v1/orders/", shop.order(("TEA", 4), ("CUP", 1)), format="json").json()
    manager.post(f"/api/v1/orders/{order['id']}/ship/", {}, format="json")
    refresh_all()
    today = timezone.localdate().isoformat()
    answer = manager.get(f"{URL}?from={today}&to={today}&warehouse=MAIN&category={shop.tea.category.name}")
    assert answer.status_code == 200, answer.content
    # 4 of 10 pieces at cost 6.00 sold at 10.00; 36.00 of stock held one day at 25 % a year: 36 × 0.25 / 365 = 0.02.
    assert answer.json() == {
        "first_day": today,
        "last_day": today,
        "days": 1,
        "currency": "CNY",
        "revenue": "40.00",
        "cogs": "24.00",
        "gross_profit": "16.00",
        "holding_cost": "0.02",
        "ordering_cost": "0.00",
        "landed_expense": "0.00",
        "contribution": "15.98",
        "inventory_value": "36.00",
        "gross_margin": "0.4000",
        "average_inventory": "36.0000",
        "turnover": "243.3333",
        "days_of_inventory": "1.5000",
        "stockout_rate": "0.0000",
        "fill_rate": "1.0000",
        "on_time_rate": "1.0000",
    }
    everything = manager.get(f"{URL}?period=this_month").json()
    # 4 of 5 pieces asked for were there.
    assert (everything["revenue"], everything["fill_rate"]) == ("40.00", "0.8000")


def test_nothing_known_is_null_and_not_zero(manager):
    answer = manager.get(URL).json()
    today = timezone.localdate()
    assert (answer["first_day"], answer["last_day"]) == ((today - timedelta(days=89)).isoformat(), today.isoformat())
    assert (answer["days"], answer["revenue"], answer["turnover"], answer["fill_rate"]) == (0, "0.00", None, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-01-01", "to"),
        ("to=2026-01-01", "from"),
        ("from=2026-01-02&to=2026-01-01", "from"),
        ("from=0001-01-01&to=2026-01-01", "from"),
        ("from=soon&to=2026-01-01", "from"),
        ("period=forever", "period"),
        ("period=quarter&from=2026-01-01", "period"),
        ("warehouse=NOWHERE", "warehouse"),
        ("category=Nothing", "category"),
        ("shop=MAIN", "shop"),
    ],
)
def test_wrong_questions_are_named(manager, query, field):
    response = manager.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
