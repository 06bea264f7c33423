"""Forecast runs: started once, worked off chunk by chunk, each chunk in its own transaction.

A chunk is a row until its forecasts are written, so a killed worker loses nothing: the row is free again and the
sweep hands it out again. The same data give the same result, whoever computes it and however often.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.live import publish_after_commit
from core.queue import kick
from core.transactions import retry_on_conflict
from forecasting.calendar import Learned
from forecasting.classes import class_by_variation, classify_by_value
from forecasting.day_factors import with_calendar
from forecasting.demand import (
    category_demand,
    curve_of,
    demand_histories,
    learn_events_before,
    learn_pools,
    learn_variation,
    places_to_forecast,
    pool_of,
)
from forecasting.economics import Supply, default_lead_time, economics_of, learn_lost_share, supplies
from forecasting.engine.agility import Agility
from forecasting.engine.plan import DAYS, Item, Plan, make_plans
from forecasting.engine.policy import WEEKS_PER_YEAR, Economics
from forecasting.locks import lock_free_chunks, lock_run, take_chunk
from forecasting.models import DemandForecast, ForecastChunk, ForecastRun
from forecasting.services.adjustments import measure_adjustments
from forecasting.services.overrides import measure_overrides
from forecasting.services.policies import apply_policies
from inventory.models import Product, Warehouse
from inventory.places import Place
from purchasing.tasks import check_reorder_points

CHUNK_SIZE = 200
STUCK_AFTER = timedelta(hours=1)  # a run that takes longer may be replaced by hand
REVIEW_DAYS = 1.0  # the reorder check runs at every change, buyers order daily
SHOWN_WEEKS = 104  # of history, kept with the forecast for its page
REPLACED = [
    "run", "model", "pattern", "yearly_value", "horizon", "history", "lead_time_days", "lead_time_sd",
    "lead_time_demand", "lead_time_demand_sd", "service_level", "safety_stock", "reorder_point", "order_up_to",
    "basis", "economics", "accuracy", "xyz",
]  # fmt: skip


class RunInProgress(DomainError):
    """A forecast of everything is already being computed."""

    code = "forecast_running"


def run_forecast(
    *,
    as_of: date | None = None,
    product: Product | None = None,
    progress: Callable[[ForecastRun, int], object] = lambda run, done: None,
) -> ForecastRun:
    """Forecast everything (or one product) here and now; ``progress`` hears the run and how many series were done.

    The nightly job does the same with its chunks spread over the workers.
    """
    run = start_run(as_of=as_of, product=product)
    progress(run, 0)
    for chunk in list(run.chunks.order_by("pk").values_list("pk", flat=True)):
        progress(run, compute_chunk(chunk))
    run.refresh_from_db()
    return run


def request_run() -> ForecastRun:
    """Start a run of everything for the workers to compute. Raises: RunInProgress."""
    going = ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING, chunks__isnull=False)
    if going.filter(started_at__gt=timezone.now() - STUCK_AFTER).exists():
        raise RunInProgress(_("A forecast is already being computed."))
    return start_run()


@transaction.atomic(durable=True)
def start_run(*, as_of: date | None = None, product: Product | None = None) -> ForecastRun:
    """Learn what all series share and write down the chunks to compute; with nothing to forecast it is done.

    A run of everything replaces what older ones left undone. Locks: ForecastChunk (skip locked).
    """
    if product is None:
        _replace_unfinished_runs()
    started_at, clock = timezone.now(), _Clock()
    as_of = as_of or timezone.localdate()
    places = places_to_forecast(as_of, product.pk if product else None)
    measure_adjustments(as_of)
    measure_overrides(as_of)
    shared = _learn_shared(as_of, places_to_forecast(as_of) if product else places)
    clock.lap("prepare")
    run = ForecastRun.objects.create(
        as_of=as_of, total=len(places), shared=shared, timing=clock.seconds, started_at=started_at
    )
    ForecastChunk.objects.bulk_create(ForecastChunk(run=run, places=chunk) for chunk in _chunks(places))
    if not places:
        _close(run)
    return run


def _learn_shared(as_of: date, places: Sequence[Place]) -> dict[str, Any]:
    """What all series have in common, as plain values to keep with the run."""
    categories = category_demand(as_of)
    learned = learn_events_before(as_of, categories)
    spread, agility = learn_variation(places, as_of, learned)
    return {
        "pools": learn_pools(as_of, categories, learned),
        "lost_share": learn_lost_share(as_of),
        "events": asdict(learned),
        "spread": spread,
        "agility": agility,
    }


@retry_on_conflict
@transaction.atomic(durable=True)
def compute_chunk(chunk_id: int) -> int:
    """Forecast the series of one chunk and apply their policies; returns how many, 0 if somebody else has it.

    Locks: ForecastChunk (skip locked), then ForecastRun. A series that fails keeps its forecast and policy and is
    named in the run.
    """
    chunk = take_chunk(chunk_id)
    if chunk is None:
        return 0
    clock = _Clock()
    places: list[Place] = [(product, warehouse) for product, warehouse in chunk.places]
    errors = _compute_all(places, chunk.run, clock)
    _record_progress(chunk, len(places), errors, clock.seconds)
    return len(places)


def _compute_all(places: list[Place], run: ForecastRun, clock: "_Clock") -> dict[Place, str]:
    """Compute places together; if that fails, half by half, so that only the bad series goes without: says which."""
    try:
        with transaction.atomic(savepoint=True):  # what one series made the database refuse is undone for all of them
            _compute(places, run, clock)
    except (OperationalError, InterfaceError):
        raise  # a conflict or a lost connection says nothing about a series
    except Exception as exc:  # whatever is wrong with one series, the others get their forecast
        half = len(places) // 2
        if not half:
            return {places[0]: f"{type(exc).__name__}: {' '.join(str(exc).split())}"}
        return _compute_all(places[:half], run, clock) | _compute_all(places[half:], run, clock)
    return {}


def _compute(places: list[Place], run: ForecastRun, clock: "_Clock") -> None:
    """Forecast places and apply their policies."""
    shared = run.shared
    items = dict(_items(places, run.as_of, shared))
    clock.lap("read")
    plans = make_plans(list(items.values()), curve_of(shared["spread"]), Agility.of(shared.get("agility", [])))
    clock.lap("fit")
    forecasts = [_forecast(place, plan, items[place], run.pk) for place, plan in zip(items, plans, strict=True)]
    apply_policies(forecasts, run.as_of)
    DemandForecast.objects.bulk_create(
        forecasts, update_conflicts=True, unique_fields=["product", "warehouse"], update_fields=REPLACED, batch_size=500
    )
    clock.lap("write")


class _Clock:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, step: str) -> None:
        now = time.process_time()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


def _chunks(places: Sequence[Place]) -> Iterator[list[Place]]:
    for first in range(0, len(places), CHUNK_SIZE):
        yield list(places[first : first + CHUNK_SIZE])


def _items(places: Sequence[Place], as_of: date, shared: dict[str, Any]) -> Iterator[tuple[Place, Item]]:
    """Everything the engine needs to know about each place; a constant number of queries."""
    products = {product for product, _warehouse in places}
    histories = demand_histories(places, as_of)
    supply: dict[int, Supply] = supplies(products, as_of)
    economics = economics_of(places, supply, shared["lost_share"], as_of)
    categories = dict(Product.objects.filter(pk__in=products).values_list("pk", "category_id"))
    known = with_calendar(histories, categories, Learned.of(shared))
    for place in places:
        terms = supply.get(place[0])
        history, calendar = known[place]
        yield (
            place,
            Item(
                history=history,
                lead_time=terms.lead_time if terms else default_lead_time(),
                review_days=REVIEW_DAYS,
                economics=economics[place],
                pool=pool_of(categories.get(place[0]), shared["pools"]),
                calendar=calendar,
            ),
        )


def _forecast(place: Place, plan: Plan, item: Item, run_id: int) -> DemandForecast:
    history, demand, policy = item.history, plan.demand, plan.policy
    wanted, lost = (values.reshape(-1, DAYS).sum(axis=1) for values in (history.demand, history.lost))
    first = max(len(wanted) - SHOWN_WEEKS, int(np.argmax(wanted > 0)) if wanted.any() else 0)
    weekly = float(plan.forecast.mean.mean())
    return DemandForecast(
        run_id=run_id,
        product_id=place[0],
        warehouse_id=place[1],
        model=plan.model,
        pattern=plan.pattern.value,
        xyz=class_by_variation(wanted[first:]),
        yearly_value=Decimal(str(round(weekly * WEEKS_PER_YEAR * item.economics.price, 2))),
        horizon={
            "start": plan.forecast.start.isoformat(),
            **{name: _rounded(getattr(plan.forecast, name)) for name in ("mean", "low", "high")},
        },
        history={
            "start": (history.start + timedelta(weeks=first)).isoformat(),
            "demand": _rounded(wanted[first:]),
            "lost": _rounded(lost[first:]),
        },
        lead_time_days=item.lead_time.mean,
        lead_time_sd=item.lead_time.sd,
        lead_time_demand=demand["mean"],
        lead_time_demand_sd=math.sqrt(demand["variance"]),
        service_level=policy["service_level"],
        safety_stock=int(policy["safety_stock"]),
        reorder_point=int(policy["reorder_point"]),
        order_up_to=int(policy["order_up_to"]),
        basis=plan_numbers(plan, item),
        economics=_economics_numbers(plan, item.economics),
        accuracy={
            "origins": plan.accuracy.origins,
            "weeks": plan.accuracy.weeks,
            **{name: _round(getattr(plan.accuracy, name)) for name in ("wape", "naive_wape", "bias")},
        },
    )


def plan_numbers(plan: Plan, item: Item) -> dict[str, Any]:
    """Every number from the forecast to the levels, so that anybody can check the arithmetic."""
    demand, policy = plan.demand, plan.policy
    return {
        "pattern": plan.pattern.value,
        "model": plan.model,
        "weekly_mean": _round(demand["mean"] / demand["weeks"]),
        "lead_time_days": _round(item.lead_time.mean),
        "lead_time_sd_days": _round(item.lead_time.sd),
        "lead_time_sd_weeks": _round(math.sqrt(max(demand["weeks_variance"], 0.0))),
        "receipts": item.lead_time.receipts,
        "review_days": item.review_days,
        "weeks": _round(demand["weeks"]),
        "mean": _round(demand["mean"]),
        "variance_of_demand": _round(demand["variance_of_demand"]),
        "variance_of_lead_time": _round(demand["variance_of_lead_time"]),
        "sd": _round(math.sqrt(demand["variance"])),
        "spread": _round(demand["spread"]),
        "service_level": _round(policy["service_level"]),
        "quantile": int(policy["quantile"]),
        "expected": int(policy["expected"]),
        "safety_stock": int(policy["safety_stock"]),
        "reorder_point": int(policy["reorder_point"]),
        "lot": int(policy["lot"]),
        "lot_weekly_demand": _round(demand["weekly_rate"]),
        "economic_lot": _round(policy["economic_lot"]),
        "undershoot": _round(demand["undershoot"]),
        "agility": _round(plan.agility),
        "order_up_to": int(policy["order_up_to"]),
        "lying_weeks": _round(policy["lying_weeks"]),
        "promoted": _round(policy["promoted"]),
        "season_strength": _round(plan.season_strength),
        "capped_days": plan.capped_days,
        "filled": _round(plan.filled),
        "events": _events_within(item),
    }


def _events_within(item: Item) -> list[dict[str, Any]]:
    """The calendar's events that begin within the weeks that stock may have to last: a lead time may be a long one."""
    longest = math.ceil(max(item.lead_time.interval(item.review_days).lengths))
    end = (item.history.end + timedelta(days=longest)).isoformat()
    return [event for event in (item.calendar.coming if item.calendar else ()) if event["first"] < end]


