"""Celery tasks of forecasting: thin, repeatable. Chunks are rows; a task only says which one to do next."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from core.queue import enqueue
from forecasting.models import ForecastChunk, ForecastRun
from forecasting.services import compute_backtest, compute_chunk, requeue_lost_backtests, start_run

RESUME_AFTER = timedelta(minutes=10)


@shared_task
def run_nightly_forecast() -> int:
    """Start the run of the night and fan its chunks out over the workers; returns the run's primary key."""
    run = start_run()
    fan_out(run)
    return run.pk


@shared_task
def forecast_chunk(chunk_id: int) -> int:
    """Compute one chunk, unless it is done or somebody is at it."""
    return compute_chunk(chunk_id)


@shared_task
def resume_forecast_runs() -> int:
    """Hand out again what lost kicks and killed workers left; run by beat."""
    stale = ForecastChunk.objects.filter(
        run__status=ForecastRun.Status.RUNNING, run__started_at__lt=timezone.now() - RESUME_AFTER
    )
    chunks = list(stale.order_by("pk").values_list("pk", flat=True))
    for chunk in chunks:
        enqueue(forecast_chunk, chunk)
    return len(chunks)


@shared_task
def run_backtest(backtest_id: int) -> bool:
    """Replay a backtest, unless it is done or somebody is at it."""
    return compute_backtest(backtest_id)


@shared_task
def resume_backtests() -> int:
    """Hand out again what lost kicks and killed workers left; run by beat."""
    lost = requeue_lost_backtests()
    for backtest in lost:
        enqueue(run_backtest, backtest)
    return len(lost)


def fan_out(run: ForecastRun) -> None:
    """Queue every chunk of a run."""
    for chunk in run.chunks.order_by("pk").values_list("pk", flat=True):
        enqueue(forecast_chunk, chunk)
