"""Row locks of forecasting: chunks are a work queue, so those at work elsewhere are skipped; then the run."""

from django.db.models import QuerySet

from forecasting.models import ForecastChunk, ForecastRun


def take_chunk(chunk_id: int) -> ForecastChunk | None:
    """Lock one chunk, its run read with it; None when it is done or somebody else computes it."""
    free = ForecastChunk.objects.select_related("run").select_for_update(skip_locked=True, of=("self",))
    return free.filter(pk=chunk_id).first()


def lock_free_chunks(chunks: QuerySet[ForecastChunk]) -> list[int]:
    """Lock those of the chunks that nobody computes just now; returns their primary keys."""
    return list(chunks.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))


def lock_run(run_id: int) -> ForecastRun:
    """Lock one run, after the chunk that reports to it."""
    return ForecastRun.objects.select_for_update().get(pk=run_id)
