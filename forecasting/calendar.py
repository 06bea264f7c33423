"""The demand calendar: which days are unlike others for whom, what that does to demand, past and planned.

A spell is a run of such days; spells of one key are occurrences of the same thing. What the past ones did is measured
by every run over all products (``learn_events``) and, drawn to that, product by product (``forecasting.day_factors``).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import holidays
import numpy as np
from django.utils.translation import get_language

from forecasting import uplift
from forecasting.engine.history import FloatArray, IntArray
from forecasting.models import DemandEvent, ForecastAdjustment, HolidayCalendar
from inventory.places import Place
from orders.models import Promotion

DAYS_AHEAD = 400  # a year's season and the longest lead time
BEFORE_DAYS = 14  # people stock up before a holiday
LONGEST_EVENT = timedelta(days=92)  # what lasts longer is the new usual
BRIDGED_DAYS = 3  # a weekend between two days off belongs to the holiday
SUBSTITUTED = "Day off"  # the library's name for a weekend's substitute
Measured = Mapping[str, Sequence[float]]  # pieces wanted and usual by key


@dataclass(frozen=True, slots=True)
class Spell:
    """Days (both ends included) of one event for some products, one category or, with neither, everything."""

    key: str
    name: str
    first: date
    last: date
    category_id: int | None = None
    products: frozenset[int] = frozenset()
    warehouse_id: int | None = None
    planned: float | None = None
    cut: float = 0.0
    is_closed: bool = False
    event_id: int | None = None
    promotion_id: int | None = None

    @property
    def cut_percent(self) -> float:
        """The price cut in percent."""
        return 100 * self.cut

    def concerns(self, place: Place, category_id: int | None) -> bool:
        """Whether it is about this product in this warehouse."""
        if self.products:
            return place[0] in self.products and self.warehouse_id in (None, place[1])
        return self.category_id is None or self.category_id == category_id

    def days(self, start: date) -> IntArray:
        """Its days, counted from ``start``."""
        return np.arange((self.first - start).days, (self.last - start).days + 1)

    def within(self, start: date, days: int) -> slice:
        """Those of its days that are among so many from ``start`` on."""
        return slice(max((self.first - start).days, 0), min(max((self.last - start).days + 1, 0), days))


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run learned of events over all products."""

    measured: Measured = field(default_factory=dict)
    slope: float = 0.0  # log uplift by log price cut

    @staticmethod
    def of(shared: Mapping[str, Any]) -> "Learned":
        """From what a run kept; runs of older versions kept none."""
        return Learned(**shared.get("events", {}))

    def knows(self, spell: Spell) -> bool:
        """Whether days of its name were measured, or what such a price cut does."""
        return self.measured.get(spell.key, (0.0, 0.0))[1] > 0 or bool(self.slope and spell.cut)

    def expected(self, spell: Spell) -> float:
        """How many times the usual demand is expected on its days, over all products."""
        pieces, usual = self.measured.get(spell.key, (0.0, 0.0))
        if usual > 0:
            return float(uplift.drawn(np.array(pieces), np.array(usual), 1.0))
        return uplift.expected_of_cut(self.slope, spell.cut)


def spells(first: date, last: date) -> list[Spell]:
    """Every spell with a day from ``first`` to ``last``, oldest first; five queries."""
    found = event_spells(first, last)
    found += promotion_spells(found, first, last)
    for calendar in HolidayCalendar.objects.all():
        found += holiday_spells(calendar, first, last)
    return sorted(found, key=by_day)


def by_day(spell: Spell) -> tuple[date, str]:
    """The order of spells."""
    return spell.first, spell.key


def event_spells(first: date, last: date) -> list[Spell]:
    """The events that people entered."""
    events = DemandEvent.objects.filter(starts_on__lte=last, ends_on__gte=first).prefetch_related("products")
    return [_of_event(event) for event in events]


