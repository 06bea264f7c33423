"""How long transfers take from one warehouse to another: what people said, and what those that arrived teach.

Learned as suppliers' lead times are (``inventory.lead_times``), read when asked: a company has few lanes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory.lead_times import FACTS_WINDOW, Bucket, LeadTime, distribution, learn, quoted
from inventory.models import Transfer, Warehouse
from inventory.places import Delay, lane_source

USUAL_DAYS = 2  # where nobody ever named a day
Lane = tuple[int, int]
"""(source_id, destination_id)"""


@dataclass(frozen=True, slots=True)
class Transit:
    """A lane of the last two years. ``named``: days that people named, on average, or USUAL_DAYS.

    ``days``: from sending to the last receipt, of each transfer that has arrived, ``on_time`` of them by the day
    that counted when it was sent.
    """

    named: float = USUAL_DAYS
    days: tuple[float, ...] = ()
    on_time: int = 0

    @property
    def learned(self) -> LeadTime:
        """What to reckon with: the transfers that arrived, drawn towards the days named."""
        return learn(self.days, quoted(self.named))

    @property
    def whole_days(self) -> int:
        """Days from sending to arriving to reckon with."""
        return self.learned.whole_days

    @property
    def on_time_share(self) -> float | None:
        return self.on_time / len(self.days) if self.days else None

    @property
    def buckets(self) -> list[Bucket]:
        return distribution(self.days)


def transit_times(lanes: Collection[Lane] | None = None, *, now: datetime | None = None) -> dict[Lane, Transit]:
    """Each of these lanes, or every lane on which something was sent in the last two years; one query.

    A day that was estimated is none that people named: what was learned must not teach itself.
    """
    now = now or timezone.now()
    sent = Transfer.objects.filter(sent_at__gte=now - FACTS_WINDOW, sent_at__lt=now)
    if lanes is not None:
        ends = {source for source, _to in lanes}, {destination for _from, destination in lanes}
        sent = sent.filter(source__in=ends[0], destination__in=ends[1])
    named: dict[Lane, list[int]] = defaultdict(list)
    days: dict[Lane, list[float]] = defaultdict(list)
    on_time: dict[Lane, int] = defaultdict(int)
    rows = sent.order_by("sent_at", "pk").values_list(
        "source_id", "destination_id", "status", "sent_at", "arrived_at", "promised_on", "is_estimated"
    )
    found = set(lanes or ())
    for source, destination, status, sent_at, arrived_at, promised_on, is_estimated in rows.iterator(chunk_size=5000):
        lane = (source, destination)
        if sent_at is None or promised_on is None or (lanes is not None and lane not in found):
            continue
        found.add(lane)
        if not is_estimated:
            named[lane].append((promised_on - timezone.localdate(sent_at)).days)
        if arrived_at and status in Transfer.ENDED and arrived_at < now:
            days[lane].append((arrived_at - sent_at).total_seconds() / 86_400)
            on_time[lane] += timezone.localdate(arrived_at) <= promised_on
    return {
        lane: Transit(
            named=sum(named[lane]) / len(named[lane]) if named[lane] else USUAL_DAYS,
            days=tuple(days[lane]),
            on_time=on_time[lane],
        )
        for lane in found
    }


def transit_of(source_id: int, destination_id: int, *, now: datetime | None = None) -> Transit:
    """One lane; one query."""
    lane = (source_id, destination_id)
    return transit_times([lane], now=now)[lane]


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane as a page shows it."""

    source: Warehouse
    destination: Warehouse
    transit: Transit


def lane_rows() -> list[LaneRow]:
    """Every lane that was used in the last two years, by codes; two queries."""
    found = transit_times()
    warehouses = Warehouse.objects.in_bulk({pk for lane in found for pk in lane})
    rows = [LaneRow(warehouses[source], warehouses[to], transit) for (source, to), transit in found.items()]
    return sorted(rows, key=lambda row: (row.source.code, row.destination.code))


def transfer_delays(first: date, last: date) -> Iterator[Delay]:
    """Every transfer whose last pieces came on these days with how late it was, oldest first; one query."""
    rows = (
        Transfer.objects.filter(status__in=Transfer.ENDED)
        .annotate(day=TruncDate("arrived_at"))
        .filter(day__gte=first, day__lte=last)
        .order_by("arrived_at", "pk")
        .values_list("source_id", "destination_id", "day", "promised_on")
    )
    for source, destination, day, promised_on in rows.iterator(chunk_size=2000):
        if day and promised_on:
            yield Delay(lane_source(source, destination), (day - promised_on).days)
