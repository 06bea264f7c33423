"""Dated available-to-promise: what a place has, gets and owes, by day. One function for screen, API and confirmation.

A place's stock projected to a day is what is free now and what comes by then, less what waits and is promised by then.
Available on a day is the least that this comes to on that day or any later one, so that nothing is promised twice:

    available(d) = max(0, min over e >= d of (free + supply until e - owed until e))
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from core.statements import fetch_all
from inventory import pipeline
from inventory.places import Place, Supply
from inventory.selectors import Availability

READ = """
    SELECT level.product_id, level.warehouse_id, level.on_hand, level.reserved, level.available, level.waiting,
           owed.due, owed.pieces
      FROM inventory_stocklevel level
      JOIN unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
        ON level.product_id = wanted.product_id AND level.warehouse_id = wanted.warehouse_id
      LEFT JOIN orders_owed owed ON owed.product_id = level.product_id AND owed.warehouse_id = level.warehouse_id
"""


@dataclass(slots=True)
class Timeline:
    """What one place has free, gets and owes, as of ``today``; days before it count as today."""

    today: date
    stock: Availability = field(default_factory=Availability)
    free: int = 0
    supplies: Sequence[Supply] = ()
    owed: Counter[date] = field(default_factory=Counter)

    def arrives_on(self, supply: Supply) -> date:
        """When a supply can be had; what is overdue can come tomorrow at the earliest."""
        return max(supply.expected_on, self.today + timedelta(days=1))

    def projection(self) -> list[tuple[date, int]]:
        """Every day on which something changes, today first, with what is available from it on."""
        changes: Counter[date] = Counter({self.today: self.free})
        for supply in self.supplies:
            changes[self.arrives_on(supply)] += supply.quantity
        for due, pieces in self.owed.items():
            changes[max(due, self.today)] -= pieces
        days, total, totals = sorted(changes), 0, []
        for day in days:
            total += changes[day]
            totals.append(total)
        least = totals[-1]
        for index in range(len(totals) - 1, -1, -1):
            least = totals[index] = min(least, totals[index])
        return [(day, max(total, 0)) for day, total in zip(days, totals, strict=True)]

    def available_on(self, day: date) -> int:
        """Pieces that can be promised for ``day`` without breaking another promise."""
        projection = self.projection()
        return projection[max(bisect_right([step for step, _pieces in projection], day) - 1, 0)][1]

    def first_supply(self, pieces: int) -> Supply | None:
        """The supply with whose arrival ``pieces`` more can be promised; None when no supply on the way suffices."""
        days = [day for day, available in self.projection() if available >= pieces]
        if not days:
            return None
        return next((s for s in reversed(self.supplies) if self.arrives_on(s) <= days[0]), None)

    def take(self, pieces: int) -> int:
        """Take up to ``pieces`` of what is free now, as confirming an order does; returns what was taken."""
        taken = min(pieces, max(self.free, 0))
        self.free -= taken
        return taken

    def owe(self, pieces: int, due: date | None) -> None:
        """Count a promise; one without a date stands before all others, so that nothing of its supply goes twice."""
        self.owed[due or self.today] += pieces

    def fit_owed(self, waiting: int) -> None:
        """Make what promises owe come to the pieces that wait; they are renewed only a moment after those change."""
        if (unknown := waiting - self.owed.total()) > 0:
            # What waits without a promise yet (stock that turned out to be missing) comes first.
            self.owe(unknown, None)
        surplus = -unknown
        for due in sorted(self.owed, reverse=True):
            # Which of them wait no longer is not known: the latest, so that nothing is promised twice.
            if surplus <= 0:
                break
            gone = min(surplus, self.owed[due])
            self.owed[due] -= gone
            surplus -= gone


def timelines(places: Collection[Place], *, today: date) -> dict[Place, Timeline]:
    """The timeline of every place asked for. Two queries: stock with what it owes, and supply on the way."""
    found = {place: Timeline(today) for place in places}
    wanted = sorted(found)
    for product, warehouse, *stock, due, pieces in fetch_all(
        "order_promise", READ, [[product for product, _w in wanted], [warehouse for _p, warehouse in wanted]]
    ):
        line = found[product, warehouse]
        line.stock = Availability(*stock)
        line.free = line.stock.available
        if pieces:
            line.owe(pieces, due)
    for line in found.values():
        line.fit_owed(line.stock.waiting)
    for place, supplies in pipeline.incoming(found).items():
        if place in found:
            found[place].supplies = supplies
    return found
