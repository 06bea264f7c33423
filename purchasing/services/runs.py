"""Everything checked anew: a run is written down as chunks, which any number of workers check at the same time.

A chunk is a row until its suggestions are written, so a killed worker loses nothing: the row is free again and the
sweep hands it out again.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.live import publish_after_commit
from core.transactions import retry_on_conflict
from inventory.places import Place
from purchasing.locks import SHARDS, lock_run, take_chunk
from purchasing.models import ReplenishmentChunk, ReplenishmentRun
from purchasing.services.reorder import check_places

CHUNK = 2000  # places
STUCK_AFTER = timedelta(hours=1)  # a run that takes longer may be replaced

# Every place that has levels, or where customers wait, or where something is suggested.
PLACES = """
    SELECT product_id, warehouse_id FROM purchasing_stockpolicy
    UNION SELECT product_id, warehouse_id FROM inventory_stocklevel WHERE waiting > 0
    UNION SELECT product_id, warehouse_id FROM purchasing_reordersuggestion WHERE status = 'open'
"""
# Even slices of at most CHUNK places, by the product's remainder, so that neighbours in the queue never wait for each
# other.
CUT = f"""
WITH place AS ({PLACES}),
counted AS (
    SELECT product_id, warehouse_id, product_id %% %(modulus)s AS remainder,
           row_number() OVER (PARTITION BY product_id %% %(modulus)s ORDER BY product_id, warehouse_id) - 1 AS number,
           count(*) OVER (PARTITION BY product_id %% %(modulus)s) AS places
      FROM place
),
sliced AS (
    SELECT *, number * ((places + %(size)s - 1) / %(size)s) / places AS slice FROM counted
)
INSERT INTO purchasing_replenishmentchunk (run_id, products, warehouses)
SELECT %(run)s, array_agg(product_id), array_agg(warehouse_id)
  FROM sliced GROUP BY remainder, slice ORDER BY slice, remainder
"""


class RunInProgress(DomainError):
    """Everything is being checked already."""

    code = "replenishment_running"


@transaction.atomic(durable=True)
def start_run() -> ReplenishmentRun:
    """Write down the chunks of a check of everything. Raises: RunInProgress."""
    now = timezone.now()
    going = ReplenishmentRun.objects.filter(finished_at=None)
    if going.filter(started_at__gt=now - STUCK_AFTER).exists():
        raise RunInProgress(_("Everything is being checked already."))
    ReplenishmentChunk.objects.filter(run__in=going).delete()
    going.update(finished_at=now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({PLACES}) place")
        total = cursor.fetchone()[0]
        run = ReplenishmentRun.objects.create(total=total, started_at=now, finished_at=None if total else now)
        cursor.execute(CUT, {"run": run.pk, "size": CHUNK, "modulus": _modulus(total)})
    publish_after_commit("replenishment-progress", {"run": run.pk})
    return run


def _modulus(total: int) -> int:
    """Remainders to spread the products over: a power of two up to SHARDS, so that each has its own locks."""
    modulus = 1
    while modulus < SHARDS and modulus * CHUNK < total:
        modulus *= 2
    return modulus


@retry_on_conflict
@transaction.atomic(durable=True)
def check_chunk(chunk_id: int) -> int:
    """Check the places of one chunk; returns how many, 0 if it is done or somebody else is at it.

    Locks: ReplenishmentChunk (skip locked), as ``check_places``, then ReplenishmentRun.
    """
    chunk = take_chunk(chunk_id)
    if chunk is None:
        return 0
    places: list[Place] = list(zip(chunk.products, chunk.warehouses, strict=True))
    suggested = check_places(places)
    run = lock_run(chunk.run_id)
    chunk.delete()
    run.done, run.suggested = run.done + len(places), run.suggested + suggested
    if not run.chunks.exists():
        run.finished_at = timezone.now()
    run.save(update_fields=["done", "suggested", "finished_at"])
    publish_after_commit("suggestions-changed", {})
    return len(places)
