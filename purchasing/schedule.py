"""The days on which something repeats. Pure."""

from collections.abc import Iterator
from datetime import date
from itertools import count, islice, takewhile

from dateutil.relativedelta import relativedelta


def due_days(first: date, every: int, unit: str, last: date | None = None) -> Iterator[date]:
    """``first``, and every so many weeks or months after it, up to ``last``.

    Each is counted from the first: from 31 January follow 28 February and 31 March, not 28 March.
    """
    step = relativedelta(weeks=every) if unit == "week" else relativedelta(months=every)
    return takewhile(lambda day: last is None or day <= last, (first + step * n for n in count()))


def next_due(first: date, every: int, unit: str, last: date | None, *, after: date) -> date | None:
    """The first due day later than ``after``; None when there is none any more."""
    return next((day for day in due_days(first, every, unit, last) if day > after), None)


def coming_days(first: date, every: int, unit: str, last: date | None, *, since: date, limit: int) -> list[date]:
    """The first due days from ``since`` on, at most ``limit``."""
    return list(islice((day for day in due_days(first, every, unit, last) if day >= since), limit))
