from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from forecasting.models import DemandForecast, ForecastRun, Succession
from forecasting.services import run_forecast
from purchasing.models import StockPolicy
from tests.factories import ProductFactory, UserFactory, WarehouseFactory, stock
from tests.forecasting.conftest import AS_OF

VIEW = "forecasting.view_demandforecast"
RUNS = "forecasting.view_forecastrun"
RUN = "forecasting.run_forecast"
CALENDAR, CHANGE_CALENDAR = "forecasting.view_demandevent", "forecasting.change_demandevent"


@pytest.fixture
def forecast(shop) -> DemandForecast:
    shop.sell_weekly(70, 60)
    run_forecast(as_of=AS_OF)
    return DemandForecast.objects.get()


def sign_in(client, *permissions: str) -> None:
    client.force_login(UserFactory(permissions=list(permissions)))


@pytest.mark.parametrize(
    ("method", "name", "arguments", "permission", "status"),
    [
        ("get", "list", [], VIEW, 200),
        ("get", "product", ["product"], VIEW, 200),
        ("get", "runs", [], RUNS, 200),
        ("get", "run", ["run"], RUNS, 200),
        ("post", "run-start", [], RUN, 302),
        ("get", "calendar", [], CALENDAR, 200),
        ("get", "event-new", [], CHANGE_CALENDAR, 200),
        ("post", "event-new", [], CHANGE_CALENDAR, 422),
        ("get", "event-edit", ["none"], CHANGE_CALENDAR, 404),
        ("post", "event-delete", ["none"], CHANGE_CALENDAR, 404),
        ("post", "holidays-change", [], CHANGE_CALENDAR, 302),
        ("get", "backtests", [], "forecasting.view_backtest", 200),
        ("get", "backtest", ["none"], "forecasting.view_backtest", 404),
        ("get", "backtest-new", [], "forecasting.add_backtest", 200),
        ("post", "backtest-new", [], "forecasting.add_backtest", 422),
        ("get", "seasons", [], VIEW, 200),
        ("get", "year", ["product"], VIEW, 200),
        ("get", "succession-new", [], "forecasting.change_policyrule", 200),
        ("post", "succession-new", [], "forecasting.change_policyrule", 422),
        ("post", "succession-delete", ["none"], "forecasting.change_policyrule", 404),
        ("get", "adjustments", [], "forecasting.view_forecastadjustment", 200),
        ("get", "adjustment-new", [], "forecasting.change_forecastadjustment", 200),
        ("post", "adjustment-new", [], "forecasting.change_forecastadjustment", 422),
        ("post", "adjustment-withdraw", ["none"], "forecasting.change_forecastadjustment", 404),
        ("get", "classes", [], "forecasting.view_policyrule", 200),
        ("get", "rule-new", [], "forecasting.change_policyrule", 200),
        ("post", "rule-new", [], "forecasting.change_policyrule", 422),
        ("post", "rule-end", ["none"], "forecasting.change_policyrule", 404),
    ],
)
def test_only_the_permission_opens_the_door(client, forecast, method, name, arguments, permission, status):
    known = {"product": forecast.product_id, "run": forecast.run_id, "none": 0}
    url = reverse(f"forecasting:{name}", args=[known[a] for a in arguments])
    runs = ForecastRun.objects.count()
    sign_in(client)
    assert getattr(client, method)(url).status_code == 403
    assert ForecastRun.objects.count() == runs
    sign_in(client, permission)
    assert getattr(client, method)(url).status_code == status


def test_the_product_page_shows_levels_reasons_and_chart(client, forecast):
    sign_in(client, VIEW, RUNS)
    response = client.get(reverse("forecasting:product", args=[forecast.product_id]))
    page = response.content.decode()
    assert "Why this much" in page
    assert f"{forecast.basis['expected']} + {forecast.safety_stock} = {forecast.reorder_point}" in page
    assert "A piece too few" not in page  # no permission for margins
    chart = response.context["chart"]
    assert chart["served"] == [70.0] * 60 + [None] * 26
    assert chart["mean"] == [None] * 60 + [70.0] * 26
    assert chart["weeks"][60] == AS_OF.isoformat()


def test_those_who_may_see_margins_see_the_economics(client, forecast):
    sign_in(client, VIEW, "inventory.view_margin")
    page = client.get(reverse("forecasting:product", args=[forecast.product_id])).content.decode()
    assert "A piece too few" in page
    assert "5 × 0.5 + 0.5 = 3.000" in page


def test_a_policy_by_hand_is_shown_as_the_one_that_counts(client, forecast):
    StockPolicy.objects.update(source="manual", safety_stock=1, reorder_point=20_000, order_up_to=30_000)
    sign_in(client, VIEW)
    page = client.get(reverse("forecasting:product", args=[forecast.product_id])).content.decode()
    assert "Somebody set this policy by hand" in page
    assert "is at or below the reorder point of 20,000: time to order." in page


def test_a_product_without_forecast_says_when_it_comes(client, db):
    sign_in(client, VIEW)
    response = client.get(reverse("forecasting:product", args=[ProductFactory().pk]))
    assert "There is no forecast of this product yet." in response.content.decode()


