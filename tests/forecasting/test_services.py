from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict
from django.utils import timezone

from forecasting.models import DemandForecast, ForecastChunk, ForecastRun
from forecasting.selectors import large_orders
from forecasting.services import RunInProgress, compute_chunk, request_run, run_forecast, start_run
from forecasting.services import runs as services
from purchasing.models import ReorderMark, StockPolicy
from tests.factories import ProductFactory, stock
from tests.forecasting.conftest import AS_OF


def test_a_run_leaves_forecast_and_policy(shop):
    shop.sell_weekly(70, 104)
    run = run_forecast(as_of=AS_OF)
    assert (run.status, run.total, run.done, run.failures) == ("done", 1, 1, [])
    forecast = DemandForecast.objects.get()
    assert (forecast.product, forecast.warehouse, forecast.run) == (shop.product, shop.warehouse, run)
    assert forecast.pattern == "smooth"
    assert forecast.horizon["start"] == AS_OF.isoformat()
    assert forecast.horizon["mean"] == [70.0] * 26
    assert forecast.history == {
        "start": (AS_OF - timedelta(weeks=104)).isoformat(),
        "demand": [70.0] * 104,
        "lost": [0.0] * 104,
    }
    # Quoted 10 days, no receipt yet; one day of review: 11 / 7 weeks of 70.
    assert forecast.lead_time_days == 10.0
    assert forecast.lead_time_demand == pytest.approx(110.0)
    assert forecast.yearly_value == pytest.approx(70 * 365.25 / 7 * 10, rel=1e-6)
    # Margin 5, half of it lost, 5 % of the price goodwill; holding 5 · 0.27 a year.
    assert forecast.economics["underage"] == 3.0
    assert forecast.economics["holding_a_year"] == 1.35
    assert forecast.basis["expected"] == 110


def test_the_arithmetic_adds_up_and_is_the_policy(shop):
    shop.sell_weekly(70, 104)
    run_forecast(as_of=AS_OF)
    forecast, policy = DemandForecast.objects.get(), StockPolicy.objects.get()
    basis = forecast.basis
    assert basis["expected"] + basis["safety_stock"] == basis["reorder_point"] == forecast.reorder_point
    assert basis["reorder_point"] + basis["lot"] == basis["order_up_to"] == forecast.order_up_to
    assert basis["lot"] % 12 == 0
    assert (policy.safety_stock, policy.reorder_point, policy.order_up_to) == (
        forecast.safety_stock,
        forecast.reorder_point,
        forecast.order_up_to,
    )
    assert policy.basis == basis
    assert policy.source == "forecast"


def test_a_one_off_large_order_is_recognised_and_kept_out_of_the_base(shop):
    shop.sell({AS_OF - timedelta(days=n): 10 for n in range(1, 141) if n != 30})
    shop.sell({AS_OF - timedelta(days=30): 9_000})
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    # It counts as 20 of the usual 10: 200 instead of 9,000.
    assert forecast.basis["capped_days"] == 1
    assert [(row.quantity, row.counted) for row in large_orders(forecast)] == [(9_000, 200.0)]
    # The category's usual rate has it in full, and counts like two weeks beside the product's own twenty.
    assert forecast.horizon["mean"][0] == 101.1


def test_the_same_data_give_the_same_result(shop):
    shop.sell({AS_OF - timedelta(days=3 * n): n % 7 + 1 for n in range(1, 200)})
    run_forecast(as_of=AS_OF)
    first = model_to_dict(DemandForecast.objects.get(), exclude=["run"])
    run_forecast(as_of=AS_OF)
    assert model_to_dict(DemandForecast.objects.get(), exclude=["run"]) == first


def test_what_happens_after_the_day_changes_nothing(shop):
    shop.sell_weekly(10, 60)
    run_forecast(as_of=AS_OF)
    first = model_to_dict(DemandForecast.objects.get(), exclude=["run"])
    shop.sell({AS_OF + timedelta(days=n): 500 for n in range(5)})
    run_forecast(as_of=AS_OF)
    assert model_to_dict(DemandForecast.objects.get(), exclude=["run"]) == first


def test_policies_set_by_hand_stay(shop):
    shop.sell_weekly(70, 30)
    run_forecast(as_of=AS_OF)
    StockPolicy.objects.update(source="manual", safety_stock=1, reorder_point=2, order_up_to=3)
    run_forecast(as_of=AS_OF)
    policy = StockPolicy.objects.get()
    assert (policy.safety_stock, policy.reorder_point, policy.order_up_to) == (1, 2, 3)


def test_changed_places_are_marked_for_the_reorder_check(shop):
    shop.sell_weekly(70, 30)
    ReorderMark.objects.all().delete()
    run_forecast(as_of=AS_OF)
    assert (shop.product.pk, shop.warehouse.pk) in ReorderMark.objects.values_list("product_id", "warehouse_id")


