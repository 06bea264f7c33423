"""Celery tasks of purchasing: thin, repeatable."""

from celery import shared_task

from core.live import publish
from core.queue import enqueue, kick_taken
from purchasing.models import ReplenishmentChunk
from purchasing.performance import remember_lead_times
from purchasing.services import (
    apply_rates,
    approve_by_rules,
    check_chunk,
    drain_marks,
    follow_agreements,
    make_due_orders,
)


@shared_task
def check_reorder_points() -> int:
    """Drain the marked places; also run by beat, for what a lost kick left. Returns the marks drained."""
    kick_taken(check_reorder_points)
    total = 0
    while drained := drain_marks():
        total += drained
    if total:
        publish("suggestions-changed", {})
    return total


@shared_task
def approve_routine_suggestions() -> int:
    """Order what the rules allow; run by beat in the morning. Returns how many purchase orders were made."""
    made = approve_by_rules()
    if made:
        publish("suggestions-changed", {})
    return made


@shared_task
def check_replenishment_chunk(chunk_id: int) -> int:
    """Check one chunk of a run of everything, unless it is done or somebody is at it."""
    return check_chunk(chunk_id)


@shared_task
def hand_out_chunks() -> int:
    """Queue every chunk that is left: of a run just started, and (run by beat) what killed workers left."""
    chunks = list(ReplenishmentChunk.objects.order_by("pk").values_list("pk", flat=True))
    for chunk in chunks:
        enqueue(check_replenishment_chunk, chunk)
    return len(chunks)


@shared_task
def learn_lead_times() -> int:
    """Keep what receipts teach about lead times; run by beat every night, before the forecast."""
    return remember_lead_times()


@shared_task
def make_standing_orders() -> int:
    """Make the purchase orders of standing orders that are due; run by beat every hour. Returns how many."""
    return make_due_orders()


@shared_task
def follow_blanket_orders() -> int:
    """Check what agreements that begin or have ended change; run by beat every night. Returns how many products."""
    return follow_agreements()


@shared_task
def apply_exchange_rates() -> int:
    """Let supplier prices follow rates that became valid; run by beat every night, before the forecast."""
    return apply_rates()