def _economics_numbers(plan: Plan, money: Economics) -> dict[str, Any]:
    return {
        "price": _round(money.price),
        "unit_cost": _round(money.unit_cost),
        "margin": _round(money.margin),
        "lost_share": _round(money.lost_share),
        "goodwill": _round(money.goodwill),
        "underage": _round(plan.policy["underage"]),
        "holding_rate": _round(money.holding_rate),
        "obsolescence_rate": _round(money.obsolescence_rate(plan.pattern)),
        "holding_a_year": _round(money.holding_a_year(plan.pattern)),
        "overage": _round(plan.policy["overage"]),
        "critical_ratio": _round(plan.policy["critical_ratio"]),
        "order_cost": _round(money.order_cost),
        "moq": money.moq,
        "order_multiple": money.order_multiple,
        "assumptions": list(money.assumptions),
    }


def _record_progress(chunk: ForecastChunk, count: int, errors: dict[Place, str], seconds: dict[str, float]) -> None:
    """Take the chunk off the run's list; the last one closes the run."""
    run = lock_run(chunk.run_id)
    chunk.delete()
    run.done += count
    run.failures = sorted(run.failures + _named(errors), key=lambda row: (row["product"], row["warehouse"]))
    run.timing |= {step: round(run.timing.get(step, 0) + spent, 3) for step, spent in seconds.items()}
    run.save(update_fields=["done", "failures", "timing"])
    if not run.chunks.exists():
        _close(run)
    publish_after_commit("forecast-progress", {"run": run.pk, "done": run.done, "total": run.total})


