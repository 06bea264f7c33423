"""Keeping the KPI rows true: they are recomputed by the day, never adjusted."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from core.models import Company
from core.transactions import retry_on_conflict
from reports import snapshot_sql
from reports.locks import lock_refresh
from reports.models import KpiRefresh, KpiSnapshot
from reports.periods import DAY, Period

# Days computed again every time: what was refused or shipped against older documents falls here.
RECENT = timedelta(days=7)


@retry_on_conflict
@transaction.atomic(durable=True)
def refresh_snapshots(first_day: date, last_day: date) -> int:
    """Recompute the KPI rows of these days; returns how many there are. Days after today are left out.

    Locks: KpiRefresh.
    """
    lock_refresh()
    return _rewrite(Period(first_day, min(last_day, timezone.localdate())))


@retry_on_conflict
@transaction.atomic(durable=True)
def refresh_changed_days() -> Period | None:
    """Recompute from the earliest day that something new was recorded for; returns the days, None without data.

    A back-dated fact changes the stock of every later day, so the range always ends today.
    Locks: KpiRefresh.
    """
    state, seen_until, today = lock_refresh(), _moment(snapshot_sql.SEEN_UNTIL), timezone.localdate()
    if state.last_day is None or state.seen_until is None:
        first = _first_day()
    else:
        new = _moment(snapshot_sql.FIRST_NEW_MOMENT, since=state.seen_until, zone=settings.TIME_ZONE)
        # The last day was computed before it ended.
        first = min(state.last_day, today - RECENT, *([timezone.localdate(new)] if new else []))
    return _finish(state, seen_until, first, today)


@retry_on_conflict
@transaction.atomic(durable=True)
def refresh_all() -> Period | None:
    """Recompute every day there is. Needed nightly: a product moved to another category or switched off, a refusal
    recorded late or another holding rate changes old days without leaving a dated row. Locks: KpiRefresh.
    """
    state, seen_until = lock_refresh(), _moment(snapshot_sql.SEEN_UNTIL)
    KpiSnapshot.objects.all().delete()
    return _finish(state, seen_until, _first_day(), timezone.localdate())


def _finish(state: KpiRefresh, seen_until: datetime | None, first: date | None, today: date) -> Period | None:
    if first is None:
        return None
    period = Period(min(first, today), today)
    _rewrite(period)
    state.seen_until, state.last_day, state.refreshed_at = seen_until, today, timezone.now()
    state.save()
    return period


def _rewrite(period: Period) -> int:
    """Delete and insert the rows of ``period``; one statement reads everything, so the rows fit together."""
    KpiSnapshot.objects.filter(day__range=(period.first, period.last)).delete()
    if period.days < 1:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(snapshot_sql.INSERT_ROWS, period_parameters(period) | {"rate": holding_rate()})
        return cursor.rowcount


def period_parameters(period: Period) -> dict[str, Any]:
    """What the statements over a period ask for: its days, the moments they begin and end, zone and today."""
    return {
        "first": period.first,
        "last": period.last,
        "start": day_start(period.first),
        "stop": day_start(period.last + DAY),
        "zone": settings.TIME_ZONE,
        "today": timezone.localdate(),
    }


def day_start(day: date) -> datetime:
    """The moment a day begins in the company's time zone."""
    return datetime.combine(day, time.min, ZoneInfo(settings.TIME_ZONE))


def holding_rate() -> Decimal:
    """The company's yearly holding cost rate."""
    rate = Company.objects.values_list("holding_rate", flat=True).first()
    return Decimal(Company._meta.get_field("holding_rate").default) if rate is None else rate


def _first_day() -> date | None:
    moment = _moment(snapshot_sql.FIRST_MOMENT)
    return timezone.localdate(moment) if moment else None


def _moment(statement: str, **parameters: Any) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]
