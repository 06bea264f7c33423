"""What the levels would be if something were different: the policy again, from the numbers kept with a forecast."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecasting.engine.distribution import gamma_quantile
from forecasting.engine.lead_time import undershoot
from forecasting.engine.patterns import Pattern
from forecasting.engine.policy import Economics, LeadTimeDemand, Money, decide
from forecasting.engine.spread import variance_of
from forecasting.models import DemandForecast
from forecasting.workbook import rises

DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Levels:
    """What a policy comes to."""

    service_level: float
    safety_stock: int
    reorder_point: int
    order_up_to: int


def levels_if(
    forecast: DemandForecast,
    *,
    demand: float = 1.0,
    lead_time_days: float = 0.0,
    holding: float = 1.0,
    underage: float = 1.0,
) -> Levels:
    """The levels with demand, holding cost or the cost of a piece too few multiplied, or the lead time longer.

    Without any change they are the forecast's own. A service level that somebody wants stays wanted.
    """
    basis, pattern = forecast.basis, Pattern(forecast.basis["pattern"])
    weeks = basis["weeks"] + lead_time_days / DAYS
    mean = demand * basis["weekly_mean"] * weeks
    of_demand = float(variance_of(np.array([mean]), np.array([basis["spread"]]))[0])
    if demand == 1.0 and not lead_time_days:
        of_demand = basis["variance_of_demand"]  # what was added for events stays
    of_lead_time = demand**2 * basis["variance_of_lead_time"]
    rate = demand * basis["lot_weekly_demand"]
    known = _demand(weeks, mean, of_demand, of_lead_time, rate, basis)
    money = _money(forecast, pattern, holding=holding, underage=underage)
    policy = decide(known, money, promoted=basis.get("promoted", float(rises(basis))))
    point, safety_stock = policy.reorder_point, policy.safety_stock
    if "rule" in basis:
        wanted = gamma_quantile(np.array(forecast.service_level), known.mean, known.variance)
        point = np.rint(np.where(known.mean > 0, wanted, 0.0))
        safety_stock = np.maximum(point - policy.expected, 0.0)
    service = forecast.service_level if "rule" in basis else float(policy.service_level[0])
    return Levels(service, *(int(level[0]) for level in (safety_stock, point, point + policy.lot)))


def _demand(
    weeks: float, mean: float, of_demand: float, of_lead_time: float, rate: float, basis: dict[str, Any]
) -> LeadTimeDemand:
    def one(value: float) -> np.ndarray:
        return np.array([float(value)])

    usual, spread = one(rate * weeks), one(basis["spread"])
    usual_of_demand = variance_of(usual, spread)
    return LeadTimeDemand(
        weeks=one(weeks),
        weeks_variance=one(0),
        mean=one(mean),
        spread=spread,
        variance_of_demand=one(of_demand),
        variance_of_lead_time=one(of_lead_time),
        variance=one(of_demand + of_lead_time),
        weekly_rate=one(rate),
        clearing_rate=one(rate),
        usual_mean=usual,
        usual_variance=usual_of_demand + (rate * basis["lead_time_sd_weeks"]) ** 2,
        undershoot=undershoot(usual, usual_of_demand, one(rate * basis["review_days"] / DAYS)),
    )


def _money(forecast: DemandForecast, pattern: Pattern, *, holding: float, underage: float) -> Money:
    kept = forecast.economics
    economics = Economics(
        price=kept["price"],
        unit_cost=kept["unit_cost"],
        order_cost=kept["order_cost"],
        holding_rate=kept["holding_rate"],
        lost_share=kept["lost_share"],
        goodwill=kept["goodwill"],
        moq=kept["moq"],
        order_multiple=kept["order_multiple"],
    )
    money = Money.of([economics], [pattern])
    return replace(money, underage=underage * money.underage, holding_a_week=holding * money.holding_a_week)
