"""What a bought quantity earned against the suggested one, once the demand of its days is known. Pure."""

from decimal import Decimal
from typing import NamedTuple

from core.money import to_cents


class Stakes(NamedTuple):
    """What a lot met: position when it was decided, pieces wanted over so many days, and money per piece."""

    position: int
    demand: int
    days: int
    underage: Decimal
    holding_a_day: Decimal


class Outcome(NamedTuple):
    """What a lot did: pieces of it that were wanted, pieces left over, and its money."""

    wanted: int
    left: int
    money: Decimal


def outcome(quantity: int, unit_cost: Decimal, base_cost: Decimal, stakes: Stakes) -> Outcome:
    """Shortage averted, less holding (a wanted piece lies half of the days on average), less what it cost more.

    The same arithmetic as the estimate before buying (``worth.Outlook.profit``), with the demand that came.
    """
    wanted = min(max(stakes.demand - stakes.position, 0), quantity)
    left = quantity - wanted
    held = stakes.holding_a_day * stakes.days * (left + Decimal(wanted) / 2)
    dearer = quantity * (unit_cost - base_cost)
    return Outcome(wanted, left, stakes.underage * wanted - held - dearer)


def gain(bought: tuple[int, Decimal], suggested: tuple[int, Decimal], stakes: Stakes) -> Decimal:
    """Money that the one earned more than the other, each as (pieces, unit cost)."""
    base = suggested[1]
    return to_cents(outcome(*bought, base, stakes).money - outcome(*suggested, base, stakes).money)
