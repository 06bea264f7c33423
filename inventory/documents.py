"""Where the documents of the stock ledger are shown: asked of the rooms above without importing them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from inventory.models import StockMove

AddressProvider = Callable[[Collection[str]], Mapping[str, str]]
"""Document numbers → the addresses of their pages; unknown numbers are absent."""

_pages: dict[str, tuple[str, AddressProvider]] = {}


def register_page(kind: str, permission: str, provider: AddressProvider) -> None:
    """Say where documents of one kind of stock move are shown, and the permission that opens the page;
    called in an app's ``ready()``."""
    _pages[kind] = permission, provider


def addresses(moves: Iterable[StockMove], user: Any) -> dict[str, str]:
    """Address of each document's page that the user may open, by number; one query per kind."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for move in moves:
        if move.document and move.kind in _pages and user.has_perm(_pages[move.kind][0]):
            numbers[move.kind].add(move.document)
    return {n: address for kind, wanted in numbers.items() for n, address in _pages[kind][1](wanted).items()}
