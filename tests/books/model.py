"""The books as a clerk would keep them by hand: stock, orders and purchases in plain Python and exact numbers.

Knows the rules, not the code: nothing here imports a service. Pieces are claimed, shelves hold pieces and money.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

Place = tuple[int, int]
Wanted = list[tuple[Place, int]]
CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Shelf:
    """Pieces of one product in one warehouse; ``last`` is the money and pieces of the last move worth anything."""

    on_hand: int = 0
    value: Decimal = Decimal("0.00")
    last: tuple[Decimal, int] = (Decimal(0), 1)

    def put(self, pieces: int, value: Decimal) -> None:
        self.on_hand += pieces
        self.value += value
        if value:
            self.last = (value, pieces)

    def take(self, pieces: int) -> Decimal:
        """Moving average, half up to the cent; the last piece takes what is left of the money."""
        cost = self.value if pieces == self.on_hand else cents(self.value * pieces / self.on_hand)
        self.put(-pieces, -cost)
        return cost

    @property
    def unit_cost(self) -> Decimal:
        """What a piece that turns up is worth."""
        return self.value / self.on_hand if self.on_hand else self.last[0] / self.last[1]


@dataclass(eq=False)
class Line:
    pk: int
    place: Place
    price: Decimal
    quantity: int
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0
    lost: int = 0
    claims: list["Claim"] = field(default_factory=list)

    @property
    def open(self) -> int:
        return self.quantity - self.shipped - self.cancelled

    @property
    def held(self) -> int:
        return sum(claim.pieces for claim in self.claims)

    @property
    def waiting(self) -> int:
        return self.open - self.held


UNPROMISED = (False, date.max)


@dataclass(eq=False)
class Claim:
    """A reservation: pieces of a shelf that a line may take."""

    line: Line
    pieces: int


@dataclass(eq=False)
class Sale:
    pk: int
    requested: date
    ordered_at: datetime
    lines: list[Line]
    status: str = "open"


@dataclass(eq=False)
class Sold:
    """A shipment line: what left, what it cost, and how much of it came back."""

    pk: int
    sale: int
    line: Line
    pieces: int
    cost: Decimal
    back: int = 0


@dataclass(eq=False)
class Bought:
    pk: int
    place: Place
    quantity: int
    unit_cost: Decimal
    received: int = 0


@dataclass(eq=False)
class Purchase:
    pk: int
    lines: list[Bought]
    status: str


class Books:
    """Everything, after every step so far."""

    def __init__(self, places: list[Place]) -> None:
        self.shelves = {place: Shelf() for place in places}
        self.claims: dict[Place, list[Claim]] = {place: [] for place in places}  # oldest first
        self.sales: dict[int, Sale] = {}
        self.sold: list[Sold] = []
        self.purchases: dict[int, Purchase] = {}
        self.refused: Counter[Place] = Counter()
        # Whether nobody has ordered a line's pieces yet, and the day promised; told after each step.
        self.promised: dict[int, tuple[bool, date]] = {}

    # --- what is there ------------------------------------------------------------------------------------------------

    def reserved(self, place: Place) -> int:
        return sum(claim.pieces for claim in self.claims[place])

    def available(self, place: Place) -> int:
        return self.shelves[place].on_hand - self.reserved(place)

    def waiting(self, place: Place) -> int:
        return sum(line.waiting for line in self.open_lines(place))

    def on_order(self, place: Place) -> int:
        return sum(
            line.quantity - line.received
            for purchase in self.purchases.values()
            if purchase.status in ("draft", "ordered", "partly_received")
            for line in purchase.lines
            if line.place == place
        )

    def open_lines(self, place: Place) -> list[Line]:
        """Lines that may get stock, as they were promised it, then the earliest wish and the oldest line."""
        rows = [
            (self.promised.get(line.pk, UNPROMISED), sale.requested, line.pk, line)
            for sale in self.sales.values()
            if sale.status in ("open", "partly_shipped")
            for line in sale.lines
            if line.place == place and line.open
        ]
        return [line for *_keys, line in sorted(rows, key=lambda row: row[:3])]

    # --- reserving ----------------------------------------------------------------------------------------------------

    def grants(self, wanted: Wanted, accepts_less: bool) -> list[int] | None:
        """What each wish gets, in turn; None when it is all or nothing and not all is there."""
        free = {place: self.available(place) for place, _pieces in wanted}
        granted = []
        for place, pieces in wanted:
            granted.append(min(pieces, free[place]))
            free[place] -= granted[-1]
        return granted if accepts_less or granted == [pieces for _place, pieces in wanted] else None

    def claim(self, line: Line, pieces: int) -> None:
        if pieces:
            claim = Claim(line, pieces)
            line.claims.append(claim)
            self.claims[line.place].append(claim)

    def fill(self, places: set[Place]) -> None:
        """Free pieces go to those who wait."""
        for place in places:
            for line in self.open_lines(place):
                self.claim(line, min(line.waiting, self.available(place)))

    # --- sales --------------------------------------------------------------------------------------------------------

    def enter(self, sale: Sale, granted: list[int]) -> None:
        """A new order whose lines got these pieces; the rest waits and was not there when it was wanted."""
        self.sales[sale.pk] = sale
        for line, pieces in zip(sale.lines, granted, strict=True):
            self.claim(line, pieces)
            line.lost += line.quantity - pieces

    def refuse(self, wanted: Wanted) -> None:
        for place, pieces in wanted:
            self.refused[place] += pieces

    def give_up(self, line: Line, pieces: int, *, close: bool) -> None:
        """Take pieces off a line: what waits first, then the newest claims. Closed pieces stay wanted and lost."""
        from_claims = max(0, pieces - line.waiting)
        if close:
            line.cancelled += pieces
        else:
            line.quantity -= pieces
            line.lost = max(0, line.lost - pieces)
        for claim in reversed(line.claims):
            part = min(from_claims, claim.pieces)
            claim.pieces -= part
            from_claims -= part

    def settle(self, sale: Sale) -> None:
        """An order without open pieces has ended."""
        if not any(line.open for line in sale.lines):
            sale.status = "shipped" if any(line.shipped for line in sale.lines) else "cancelled"
        elif any(line.shipped for line in sale.lines):
            sale.status = "partly_shipped"

    def cancel(self, sale: Sale) -> None:
        open_lines = [line for line in sale.lines if line.open]
        for line in open_lines:
            self.give_up(line, line.open, close=True)
        self.settle(sale)
        self.fill({line.place for line in open_lines})

    def ship(self, sale: Sale, quantities: dict[int, int]) -> list[tuple[Line, int, Decimal]]:
        """Pieces by line leave, out of the oldest claims first; returns (line, pieces, cost) of each part."""
        parts = []
        for line in sale.lines:
            left = quantities.get(line.pk, 0)
            line.shipped += left
            for claim in line.claims:
                part = min(left, claim.pieces)
                if part:
                    claim.pieces -= part
                    left -= part
                    parts.append((line, part, self.shelves[line.place].take(part)))
        self.settle(sale)
        return parts

    def take_back(self, sold: Sold, pieces: int) -> Decimal:
        """Pieces come back, and go to those who wait; returns their cost."""
        cost = self._put_back(sold, pieces)
        self.fill({sold.line.place})
        return cost

    def _put_back(self, sold: Sold, pieces: int) -> Decimal:
        """Pieces come back at their share of the original cost: all parts together are exactly that cost."""
        before, after = (cents(sold.cost * n / sold.pieces) for n in (sold.back, sold.back + pieces))
        sold.back += pieces
        sold.line.returned += pieces
        self.shelves[sold.line.place].put(pieces, after - before)
        return after - before

    def line_to_reverse(self, product: int, pieces: int) -> tuple[Sale, Line] | None:
        """The line that still has that many pieces: of exactly that many rather than another, then the latest."""
        found = []
        for sale in self.sales.values():
            for line in sale.lines:
                left = line.quantity - line.cancelled - line.returned
                if line.place[0] == product and left >= pieces:
                    found.append(((left == pieces, sale.ordered_at, line.pk), sale, line))
        return max(found, key=lambda row: row[0])[1:] if found else None

    def reverse(self, sale: Sale, line: Line, pieces: int) -> None:
        """What is open is cancelled, the rest comes back, the oldest shipment first."""
        cancelled = min(pieces, line.open)
        if cancelled:
            self.give_up(line, cancelled, close=True)
            self.settle(sale)
            self.fill({line.place})
        back = pieces - cancelled
        for sold in self.sold:
            if sold.line is line and (part := min(back, sold.pieces - sold.back)):
                self._put_back(sold, part)
                back -= part
        # All of it is back before anybody gets some: whoever waits gets one claim, not one for each shipment.
        self.fill({line.place})

    # --- stock --------------------------------------------------------------------------------------------------------

    def receive(self, place: Place, pieces: int, value: Decimal) -> None:
        self.shelves[place].put(pieces, value)
        self.fill({place})

    def lose(self, place: Place, pieces: int) -> None:
        """Pieces are missing: free ones first, then those of the newest claims."""
        missing = max(0, pieces - self.available(place))
        for claim in reversed(self.claims[place]):
            part = min(missing, claim.pieces)
            claim.pieces -= part
            missing -= part
        self.shelves[place].take(pieces)
