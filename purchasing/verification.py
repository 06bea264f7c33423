"""Proof that suggestions can be computed again: from its stored inputs each gives the quantity that it shows."""

from dataclasses import dataclass

from purchasing.decision import Need, decide
from purchasing.models import ReorderSuggestion

LAST = 10_000


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A suggestion's quantity and supplier item as stored, and as computed from its inputs now."""

    suggestion_id: int
    stored: tuple[int, int]
    computed: tuple[int, int]

    @property
    def is_identical(self) -> bool:
        return self.stored == self.computed

    def __str__(self) -> str:
        return f"suggestion {self.suggestion_id}: {self.stored} stored, {self.computed} computed (pieces, item)"


def recompute(suggestion: ReorderSuggestion) -> Recomputed:
    """Decide once more from what was stored; nothing of today enters."""
    decision = decide(Need.of(suggestion.inputs))
    stored = (suggestion.quantity, suggestion.supplier_item_id or 0)
    # The first suggestions kept the lot rules of their offer, not whose it was.
    item = decision.offer.item if "offers" in suggestion.inputs else stored[1]
    return Recomputed(suggestion.pk, stored, (decision.quantity, item))


def differing_suggestions(last: int = LAST) -> list[Recomputed]:
    """Those of the newest suggestions that do not compute to themselves; empty when all is well."""
    newest = ReorderSuggestion.objects.order_by("-pk").only("quantity", "supplier_item", "inputs")[:last]
    return [again for again in map(recompute, newest.iterator(chunk_size=1000)) if not again.is_identical]