def _of_event(event: DemandEvent) -> Spell:
    return Spell(
        key=f"event:{event.name.casefold()}",
        name=event.name,
        first=event.starts_on,
        last=event.ends_on,
        category_id=event.category_id,
        products=frozenset(product.pk for product in event.products.all()),
        planned=None if event.planned_uplift is None else float(event.planned_uplift),
        cut=float(event.price_cut or 0) / 100,
        is_closed=event.kind == DemandEvent.Kind.CLOSED,
        event_id=event.pk,
    )


def promotion_spells(events: Sequence[Spell], first: date, last: date) -> list[Spell]:
    """The promotions of the price lists; of those that the calendar has as an event too, its word counts."""
    rows = Promotion.objects.filter(first_day__lte=last, last_day__gte=first).order_by("pk")
    found = [_of_promotion(row) for row in rows if row.last_day - row.first_day <= LONGEST_EVENT]
    return not_entered(found, events)


def not_entered(promotions: Sequence[Spell], events: Sequence[Spell]) -> list[Spell]:
    """The promotions that are no event of the same name and days too."""
    entered: dict[str, list[Spell]] = defaultdict(list)
    for event in events:
        entered[event.key].append(event)
    return [s for s in promotions if not any(e.first <= s.last and s.first <= e.last for e in entered[s.key])]


def _of_promotion(promotion: Promotion) -> Spell:
    return Spell(
        key=f"event:{promotion.name.casefold()}",
        name=promotion.name,
        first=promotion.first_day,
        last=promotion.last_day,
        category_id=promotion.category_id,
        products=frozenset([promotion.product_id] if promotion.product_id else []),
        cut=float(promotion.discount) / 100,
        promotion_id=promotion.pk,
    )


def adjustment_spells(first: date, last: date) -> Iterator[Spell]:
    """What people expect beyond the forecast on the coming days; past demand is what it was."""
    rows = ForecastAdjustment.objects.filter(starts_on__lte=last, ends_on__gte=first, is_withdrawn=False)
    for row in rows.order_by("pk"):
        yield Spell(
            key=f"adjustment:{row.pk}",
            name=row.reason,
            first=max(row.starts_on, first),
            last=row.ends_on,
            products=frozenset([row.product_id]),
            warehouse_id=row.warehouse_id,
            planned=row.factor,
        )


def holiday_spells(calendar: HolidayCalendar, first: date, last: date) -> Iterator[Spell]:
    """The holidays of one calendar and the days before each, in which people stock up."""
    for days, name in _holidays(calendar.country, first, last + timedelta(days=BEFORE_DAYS)):
        key = f"holiday:{calendar.country}:{name}"
        eve = days[0] - timedelta(days=1)
        yield Spell(f"{key}:before", name, eve - timedelta(days=BEFORE_DAYS - 1), eve)
        yield Spell(key, name, days[0], days[-1], is_closed=calendar.is_closed)


def local_name(spell: Spell) -> tuple[str, str]:
    """A spell's name and its language: a holiday's in the reader's, where the library has it."""
    kind, _colon, rest = spell.key.partition(":")
    if kind != "holiday":
        return spell.name, "und"
    country, wanted = rest.partition(":")[0], "zh_CN" if get_language().startswith("zh") else "en_US"
    years = (spell.first.year, spell.last.year + 1)
    named = holidays.country_holidays(country, years=years, language="en_US")
    if wanted not in named.supported_languages:
        return spell.name, "en"
    told = holidays.country_holidays(country, years=years, language=wanted)
    until = spell.last + timedelta(days=BEFORE_DAYS)  # the days before a holiday have its name
    day = next((d for d in sorted(named) if spell.first <= d <= until and _plain(named[d]) == spell.name), None)
    return (_plain(told[day]) if day else spell.name), wanted[:2]


def _plain(name: str) -> str:
    """Without what the library adds: other holidays of the day, remarks in parentheses."""
    return name.split(";")[0].split(" (")[0].split("（")[0].strip()


def _holidays(country: str, first: date, last: date) -> Iterator[tuple[list[date], str]]:
    """Days off that belong together and the name that most of them have."""
    named = holidays.country_holidays(country, years=range(first.year - 1, last.year + 2), language="en_US")
    run: list[date] = []
    for day in [*sorted(named), date.max]:
        if run and (day - run[-1]).days > BRIDGED_DAYS:
            if run[-1] >= first and run[0] <= last:
                yield run, _common_name([named[d] for d in run])
            run = []
        run.append(day)


