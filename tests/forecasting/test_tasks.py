from datetime import timedelta

import pytest
from django.utils import timezone

from core.queue import enqueue
from forecasting.models import DemandForecast, ForecastRun
from forecasting.services import compute_chunk, start_run
from forecasting.tasks import resume_forecast_runs, run_nightly_forecast
from purchasing.models import StockPolicy
from tests.conftest import wait_for


def done() -> bool:
    return ForecastRun.objects.filter(status="done").exists()


@pytest.mark.django_db(transaction=True)
def test_the_nightly_job_runs_through_real_workers(celery_worker_process, shop):
    shop.sell({timezone.localdate() - timedelta(weeks=week): 12 for week in range(1, 30)})
    enqueue(run_nightly_forecast)
    wait_for(done)
    forecast, policy = DemandForecast.objects.get(), StockPolicy.objects.get()
    assert forecast.horizon["mean"] == [12.0] * 26
    assert policy.order_up_to == forecast.order_up_to


@pytest.mark.django_db(transaction=True)
def test_what_a_lost_kick_left_is_handed_out_again(celery_worker_process, shop):
    run = start_run()
    assert resume_forecast_runs() == 0  # fresh runs are the workers' business
    ForecastRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(minutes=11))
    assert resume_forecast_runs() == 1
    wait_for(done)


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_somebody_computes_is_left_to_them(shop, race):
    chunk = start_run().chunks.get().pk
    assert sorted(race(lambda: compute_chunk(chunk), lambda: compute_chunk(chunk))) == [0, 1]
    assert ForecastRun.objects.get().done == 1
