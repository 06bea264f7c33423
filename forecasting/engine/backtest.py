"""Replays a stretch of the company's own past under several policies and counts the money. Pure and deterministic.

    world = World(start, demand, first, keys, economics, lead_times, opening, receipts, groups)
    result = run(world, seed=0, progress=print)           # an Outcome of each product by policy: result.outcomes
    result.verdicts()                                     # totals with bootstrap bands over products, by policy
    result.verdicts(rows=is_class_a)                      # the same of some products (a mask)
    stock_curve(result)                                   # what more or less stock would have earned
    price_of_less_stock(result, 0.1)                      # "what would 10 % less stock cost?"
    run(what_if(world, lead_time=1.5, holding_rate=0.3))  # the same past under other terms
    run(world, service=0.98)                              # with a service level that somebody types

Policies, by name in ``outcomes``:

tandem   planned anew every week by the nightly job's own ``make_plans``, from nothing but the days before
fixed    a min/max set once before the window: two weeks' safety, which is what other systems offer
z_score  the textbook's safety stock at 95 %, set anew every week
actual   what really arrived; only where ``World.receipts`` are given
bound    a clairvoyant who knows all demand and lead times: nobody can earn more

A day: what is due arrives, demand takes from the shelf, what is left costs holding, then the policy may order. An order
of day t arrives on day t + lead time, drawn once by seed, product and day, so that all policies meet the same ones. Of
demand that finds the shelf empty the lost share is gone and the rest is taken as served from elsewhere; each such piece
costs the goodwill. Every policy sees all demand, as the ledger does; stock at the end is worth its cost. Of promotions
and events the plan knows what ``World.foresight`` says was known on its day; the other policies have no use for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from forecasting.engine.agility import Agility, learn_agility
from forecasting.engine.bound import best_receipts
from forecasting.engine.distribution import gamma_quantile
from forecasting.engine.history import FloatArray, IntArray, SpikeCap, put_back
from forecasting.engine.lead_time import learn_curve
from forecasting.engine.plan import (
    USUAL_SPREAD_WEEKS,
    WEEKS_KEPT,
    Calendar,
    History,
    Item,
    Pool,
    make_plans,
    without_events,
)
from forecasting.engine.season import Season, fit_season
from forecasting.engine.spread import Curve, fixed
from forecasting.engine.textbook import fixed_levels, textbook_levels
from forecasting.engine.verdict import Verdict, verdicts
from forecasting.engine.world import DAYS, Levels, Outcome, World, draw_lead_times, follow, receive

__all__ = [
    "Backtest", "Levels", "Outcome", "StockPoint", "Verdict", "World", "price_of_less_stock", "run", "stock_curve",
    "what_if",
]  # fmt: skip

REVIEW_DAYS = 1.0
LEARN_WEEKS = 13  # what products share is learned anew so often
OLD_ENOUGH_WEEKS = 26  # a product this old says what is usual in its group
CURVE_SCALES = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3)

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Path:
    """What was planned week after week; shapes (rows, weeks)."""

    mean: FloatArray  # demand over lead time and review
    variance: FloatArray
    lot: FloatArray
    reorder_point: FloatArray
    service_level: FloatArray

    def levels(self, service: float | None = None, scale: float = 1.0) -> Levels:
        """The levels planned; or those of another service level, or scaled."""
        point = self.reorder_point
        if service is not None:
            point = np.where(self.mean > 0, np.rint(gamma_quantile(np.array(service), self.mean, self.variance)), 0.0)
        return Levels(np.rint(scale * point), np.rint(scale * (point + self.lot)))


@dataclass(frozen=True, slots=True)
class Backtest:
    """A replayed world: outcomes by policy, and what further questions need."""

    world: World
    lead_times: IntArray
    path: Path
    outcomes: dict[str, Outcome]
    service: float | None = None

    def verdicts(self, rows: npt.NDArray[np.bool_] | None = None, base: str = "fixed") -> list[Verdict]:
        """Totals by policy over the products of a mask; ``gain`` is against ``base``."""
        return verdicts(self.outcomes, self.world.window.shape[1], rows, base)


@dataclass(frozen=True, slots=True)
class StockPoint:
    """What the planned policy would have done with its levels scaled; changes are against the unscaled one."""

    scale: float
    stock_value: float
    profit: float
    fill_rate: float  # percent
    stock_change: float  # percent
    profit_change: float  # money


def run(world: World, *, seed: int = 0, service: float | None = None, progress: Progress | None = None) -> Backtest:
    """Replay the window under every policy. service: instead of the one chosen by profit; progress(done, all weeks)."""
    drawn = draw_lead_times(world, seed)
    path = plan_path(world, progress)
    outcomes = {
        "tandem": follow(world, path.levels(service), drawn),
        "fixed": follow(world, fixed_levels(world), drawn),
        "z_score": follow(world, textbook_levels(world), drawn),
    }
    if world.receipts is not None:
        outcomes["actual"] = receive(world, world.receipts)
    best = best_receipts(
        world.window, world.opening, drawn, world.shortage, world.holding_a_day, world.money("order_cost")
    )
    outcomes["bound"] = receive(world, best)
    return Backtest(world, drawn, path, outcomes, service)


def what_if(world: World, *, lead_time: float = 1.0, holding_rate: float | None = None) -> World:
    """The world under other terms. lead_time: factor on its mean and deviation; holding_rate: share of cost a year."""
    lead_times = [replace(row, mean=row.mean * lead_time, sd=row.sd * lead_time) for row in world.lead_times]
    economics = world.economics
    if holding_rate is not None:
        economics = [replace(row, holding_rate=holding_rate) for row in economics]
    return replace(world, lead_times=lead_times, economics=economics)


def stock_curve(
    result: Backtest, rows: npt.NDArray[np.bool_] | None = None, scales: Sequence[float] = CURVE_SCALES
) -> list[StockPoint]:
    """Stock and profit with the planned levels scaled by each factor, over the products of a mask."""
    chosen = slice(None) if rows is None else rows
    points = []
    base = result.outcomes["tandem"]
    stock, profit = base.stock_value[chosen].sum(), base.profit[chosen].sum()
    for scale in scales:
        outcome = follow(result.world, result.path.levels(result.service, scale), result.lead_times)
        value, earned = outcome.stock_value[chosen].sum(), outcome.profit[chosen].sum()
        demand = outcome.demand[chosen].sum()
        points.append(
            StockPoint(
                scale=scale,
                stock_value=float(value),
                profit=float(earned),
                fill_rate=float(100 * outcome.sold[chosen].sum() / demand) if demand else 100.0,
                stock_change=float(100 * (value / stock - 1)) if stock else 0.0,
                profit_change=float(earned - profit),
            )
        )
    return points


def price_of_less_stock(points: Sequence[StockPoint], share: float) -> float:
    """Profit lost (negative: gained) with ``share`` less stock, between the nearest points of a ``stock_curve``."""
    ordered = sorted(points, key=lambda point: point.stock_change)
    changes = [point.stock_change for point in ordered]
    return -float(np.interp(-100 * share, changes, [point.profit_change for point in ordered]))


def plan_path(world: World, progress: Progress | None = None) -> Path:
    """Plan every week of the window from the days before it, as the nightly job does."""
    weeks = -(-world.window.shape[1] // DAYS)
    path = {f.name: np.zeros((len(world.keys), weeks)) for f in fields(Path)}
    shared = _Shared()
    for week in range(weeks):
        known = world.demand[:, : world.first + week * DAYS]
        if week % LEARN_WEEKS == 0:
            shared = _learn(world, known)
        plans = make_plans(_items(world, known, shared), shared.curve, shared.agility)
        for name, values in path.items():
            values[:, week] = [(plan.demand if name in plan.demand else plan.policy)[name] for plan in plans]
        if progress is not None:
            progress(week + 1, weeks)
    return Path(**path)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What products share, and the pool of each group."""

    curve: Curve = field(default_factory=Curve)
    agility: Agility = field(default_factory=Agility)
    pools: dict[str, Pool] = field(default_factory=dict)


