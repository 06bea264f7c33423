"""Landed cost: freight and duty in the cost of the pieces they brought in, at the receipt or with a later invoice.

What arrives late never rewrites a margin: the share of the pieces that are still there goes into their value, by two
ledger rows for each place; the share of those that left is this day's expense, kept with the cost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, outbox
from core.actor import current_actor_id
from core.checks import MAX_AMOUNT, text_error
from core.errors import InvalidInput
from core.money import ZERO
from core.transactions import retry_on_conflict
from inventory.costing import share_of_cost
from inventory.places import Place
from inventory.revaluing import revalue_stock
from inventory.services import MAX_DOCUMENT
from purchasing.locks import lock_receipt
from purchasing.models import GoodsReceipt, LandedCost, LandedCostPart

Parts = Sequence[tuple[int, Decimal]]
"""(pieces, goods value) of each line of a receipt."""


def spread(amount: Decimal, parts: Parts) -> list[Decimal]:
    """The amount by value of the goods (by pieces when they cost nothing), to the cent: the shares add up to it."""
    cents = [int(value * 100) for _pieces, value in parts]
    weights = cents if sum(cents) else [pieces for pieces, _value in parts]
    shares, already = [], 0
    for weight in weights:
        shares.append(share_of_cost(amount, sum(weights), already, weight))
        already += weight
    return shares


def landed_error(amount: Decimal) -> str | None:
    """Why this is no amount of freight or duty."""
    if not amount.is_finite() or amount <= 0 or amount > MAX_AMOUNT or amount != round(amount, 2):
        return _("Enter an amount above 0 with at most two decimals.")
    return None


def costs_of_receipt(receipt: GoodsReceipt, landed: Mapping[str, Decimal]) -> list[LandedCost]:
    """The costs that come with the goods, unsaved: all of them go into the value of the pieces."""
    errors = {f"landed.{kind}": wrong for kind, amount in landed.items() if (wrong := landed_error(amount))}
    errors |= {f"landed.{kind}": _("Choose a kind.") for kind in landed if kind not in LandedCost.Kind.values}
    if errors:
        raise InvalidInput(_("Nothing was received."), field_errors=errors)
    return [
        LandedCost(
            receipt=receipt,
            kind=kind,
            amount=amount,
            into_stock=amount,
            created_by_id=current_actor_id(),
            at=receipt.received_at,
        )
        for kind, amount in landed.items()
    ]


@retry_on_conflict
@transaction.atomic(durable=True)
def add_landed_cost(
    receipt_id: int, *, kind: str, amount: Decimal, document: str = "", at: datetime | None = None
) -> LandedCost:
    """Book a late invoice for freight or duty of a receipt.

    Locks: GoodsReceipt, StockLevel. Raises: InvalidInput.
    """
    errors = {
        "kind": None if kind in LandedCost.Kind.values else _("Choose a kind."),
        "amount": landed_error(amount),
        "document": text_error(document, MAX_DOCUMENT),
    }
    if wrong := {name: text for name, text in errors.items() if text}:
        raise InvalidInput(_("The cost was not booked: please correct the fields named."), field_errors=wrong)
    at = at or timezone.now()
    receipt = lock_receipt(receipt_id)
    lines = list(receipt.lines.select_related("line", "move").order_by("pk"))
    shares = spread(amount, [(line.quantity, line.move.value) for line in lines])
    arrived: dict[Place, tuple[int, Decimal]] = {}
    for line, share in zip(lines, shares, strict=True):
        place = (line.line.product_id, receipt.purchase_order.warehouse_id)
        pieces, money = arrived.get(place, (0, ZERO))
        arrived[place] = (pieces + line.quantity, money + share)
    added = revalue_stock(arrived, document=receipt.number, reason=document.strip() or receipt.number, at=at)
    into_stock = sum(added.values(), ZERO)
    cost = LandedCost.objects.create(
        receipt=receipt,
        kind=kind,
        amount=amount,
        into_stock=into_stock,
        document=document.strip(),
        created_by_id=current_actor_id(),
        at=at,
    )
    # An order has each product once, so a line is a place.
    LandedCostPart.objects.bulk_create(
        LandedCostPart(
            cost=cost,
            line=line,
            amount=share,
            into_stock=added[line.line.product_id, receipt.purchase_order.warehouse_id],
        )
        for line, share in zip(lines, shares, strict=True)
    )
    # It may be booked for a day of the past, and leave no row in the ledger: the reports hear of it here.
    outbox.publish("landed_cost.booked", landed_cost=cost.pk, receipt=receipt.number)
    audit.record(
        "purchase_order",
        receipt.purchase_order_id,
        "landed",
        at=at,
        receipt=receipt.number,
        amount=str(amount),
        into_stock=str(into_stock),
        expensed=str(amount - into_stock),
    )
    return cost