def test_one_bad_series_keeps_its_policy_and_stops_nothing(shop, monkeypatch):
    shop.sell_weekly(70, 30)
    run_forecast(as_of=AS_OF)
    before = StockPolicy.objects.get()
    other = ProductFactory(sku="PLATE")
    stock(other, shop.warehouse, 100)
    make_plans = services.make_plans

    def fail_for_cups(items, curve, agility):
        if any(item.history.demand.any() for item in items):
            raise ValueError("no such model")
        return make_plans(items, curve, agility)

    monkeypatch.setattr(services, "make_plans", fail_for_cups)
    shop.sell({AS_OF - timedelta(days=1): 900})
    run = run_forecast(as_of=AS_OF)
    assert (run.status, run.total, run.done) == ("done", 2, 2)
    assert run.failures == [{"product": "CUP", "warehouse": "EAST", "error": "ValueError: no such model"}]
    assert StockPolicy.objects.get(product=shop.product).updated_at == before.updated_at
    assert DemandForecast.objects.get(product=other).run == run


def test_a_series_too_big_to_be_kept_stops_nothing(shop):
    """A billion pieces a day at 999.00 would sell for more a year than the column holds; the database refuses that."""
    shop.sell_weekly(70, 30)
    ton = ProductFactory(sku="TON", price=Decimal("999.00"))
    shop.sell({AS_OF - timedelta(days=day): 10**9 for day in range(1, 60)}, ton)
    run = run_forecast(as_of=AS_OF)
    assert (run.status, run.total, run.done) == ("done", 2, 2)
    (failure,) = run.failures
    assert (failure["product"], failure["warehouse"]) == ("TON", "EAST")
    assert failure["error"].startswith("DataError: numeric field overflow")
    assert DemandForecast.objects.get().product == shop.product
    assert StockPolicy.objects.get().product == shop.product


def test_a_run_in_which_everything_fails_has_failed(shop, monkeypatch):
    def fail(items, curve, agility):
        raise ValueError("no")

    monkeypatch.setattr(services, "make_plans", fail)
    assert run_forecast(as_of=AS_OF).status == "failed"


def test_nothing_to_forecast_is_done_at_once(db):
    run = run_forecast(as_of=AS_OF)
    assert (run.status, run.total) == ("done", 0)


def test_one_product_alone(shop):
    other = ProductFactory()
    stock(other, shop.warehouse, 100)
    run = run_forecast(as_of=AS_OF, product=other)
    assert run.total == 1
    assert DemandForecast.objects.get().product == other


def test_a_chunk_is_computed_once_and_the_last_one_closes_the_run(shop, monkeypatch):
    monkeypatch.setattr(services, "CHUNK_SIZE", 1)
    stock(ProductFactory(), shop.warehouse, 100)
    run = start_run(as_of=AS_OF)
    first, second = run.chunks.order_by("pk").values_list("pk", flat=True)
    assert compute_chunk(first) == 1
    assert compute_chunk(first) == 0
    run.refresh_from_db()
    assert (run.status, run.done) == ("running", 1)
    assert compute_chunk(second) == 1
    run.refresh_from_db()
    assert (run.status, run.done) == ("done", 2)
    assert set(run.timing) == {"prepare", "read", "fit", "write"}
    assert not ForecastChunk.objects.exists()


def test_a_second_run_is_refused_while_one_is_going(shop):
    run = request_run()
    with pytest.raises(RunInProgress):
        request_run()
    assert ForecastRun.objects.get() == run


def test_a_new_run_replaces_what_an_older_one_left(shop):
    old = start_run(as_of=AS_OF)
    new = start_run(as_of=AS_OF)
    old.refresh_from_db()
    assert (old.status, old.done, old.chunks.count()) == ("failed", 0, 0)
    assert (new.status, new.chunks.count()) == ("running", 1)


def test_a_stuck_run_may_be_replaced_by_hand(shop):
    stuck = request_run()
    ForecastRun.objects.update(started_at=timezone.now() - timedelta(minutes=61))
    assert request_run() != stuck


def test_chunk_queries_do_not_grow_with_its_series(shop, django_assert_max_num_queries):
    for _ in range(10):
        stock(ProductFactory(), shop.warehouse, 100)
    run = start_run(as_of=AS_OF)
    with django_assert_max_num_queries(35):
        compute_chunk(run.chunks.get().pk)


class TestCommand:
    def test_it_says_what_it_did(self, shop):
        shop.sell_weekly(10, 20)
        out = StringIO()
        call_command("run_forecast", as_of=AS_OF, verbosity=0, stdout=out)
        assert "1 of 1 series forecast as of 2026-06-01 in" in out.getvalue()
        assert "read 0.0 s" in out.getvalue()

    def test_an_unknown_product_is_refused(self, shop):
        with pytest.raises(CommandError, match="no product with the SKU NOPE"):
            call_command("run_forecast", product="NOPE", verbosity=0)
