"""What the calendar does to demand, product by product: a factor for each day of the past and of those to come."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from forecasting import uplift
from forecasting.calendar import DAYS_AHEAD, Learned, Spell, adjustment_spells, spells
from forecasting.engine.history import FloatArray, IntArray
from forecasting.engine.plan import Calendar, History
from inventory.places import Place


def category_factors(
    learned: Learned, start: date, days: int, category_id: int | None
) -> tuple[FloatArray, np.ndarray]:
    """Factor of each day on the demand of a whole category, and the days that say nothing about it."""
    wide = [
        s for s in spells(start, start + timedelta(days=days - 1)) if not s.products and s.concerns((0, 0), category_id)
    ]
    factors = np.ones(days)
    for spell in wide:
        factors[spell.within(start, days)] *= 0.0 if spell.is_closed else learned.expected(spell)
    return np.where(factors < uplift.SILENT, 1.0, factors), factors < uplift.SILENT


def with_calendar(
    histories: Mapping[Place, History], categories: Mapping[int, int | None], learned: Learned
) -> dict[Place, tuple[History, Calendar | None]]:
    """Histories without the days that say nothing, and what the calendar does to each; they cover the same days."""
    if not histories:
        return {}
    any_row = next(iter(histories.values()))
    until = any_row.end + timedelta(days=DAYS_AHEAD - 1)
    known = [*spells(any_row.start, until), *adjustment_spells(any_row.end, until)]
    return with_spells(histories, categories, learned, known)


def with_spells(
    histories: Mapping[Place, History],
    categories: Mapping[int, int | None],
    learned: Learned,
    known: Sequence[Spell],
) -> dict[Place, tuple[History, Calendar | None]]:
    """As ``with_calendar``, of the spells given."""
    places = list(histories)
    concerned = [(spell, rows) for spell, rows in zip(known, _rows_of(places, categories, known), strict=True) if rows]
    result: dict[Place, tuple[History, Calendar | None]] = {place: (row, None) for place, row in histories.items()}
    touched = sorted({n for _spell, rows in concerned for n in rows})
    if touched:
        own = [(spell, np.searchsorted(touched, rows)) for spell, rows in concerned]
        told = _of_rows([histories[places[n]] for n in touched], own, learned)
        result |= zip((places[n] for n in touched), told, strict=True)
    return result


def _rows_of(
    places: Sequence[Place], categories: Mapping[int, int | None], known: Sequence[Spell]
) -> Iterator[list[int]]:
    """The numbers of the places that each spell concerns, ascending."""
    of_product: dict[int, list[int]] = defaultdict(list)
    of_category: dict[int | None, list[int]] = defaultdict(list)
    for n, (product, _warehouse) in enumerate(places):
        of_product[product].append(n)
        of_category[categories.get(product)].append(n)
    for spell in known:
        if spell.products:
            near = (n for product in spell.products for n in of_product.get(product, ()))
            yield sorted(n for n in near if spell.concerns(places[n], None))
        else:
            # What names no products concerns all of a category or nobody in it.
            whole = (rows for category, rows in of_category.items() if spell.concerns(places[rows[0]], category))
            yield sorted(n for rows in whole for n in rows)


def _of_rows(
    histories: Sequence[History], own: Sequence[tuple[Spell, IntArray]], learned: Learned
) -> Iterator[tuple[History, Calendar | None]]:
    """As ``with_calendar``, for histories of the same days; own: spells and the rows that they concern."""
    start, end = histories[0].start, histories[0].end
    demand = np.stack([history.demand for history in histories])
    rows, days = demand.shape
    in_stock = np.stack([np.ones(days, bool) if h.in_stock is None else h.in_stock for h in histories])
    seen = in_stock & (np.cumsum(demand, axis=1) > 0)
    quiet = seen.copy()
    for spell, of in own:
        quiet[of, spell.within(start, days)] = False
    factors, excess = np.ones((rows, days + DAYS_AHEAD)), np.zeros((rows, days + DAYS_AHEAD))
    coming: list[list[dict[str, Any]]] = [[] for _ in histories]
    for some, of in _alike(own, rows):
        at = slice(None) if len(of) == rows else of  # all of them are not copied
        of_key = np.concatenate([spell.days(start) for spell in some])
        measured = uplift.measure(demand[at], seen[at], quiet[at], of_key)
        for spell in some:
            factor = _factor(spell, learned, *measured, is_past=spell.last < end)
            when = spell.within(start, factors.shape[1])
            factors[at, when] *= factor[:, None]
            excess[at, when] += np.square(uplift.UNCERTAINTY * (factor - 1.0))[:, None]
            if spell.last >= end:
                said = _summary(spell)
                for n, value in zip(of, factor.tolist(), strict=True):
                    coming[n].append(said | {"factor": round(value, 4)})
    silent = factors[:, :days] < uplift.SILENT
    past = np.where(silent, 1.0, factors[:, :days])
    for n, history in enumerate(histories):
        calendar = Calendar(past[n], factors[n, days:], excess[n, days:], tuple(coming[n]))
        yield replace(history, in_stock=in_stock[n] & ~silent[n]), calendar


def _alike(own: Sequence[tuple[Spell, IntArray]], rows: int) -> Iterator[tuple[list[Spell], IntArray]]:
    """Spells of one key, and the rows that all of them concern and no other of that key does."""
    by_key: dict[str, list[tuple[Spell, IntArray]]] = defaultdict(list)
    for spell, of in own:
        by_key[spell.key].append((spell, of))
    for some in by_key.values():
        concerns = np.zeros((len(some), rows), dtype=bool)
        for number, (_spell, of) in enumerate(some):
            concerns[number, of] = True
        patterns, which = np.unique(concerns, axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            if pattern.any():
                yield [some[n][0] for n in np.flatnonzero(pattern)], np.flatnonzero(which.ravel() == number)


def _factor(spell: Spell, learned: Learned, pieces: FloatArray, usual: FloatArray, *, is_past: bool) -> FloatArray:
    """Factor of a spell by row."""
    if spell.is_closed:
        return np.zeros(len(pieces))
    if spell.planned is not None and not is_past:
        return np.full(len(pieces), spell.planned)
    return uplift.drawn(pieces, usual, learned.expected(spell))


def _summary(spell: Spell) -> dict[str, Any]:
    """What is said of a coming spell; its factor comes by row."""
    return {
        "key": spell.key,
        "name": spell.name,
        "first": spell.first.isoformat(),
        "last": spell.last.isoformat(),
        "planned": spell.planned is not None,
    }
