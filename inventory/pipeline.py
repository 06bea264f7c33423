"""What is on the way to a place, asked of the rooms above without importing them.

``purchasing`` registers the supply it has ordered and its lead times, ``orders`` who waits for what, ``forecasting``
how long stock lasts; each reads the others here, although they never import each other. How many pieces wait at a
place stands on its stock level (``inventory.selectors``).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date

from inventory.places import Delay, Place, Supply, Waiting

SupplyProvider = Callable[[Collection[Place]], Iterable[Supply]]
QuantityProvider = Callable[[Collection[Place]], Mapping[Place, int]]
SourceProvider = Callable[[Collection[Place]], Mapping[Place, str]]
DelayProvider = Callable[[date, date], Iterable[Delay]]
CoverProvider = Callable[[Mapping[Place, int]], Mapping[Place, int]]
WaitingProvider = Callable[[Collection[Place]], Iterable[Waiting]]

_supply: list[SupplyProvider] = []
_lead_times: list[QuantityProvider] = []
_sources: list[SourceProvider] = []
_delays: list[DelayProvider] = []
_waiting: list[WaitingProvider] = []
_cover: list[CoverProvider] = []


def register_supply(provider: SupplyProvider) -> None:
    """Add a source of dated supply; called in an app's ``ready()``."""
    _supply.append(provider)


def register_lead_time(provider: QuantityProvider) -> None:
    """Add a source of replenishment lead times in days; called in an app's ``ready()``."""
    _lead_times.append(provider)


def register_cover(provider: CoverProvider) -> None:
    """Add who says how many days pieces last; called in an app's ``ready()``."""
    _cover.append(provider)


def days_of_cover(pieces: Mapping[Place, int]) -> dict[Place, int]:
    """Days that pieces of each place last at the demand to come, where that is known."""
    return {place: days for provider in _cover for place, days in provider(pieces).items()}


def register_sources(provider: SourceProvider) -> None:
    """Add who would supply a place; called in an app's ``ready()``."""
    _sources.append(provider)


def register_delays(provider: DelayProvider) -> None:
    """Add how punctual somebody was; called in an app's ``ready()``."""
    _delays.append(provider)


def register_waiting(provider: WaitingProvider) -> None:
    """Add a source of what customers wait for; called in an app's ``ready()``."""
    _waiting.append(provider)


def waiting(places: Collection[Place]) -> dict[Place, list[Waiting]]:
    """What customers wait for at each place, in the order they are served; places without any are absent."""
    found: dict[Place, list[Waiting]] = defaultdict(list)
    for provider in _waiting:
        for line in provider(places):
            found[line.place].append(line)
    return found


def incoming(places: Collection[Place]) -> dict[Place, list[Supply]]:
    """Supply on the way to each place, earliest first; places without any are absent."""
    found: dict[Place, list[Supply]] = defaultdict(list)
    for provider in _supply:
        for supply in provider(places):
            found[supply.place].append(supply)
    return {place: sorted(supplies, key=lambda s: s.expected_on) for place, supplies in found.items()}


def lead_times(places: Collection[Place]) -> dict[Place, int]:
    """Days from ordering to receiving, by place, where somebody supplies it."""
    return {place: days for provider in _lead_times for place, days in provider(places).items()}


def sources(places: Collection[Place]) -> dict[Place, str]:
    """Who would supply each place, where somebody does: as in ``Supply.source``."""
    return {place: source for provider in _sources for place, source in provider(places).items()}


def delays(first: date, last: date) -> Iterator[Delay]:
    """What arrived from ``first`` to ``last``, each with how late it was."""
    for provider in _delays:
        yield from provider(first, last)
