"""Of which lots the pieces are that a customer sends back: those that left, less those that came back."""

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from core.errors import InvalidInput
from inventory.lots import lots_of_moves
from inventory.places import LotPieces
from orders.models import ReturnLine, ShipmentLine


def returnable_lots(lines: Collection[ShipmentLine]) -> dict[int, list[LotPieces]]:
    """Lots that may still come back, by shipment line, with the pieces of each (number "": of no lot).

    Lines that left without a lot are absent. No query where no product is received by lot, else at most three.
    """
    shipped = {line.move_id: line for line in lines if line.line.product.tracks_lots}
    left = lots_of_moves(shipped) if shipped else {}
    if not left:
        return {}
    back = dict(ReturnLine.objects.filter(shipment_line__move__in=left).values_list("move", "shipment_line"))
    came: dict[tuple[int, str], int] = {}
    for move, lots in lots_of_moves(back).items():
        for lot in lots:
            key = (back[move], lot.number)
            came[key] = came.get(key, 0) + lot.quantity
    found = {}
    for move, lots in left.items():
        line = shipped[move]
        without = line.quantity - sum(lot.quantity for lot in lots)
        all_lots = [*lots, LotPieces("", None, without)]
        rest = [lot._replace(quantity=lot.quantity - came.get((line.pk, lot.number), 0)) for lot in all_lots]
        found[line.pk] = [lot for lot in rest if lot.quantity > 0]
    return found


def must_be_told(lots: Sequence[LotPieces], pieces: int) -> bool:
    """Whether somebody has to read the labels: several lots, of which not all comes back."""
    return len(lots) > 1 and pieces < sum(lot.quantity for lot in lots)


def lots_back(lots: Sequence[LotPieces], pieces: int, told: Mapping[str, int], shipment_line: int) -> list[LotPieces]:
    """The lots of pieces that go into stock: as told, or the only ones possible; nothing where nobody knows.

    Raises: InvalidInput when more of a lot is told than can come back, or not just these pieces.
    """
    if told:
        known = {lot.number: lot for lot in lots}
        wrong = any(not 0 <= n <= (known[number].quantity if number in known else 0) for number, n in told.items())
        if wrong or sum(told.values()) != pieces:
            text = _("Say of which lots the %s pieces are, no more of each than left.") % pieces
            raise InvalidInput(text, field_errors={f"lots.{shipment_line}": text})
        return [known[number]._replace(quantity=n) for number, n in told.items() if number and n]
    if must_be_told(lots, pieces):
        return []
    if len(lots) == 1:
        lots = [lots[0]._replace(quantity=pieces)]
    return [lot for lot in lots if lot.number]
