"""The engine as a reorder policy and as a forecasting function, for replays of real demand.

``TandemPolicy`` and ``forecast`` add nothing of their own: they hand arrays to the functions of the nightly job.
"""

from typing import Any

import numpy as np

from forecasting.engine import promotions as promo
from forecasting.engine.agility import Agility, learn_agility
from forecasting.engine.distribution import gamma_quantile
from forecasting.engine.history import FloatArray, SpikeCap, ages, clean
from forecasting.engine.lead_time import lead_time_demand, learn_curve, promotion_uncertainty, usual_level
from forecasting.engine.level import SLOW_WEEKS, recent_level, weighted_mean
from forecasting.engine.patterns import Pattern
from forecasting.engine.policy import Economics, LeadTimeDemand, Money, decide
from forecasting.engine.spread import Curve, Interval, fixed


class TandemPolicy:
    """Orders up to the engine's level whenever the position is at or under its reorder point."""

    name = "Tandem"

    def __init__(self) -> None:
        self.curve = Curve()
        self.agility = Agility()
        self.shared_uplift: promo.SharedUplift | None = None

    def prepare(self, panel: FloatArray, params_list: list[Any]) -> None:
        """Learn what many products share: spread by rate, whether changes last, and what promotions do."""
        params = params_list[0]
        demand = SpikeCap(len(panel)).cut_all(clean(panel))
        self.shared_uplift = None
        if all(row.events is not None for row in params_list):
            events = np.array([row.events for row in params_list])
            self.shared_uplift = promo.learn_shared(demand, events, params.week)
            if self.shared_uplift is not None:
                factor = promo.own_uplift(demand, events, self.shared_uplift, params.week).factor
                demand = demand / factor[:, : demand.shape[1]]
        self.curve = learn_curve(demand, _interval(params), params.week)
        self.agility = learn_agility(demand, params.week)

    def start(self, params: Any) -> None:
        """Forget the product before."""
        self.own_agility: FloatArray | None = None
        self.cap = SpikeCap(1)
        self.demand = np.zeros((1, 0))
        self.position = np.nan  # on hand + on order after the last order
        self.sees_demand = False
        self.rate = 0.0
        self.interval = _interval(params)
        p = params
        money = Economics(p.price, p.unit_cost, p.order_cost, p.holding_rate, lost_share=1.0, goodwill=p.goodwill)
        self.money = Money.of([money], [Pattern.SMOOTH])

    def decide(self, history: FloatArray, on_hand: float, on_order: float, params: Any) -> float:
        """The quantity to order at the end of the period."""
        self._take_in(history, on_hand, on_order)
        demand = self._lead_time_demand(params)
        policy = decide(demand, self.money, promoted=float(self._promotions_known(params)))
        self.rate = float(demand.weekly_rate[0]) / params.week
        position = on_hand + on_order
        order = 0.0
        if position <= policy.reorder_point[0] and self.demand.any():
            order = max(float(policy.order_up_to[0]) - position, 0.0)
        self.position = position + order
        return float(np.ceil(order - 1e-9))

    def _promotions_known(self, params: Any) -> bool:
        return params.events is not None and self.shared_uplift is not None

    def _lead_time_demand(self, params: Any) -> LeadTimeDemand:
        age = ages(self.demand)
        if self._promotions_known(params):
            return self._promoted(params, age)
        level = recent_level(self.demand, age, params.week, agility=self._agility(self.demand, params))
        return lead_time_demand(self.demand, age, level, self.interval, params.week, self.curve, review=params.review)

    def _agility(self, usual: FloatArray, params: Any) -> FloatArray:
        """How quick the product's level follows, from its past before the first decision."""
        if self.own_agility is None:
            self.own_agility = self.agility.own(usual[:, : params.start], params.week)
        return self.own_agility

    def _promoted(self, params: Any, age: np.ndarray) -> LeadTimeDemand:
        assert self.shared_uplift is not None
        events, past = params.events[None], self.demand.shape[1]
        uplift = promo.own_uplift(self.demand, events, self.shared_uplift, params.week)
        usual = self.demand / uplift.factor[:, :past]
        above, uncertain = promotion_uncertainty(uplift, events[:, past:])
        return lead_time_demand(
            usual,
            age,
            usual_level(usual, age, events[:, :past], params.week, self._agility(usual, params)),
            self.interval,
            params.week,
            self.curve,
            uplift.factor[:, past:] * above,
            uncertain,
            weighted_mean(self.demand, age, SLOW_WEEKS * params.week),
            params.review,
        )

    def _take_in(self, history: FloatArray, on_hand: float, on_order: float) -> None:
        """Add what is new in ``history``; where only sales are seen, an empty shelf hides demand: put it back."""
        new = clean(history[self.demand.shape[1] :])
        sold = self.position - (on_hand + on_order)
        if len(new) and np.isfinite(sold):
            self.sees_demand |= bool(new.sum() > sold + 1e-6)
            if on_hand <= 0 and not self.sees_demand:
                new[-1] = max(new[-1], self.rate)
        self.demand = np.concatenate([self.demand, self.cap.cut_all(new[None])], axis=1)


def forecast(panel: FloatArray, horizon: int, lead: int, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Expected demand of each coming week, and quantiles of the sum of the first ``lead`` ones.

    panel: (series, weeks), nan before a product's first sale. Returns (series, horizon) and (series, len(levels)).
    """
    demand = SpikeCap(len(panel)).cut_all(clean(panel))
    age, interval = ages(demand), fixed([lead])
    level = recent_level(demand, age, 1.0, agility=learn_agility(demand, 1.0).own(demand, 1.0))
    over = lead_time_demand(demand, age, level, interval, 1.0, learn_curve(demand, interval, 1.0))
    mean = np.repeat(level.rate[:, None], horizon, axis=1)
    return mean, np.stack([gamma_quantile(np.array(at), over.mean, over.variance) for at in levels], axis=1)


def _interval(params: Any) -> Interval:
    return fixed(range(params.lt_min + params.prot_extra, params.lt_max + params.prot_extra + 1))
