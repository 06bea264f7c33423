"""A stretch of the past that policies are replayed on, and what following one of them does there.

All products move through the days at once: arrays of rows (products) by days.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasting.engine.distribution import LeadTime, gamma_quantile
from forecasting.engine.history import FloatArray, IntArray, clean
from forecasting.engine.plan import Calendar, History
from forecasting.engine.policy import WEEKS_PER_YEAR, Economics, round_up

DAYS = 7  # in a week

# First day and all rows' demand so far → their histories, and what was known by then of events, past and coming.
Foresight = Callable[[date, FloatArray], Sequence[tuple[History, Calendar | None]]]


@dataclass(frozen=True, slots=True)
class World:
    """Products by days, and from which day on they are replayed."""

    start: date  # of the first column
    demand: FloatArray  # pieces wanted (rows, days), those refused included
    first: int  # first replayed column; the ones before are known to every policy
    keys: Sequence[str]  # a product's lead times are drawn by its key
    economics: Sequence[Economics]
    lead_times: Sequence[LeadTime]
    opening: FloatArray  # pieces (rows,) on hand or on order before the first replayed day
    receipts: FloatArray | None = None  # (rows, replayed days) that really arrived, of orders placed in the window
    groups: Sequence[str] | None = None  # categories, which share a season
    foresight: Foresight | None = None  # without it no day is known to be unlike others

    def __post_init__(self) -> None:
        object.__setattr__(self, "demand", clean(self.demand))

    @property
    def window(self) -> FloatArray:
        """Demand of the replayed days."""
        return self.demand[:, self.first :]

    def money(self, name: str) -> FloatArray:
        """One number of every product's economics; shape (rows,)."""
        return np.array([float(getattr(row, name)) for row in self.economics])

    @property
    def holding_a_day(self) -> FloatArray:
        """Cost of keeping a piece for a day."""
        return self.money("unit_cost") * self.money("holding_rate") / (DAYS * WEEKS_PER_YEAR)

    @property
    def shortage(self) -> FloatArray:
        """What a piece that is not there costs against a sold one."""
        return self.money("margin") * self.money("lost_share") + self.money("goodwill")


@dataclass(frozen=True, slots=True)
class Levels:
    """Reorder point and order-up-to level of each row (rows, weeks of the window); the last week's hold on."""

    reorder_point: FloatArray
    order_up_to: FloatArray

    def on(self, day: int) -> tuple[FloatArray, FloatArray]:
        """Both levels on a replayed day."""
        week = min(day // DAYS, self.reorder_point.shape[1] - 1)
        return self.reorder_point[:, week], self.order_up_to[:, week]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy did with each product in the window; shapes (rows,)."""

    demand: FloatArray
    sold: FloatArray
    margin: FloatArray  # of what was sold from the shelf or served from elsewhere
    goodwill: FloatArray
    holding: FloatArray
    ordering: FloatArray
    orders: FloatArray
    stockout_days: FloatArray  # on which something was wanted and not there
    stock: FloatArray  # pieces on an average day
    stock_value: FloatArray

    @property
    def profit(self) -> FloatArray:
        """Margin less what stock and shortages cost."""
        return self.margin - self.goodwill - self.holding - self.ordering

    @property
    def short(self) -> FloatArray:
        """Pieces that were not there when they were wanted."""
        return self.demand - self.sold


def draw_lead_times(world: World, seed: int) -> IntArray:
    """Days from an order of each replayed day to its receipt, at least 1; shape (rows, days)."""
    days = world.window.shape[1]
    drawn = np.ones((len(world.keys), days), dtype=np.int64)
    for row, (key, lead_time) in enumerate(zip(world.keys, world.lead_times, strict=True)):
        digest = hashlib.sha256(f"{seed}|{key}".encode()).digest()
        chance = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big"))).random(days)
        mean, variance = np.full(days, lead_time.mean), np.full(days, lead_time.sd**2)
        drawn[row] = np.maximum(np.rint(gamma_quantile(np.asarray(chance), mean, variance)), 1)
    return drawn


def follow(world: World, levels: Levels, lead_times: IntArray) -> Outcome:
    """Order up to the level, in whole lots, on every day that ends at or under the reorder point."""
    rows, days = world.window.shape
    moq, multiple = world.money("moq"), world.money("order_multiple")
    due = np.zeros((rows, days + int(lead_times.max(initial=1)) + 1))
    every = np.arange(rows)
    ledger = _Ledger(world)
    on_order, orders = np.zeros(rows), np.zeros(rows)
    for day in range(days):
        ledger.pass_day(day, due[:, day])
        on_order -= due[:, day]
        point, up_to = levels.on(day)
        position = ledger.on_hand + on_order
        wanted = np.where((position <= point) & (position < up_to), round_up(up_to - position, moq, multiple), 0.0)
        due[every, day + lead_times[:, day]] += wanted
        on_order += wanted
        orders += wanted > 0
    return ledger.outcome(orders)


def receive(world: World, receipts: FloatArray) -> Outcome:
    """What these receipts (rows, days) would have done; each counts as one order."""
    ledger = _Ledger(world)
    for day in range(world.window.shape[1]):
        ledger.pass_day(day, receipts[:, day])
    return ledger.outcome(np.count_nonzero(receipts > 0, axis=1).astype(np.float64))


class _Ledger:
    """Shelf and sums of every product, day after day."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.on_hand = world.opening.astype(np.float64)
        self.sold, self.stock, self.stockout_days = (np.zeros(len(self.on_hand)) for _ in range(3))

    def pass_day(self, day: int, received: FloatArray) -> None:
        wanted = self.world.window[:, day]
        self.on_hand += received
        sold = np.minimum(self.on_hand, wanted)
        self.on_hand -= sold
        self.sold += sold
        self.stock += self.on_hand
        self.stockout_days += sold < wanted

    def outcome(self, orders: FloatArray) -> Outcome:
        world = self.world
        demand, stock = world.window.sum(axis=1), self.stock / max(world.window.shape[1], 1)
        short = demand - self.sold
        return Outcome(
            demand=demand,
            sold=self.sold,
            margin=world.money("margin") * (self.sold + (1 - world.money("lost_share")) * short),
            goodwill=world.money("goodwill") * short,
            holding=world.holding_a_day * self.stock,
            ordering=world.money("order_cost") * orders,
            orders=orders,
            stockout_days=self.stockout_days,
            stock=stock,
            stock_value=world.money("unit_cost") * stock,
        )
