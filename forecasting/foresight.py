"""The demand calendar as it stood on past days, so that a replay plans with what was known then and nothing else.

An event or promotion counts from the day after it was last entered or changed, with the values it has; what was
entered late counts once its days are over, as everybody knew of it by then. Holidays are always known. What people
adjust in the forecast stays out: it has a measure of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from django.utils import timezone

from core import audit
from forecasting.calendar import (
    DAYS_AHEAD,
    Spell,
    by_day,
    event_spells,
    holiday_spells,
    measure_spells,
    not_entered,
    promotion_spells,
)
from forecasting.day_factors import with_spells
from forecasting.engine.history import FloatArray
from forecasting.engine.plan import Calendar, History
from forecasting.models import DemandEvent, HolidayCalendar
from inventory.models import Product
from inventory.places import Place

ENTERED = ("added", "changed")


class PastCalendar:
    """Every spell from ``first`` to ``last`` and after; called with demand until a day, it says what was known then."""

    def __init__(self, places: Sequence[Place], first: date, last: date) -> None:
        until = last + timedelta(days=DAYS_AHEAD)
        products = {product for product, _warehouse in places}
        self._places = list(places)
        self._categories: Mapping[int, int | None] = dict(
            Product.objects.filter(pk__in=products).values_list("pk", "category_id")
        )
        self._events, self._promotions = event_spells(first, until), promotion_spells([], first, until)
        self._announced = _announced(self._events, self._promotions)
        self._holidays = [
            spell for calendar in HolidayCalendar.objects.all() for spell in holiday_spells(calendar, first, until)
        ]

    def __call__(self, start: date, demand: FloatArray) -> list[tuple[History, Calendar | None]]:
        """Histories from ``start`` on (rows of the places), and what the calendar as known after them does to each."""
        histories = [History(start, row, np.zeros(len(row))) for row in demand]
        known = self.known(start, start + timedelta(days=demand.shape[1]))
        if not known:
            return [(history, None) for history in histories]
        learned, _by_event = measure_spells(
            known, start, self._by_category(demand), lambda some: self._of(some, demand)
        )
        told = with_spells(dict(zip(self._places, histories, strict=True)), self._categories, learned, known)
        return [told[place] for place in self._places]

    def known(self, start: date, as_of: date) -> list[Spell]:
        """What a forecast in the morning of ``as_of`` knows of the days from ``start`` on, oldest first."""
        until = as_of + timedelta(days=DAYS_AHEAD - 1)
        events, promotions, holidays = (
            [s for s in some if s.last >= start and s.first <= until and self._is_known(s, as_of)]
            for some in (self._events, self._promotions, self._holidays)
        )
        return sorted([*events, *not_entered(promotions, events), *holidays], key=by_day)

    def _is_known(self, spell: Spell, as_of: date) -> bool:
        return spell.last < as_of or self._announced.get(spell, date.min) < as_of

    def _by_category(self, demand: FloatArray) -> dict[int | None, FloatArray]:
        of = [self._categories.get(product) for product, _warehouse in self._places]
        return {key: demand[[own == key for own in of]].sum(axis=0) for key in set(of)}

    def _of(self, products: Collection[int], demand: FloatArray) -> FloatArray:
        return np.asarray(demand[[product in products for product, _warehouse in self._places]].sum(axis=0))


def _announced(events: Sequence[Spell], promotions: Sequence[Spell]) -> dict[Spell, date]:
    """The day each was last entered or changed; a promotion without any record of that was never announced."""
    rows = DemandEvent.objects.filter(pk__in=[spell.event_id for spell in events])
    created = dict(rows.values_list("pk", "created_at"))
    of_events = created | audit.last_steps("demand_event", created, ENTERED)
    of_promotions = audit.last_steps("promotion", [s.promotion_id or 0 for s in promotions], ENTERED)
    at = {spell: of_events.get(spell.event_id or 0) for spell in events}
    at |= {spell: of_promotions.get(spell.promotion_id or 0) for spell in promotions}
    return {spell: date.max if when is None else timezone.localdate(when) for spell, when in at.items()}
