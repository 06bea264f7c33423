"""Periods of whole days and the earlier periods they are compared with. No Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def previous(self) -> "Period":
        """The period of the same length that ends the day before this one begins."""
        return Period(self.first - self.days * DAY, self.first - DAY)

    def last_year(self) -> "Period":
        """The same days one year earlier; 29 February becomes 28 February."""
        return Period(_a_year_before(self.first), _a_year_before(self.last))

    def within(self, bounds: "Period | None") -> "Period | None":
        """The days shared with ``bounds``, or None."""
        if bounds is None or bounds.last < self.first or self.last < bounds.first:
            return None
        return Period(max(self.first, bounds.first), min(self.last, bounds.last))

    def is_whole(self, step: str) -> bool:
        """Whether this bucket is a full day, week (from Monday) or month."""
        return bucket_start(self.first, step) == self.first and bucket_end(self.first, step) == self.last

    def buckets(self, step: str) -> Iterator["Period"]:
        """The period cut into days, weeks (from Monday) or months; the first and last may be incomplete."""
        first = self.first
        while first <= self.last:
            last = min(bucket_end(first, step), self.last)
            yield Period(first, last)
            first = last + DAY


def bucket_start(day: date, step: str) -> date:
    """First day of the day, week or month that holds ``day``."""
    if step == "day":
        return day
    return day - day.weekday() * DAY if step == "week" else month_start(day)


def bucket_end(day: date, step: str) -> date:
    """Last day of the day, week or month that holds ``day``."""
    if step == "day":
        return day
    if step == "week":
        return day + (6 - day.weekday()) * DAY
    return month_start(day, 1) - DAY


def month_start(day: date, months: int = 0) -> date:
    """First day of the month ``months`` after the month of ``day``."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def natural_step(period: Period) -> str:
    """The step that draws a readable line: at most about forty points."""
    if period.days <= 40:
        return "day"
    return "week" if period.days <= 280 else "month"


def preset(name: str, today: date) -> Period:
    """One of the periods people ask for by name, as of ``today``."""
    this_month = month_start(today)
    if name == "this_month":
        return Period(this_month, today)
    if name == "last_month":
        return Period(month_start(today, -1), this_month - DAY)
    if name == "quarter":
        return Period(month_start(today, -((today.month - 1) % 3)), today)
    if name == "12_months":
        return Period(_a_year_before(today) + DAY, today)
    return last_days(90, today)


def last_days(days: int, today: date) -> Period:
    """``days`` days that end today."""
    return Period(today - (days - 1) * DAY, today)


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
