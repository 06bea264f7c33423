from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from config.celery import app
from core.queue import enqueue
from forecasting.locks import lock_run
from forecasting.models import DemandForecast, ForecastRun
from forecasting.services import compute_chunk, run_forecast, start_run
from forecasting.tasks import forecast_chunk, resume_forecast_runs, run_nightly_forecast
from purchasing.models import StockPolicy
from tests.conftest import database_url, wait_for
from tests.processes import Celery


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


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_nothing_and_the_next_one_ends_the_run(shop, redis_url, tmp_path):
    """Killed (-9) while its chunk is computed and not committed; what comes out is what a quiet night gives."""
    shop.sell({timezone.localdate() - timedelta(weeks=week): 12 + week % 5 for week in range(1, 30)})
    run_forecast()
    quiet = model_to_dict(DemandForecast.objects.get(), exclude=["id", "run"])
    DemandForecast.objects.all().delete()
    StockPolicy.objects.all().delete()

    run = start_run()
    environment = {"DATABASE_URL": database_url(), "REDIS_URL": redis_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    worker = Celery(environment, tmp_path / "worker.log")
    try:
        with transaction.atomic():
            lock_run(run.pk)  # the worker waits here, everything written and nothing committed
            forecast_chunk.apply_async((run.chunks.get().pk,))
            wait_for(somebody_waits)
            worker.kill()
        assert (run.chunks.count(), DemandForecast.objects.count(), StockPolicy.objects.count()) == (1, 0, 0)
        ForecastRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(minutes=11))
        worker.start()
        wait_for(lambda: app.control.ping(timeout=0.5))
        assert resume_forecast_runs() == 1
        wait_for(lambda: ForecastRun.objects.filter(pk=run.pk, status="done").exists())
    finally:
        worker.kill()
    assert model_to_dict(DemandForecast.objects.get(), exclude=["id", "run"]) == quiet
    assert ForecastRun.objects.get(pk=run.pk).done == 1


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # For this connection: other tests' databases stand on the same server.
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return cursor.fetchone()[0]
