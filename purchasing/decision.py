"""How many pieces to order, from whom, and why. Pure: the same need gives the same decision, today and years later.

A ``Need`` is everything the decision depends on; its snapshot is stored with each suggestion, so that anybody can
compute the quantity again. Money is Decimal throughout: no result hangs on a machine's floating point.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from purchasing.lots import Agreed, cost_of_piece, round_up_to_lot

DAYS_PER_YEAR = 365
# Another supplier is taken when it saves this share of what the preferred one costs in a year; a standing suggestion
# is changed when the new quantity saves this share of the order, or differs by more than KEEP_WITHIN of it.
WORTH_SWITCHING = Decimal("0.01")
KEEP_WITHIN = Decimal("0.10")


class Doubt(StrEnum):
    """What is odd about the data; a suggestion with a doubt is never approved by rule."""

    NO_SUPPLIER = "no_supplier"
    PRICE_MISSING = "price_missing"
    LEAD_TIME_ZERO = "lead_time_zero"
    MOQ_ABOVE_YEAR = "moq_above_year"
    SHELF_LIFE = "shelf_life"


@dataclass(frozen=True, slots=True)
class Offer:
    """What one supplier asks for the product, and its rules; ``item`` 0 is nobody."""

    item: int = 0
    supplier: str = ""
    unit_cost: Decimal = Decimal(0)
    breaks: tuple[tuple[int, Decimal], ...] = ()
    moq: int = 1
    order_multiple: int = 1
    lead_time_days: int = 0
    shelf_life_days: int | None = None
    agreed: Agreed | None = None
    # Pieces on a whole pallet, and the money that an order costs once when it is not whole pallets.
    pallet: int | None = None
    broken_pallet: Decimal = Decimal(0)

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "Offer":
        """From plain values, as a snapshot keeps them; older ones know of no agreements, or of no pallets."""
        breaks = tuple((quantity, Decimal(cost)) for quantity, cost in plain["breaks"])
        left = plain.get("agreed")
        agreed = Agreed(left[0], Decimal(left[1]), left[2]) if left else None
        money = {name: Decimal(plain.get(name, 0)) for name in ("unit_cost", "broken_pallet")}
        return Offer(**{**plain, **money, "breaks": breaks, "agreed": agreed})

    def plain(self) -> dict[str, Any]:
        """Values that JSON can keep."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        breaks = [[quantity, str(cost)] for quantity, cost in self.breaks]
        agreed = [self.agreed.left, str(self.agreed.cost), self.agreed.number] if self.agreed else None
        money = {"unit_cost": str(self.unit_cost), "broken_pallet": str(self.broken_pallet)}
        return values | money | {"breaks": breaks, "agreed": agreed}

    def cost(self, quantity: int) -> Decimal:
        """Of each piece, when so many are ordered."""
        return cost_of_piece(self.unit_cost, self.breaks, quantity, self.agreed)

    def round_up(self, quantity: int) -> int:
        """The smallest order of at least so many that the supplier accepts."""
        return round_up_to_lot(quantity, self.moq, self.order_multiple)

    def round_down(self, quantity: int) -> int:
        """The largest order of at most so many that the supplier accepts; 0 when it accepts none."""
        lot = quantity // self.order_multiple * self.order_multiple
        return lot if lot >= self.moq else 0

    def accepts(self, quantity: int) -> bool:
        """Whether the supplier takes an order of exactly so many."""
        return quantity > 0 and self.round_up(quantity) == quantity

    def pallets_below(self, quantity: int) -> int:
        """The largest order of whole pallets of at most so many that the supplier accepts; 0 when it accepts none."""
        whole = quantity // self.pallet * self.pallet if self.pallet else 0
        return whole if self.accepts(whole) else 0

    def breaking(self, quantity: int) -> Decimal:
        """Money that an order of so many costs once, because it is not whole pallets."""
        return self.broken_pallet if self.pallet and quantity % self.pallet else Decimal(0)


NOBODY = Offer()


