"""Lots: which came in, which leave, which are proposed. The callers hold the locks of the stock levels.

Pieces of no lot leave first, being older than the day on which lots began; then what expires first.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from django.db.models import BooleanField, ExpressionWrapper, F, Q, Sum
from django.utils.translation import gettext as _

from core.bulk import add_to_column
from core.errors import InsufficientStock, InvalidInput, Outdated
from inventory.models import Lot, LotMove, StockMove
from inventory.places import LotPieces, Move, Place

FIRST_EXPIRED = (F("expires_on").asc(nulls_last=True), "pk")


def bring_in_lots(arrivals: Iterable[tuple[int, Sequence[LotPieces], int]]) -> None:
    """Book the lots of (stock level, lots, ledger row). Raises: InvalidInput when a lot has another expiry date."""
    parts = [(level, lot, move) for level, lots, move in arrivals for lot in lots]
    if not parts:
        return
    new = {(level, lot.number): Lot(stock_level_id=level, number=lot.number, expires_on=lot.expires_on)
           for level, lot, _move in parts}  # fmt: skip
    Lot.objects.bulk_create(new.values(), ignore_conflicts=True)
    found = Lot.objects.filter(
        stock_level__in={level for level, _number in new}, number__in={number for _level, number in new}
    )
    known = {(lot.stock_level_id, lot.number): lot for lot in found}
    for level, lot, _move in parts:
        if known[level, lot.number].expires_on != lot.expires_on:
            words = {"number": lot.number, "day": known[level, lot.number].expires_on or "–"}
            text = _("Lot %(number)s is here already, with another expiry date: %(day)s.") % words
            raise InvalidInput(text, field_errors={"lots": text})
    _book([(known[level, lot.number].pk, move, lot.quantity) for level, lot, move in parts])


def take_out_lots(gone: Sequence[tuple[int, Move]], *, on: date | None = None) -> None:
    """Book the lots that left with these ledger rows of their stock levels; one query where there are none.

    ``on``: the day on which they leave for a customer, who gets nothing that has expired.
    Raises: InsufficientStock.
    """
    if not gone:
        return
    here: dict[int, list[Lot]] = defaultdict(list)
    lots = Lot.objects.filter(stock_level__in={level for level, _move in gone}, on_hand__gt=0)
    for lot in lots.select_related("stock_level__product").order_by(*FIRST_EXPIRED):
        here[lot.stock_level_id].append(lot)
    booked: list[tuple[int, int, int]] = []
    for level, found in here.items():
        # The ledger has moved the level already: what its lots hold beyond it is what they lost.
        lost = sum(lot.on_hand for lot in found) - found[0].stock_level.on_hand
        moves = [move for at, move in gone if at == level]
        if lost > 0:
            booked += _shared_out(moves, _usable(found, lost, on), lost)
    _book(booked)


def _usable(lots: Sequence[Lot], wanted: int, on: date | None) -> list[Lot]:
    """Those that may leave. Raises: InsufficientStock when they are too few."""
    usable = [lot for lot in lots if on is None or lot.expires_on is None or lot.expires_on >= on]
    missing = wanted - sum(lot.on_hand for lot in usable)
    if missing > 0:
        product = lots[0].stock_level.product
        raise InsufficientStock(
            _("%(pieces)s of %(sku)s have expired and do not ship: write them off.")
            % {"pieces": missing, "sku": product.sku},
            product_id=product.pk,
        )
    return usable


def _shared_out(moves: Sequence[Move], lots: Sequence[Lot], lost: int) -> list[tuple[int, int, int]]:
    """(lot, ledger row, pieces): the first rows take the pieces of no lot, the others the lots in their order."""
    without = -sum(move.quantity for move in moves) - lost
    left = [[lot.pk, lot.on_hand] for lot in lots]
    parts = []
    for move in moves:
        wanted = -move.quantity
        spared = min(max(without, 0), wanted)
        without, wanted = without - spared, wanted - spared
        while wanted and left:
            taken = min(wanted, left[0][1])
            parts.append((left[0][0], move.pk, -taken))
            wanted -= taken
            left[0][1] -= taken
            if not left[0][1]:
                left.pop(0)
    return parts


def take_from_lot(level_id: int, lot_id: int, move: Move) -> None:
    """Book one ledger row on one lot of the place. Raises: InvalidInput, Outdated when it has not so many pieces."""
    lot = Lot.objects.filter(pk=lot_id, stock_level=level_id).first()
    if lot is None:
        text = _("There is no such lot here.")
        raise InvalidInput(text, field_errors={"lot": text})
    if lot.on_hand < -move.quantity:
        raise Outdated(_("Lot %s changed in the meantime. Nothing was corrected.") % lot.number, on_hand=lot.on_hand)
    _book([(lot_id, move.pk, move.quantity)])


def _book(parts: Sequence[tuple[int, int, int]]) -> None:
    LotMove.objects.bulk_create(
        [LotMove(lot_id=lot, move_id=move, quantity=quantity) for lot, move, quantity in parts], batch_size=2000
    )
    changes: Counter[int] = Counter()
    for lot, _move, quantity in parts:
        changes[lot] += quantity
    add_to_column(Lot, "on_hand", changes)


def first_lots(lots: Iterable[LotPieces], pieces: int) -> list[LotPieces]:
    """The first ``pieces`` of these lots; fewer when they are fewer."""
    taken = []
    for lot in lots:
        if pieces <= 0:
            break
        taken.append(lot._replace(quantity=min(lot.quantity, pieces)))
        pieces -= taken[-1].quantity
    return taken


def lots_on_the_way(document: str, products: Collection[int]) -> Mapping[int, Sequence[LotPieces]]:
    """Lots that left with a transfer and have not arrived, by product; what expires first comes first."""
    rows = (
        LotMove.objects.filter(
            move__document=document, move__kind=StockMove.Kind.TRANSFER, lot__stock_level__product__in=products
        )
        .values_list("lot__stock_level__product_id", "lot__number", "lot__expires_on")
        .annotate(pieces=-Sum("quantity"))
        .order_by(F("lot__expires_on").asc(nulls_last=True), "lot__number")
    )
    found: dict[int, list[LotPieces]] = defaultdict(list)
    for product, number, expires_on, pieces in rows:
        if pieces > 0:
            found[product].append(LotPieces(number, expires_on, pieces))
    return found


# ---- what pages and papers show


def proposed_lots(wanted: Mapping[Place, int], on: date) -> dict[Place, list[LotPieces]]:
    """What to take for so many pieces of each place: pieces of no lot (number "") first, then what expires first.

    Places without lots are absent; one query.
    """
    here: dict[Place, list[Lot]] = defaultdict(list)
    lots = Lot.objects.filter(
        on_hand__gt=0,
        stock_level__product__in={product for product, _warehouse in wanted},
        stock_level__warehouse__in={warehouse for _product, warehouse in wanted},
    )
    for lot in lots.select_related("stock_level").order_by(*FIRST_EXPIRED):
        here[lot.stock_level.product_id, lot.stock_level.warehouse_id].append(lot)
    proposed = {}
    for place, pieces in wanted.items():
        if found := here.get(place):
            without = found[0].stock_level.on_hand - sum(lot.on_hand for lot in found)
            fresh = [LotPieces(lot.number, lot.expires_on, lot.on_hand) for lot in found
                     if lot.expires_on is None or lot.expires_on >= on]  # fmt: skip
            first = [LotPieces("", None, without)] if without > 0 else []
            proposed[place] = first_lots(first + fresh, pieces)
    return proposed


MOST_LOTS = 200


def lots_at(level_id: int) -> list[Lot]:
    """The lots of a place, those with pieces first, in the order in which they leave."""
    lots = Lot.objects.filter(stock_level=level_id).annotate(is_empty=ExpressionWrapper(Q(on_hand=0), BooleanField()))
    lots = lots.order_by("is_empty", *FIRST_EXPIRED)
    return list(lots[:MOST_LOTS])


def lots_of_moves(moves: Collection[int]) -> dict[int, list[LotPieces]]:
    """The lots that came or left with each of these ledger rows; rows without lots are absent."""
    found: dict[int, list[LotPieces]] = defaultdict(list)
    rows = LotMove.objects.filter(move__in=moves).select_related("lot").order_by("pk")
    for row in rows:
        found[row.move_id].append(LotPieces(row.lot.number, row.lot.expires_on, abs(row.quantity)))
    return found