def _named(errors: dict[Place, str]) -> list[dict[str, str]]:
    skus = dict(Product.objects.filter(pk__in={p for p, _ in errors}).values_list("pk", "sku"))
    codes = dict(Warehouse.objects.filter(pk__in={w for _, w in errors}).values_list("pk", "code"))
    return [{"product": skus[p], "warehouse": codes[w], "error": error} for (p, w), error in errors.items()]


def _replace_unfinished_runs() -> None:
    """Drop the chunks that nobody computes just now; a chunk at work closes its run itself."""
    left = ForecastChunk.objects.filter(run__status=ForecastRun.Status.RUNNING)
    ForecastChunk.objects.filter(pk__in=lock_free_chunks(left)).delete()
    for run in ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING, chunks__isnull=True):
        _close(run)


def _close(run: ForecastRun) -> None:
    """Set the final state (failed: no series at all, or replaced before the end) and have the policies checked."""
    failed = run.done < run.total or (run.total > 0 and len(run.failures) >= run.total)
    run.status = ForecastRun.Status.FAILED if failed else ForecastRun.Status.DONE
    run.finished_at = timezone.now()
    run.save(update_fields=["status", "finished_at"])
    classify_by_value()
    kick(check_reorder_points)


def _round(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 6)


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 2) for value in values]