def _items(world: World, known: FloatArray, shared: _Shared) -> list[Item]:
    groups = world.groups or [""] * len(known)
    rows = zip(
        _seen(world, known[:, -WEEKS_KEPT * DAYS :], known), world.lead_times, world.economics, groups, strict=True
    )
    return [
        Item(history, lead_time, REVIEW_DAYS, economics, shared.pools.get(group, Pool()), calendar)
        for (history, calendar), lead_time, economics, group in rows
    ]


def _seen(world: World, kept: FloatArray, known: FloatArray) -> Sequence[tuple[History, Calendar | None]]:
    """Each product's last days, ``kept`` of those ``known``, with the calendar as it stood at their end."""
    start = world.start + timedelta(days=known.shape[1] - kept.shape[1])
    if world.foresight is not None:
        return world.foresight(start, kept)
    nothing = np.zeros(kept.shape[1])
    return [(History(start, row, nothing), None) for row in kept]


def _learn(world: World, known: FloatArray) -> _Shared:
    """What can be known from the days so far."""
    kept = known[:, -WEEKS_KEPT * DAYS :]
    kept = kept[:, kept.shape[1] % DAYS :]
    if not kept.size:
        return _Shared()
    seen = _seen(world, kept, known)
    without = np.stack([without_events(history, calendar).demand for history, calendar in seen])
    capped = SpikeCap(len(kept)).cut_all(without)
    usual = fixed([round(float(np.mean([row.mean for row in world.lead_times])) + REVIEW_DAYS)])
    return _Shared(
        learn_curve(capped, usual, DAYS), learn_agility(capped, DAYS), _pools(world, known, _filled(seen, without))
    )


def _filled(seen: Sequence[tuple[History, Calendar | None]], demand: FloatArray) -> FloatArray:
    """Demand with the days that say nothing, closed ones, as usual days."""
    every = np.ones(demand.shape[1], dtype=bool)
    says = np.stack([every if history.in_stock is None else history.in_stock for history, _calendar in seen])
    return put_back(demand, says, USUAL_SPREAD_WEEKS * DAYS)


def _pools(world: World, known: FloatArray, kept: FloatArray) -> dict[str, Pool]:
    if world.groups is None:
        return {}
    weekly = kept.reshape(len(kept), -1, DAYS).sum(axis=2)
    start = world.start + timedelta(days=known.shape[1] - kept.shape[1])
    groups = np.array(world.groups)
    ages = np.where(weekly.any(axis=1), weekly.shape[1] - np.argmax(weekly > 0, axis=1), 0)
    pools = {}
    for group in sorted(set(world.groups)):
        members = groups == group
        total = weekly[members].sum(axis=0)
        first = int(np.argmax(total > 0))
        season = fit_season(total[first:], start + timedelta(weeks=first)) if total.any() else Season()
        old = members & (ages >= OLD_ENOUGH_WEEKS)
        rate = float(np.median(weekly[old].sum(axis=1) / ages[old])) if old.any() else None
        pools[group] = Pool(season, rate)
    return pools