@dataclass(frozen=True, slots=True)
class Need:
    """Everything a decision depends on, in pieces.

    ``position`` = available + on_order - waiting (the field's inventory position: what is there or coming and not
    promised to anybody). ``drafted`` is the part of ``on_order`` that stands in drafts; ``late`` comes too late to
    count and is no part of it. ``offers``: the preferred supplier's first.
    """

    available: int
    on_order: int
    waiting: int
    reorder_point: int
    order_up_to: int
    offers: tuple[Offer, ...] = (NOBODY,)
    drafted: int = 0
    late: int = 0
    daily_demand: Decimal | None = None
    holding_rate: Decimal = Decimal(0)
    # Ordered before it is due, to fill a supplier's minimum.
    is_early: bool = False
    # What was suggested before, and of which offer (its item): small changes are not worth a buyer's time.
    standing_quantity: int = 0
    standing_item: int = 0
    # Other warehouses' pieces above their own order-up-to level, by code.
    surplus: Mapping[str, int] = field(default_factory=dict)
    as_of: str = ""

    @staticmethod
    def of(inputs: Mapping[str, Any]) -> "Need":
        """From a snapshot; those of the first suggestions had no offers, only lot rules."""
        plain = dict(inputs)
        if "offers" not in plain:
            plain["offers"] = [Offer(moq=plain.pop("moq"), order_multiple=plain.pop("order_multiple")).plain()]
        offers = tuple(Offer.of(offer) for offer in plain.pop("offers"))
        for name in ("daily_demand", "holding_rate"):
            if plain.get(name) is not None:
                plain[name] = Decimal(plain[name])
        return Need(**plain, offers=offers)

    def snapshot(self) -> dict[str, Any]:
        """Plain values from which ``Need.of`` makes the same need."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        daily = None if self.daily_demand is None else str(self.daily_demand)
        return values | {
            "offers": [offer.plain() for offer in self.offers],
            "daily_demand": daily,
            "holding_rate": str(self.holding_rate),
            "surplus": dict(self.surplus),
        }

    @property
    def position(self) -> int:
        """Inventory position in pieces."""
        return self.available + self.on_order - self.waiting

    @property
    def is_due(self) -> bool:
        """Time to order: at or below the reorder point, and below what we order up to."""
        is_low = self.position <= self.reorder_point or self.is_early
        return (is_low and self.position < self.order_up_to) or self.position < 0

    @property
    def missing(self) -> int:
        """Pieces up to the order-up-to level (0 if not due)."""
        return max(self.order_up_to, 0) - self.position if self.is_due else 0

    def yearly(self, offer: Offer, quantity: int) -> Decimal | None:
        """Money a year when bought so: the pieces that sell, holding half a lot, and the pallets that its orders break.

        None when demand is unknown.
        """
        if not self.daily_demand:
            return None
        cost, sold = offer.cost(quantity), DAYS_PER_YEAR * self.daily_demand
        yearly = sold * cost + self.holding_rate * cost * quantity / 2
        breaking = offer.breaking(quantity)
        return yearly + breaking * sold / quantity if breaking else yearly

    def sellable(self, offer: Offer) -> int | None:
        """Pieces of a delivery that sell before they expire; None when they keep or nobody knows."""
        if offer.shelf_life_days is None or self.daily_demand is None:
            return None
        return max(int(self.daily_demand * offer.shelf_life_days) - max(self.position, 0), 0)

    def lasting(self, offer: Offer) -> int:
        """Pieces that sell in a year and before they expire: larger pallets are not weighed; 0 when demand is unknown.

        Where holding costs nothing, a mistyped pallet would be bought otherwise.
        """
        year, limit = int(DAYS_PER_YEAR * (self.daily_demand or 0)), self.sellable(offer)
        return year if limit is None else min(year, limit)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to buy: so many pieces from this offer, what they cost, and what buying so costs in a year.

    ``to_pallets`` of the pieces (fewer: negative) are there to break no pallet.
    """

    offer: Offer
    quantity: int
    money: Decimal
    yearly: Decimal | None
    to_pallets: int = 0

    @property
    def unit_cost(self) -> Decimal:
        return self.offer.cost(self.quantity)