def _common_name(names: Sequence[str]) -> str:
    plain = [_plain(name) for name in names if not name.startswith(SUBSTITUTED)]
    return max(plain, key=lambda name: (plain.count(name), -plain.index(name))) if plain else names[0]


# ---- what the past ones did, over all products


def learn_events(
    start: date, categories: Mapping[int | None, FloatArray], of_products: Callable[[Collection[int]], FloatArray]
) -> Learned:
    """Measure every spell of the past and note it at its event; arguments as of ``measure_spells``."""
    days = max((len(demand) for demand in categories.values()), default=1)
    learned, by_event = measure_spells(spells(start, start + timedelta(days=days - 1)), start, categories, of_products)
    _note(by_event, learned.measured)
    return learned


def measure_spells(
    known: Sequence[Spell],
    start: date,
    categories: Mapping[int | None, FloatArray],
    of_products: Callable[[Collection[int]], FloatArray],
) -> tuple[Learned, dict[int, tuple[float, float]]]:
    """What the known spells did over all products, and pieces wanted and usual by event.

    categories: daily demand from ``start`` on by category; of_products: the same of some products together.
    """
    total = sum(categories.values(), np.zeros(1))
    measured: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    by_event: dict[int, tuple[float, float]] = {}
    cuts = []
    rows: dict[tuple[frozenset[int], int | None], tuple[FloatArray, uplift.Mask, uplift.Mask]] = {}
    for spell in known:
        if spell.is_closed:
            continue
        about = spell.products, spell.category_id
        if about not in rows:
            demand = total
            if spell.products:
                demand = of_products(spell.products)
            elif spell.category_id is not None:
                demand = categories.get(spell.category_id, np.zeros(len(total)))
            rows[about] = _seen_and_quiet(demand, [other for other in known if _overlap(spell, other)], start)
        pieces, usual = (float(of[0]) for of in uplift.measure(*rows[about], spell.days(start)))
        measured[spell.key] = [measured[spell.key][0] + pieces, measured[spell.key][1] + usual]
        if spell.event_id is not None:
            by_event[spell.event_id] = (pieces, usual)
        if spell.cut and usual > 0:
            cuts.append((spell.cut, pieces / usual, usual))
    slope = uplift.by_depth(*np.array(cuts, dtype=np.float64).T) if cuts else 0.0
    learned = Learned({key: [round(v, 3) for v in values] for key, values in measured.items()}, round(slope, 6))
    return learned, by_event


def _seen_and_quiet(
    demand: FloatArray, others: Sequence[Spell], start: date
) -> tuple[FloatArray, uplift.Mask, uplift.Mask]:
    """Demand as one row, the days since it began, and those of them without any of these spells."""
    seen = np.cumsum(demand) > 0
    quiet = seen.copy()
    for other in others:
        quiet[other.within(start, len(demand))] = False
    return demand[None], seen[None], quiet[None]


def _overlap(spell: Spell, other: Spell) -> bool:
    """Whether ``other`` may concern what ``spell`` is about: its products, its category, or everything."""
    if spell.products and other.products:
        return bool(spell.products & other.products)
    if spell.products or other.products:
        return True
    return spell.category_id is None or other.category_id in (None, spell.category_id)


def _note(by_event: Mapping[int, tuple[float, float]], measured: Measured) -> None:
    changed = list(DemandEvent.objects.filter(pk__in=by_event))
    for event in changed:
        event.measured_pieces, event.measured_usual = by_event[event.pk]
    DemandEvent.objects.bulk_update(changed, ["measured_pieces", "measured_usual"])
    for calendar in HolidayCalendar.objects.all():
        prefix = f"holiday:{calendar.country}:"
        calendar.measured = {key: list(values) for key, values in measured.items() if key.startswith(prefix)}
        calendar.save(update_fields=["measured"])
