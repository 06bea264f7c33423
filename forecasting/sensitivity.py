"""What the levels would be if something were different: the policy again, from the numbers kept with a forecast."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.engine.lead_time import undershoot
from forecasting.engine.patterns import Pattern
from forecasting.engine.policy import Economics, LeadTimeDemand, Money, decide
from forecasting.engine.spread import variance_of
from forecasting.models import DemandForecast

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
    moq: int | None = None,
) -> Levels:
    """The levels with demand, holding cost or the cost of a piece too few multiplied, or the lead time longer.

    Without any change they are the forecast's own, unless an event or somebody's rule made those.
    """
    basis, pattern = forecast.basis, Pattern(forecast.basis["pattern"])
    weeks = basis["weeks"] + lead_time_days / DAYS
    mean = demand * basis["weekly_mean"] * weeks
    of_demand = float(variance_of(np.array([mean]), np.array([basis["spread"]]))[0])
    if demand == 1.0 and not lead_time_days:
        of_demand = basis["variance_of_demand"]  # what was added for events stays
    of_lead_time = demand**2 * basis["variance_of_lead_time"]
    rate = demand * basis["lot_weekly_demand"]
    known = _demand(weeks, mean, of_demand, of_lead_time, rate, basis["spread"], rate * basis["review_days"] / DAYS)
    money = _money(forecast, pattern, holding=holding, underage=underage, moq=moq)
    policy = decide(known, money)
    return Levels(
        float(policy.service_level[0]),
        *(int(getattr(policy, name)[0]) for name in ("safety_stock", "reorder_point", "order_up_to")),
    )


def _demand(
    weeks: float, mean: float, of_demand: float, of_lead_time: float, rate: float, spread: float, between: float
) -> LeadTimeDemand:
    def one(value: float) -> np.ndarray:
        return np.array([float(value)])

    variance, usual = of_demand + of_lead_time, one(rate * weeks)
    return LeadTimeDemand(
        weeks=one(weeks),
        weeks_variance=one(0),
        mean=one(mean),
        spread=one(spread),
        variance_of_demand=one(of_demand),
        variance_of_lead_time=one(of_lead_time),
        variance=one(variance),
        weekly_rate=one(rate),
        clearing_rate=one(rate),
        usual_mean=one(mean),
        usual_variance=one(variance),
        undershoot=undershoot(usual, variance_of(usual, one(spread)), one(between)),
    )


def _money(forecast: DemandForecast, pattern: Pattern, *, holding: float, underage: float, moq: int | None) -> Money:
    kept = forecast.economics
    economics = Economics(
        price=kept["price"],
        unit_cost=kept["unit_cost"],
        order_cost=kept["order_cost"],
        holding_rate=kept["holding_rate"],
        lost_share=kept["lost_share"],
        goodwill=kept["goodwill"],
        moq=kept["moq"] if moq is None else moq,
        order_multiple=kept["order_multiple"],
    )
    money = Money.of([economics], [pattern])
    return replace(money, underage=underage * money.underage, holding_a_week=holding * money.holding_a_week)
