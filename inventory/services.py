"""Every change of stock. Inner services run inside a document's transaction; entry services open their own."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import outbox
from core.actor import current_actor_id
from core.bulk import add_to_column, append_columns, insert_columns
from core.checks import MAX_REASON, amount_error, cost_error, text_error
from core.errors import InsufficientStock, InvalidInput, Outdated
from core.money import to_cents
from core.sequences import key_sequence, next_values
from core.transactions import retry_on_conflict
from inventory.blocks import hold_back, let_go, still_there
from inventory.costing import Holding
from inventory.locks import lock_stock_levels, lock_with_writes
from inventory.lots import bring_in_lots, take_from_lot, take_out_lots
from inventory.models import Product, Reservation, StockLevel, StockMove, Warehouse
from inventory.places import Agreed, Basket, Effect, Grant, Issue, Level, Move, Place, Receipt, Seen, Shortage
from inventory.signals import reservations_cut, stock_changed

MAX_QUANTITY = 1_000_000_000
MAX_DOCUMENT = 40
OVERSOLD = "stocklevel_not_oversold"  # the constraint that stands between us and selling what is not there


@transaction.atomic(savepoint=False)
def reserve_stock(baskets: Sequence[Basket], *, at: datetime) -> list[list[Grant] | Shortage]:
    """Serve the baskets in turn: each gets its grants, or a Shortage (and nothing) when it accepts no less.

    One query to lock, one for the keys, one to reserve, whatever the number of baskets.
    Locks: StockLevel. Sends: stock_changed.
    """
    keys = next_values((key_sequence(Reservation), sum(len(basket.demands) for basket in baskets)))[0]
    plan = plan_reservations(baskets, keys)
    hold_reservations(plan, at=at)
    return plan.results


class Plan(NamedTuple):
    """What each basket will get, and the reservations that hold it: key, stock level, pieces."""

    results: list[list[Grant] | Shortage]
    reservations: list[tuple[int, int, int]]
    places: set[Place]
    is_locked: bool


def plan_reservations(
    baskets: Sequence[Basket], keys: Sequence[int], *, seen: Mapping[Place, Seen] | None = None
) -> Plan:
    """Decide what each basket gets and lock its rows; ``hold_reservations`` must follow in the same transaction.

    ``keys``: fresh keys of reservations, one for each demand at least. Stock rows that do not exist yet are made for
    baskets that may wait: only a locked row keeps a receipt from overlooking what waits for it.
    ``seen``: what a look without a lock found. Where that is enough for everybody, the rows are locked later, with the
    reservations, so that a product that everybody wants is held for one round trip. Should it be gone by then, the
    database refuses (IntegrityError, OVERSOLD) and the caller starts anew without having looked.
    Locks: StockLevel.
    """
    places = {place for basket in baskets for place, _quantity in basket.demands}
    levels: Mapping[Place, Level | Seen] = seen or {}
    plans = _plans(baskets, levels)
    if is_locked := not all(map(_is_full, baskets, plans)):
        levels = lock_stock_levels(places, create=any(basket.allow_short for basket in baskets))
        plans = _plans(baskets, levels)
    served = [
        (place, granted)
        for basket, plan in zip(baskets, plans, strict=True)
        if not isinstance(plan, Shortage)
        for (place, _wanted), granted in zip(basket.demands, plan, strict=True)
    ]
    held = [(levels[place].pk, granted) for place, granted in served if granted]
    reservations = [(key, level, pieces) for key, (level, pieces) in zip(keys, held, strict=False)]
    results = _results(baskets, plans, iter(key for key, _level, _pieces in reservations))
    return Plan(results, reservations, {place for place, _granted in served}, is_locked)


@transaction.atomic(savepoint=False)
def hold_reservations(plan: Plan, *, at: datetime) -> None:
    """Write the reservations of a plan. Locks: StockLevel. Sends: stock_changed. Raises: IntegrityError (OVERSOLD)."""
    if not plan.is_locked and len(plan.places) > 1:  # a single row is locked by the trigger that counts what it holds
        lock_with_writes(plan.places)
    append_columns(
        Reservation,
        pk=[key for key, _level, _pieces in plan.reservations],
        stock_level_id=[level for _key, level, _pieces in plan.reservations],
        quantity=[pieces for _key, _level, pieces in plan.reservations],
    )
    stock_changed.send(StockLevel, places=plan.places, freed=set(), at=at)


def _results(
    baskets: Sequence[Basket], plans: Sequence[list[int] | Shortage], reservations: Iterator[int]
) -> list[list[Grant] | Shortage]:
    """What each basket got; a demand that got something takes the next of ``reservations``."""
    return [
        plan
        if isinstance(plan, Shortage)
        else [
            Grant(wanted, granted, next(reservations) if granted else None)
            for (_place, wanted), granted in zip(basket.demands, plan, strict=True)
        ]
        for basket, plan in zip(baskets, plans, strict=True)
    ]


def _plans(baskets: Sequence[Basket], levels: Mapping[Place, Level | Seen]) -> list[list[int] | Shortage]:
    free = {place: level.available for place, level in levels.items()}
    return [_plan(basket, free) for basket in baskets]


def _is_full(basket: Basket, plan: list[int] | Shortage) -> bool:
    return not isinstance(plan, Shortage) and plan == [wanted for _place, wanted in basket.demands]


def _plan(basket: Basket, free: dict[Place, int]) -> list[int] | Shortage:
    """Grants for one basket out of ``free``, which is reduced only when the basket is served."""
    left = dict(free) if len(basket.demands) > len(free) else {p: free.get(p, 0) for p, _q in basket.demands}
    plan = []
    for place, wanted in basket.demands:
        granted = min(wanted, left.get(place, 0))
        left[place] = left.get(place, 0) - granted
        plan.append(granted)
    if not basket.allow_short and any(g < w for g, (_p, w) in zip(plan, basket.demands, strict=True)):
        return Shortage(plan)
    for place, _wanted in basket.demands:
        free[place] = left[place]
    return plan


@transaction.atomic(savepoint=False)
def divide_reservations(parts: Sequence[tuple[int, int]]) -> list[int]:
    """Move (reservation, pieces) into reservations of their own at the same places; returns the new keys, in order.

    The caller has locked the places: nobody sees the pieces free in between, and the levels come out as they were.
    """
    rows = Reservation.objects.filter(pk__in={pk for pk, _pieces in parts})
    levels = dict(rows.values_list("pk", "stock_level_id"))
    taken: dict[int, int] = {}
    for pk, pieces in parts:
        taken[pk] = taken.get(pk, 0) - pieces
    add_to_column(Reservation, "quantity", taken)
    return insert_columns(
        Reservation, stock_level_id=[levels[pk] for pk, _pieces in parts], quantity=[pieces for _pk, pieces in parts]
    )


@transaction.atomic(savepoint=False)
def release_reservations(
    quantities: Mapping[int, int], places: Iterable[Place], *, at: datetime, is_passed_on: bool = False
) -> None:
    """Give back pieces of reservations (id → pieces). The caller has locked ``places``, where they lie.

    ``is_passed_on``: the caller gives them out again in this transaction, so nobody who waits gets them in between.
    Sends: stock_changed.
    """
    add_to_column(Reservation, "quantity", {pk: -quantity for pk, quantity in quantities.items() if quantity})
    touched = set(places)
    stock_changed.send(StockLevel, places=touched, freed=set() if is_passed_on else touched, at=at)


@transaction.atomic(savepoint=False)
def move_reservations(place: Place, taken: Mapping[int, int], given: Sequence[int], *, at: datetime) -> list[int]:
    """Take pieces off reservations (id → pieces) of one place and hold ``given`` for others at once; their new ids.

    The caller has locked ``place``. Nobody who waits gets the pieces in between. Sends: stock_changed.
    """
    level = StockLevel.objects.get(product=place[0], warehouse=place[1])
    add_to_column(Reservation, "quantity", {pk: -quantity for pk, quantity in taken.items() if quantity})
    reservations = insert_columns(Reservation, stock_level_id=level.pk, quantity=list(given))
    stock_changed.send(StockLevel, places={place}, freed=set(), at=at)
    return reservations


@transaction.atomic(savepoint=False)
def issue_stock(issues: Sequence[Issue], *, kind: StockMove.Kind, at: datetime) -> list[Move]:
    """Take pieces out at moving average cost, consuming their reservations; ledger rows in the order given.

    Locks: StockLevel. Sends: stock_changed. Raises: InsufficientStock.
    """
    levels = lock_stock_levels({issue.place for issue in issues})
    holdings = {place: Holding(level.on_hand, level.value) for place, level in levels.items()}
    costs = [_take(issue, holdings) for issue in issues]
    used: dict[int, int] = {}
    for issue in issues:
        if issue.reservation_id is not None:
            used[issue.reservation_id] = used.get(issue.reservation_id, 0) - issue.quantity
    # Reservations first: reserved may never exceed on hand, not even between two statements.
    add_to_column(Reservation, "quantity", used)
    moves = [(-issue.quantity, -cost) for issue, cost in zip(issues, costs, strict=True)]
    written = _write_ledger(issues, moves, levels, kind=kind, at=at)
    stock_changed.send(StockLevel, places=set(levels), freed=set(), at=at)
    return written


def _take(issue: Issue, holdings: Mapping[Place, Holding]) -> Decimal:
    """Cost of one issue, taken out of its holding. Raises: InsufficientStock."""
    holding = holdings.get(issue.place, Holding(0, Decimal(0)))
    if issue.quantity > holding.on_hand:
        raise InsufficientStock(
            _("Only %(on_hand)s on hand; %(wanted)s asked for.")
            % {"on_hand": holding.on_hand, "wanted": issue.quantity},
            product_id=issue.place[0],
            warehouse_id=issue.place[1],
        )
    return holding.issue(issue.quantity)


@transaction.atomic(savepoint=False)
def receive_stock(
    receipts: Sequence[Receipt],
    *,
    kind: StockMove.Kind,
    at: datetime,
    reason: str = "",
    scrapped: Collection[int] = (),
) -> list[Move]:
    """Bring pieces in at the value given; ledger rows in the order given.

    ``scrapped`` names receipts, by their place, that go out again at once for that value: nobody can be given them.
    Locks: StockLevel (made where missing). Sends: stock_changed.
    """
    levels = lock_stock_levels({receipt.place for receipt in receipts}, create=True)
    moves = [(receipt.quantity, receipt.value) for receipt in receipts]
    written = _write_ledger(receipts, moves, levels, kind=kind, at=at, reason=reason)
    if scrapped:
        gone = [receipts[index] for index in scrapped]
        losses = [(-receipt.quantity, -receipt.value) for receipt in gone]
        _write_ledger(gone, losses, levels, kind=StockMove.Kind.ADJUSTMENT, at=at, reason=reason)
    stock_changed.send(StockLevel, places=set(levels), freed=set(levels), at=at)
    return written


def _write_ledger(
    parts: Sequence[Issue | Receipt],
    moves: Sequence[tuple[int, Decimal]],
    levels: Mapping[Place, Level],
    *,
    kind: StockMove.Kind,
    at: datetime,
    reason: str = "",
) -> list[Move]:
    """Insert one ledger row per part with its (pieces, value), in the order given; triggers move the levels."""
    keys = insert_columns(
        StockMove,
        stock_level_id=[levels[part.place].pk for part in parts],
        kind=kind.value,
        quantity=[quantity for quantity, _value in moves],
        value=[value for _quantity, value in moves],
        document=[part.document for part in parts],
        reason=reason,
        actor_id=current_actor_id(),
        effective_at=[part.at or at for part in parts],
    )
    written = [Move(pk, *move) for pk, move in zip(keys, moves, strict=True)]
    placed = [(levels[part.place].pk, part, move) for part, move in zip(parts, written, strict=True)]
    bring_in_lots([(level, part.lots, move.pk) for level, part, move in placed if isinstance(part, Receipt)])
    gone = [(level, move) for level, _part, move in placed if move.quantity < 0]
    take_out_lots(gone, on=timezone.localdate(at) if kind == StockMove.Kind.SHIPMENT else None)
    return written


@retry_on_conflict
@transaction.atomic(durable=True)
def open_balance(receipts: Sequence[Receipt], *, at: datetime, reason: str) -> list[Move]:
    """Record what was there when Tandem started. Locks: StockLevel. Sends: stock_changed."""
    return receive_stock(receipts, kind=StockMove.Kind.OPENING, at=at, reason=reason)


@retry_on_conflict
@transaction.atomic(durable=True)
def adjust_stock(
    *,
    product_id: int,
    warehouse_id: int,
    difference: int,
    reason: str,
    unit_cost: Decimal | None = None,
    document: str = "",
    at: datetime | None = None,
    agreed: Agreed | None = None,
    lot_id: int | None = None,
) -> StockMove:
    """Correct the stock of one place by ``difference`` pieces (+ found, - missing), with a reason.

    What is missing but reserved is taken from the newest reservations, which then wait again.
    Found pieces are worth ``unit_cost``, else the average, else what they last cost.
    With ``agreed``, nothing changes when the place is no longer as it was then. ``lot_id``: whose pieces they are.
    Locks: StockLevel. Sends: reservations_cut, stock_changed. Raises: InvalidInput, InsufficientStock, Outdated.
    """
    _check_adjustment((product_id, warehouse_id), difference, reason, unit_cost, document)
    at = at or timezone.now()
    place = (product_id, warehouse_id)
    level = lock_stock_levels([place], create=True)[place]
    held = let_go(level.pk) if difference < 0 else {}
    effect = Effect(level.on_hand, level.reserved - sum(held.values()), difference)
    if agreed:
        refuse_outdated(agreed, effect)
    if difference < 0:
        if effect.on_hand_after < 0:
            raise InsufficientStock(
                _("Only %(on_hand)s on hand; %(wanted)s cannot be missing.")
                % {"on_hand": level.on_hand, "wanted": -difference},
                on_hand=level.on_hand,
            )
        cut_reservations(level.pk, effect.cut, reason=reason, at=at)
        value = -Holding(level.on_hand, level.value).issue(-difference)
    else:
        value = to_cents(difference * (_found_cost(level) if unit_cost is None else unit_cost))
    move = StockMove.objects.create(
        stock_level_id=level.pk,
        kind=StockMove.Kind.ADJUSTMENT,
        quantity=difference,
        value=value,
        document=document,
        reason=reason.strip(),
        actor_id=current_actor_id(),
        effective_at=at,
    )
    if lot_id is not None:
        take_from_lot(level.pk, lot_id, Move(move.pk, difference, value))
    elif difference < 0:
        take_out_lots([(level.pk, Move(move.pk, difference, value))])
    if held:
        # Expired pieces that are still there are held back again, before anybody's order.
        kept = still_there(held)
        over = effect.reserved_after + sum(kept.values()) - effect.on_hand_after
        cut_reservations(level.pk, over, reason=reason, at=at)
        hold_back(level.pk, kept)
    outbox.publish("stock.adjusted", move=move.pk, product=product_id, warehouse=warehouse_id, difference=difference)
    stock_changed.send(StockLevel, places={place}, freed={place} if difference > 0 else set(), at=at)
    return move


def _check_adjustment(place: Place, difference: int, reason: str, unit_cost: Decimal | None, document: str) -> None:
    """Raise InvalidInput that names every wrong field."""
    errors = {
        "reason": text_error(reason, MAX_REASON, is_required=True),
        "document": text_error(document, MAX_DOCUMENT),
        "unit_cost": None if unit_cost is None else cost_error(unit_cost),
    }
    if not difference or abs(difference) > MAX_QUANTITY:
        errors["difference"] = _("Enter how many pieces more (+) or fewer (-) there are.")
    elif unit_cost is not None and not errors["unit_cost"]:
        errors["unit_cost"] = amount_error(difference, unit_cost)
    if not Product.objects.filter(pk=place[0]).exists():
        errors["product"] = _("There is no such product.")
    if not Warehouse.objects.filter(pk=place[1]).exists():
        errors["warehouse"] = _("There is no such warehouse.")
    if wrong := {field: text for field, text in errors.items() if text}:
        raise InvalidInput(_("The stock was not corrected."), field_errors=wrong)


def refuse_outdated(agreed: Agreed, effect: Effect) -> None:
    """Refuse a correction whose effect now is not what was agreed to. Raises: Outdated."""
    if effect.on_hand != agreed.on_hand:
        raise Outdated(
            _("The stock changed in the meantime: %s on hand now. Nothing was corrected; check and try again.")
            % effect.on_hand,
            on_hand=effect.on_hand,
        )
    if effect.cut > agreed.cut:
        raise Outdated(
            _("More was reserved in the meantime: %s reserved would be cut. Check and try again.") % effect.cut,
            cut=effect.cut,
        )


def cut_reservations(level_id: int, missing: int, *, reason: str, at: datetime) -> None:
    """Take ``missing`` pieces from the newest reservations of a locked level, not from what is held back of lots."""
    if missing <= 0:
        return
    cuts: dict[int, int] = {}
    held = Reservation.objects.filter(stock_level=level_id, quantity__gt=0, blocked_lot=None)
    for reservation in held.order_by("-pk").iterator(chunk_size=500):
        cuts[reservation.pk] = min(missing, reservation.quantity)
        missing -= cuts[reservation.pk]
        if not missing:
            break
    add_to_column(Reservation, "quantity", {pk: -quantity for pk, quantity in cuts.items()})
    reservations_cut.send(StockLevel, cuts=cuts, reason=reason, at=at)


def _found_cost(level: Level) -> Decimal:
    """Money per piece for pieces that turn up: the average, else what pieces of this place last cost, else 0."""
    if level.on_hand:
        return level.value / level.on_hand
    last = StockMove.objects.filter(stock_level=level.pk).exclude(value=0).order_by("-pk").first()
    return last.value / last.quantity if last else Decimal(0)
