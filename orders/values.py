"""What callers hand to the order services and what they get back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from core.errors import DomainError
from core.money import ZERO
from inventory.places import Grant
from orders.models import Order


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line as asked for, its discount in per cent; without a price the customer's counts (price_lists.py)."""

    product_id: int
    quantity: int
    unit_price: Decimal | None = None
    discount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as asked for. ``request`` names a repeatable request when there is no external reference.

    ``ship_complete``: None takes the customer's wish. ``discount``: in per cent, after those of the lines.
    ``delivery_address``: the key of one of the customer's, or a text; None takes the customer's usual one, and
    ``contact`` (a key) the person there.
    ``release_credit``: confirm even over the credit limit; the caller has checked that the user may.
    """

    customer_id: int
    channel_id: int
    warehouse_id: int
    lines: Sequence[NewLine]
    allow_backorder: bool = True
    external_reference: str = ""
    requested_date: date | None = None
    ordered_at: datetime | None = None
    note: str = ""
    request: str = ""
    ship_complete: bool | None = None
    is_priority: bool = False
    discount: Decimal = ZERO
    freight: Decimal = ZERO
    release_credit: bool = False
    delivery_address: int | str | None = None
    contact: int | None = None

    @property
    def fingerprint(self) -> str:
        """Hash of what was asked for: tells a repetition from another order under the same reference.

        What was left at its default stays out: hashes of before it existed must stay as they were.
        """
        lines = [(line.product_id, line.quantity, str(line.unit_price)) for line in self.lines]
        parts = (self.customer_id, self.warehouse_id, self.allow_backorder, str(self.requested_date), self.note, lines)
        discounts = [str(line.discount) for line in self.lines]
        extras = {
            "ship_complete": self.ship_complete,
            "is_priority": self.is_priority or None,
            "discount": str(self.discount) if self.discount else None,
            "freight": str(self.freight) if self.freight else None,
            "delivery_address": self.delivery_address,
            "contact": self.contact,
            "discounts": discounts if any(line.discount for line in self.lines) else None,
        }
        given = {name: value for name, value in extras.items() if value is not None}
        return sha256(repr((*parts, given) if given else parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewQuotation:
    """What is offered, told as the order it would be: until when, and the last day on which stock is held for it.

    Backorder, references and the release of credit are the later order's.
    """

    order: NewOrder
    valid_until: date
    held_until: date | None = None
    # The open quotation that this one takes the place of: its hold passes over.
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one new order: created, the same as before (repeated), or refused with the error.

    ``lines`` and ``step`` (the key of its first step) only of one that was created.
    """

    order: Order | None = None
    repeated: bool = False
    error: DomainError | None = None
    lines: Sequence["TakenLine"] = ()
    step: int | None = None

    @property
    def pieces(self) -> tuple[int, int]:
        """(pieces ordered, pieces reserved) of a created order."""
        return sum(line.grant.wanted for line in self.lines), sum(line.grant.granted for line in self.lines)


@dataclass(slots=True)
class TakenLine:
    """A line of a new order as it was written, with what it got of the stock."""

    pk: int
    order: Order
    day: date  # of the order
    position: int
    wanted: NewLine
    grant: Grant
    unit_price: Decimal
    tax_rate: Decimal
    promised_date: date | None = None


@dataclass(frozen=True, slots=True)
class NewShipment:
    """What leaves for one order; without quantities everything that is reserved leaves.

    ``shipments_before``: how many shipments of the order the sender knows of. When there are more by now, nothing
    ships: a form sent twice, or by two people at once, must not take what is left as well.
    ``is_counted``: of what somebody picked, whether the scanner counted it; None where nobody says who picked.
    """

    order_id: int
    quantities: Mapping[int, int] | None = None
    shipped_at: datetime | None = None
    tracking: str = ""
    shipments_before: int | None = None
    is_counted: bool | None = None


@dataclass(frozen=True, slots=True)
class NewCancellation:
    """What will not be shipped of one order: pieces by line; without quantities all that is open.

    ``seen``: as in ``OrderChange``.
    """

    order_id: int
    reason: str
    quantities: Mapping[int, int] | None = None
    at: datetime | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class NewReturn:
    """What came back of one order: pieces by shipment line, and those among them that are fit for nothing."""

    order_id: int
    quantities: Mapping[int, int]
    returned_at: datetime | None = None
    reason: str = ""
    external_reference: str = ""
    scrapped: Mapping[int, int] = field(default_factory=dict)
    # Of which lots the fit pieces are, by shipment line: pieces by lot number; left out, what the shipment says.
    lots: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    # How many returns of the order the sender knew of; None: they do not say.
    returns_before: int | None = None


@dataclass(frozen=True, slots=True)
class NewAuthorization:
    """What may come back of one order, by shipment line, until when and why."""

    order_id: int
    quantities: Mapping[int, int]
    valid_until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """Of pieces that came: those that go into stock, and those fit for nothing."""

    fit: int
    scrap: int = 0
    # Of which lots the fit ones are: pieces by lot number; empty: as the shipment says.
    lots: Mapping[str, int] = field(default_factory=dict)

    @property
    def pieces(self) -> int:
        return self.fit + self.scrap


@dataclass(frozen=True, slots=True)
class NewQuantity:
    """What a line (its number on the order) is to come to, shipped and cancelled pieces included."""

    position: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ShortClose:
    """A line (its number on the order) of which nothing more will be delivered, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class NewDetails:
    """What an order's header is to say; what is None stays as it is."""

    requested_date: date | None = None
    note: str | None = None
    ship_complete: bool | None = None
    is_priority: bool | None = None
    discount: Decimal | None = None
    freight: Decimal | None = None
    delivery_address: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What to change of one order. ``request`` names a repeatable request, as in ``NewOrder``.

    ``seen`` is the last step of the order that the sender knows of (``services.last_step``): when somebody did another
    since, nothing changes. ``details`` changes the header.
    """

    order_id: int
    quantities: Sequence[NewQuantity] = ()
    added: Sequence[NewLine] = ()
    closed: Sequence[ShortClose] = ()
    allow_backorder: bool = True
    request: str = ""
    seen: int | None = None
    details: NewDetails | None = None
    release_credit: bool = False


@dataclass(frozen=True, slots=True)
class NewSplit:
    """Pieces of open lines, by line number, that become an order of their own. ``seen``: as in ``OrderChange``."""

    order_id: int
    quantities: Mapping[int, int]
    requested_date: date | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class NewReversal:
    """Pieces of some earlier order of a customer that a channel cancels, without saying which order.

    ``key`` names the line within the channel's document ``reference``.
    """

    channel_id: int
    reference: str
    key: str
    customer_id: int
    product_id: int
    quantity: int
    at: datetime
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReversalOutcome:
    """What became of one reversal: the order line it hit and at what price that was sold, or why it hit none."""

    line_id: int | None = None
    order_number: str = ""
    unit_price: Decimal | None = None
    repeated: bool = False
    error: DomainError | None = None