@dataclass(frozen=True, slots=True)
class Decision:
    """The pieces to order and of which offer. ``terms`` add up to ``quantity``; ``options`` holds what was weighed."""

    quantity: int
    offer: Offer
    terms: tuple[tuple[str, int], ...] = ()
    options: tuple[Option, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def decide(need: Need) -> Decision:
    """The quantity that costs least within the supplier's rules; 0 pieces when it is not time to order."""
    preferred = need.offers[0] if need.offers else NOBODY
    if not need.is_due:
        return Decision(0, preferred)
    options = [option for offer in need.offers or (NOBODY,) for option in _options(need, offer)]
    best = _cheapest(need, [option for option in options if option.offer is preferred])
    for other in need.offers[1:]:
        rival = _cheapest(need, [option for option in options if option.offer is other])
        if _is_worth_switching(need, best, rival, preferred):
            best = rival
    quantity, offer = best.quantity, best.offer
    if _keeps_standing(need, best):
        quantity = need.standing_quantity
    return Decision(
        quantity=quantity,
        offer=offer,
        terms=_terms(need, best, quantity),
        options=tuple(options),
        doubts=tuple(_doubts(need, offer, quantity)),
    )


def _options(need: Need, offer: Offer) -> Iterable[Option]:
    """The lot that covers what is missing, each larger one that a price break makes cheaper, and whole pallets."""
    base, limit = offer.round_up(need.missing), need.sellable(offer)
    if limit is not None and base > limit:
        # What cannot sell in time is not bought; the smallest lot stays, with a warning, when even that is too much.
        base = offer.round_down(limit) or offer.round_up(1)
    wished = {offer.round_up(start) for start, _cost in offer.breaks}
    lots = [base, *sorted(lot for lot in wished if lot > base and (limit is None or lot <= limit))]
    for quantity, to_pallets in sorted((_whole_pallets(need, offer, lots) | dict.fromkeys(lots, 0)).items()):
        cost, yearly = offer.cost(quantity), need.yearly(offer, quantity)
        if yearly is not None and quantity < base:
            # Fewer than are missing come to their end sooner. A piece too few weighs what one too many does: no less
            # than the economic lot's arithmetic says, (base - quantity)² / 2 quantity, for pallets reach half of base.
            yearly += need.holding_rate * cost * (base - quantity)
        yield Option(offer, quantity, quantity * cost, yearly, to_pallets)


def _whole_pallets(need: Need, offer: Offer, lots: list[int]) -> dict[int, int]:
    """Orders of whole pallets around these lots, the smallest first: how many of their pieces are there for that."""
    if not offer.pallet or not offer.broken_pallet or not offer.unit_cost or not need.daily_demand:
        return {}
    most, found = need.lasting(offer), {}
    for lot in lots:
        above = round_up_to_lot(lot, 1, offer.pallet)
        if above <= most:
            found[above] = above - lot
    below = offer.pallets_below(lots[0])
    # No fewer than lift the position above the reorder point: it would be due again at once.
    if below and need.position + below > need.reorder_point:
        found[below] = below - lots[0]
    return found


def _cheapest(need: Need, options: list[Option]) -> Option:
    """The option that costs least in a year; the smallest when nobody knows how much sells."""
    if need.daily_demand and options[0].offer.unit_cost:
        return min(options, key=lambda option: (option.yearly, option.quantity))
    return options[0]


def _is_worth_switching(need: Need, best: Option, rival: Option, preferred: Offer) -> bool:
    """Whether a rival saves enough; one that takes longer does not, for the reorder point would not cover it."""
    if best.yearly is None or rival.yearly is None or not best.offer.unit_cost or not rival.offer.unit_cost:
        return False
    is_in_time = rival.offer.lead_time_days <= preferred.lead_time_days
    return is_in_time and rival.yearly < best.yearly * (1 - WORTH_SWITCHING)


def _keeps_standing(need: Need, best: Option) -> bool:
    """Whether what was suggested before is still as good as the new quantity."""
    standing, offer = need.standing_quantity, best.offer
    limit = need.sellable(offer)
    if standing == best.quantity or offer.item != need.standing_item or not offer.accepts(standing):
        return False
    if (
        not need.daily_demand
        or need.position + standing <= need.reorder_point
        or (limit is not None and standing > limit)
    ):
        return False
    before, after = need.yearly(offer, standing) or Decimal(0), best.yearly or Decimal(0)
    # A year's saving as a share of a year's purchases is an order's saving as a share of the order.
    saves_little = before - after <= WORTH_SWITCHING * after
    return saves_little and abs(best.quantity - standing) <= KEEP_WITHIN * best.quantity


def _terms(need: Need, best: Option, quantity: int) -> tuple[tuple[str, int], ...]:
    """Signed pieces, by what they come from, that add up to the quantity; zeros after the first four are left out."""
    missing = need.missing
    at_least = max(missing, best.offer.moq)
    lot = best.offer.round_up(missing)
    beyond = best.quantity - best.to_pallets - lot
    first = [
        ("order_up_to", max(need.order_up_to, 0)),
        ("available", -need.available),
        ("on_order", -need.on_order),
        ("waiting", need.waiting),
    ]
    rest = [
        ("moq", at_least - missing),
        ("packs", lot - at_least),
        ("price_break", max(beyond, 0)),
        ("shelf_life", min(beyond, 0)),
        ("pallets", best.to_pallets),
        ("standing", quantity - best.quantity),
    ]
    return tuple(first + [term for term in rest if term[1]])


def _doubts(need: Need, offer: Offer, quantity: int) -> Iterable[Doubt]:
    if not offer.item:
        if need.as_of:  # the first suggestions did not keep whose offer they took
            yield Doubt.NO_SUPPLIER
        return
    if not offer.unit_cost:
        yield Doubt.PRICE_MISSING
    if not offer.lead_time_days:
        yield Doubt.LEAD_TIME_ZERO
    if need.daily_demand and offer.round_up(1) > DAYS_PER_YEAR * need.daily_demand:
        yield Doubt.MOQ_ABOVE_YEAR
    limit = need.sellable(offer)
    if limit is not None and quantity > limit:
        yield Doubt.SHELF_LIFE


# ---- what would change it


@dataclass(frozen=True, slots=True)
class Change:
    """If ``amount`` of something were different, ``quantity`` would be ordered (of ``supplier``)."""

    what: str
    amount: int | Decimal
    quantity: int
    supplier: str = ""


def changes(need: Need) -> list[Change]:
    """The nearest changes of the inputs that change the decision; each is a re-run of ``decide``."""
    now = decide(need)
    found = []
    for what, step in (("sold", -1), ("received", 1)):
        pieces = _first_different(need, now.quantity, step)
        if pieces:
            quantity = decide(replace(need, available=need.available + step * pieces)).quantity
            found.append(Change(what, pieces, quantity))
    free = [replace(offer, moq=1, order_multiple=1) for offer in need.offers]
    without = decide(replace(need, offers=tuple(free), standing_quantity=0)).quantity
    if without != now.quantity:
        found.append(Change("no_lot_rules", 0, without))
    for index, offer in enumerate(need.offers):
        if offer.item != now.offer.item and (price := _winning_price(need, index)) is not None:
            quantity = decide(_at_price(need, index, price)).quantity
            found.append(Change("price", price, quantity, offer.supplier))
    return found


def _first_different(need: Need, quantity: int, step: int) -> int:
    """How many pieces more (step 1) or fewer (step -1) it takes to change the quantity; 0 if none do."""

    def differs(pieces: int) -> bool:
        return decide(replace(need, available=need.available + step * pieces)).quantity != quantity

    high = 1
    while not differs(high):
        high *= 2
        if high > 10**9:
            return 0
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if differs(middle) else (middle, high)
    return high


def _at_price(need: Need, index: int, price: Decimal) -> Need:
    offers = list(need.offers)
    offers[index] = replace(offers[index], unit_cost=price, breaks=(), agreed=None)
    return replace(need, offers=tuple(offers))


def _winning_price(need: Need, index: int) -> Decimal | None:
    """The highest unit cost (to a cent) at which this offer would be taken; None when its price does not matter."""

    def wins(cents: int) -> bool:
        return decide(_at_price(need, index, Decimal(cents) / 100)).offer.item == need.offers[index].item

    low, high = 1, int(max(offer.unit_cost for offer in need.offers) * 100) + 1
    if not need.daily_demand or not wins(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wins(middle) else (low, middle)
    return Decimal(low) / 100
