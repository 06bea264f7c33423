"""What pieces bought now are worth: the shortage they avert less what holding them costs. Estimates, so floats."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scipy import special

from core.money import to_cents
from purchasing.budget import Buy
from purchasing.decision import DAYS_PER_YEAR, Need, Offer

# Where the policy does not say what a piece short costs: this share of the margin is lost, and some goodwill.
LOST_SHARE = 0.5
GOODWILL_SHARE = 0.05
SAFETY_DEVIATIONS = 1.65  # a safety stock set by hand covers so many deviations
CHOICES = 12  # quantities that a line offers


@dataclass(frozen=True, slots=True)
class Outlook:
    """Demand (gamma: mean and deviation in pieces) until what is suggested would be used up, and money per piece."""

    mean: float
    sd: float
    days: float
    underage: float
    holding_a_day: float

    def shortage(self, stock: float) -> float:
        """Expected pieces short, E[(D - stock)+]."""
        if stock <= 0 or self.mean <= 0:
            return max(self.mean - stock, 0.0)
        if self.sd <= 1e-9:
            return max(self.mean - stock, 0.0)
        shape, scale = (self.mean / self.sd) ** 2, self.sd**2 / self.mean
        point = stock / scale
        above = self.mean * float(special.gammaincc(shape + 1, point)) - stock * float(special.gammaincc(shape, point))
        return max(above, 0.0)

    def profit(self, position: int, quantity: int) -> float:
        """What buying so many earns: shortage averted, less holding what is over, half of the time on average."""
        before, after = self.shortage(position), self.shortage(position + quantity)
        over = quantity - (before - after)
        return self.underage * (before - after) - self.holding_a_day * self.days * (over + (before - after) / 2)


def outlook(need: Need, offer: Offer, basis: Mapping[str, Any], price: Decimal, safety_stock: int) -> Outlook:
    """From the policy's basis where the forecast set it, else from its levels."""
    cost = float(offer.unit_cost)
    underage = basis.get("underage") or max(float(price) - cost, 0.0) * LOST_SHARE + GOODWILL_SHARE * float(price)
    daily = float(need.daily_demand or 0)
    mean, sd = basis.get("mean"), basis.get("sd")
    days = 7 * float(basis.get("weeks") or 0) or float(offer.lead_time_days + 1)
    if mean is None or sd is None:
        mean, sd = float(need.reorder_point - safety_stock), safety_stock / SAFETY_DEVIATIONS
    # Until the lot that is suggested would be used up, too: it is bought for that time.
    longer = max(need.order_up_to - need.reorder_point, 0) / daily if daily else 0.0
    stretch = (days + longer) / days if daily and days else 1.0
    mean = float(mean) * stretch if daily else float(max(mean, need.order_up_to))
    return Outlook(
        mean=mean,
        sd=float(sd) * math.sqrt(stretch),
        days=(days + longer) if daily else days,
        underage=float(underage),
        holding_a_day=float(need.holding_rate) * cost / DAYS_PER_YEAR,
    )


def buys(need: Need, offer: Offer, quantity: int, view: Outlook) -> list[Buy]:
    """Quantities the supplier accepts, up to the suggested one, with cash and profit; whole pallets, too."""
    smallest = offer.round_up(1)
    step = max(
        offer.order_multiple, -(-(quantity - smallest) // CHOICES // offer.order_multiple) * offer.order_multiple
    )
    pieces = sorted({*range(smallest, quantity, step), offer.pallets_below(quantity), quantity})
    return [
        Buy(n, to_cents(n * offer.cost(n)), view.profit(need.position, n) - float(offer.breaking(n)))
        for n in pieces
        if offer.accepts(n)
    ]
