"""Reads of promises: what an order was promised, which promises moved, and how good they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from core.models import User
from orders.learning import Asked, Delays, Odds, newest
from orders.models import Order
from orders.models.promises import LinePromise
from orders.promise import OPEN_ORDERS

SCORED_DAYS = 180
BANDS = [(0.0, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01)]


@dataclass(frozen=True, slots=True)
class Promised:
    """A waiting line's promise in force and, newest first, those it replaced."""

    current: LinePromise
    former: Sequence[LinePromise]


@dataclass(frozen=True, slots=True)
class OrderPromises:
    """What an open order was promised: its waiting lines, and the odds of what lies in stock (None: unknown)."""

    waiting: Sequence[Promised]
    stock: Odds | None


def order_promises(order: Order, *, with_stock: bool) -> OrderPromises:
    """The promises of an open order with their history; two queries."""
    if order.status not in OPEN_ORDERS:
        return OrderPromises([], None)
    rows: dict[int, list[LinePromise]] = {}
    found = LinePromise.objects.filter(line__order=order).select_related("line__product")
    for row in found.order_by("line__position", "-made_at", "-pk"):
        rows.setdefault(row.line_id, []).append(row)
    waiting = [
        Promised(
            history[0], [row for after, row in pairwise(history) if _days(row) != _days(after) and any(_days(row))]
        )
        for history in rows.values()
        if history[0].replaced_at is None
    ]
    return OrderPromises(waiting, _stock_odds(order) if with_stock else None)


def _days(row: LinePromise) -> tuple[date | None, date | None]:
    return row.date, row.safe_date


def _stock_odds(order: Order) -> Odds | None:
    today, ready = timezone.localdate(), timezone.localdate(order.ordered_at)
    wish = max(order.requested_date, today)
    delays = Delays(newest({order.warehouse.code, ""}))
    return delays.odds_from_stock(order.warehouse.code, ready=ready, today=today, asked=Asked(wish, wish))


def moved_promises(*, user: User | None = None, days: int = 14) -> QuerySet[LinePromise]:
    """Promises in force that replaced another one lately, newest first; of one sales person's orders, or of all."""
    before = LinePromise.objects.filter(line=OuterRef("line"), replaced_at__isnull=False).order_by("-made_at", "-pk")
    rows = LinePromise.objects.filter(
        replaced_at=None, made_at__gte=timezone.now() - timedelta(days=days), line__order__status__in=OPEN_ORDERS
    )
    if user:
        rows = rows.filter(line__order__created_by=user)
    return (
        rows.filter(Exists(before))
        .annotate(old_date=before.values("date")[:1], old_safe_date=before.values("safe_date")[:1])
        .filter(~Q(date=F("old_date")) | Q(safe_date__isnull=False) & ~Q(safe_date=F("old_safe_date")))
        .select_related("line__order__customer", "line__product")
        .order_by("-made_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A promise whose day has come: the odds quoted, and whether the line had left by then."""

    chance: float
    kept: bool
    safe_chance: float
    safe_kept: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Promises quoted with odds from ``least`` to below ``most``, and how many of them were kept."""

    least: float
    most: float
    quoted: int
    kept: int
    expected: float

    @property
    def share(self) -> float:
        return self.kept / self.quoted


@dataclass(frozen=True, slots=True)
class Quality:
    """How good promises were. Brier scores (mean squared error of the odds; 0 is best): of the odds, and of a date
    that claims to be certain, as a fixed lead time does."""

    bands: Sequence[Band]
    quoted: int
    kept: int
    brier: float | None
    brier_fixed: float | None


def quality(outcomes: Sequence[Outcome]) -> Quality:
    """Score promises that have come due."""
    bands = []
    for least, most in BANDS:
        some = [outcome for outcome in outcomes if least <= outcome.safe_chance < most]
        if some:
            expected = sum(outcome.safe_chance for outcome in some) / len(some)
            bands.append(Band(least, most, len(some), sum(outcome.safe_kept for outcome in some), expected))
    count = len(outcomes)
    return Quality(
        bands=bands,
        quoted=count,
        kept=sum(outcome.safe_kept for outcome in outcomes),
        brier=sum((outcome.chance - outcome.kept) ** 2 for outcome in outcomes) / count if count else None,
        brier_fixed=sum((1 - outcome.kept) ** 2 for outcome in outcomes) / count if count else None,
    )


def promise_outcomes(*, today: date | None = None, days: int = SCORED_DAYS) -> list[Outcome]:
    """What became of promises made with odds, as far as both of their days have passed; one query.

    What the customer gave up says nothing of punctuality and is left out.
    """
    today = today or timezone.localdate()
    first = timezone.make_aware(datetime.combine(today - timedelta(days=days), time.min))
    rows = (
        LinePromise.objects.filter(made_at__gte=first, safe_date__lt=today, date__lt=today, line__cancelled=0)
        .annotate(left=F("line__quantity") - F("line__shipped"))
        .annotate(shipped_on=TruncDate(Max("line__shipment_lines__shipment__shipped_at")))
    )
    return [_outcome(row) for row in rows.iterator(chunk_size=5000)]


def _outcome(row: Any) -> Outcome:
    done = date.max if row.left or row.shipped_on is None else row.shipped_on
    return Outcome(row.chance, done <= row.date, row.safe_chance, done <= row.safe_date)
