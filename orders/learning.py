"""What the past says of suppliers' punctuality and of our own picking, kept as counts that promises refer to."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef
from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory import pipeline
from orders.models import LostDemand, Shipment
from orders.models.promises import LearnedDelay
from orders.odds import Distribution, added, chance, given_at_least, nearest_day, predictive

Kind = LearnedDelay.Kind
REMEMBERED_DAYS = 400
REMEMBERED_ARRIVALS = 80  # the newest ones of each supplier: suppliers change
LONGEST_PICKING = 30  # whoever waits longer does not wait for the picker


@transaction.atomic(durable=True)
def learn_delays(*, now: datetime | None = None) -> int:
    """Count the delays of the past year anew; a row is added for whatever changed. Returns the rows added."""
    now = now or timezone.now()
    last = timezone.localdate(now)
    counted = _count(last - timedelta(days=REMEMBERED_DAYS), last)
    known = newest({key for _kind, key in counted} | {""})
    rows = [
        LearnedDelay(kind=kind, key=key, counts={str(days): n for days, n in sorted(sample.items())}, learned_at=now)
        for (kind, key), sample in sorted(counted.items())
        if (kind, key) not in known or known[kind, key].sample != dict(sample)
    ]
    LearnedDelay.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _count(first: date, last: date) -> dict[tuple[str, str], Counter[int]]:
    """Samples by kind and key; key "" is everybody together, but for transfers, whose lanes are known by themselves."""
    arrivals = defaultdict(list)
    for delay in pipeline.delays(first, last):
        arrivals[delay.source].append(delay)
    counted: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for source, all_of_it in arrivals.items():
        for delay in all_of_it[-REMEMBERED_ARRIVALS:]:
            if delay.lead is None:
                counted[Kind.SLIP.value, source][delay.slip] += 1
                continue
            for key in {source, ""}:
                counted[Kind.SLIP.value, key][delay.slip] += 1
                counted[Kind.LEAD.value, key][delay.lead] += 1
    for warehouse, days, count in _picking(first, last):
        for key in (warehouse, ""):
            counted[Kind.PICKING.value, key][days] += count
    return counted


def _picking(first: date, last: date) -> Iterator[tuple[str, int, int]]:
    """(warehouse's code, days from the order to shipping, how often), of orders wished at once that had their stock."""
    waited = LostDemand.objects.filter(line__order=OuterRef("order"))
    rows = (
        Shipment.objects.annotate(shipped=TruncDate("shipped_at"), ordered=TruncDate("order__ordered_at"))
        .filter(shipped__gte=first, shipped__lte=last, order__requested_date__lte=F("ordered") + timedelta(days=1))
        .exclude(Exists(waited))
        .order_by()
        .values_list("warehouse__code", "shipped", "ordered")
        .annotate(Count("pk"))
    )
    for code, shipped, ordered, count in rows.iterator(chunk_size=5000):
        if 0 <= (shipped - ordered).days <= LONGEST_PICKING:
            yield code, (shipped - ordered).days, count


@dataclass(frozen=True, slots=True)
class Learned:
    """A sample with the row that it is kept in."""

    row: int
    sample: dict[int, int]


def newest(keys: Collection[str], *, at: datetime | None = None) -> dict[tuple[str, str], Learned]:
    """The newest sample of every kind for these keys, or that of a moment; one query."""
    rows = LearnedDelay.objects.filter(key__in=keys)
    if at:
        rows = rows.filter(learned_at__lte=at)
    rows = rows.order_by("kind", "key", "-learned_at", "-pk").distinct("kind", "key")
    return {(row.kind, row.key): learned(row) for row in rows}


def learned(row: LearnedDelay) -> Learned:
    """A row's sample with whole numbers for keys, as JSON has none."""
    return Learned(row.pk, {int(days): n for days, n in row.counts.items()})


class Asked(NamedTuple):
    """The day that is promised, and the one before which the customer wants nothing."""

    promised: date
    wish: date


@dataclass(frozen=True, slots=True)
class Odds:
    """When something leaves: ``chance`` for the day asked, the day nearest to nine in ten and its odds."""

    chance: float
    safe_date: date
    safe_chance: float


@dataclass(frozen=True, slots=True)
class Delays:
    """What was learned, ready to judge promises by."""

    samples: Mapping[tuple[str, str], Learned] = field(default_factory=dict)

    def rows(self, kind: str, key: str) -> list[int]:
        """The rows that ``of`` rests on: own first, then everybody's."""
        return [self.samples[kind, k].row for k in dict.fromkeys((key, "")) if (kind, k) in self.samples]

    def of(self, kind: str, key: str) -> Distribution | None:
        """How many days it will take."""
        own, pool = (self.samples[kind, k].sample if (kind, k) in self.samples else {} for k in (key, ""))
        return predictive(own, pool)

    def odds(self, kind: str, source: str, warehouse: str, *, named: date, today: date, asked: Asked) -> Odds | None:
        """Odds of goods that were to come on ``named`` (or count from it) and then leave ``warehouse``.

        They are not there yet, so they come tomorrow at the earliest.
        """
        arrival, picking = self.of(kind, source), self.of(Kind.PICKING, warehouse) or {0: 1.0}
        arrival = given_at_least(arrival, (today - named).days + 1) if arrival else None
        return _odds(added(arrival, picking), named, asked) if arrival else None

    def odds_from_stock(self, warehouse: str, *, ready: date, today: date, asked: Asked) -> Odds | None:
        """Odds of goods that lie in stock since ``ready`` and have not left yet."""
        picking = self.of(Kind.PICKING, warehouse)
        picking = given_at_least(picking, (today - ready).days) if picking else None
        return _odds(picking, ready, asked) if picking else None


def _odds(distribution: Distribution, start: date, asked: Asked) -> Odds:
    safe = max(start + timedelta(days=nearest_day(distribution)), asked.wish)
    return Odds(
        chance=round(chance(distribution, (asked.promised - start).days), 4),
        safe_date=safe,
        safe_chance=round(chance(distribution, (safe - start).days), 4),
    )
