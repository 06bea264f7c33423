"""When a product is to be ordered, arrives, runs out and is looked at again: one line of days for the buyer."""

from dataclasses import dataclass
from datetime import date, timedelta

from purchasing.decision import Need, Offer

REVIEW_DAYS = 1  # the check runs at every change of stock, and everything is checked anew every night
FAR = 3650


@dataclass(frozen=True, slots=True)
class Dates:
    """Days of one need; ``runs_out`` and ``order_by`` are None when nobody knows how fast it sells."""

    today: date
    order_by: date | None
    arrival: date
    runs_out: date | None
    next_review: date

    @property
    def is_late(self) -> bool:
        """Whether stock runs out before an order of today is there."""
        return self.order_by is not None and self.order_by < self.today

    @property
    def days_short(self) -> int:
        """Days without stock, even when ordered today."""
        return max((self.today - self.order_by).days, 0) if self.order_by else 0


def dates_of(need: Need, offer: Offer) -> Dates:
    """The days of a need, as of the day it was computed, when bought of this offer."""
    today = date.fromisoformat(need.as_of)
    lead = timedelta(days=min(offer.lead_time_days, FAR))
    runs_out = None
    if need.daily_demand:
        runs_out = today + timedelta(days=min(int(max(need.available - need.waiting, 0) / need.daily_demand), FAR))
    return Dates(today, runs_out and runs_out - lead, today + lead, runs_out, today + timedelta(days=REVIEW_DAYS))