def test_the_other_warehouse_is_one_click_away(client, shop):
    other = WarehouseFactory(code="WEST")
    stock(shop.product, other, 10)
    run_forecast(as_of=AS_OF)
    sign_in(client, VIEW)
    response = client.get(reverse("forecasting:product", args=[shop.product.pk]), {"warehouse": other.pk})
    assert response.context["forecast"].warehouse == other


def test_the_list_is_searched_filtered_and_most_valuable_first(client, shop):
    plate = ProductFactory(sku="PLATE", price="90.00")
    stock(plate, shop.warehouse, 10_000)
    shop.sell_weekly(5, 30)
    shop.sell_weekly(5, 30, plate)
    run_forecast(as_of=AS_OF)
    sign_in(client, VIEW)

    def shown(**query: object) -> list[str]:
        page = client.get(reverse("forecasting:list"), query).context["page"]
        return [row.product.sku for row in page]

    assert shown() == ["PLATE", "CUP"]
    assert shown(q="cu") == ["CUP"]
    assert shown(category=plate.category_id) == ["PLATE"]
    assert shown(pattern="dying") == []
    assert shown(warehouse=shop.warehouse.pk, pattern="smooth") == ["PLATE", "CUP"]
    assert shown(category="nonsense", page="99") == ["PLATE", "CUP"]


def test_pages_take_few_queries(client, shop, django_assert_max_num_queries):
    for _ in range(20):
        stock(ProductFactory(), shop.warehouse, 10)
    run_forecast(as_of=AS_OF)
    sign_in(client, VIEW, RUNS, RUN, "inventory.view_margin")
    with django_assert_max_num_queries(13):
        client.get(reverse("forecasting:list"))
    with django_assert_max_num_queries(18):
        client.get(reverse("forecasting:product", args=[shop.product.pk]))


def test_policies_that_no_run_renewed_are_an_alert(client, shop):
    other = ProductFactory(sku="PLATE")
    stock(other, shop.warehouse, 10)
    old = run_forecast(as_of=AS_OF)
    ForecastRun.objects.filter(pk=old.pk).update(started_at=timezone.now() - timedelta(hours=37))
    run_forecast(as_of=AS_OF, product=other)
    sign_in(client, VIEW)
    answer = client.get(reverse("forecasting:list"))
    assert "1 forecast is older than a day and a half" in answer.content.decode()
    shown = client.get(reverse("forecasting:list"), {"stale": "1"}).context["page"]
    assert [row.product.sku for row in shown] == ["CUP"]


class TestRuns:
    def test_the_button_starts_a_run_once(self, client, shop):
        sign_in(client, RUN, RUNS)
        response = client.post(reverse("forecasting:run-start"), follow=True)
        run = ForecastRun.objects.get()
        assert response.redirect_chain[0][0] == reverse("forecasting:run", args=[run.pk])
        again = client.post(reverse("forecasting:run-start"), follow=True)
        assert "A forecast is already being computed." in again.content.decode()
        assert ForecastRun.objects.get() == run

    def test_a_running_run_asks_for_its_progress_and_a_finished_one_stops(self, client, shop):
        sign_in(client, RUNS, RUN)
        client.post(reverse("forecasting:run-start"))
        url = reverse("forecasting:run", args=[ForecastRun.objects.get().pk])
        part = client.get(url, headers={"HX-Request": "true"}).content.decode()
        assert 'hx-trigger="every 2s"' in part
        assert "<html" not in part
        ForecastRun.objects.update(status="done", done=1)
        assert "hx-trigger" not in client.get(url, headers={"HX-Request": "true"}).content.decode()

    def test_failures_are_named(self, client, forecast):
        ForecastRun.objects.update(failures=[{"product": "CUP", "warehouse": "EAST", "error": "ValueError: no"}])
        sign_in(client, RUNS)
        page = client.get(reverse("forecasting:run", args=[forecast.run_id])).content.decode()
        assert "ValueError: no" in page
        assert "These series kept their last forecast and policy." in page


class TestSuccessions:
    FIELDS = {"predecessor": "CUP", "successor": "CUP-2", "starts_on": "2026-05-01", "share": "100"}

    def test_one_is_entered_shown_and_deleted(self, client, shop):
        ProductFactory(sku="CUP-2")
        sign_in(client, "forecasting.view_policyrule", "forecasting.change_policyrule")
        assert client.post(reverse("forecasting:succession-new"), self.FIELDS).status_code == 302
        assert "CUP-2" in client.get(reverse("forecasting:classes")).content.decode()
        kept = Succession.objects.get()
        # The other way round would go in a circle.
        turned = {"predecessor": "CUP-2", "successor": "CUP"}
        answer = client.post(reverse("forecasting:succession-new"), self.FIELDS | turned)
        assert "The other way round is entered already" in answer.content.decode()
        client.post(reverse("forecasting:succession-delete", args=[kept.pk]))
        assert not Succession.objects.exists()

    def test_a_product_cannot_follow_itself(self, client, shop):
        sign_in(client, "forecasting.change_policyrule")
        answer = client.post(reverse("forecasting:succession-new"), self.FIELDS | {"successor": "CUP"})
        assert answer.status_code == 422
        assert "A product cannot follow itself." in answer.content.decode()
