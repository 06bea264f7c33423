"""What is on the way to a place and what waits there: asked of the rooms above without importing them.

``purchasing`` registers the supply it has ordered and its lead times, ``orders`` the demand that waits;
both then read the whole picture here although they never import each other.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from inventory.places import Place, Supply

SupplyProvider = Callable[[Collection[Place]], Iterable[Supply]]
QuantityProvider = Callable[[Collection[Place]], Mapping[Place, int]]

_supply: list[SupplyProvider] = []
_waiting: list[QuantityProvider] = []
_lead_times: list[QuantityProvider] = []


def register_supply(provider: SupplyProvider) -> None:
    """Add a source of dated supply; called in an app's ``ready()``."""
    _supply.append(provider)


def register_waiting(provider: QuantityProvider) -> None:
    """Add a source of waiting (short) demand; called in an app's ``ready()``."""
    _waiting.append(provider)


def register_lead_time(provider: QuantityProvider) -> None:
    """Add a source of replenishment lead times in days; called in an app's ``ready()``."""
    _lead_times.append(provider)


def incoming(places: Collection[Place]) -> dict[Place, list[Supply]]:
    """Supply on the way to each place, earliest first; places without any are absent."""
    found: dict[Place, list[Supply]] = defaultdict(list)
    for provider in _supply:
        for supply in provider(places):
            found[supply.place].append(supply)
    return {place: sorted(supplies, key=lambda s: s.expected_on) for place, supplies in found.items()}


def waiting(places: Collection[Place]) -> dict[Place, int]:
    """Pieces ordered by customers but not reserved, by place; places without any are absent."""
    total: dict[Place, int] = defaultdict(int)
    for provider in _waiting:
        for place, quantity in provider(places).items():
            total[place] += quantity
    return dict(total)


def lead_times(places: Collection[Place]) -> dict[Place, int]:
    """Days from ordering to receiving, by place, where somebody supplies it."""
    return {place: days for provider in _lead_times for place, days in provider(places).items()}
