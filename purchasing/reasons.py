"""Why this quantity: each step from what is there to what is ordered, as a sentence that can be checked on paper."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import to_cents
from core.templatetags.tandem import amount, quantity
from purchasing.decision import DAYS_PER_YEAR, Change, Decision, Doubt, Need, Offer, decide
from purchasing.lots import Agreed, round_up_to_lot
from purchasing.templatetags.costs import unit_cost


def reasons(inputs: Mapping[str, Any]) -> list[str]:
    """The steps from the inputs kept with a suggestion to its quantity, in the reader's language."""
    need = Need.of(inputs)
    return explain(need, decide(need))


def explain(need: Need, decision: Decision) -> list[str]:
    """As ``reasons``, of a decision that is made already."""
    return [_position(need), *_not_counted(need), _due(need), *_missing(need), *_steps(need, decision)]


def _position(need: Need) -> str:
    words = {
        "available": quantity(need.available),
        "on_order": quantity(need.on_order),
        "drafted": quantity(need.drafted),
        "waiting": quantity(need.waiting),
        "position": quantity(need.position),
    }
    if need.drafted:
        text = _("%(available)s available + %(on_order)s on order − %(waiting)s waiting = %(position)s.") % words
        return text + " " + _("%(drafted)s of what is on order stand in drafts.") % words
    return _("%(available)s available + %(on_order)s on order − %(waiting)s waiting = %(position)s.") % words


def _not_counted(need: Need) -> Iterator[str]:
    if need.late:
        yield _("%s more are on order, but come too late to help until then.") % quantity(need.late)


def _due(need: Need) -> str:
    words = {"position": quantity(need.position), "reorder_point": quantity(need.reorder_point)}
    if not need.order_up_to:
        return _("No levels are set here, so only what customers wait for is ordered.")
    if need.is_early and need.position > need.reorder_point:
        return (
            _("%(position)s > reorder point %(reorder_point)s: ordered early, to fill the supplier's minimum.") % words
        )
    return _("%(position)s ≤ reorder point %(reorder_point)s: time to order.") % words


def _missing(need: Need) -> Iterator[str]:
    yield _("Order-up-to level %(order_up_to)s − %(position)s = %(missing)s missing.") % {
        "order_up_to": quantity(need.order_up_to),
        "position": f"({quantity(need.position)})" if need.position < 0 else quantity(need.position),
        "missing": quantity(need.missing),
    }


def _steps(need: Need, decision: Decision) -> Iterator[str]:
    """What the supplier's rules and prices make of it, where they change anything."""
    terms, offer = dict(decision.terms), decision.offer
    lot = offer.round_up(need.missing)
    if need.missing < offer.moq:
        yield _("The minimum order quantity is %(moq)s.") % {"moq": quantity(offer.moq)}
    if "packs" in terms:
        packs = lot // offer.order_multiple
        yield ngettext(
            "In whole packs of %(size)s: %(packs)s pack = %(quantity)s.",
            "In whole packs of %(size)s: %(packs)s packs = %(quantity)s.",
            packs,
        ) % {"size": quantity(offer.order_multiple), "packs": quantity(packs), "quantity": quantity(lot)}
    if "price_break" in terms:
        taken = lot + terms["price_break"]
        yield _("%(extra)s more, because a piece costs %(cost)s from there on: %(quantity)s.") % {
            "extra": quantity(terms["price_break"]),
            "cost": unit_cost(offer.cost(taken)),
            "quantity": quantity(taken),
        }
    if "shelf_life" in terms:
        words = {"fewer": quantity(-terms["shelf_life"]), "days": quantity(offer.shelf_life_days)}
        words["quantity"] = quantity(lot + terms["shelf_life"])
        yield _("%(fewer)s fewer, because they would not sell in %(days)s days: %(quantity)s.") % words
    yield from _pallets(need, decision)
    yield from _agreement(offer, decision.quantity)
    if "standing" in terms:
        before = decision.quantity - terms["standing"]
        words = {"computed": quantity(before), "quantity": quantity(decision.quantity)}
        yield _("Computed anew it would be %(computed)s; not worth a change from %(quantity)s.") % words


def _pallets(need: Need, decision: Decision) -> Iterator[str]:
    """Why the order is whole pallets, or breaks one, where breaking one costs anything."""
    offer, terms = decision.offer, dict(decision.terms)
    taken, more = decision.quantity - terms.get("standing", 0), terms.get("pallets", 0)
    words = {
        "size": quantity(offer.pallet or 0),
        "cost": amount(offer.broken_pallet),
        "pieces": quantity(abs(more)),
        "quantity": quantity(taken),
    }
    if more > 0:
        yield (
            _("%(pieces)s more for whole pallets of %(size)s, because breaking one costs %(cost)s: %(quantity)s.")
            % words
        )
    elif more < 0:
        yield (
            _("%(pieces)s fewer for whole pallets of %(size)s, because breaking one costs %(cost)s: %(quantity)s.")
            % words
        )
    elif offer.breaking(taken) and need.daily_demand and offer.unit_cost:
        mine = [option.quantity for option in decision.options if option.offer is offer]
        words["whole"] = quantity(round_up_to_lot(taken, 1, offer.pallet or 1))
        if any(not offer.breaking(pieces) for pieces in mine):
            yield (
                _("Breaking a pallet of %(size)s costs %(cost)s; whole pallets would cost more: %(quantity)s.") % words
            )
        else:
            words["days"] = quantity(min(offer.shelf_life_days or DAYS_PER_YEAR, DAYS_PER_YEAR))
            yield _("Whole pallets, %(whole)s, would not sell in %(days)s days: %(quantity)s.") % words


def _agreement(offer: Offer, pieces: int) -> Iterator[str]:
    """Whether the price agreed with the supplier counts."""
    agreed = offer.agreed
    if agreed:
        words = {"number": agreed.number, "left": quantity(agreed.left), "cost": unit_cost(agreed.cost)}
        if pieces > agreed.left:
            yield _("%(number)s has only %(left)s pieces left, so its price of %(cost)s does not count.") % words
            yield from _in_two_orders(offer, agreed, pieces)
        elif offer.cost(pieces) == agreed.cost:
            yield _("At %(cost)s a piece, as agreed in %(number)s; %(left)s pieces are left of it.") % words
        else:
            yield _("Cheaper than the %(cost)s agreed in %(number)s.") % words


def _in_two_orders(offer: Offer, agreed: Agreed, pieces: int) -> Iterator[str]:
    """What a release of what is left and an order of the rest would spare, where the supplier accepts both."""
    some, ordinary = offer.round_down(agreed.left), replace(offer, agreed=None)
    rest = pieces - some
    if not some or not offer.accepts(rest):
        return
    once = pieces * ordinary.cost(pieces) + offer.breaking(pieces)
    spared = once - some * agreed.cost - rest * ordinary.cost(rest) - offer.breaking(some) - offer.breaking(rest)
    if spared > 0:
        words = {"some": quantity(some), "rest": quantity(rest), "money": amount(to_cents(spared))}
        yield _("In two orders, %(some)s drawn from it and %(rest)s beside, it would cost %(money)s less.") % words


TERMS = {
    "order_up_to": lambda: _("Order-up-to level"),
    "available": lambda: _("Available"),
    "on_order": lambda: _("On order"),
    "waiting": lambda: _("Customers wait for"),
    "moq": lambda: _("Up to the minimum order quantity"),
    "packs": lambda: _("Up to whole packs"),
    "price_break": lambda: _("Up to a price break"),
    "shelf_life": lambda: _("What would expire"),
    "pallets": lambda: _("For whole pallets"),
    "standing": lambda: _("Kept as suggested before"),
}


def terms(decision: Decision) -> list[tuple[str, int]]:
    """The signed pieces that add up to the quantity, each with its name in the reader's language."""
    return [(TERMS[name](), pieces) for name, pieces in decision.terms]


def doubt_text(need: Need, offer: Offer, doubt: Doubt) -> str:
    """What is odd, and what to do about it."""
    smallest = offer.round_up(1)
    if doubt == Doubt.NO_SUPPLIER:
        return _("Nobody sells it to us: choose a supplier.")
    if doubt == Doubt.PRICE_MISSING:
        return _("%s has no price for it: enter the unit cost before ordering.") % offer.supplier
    if doubt == Doubt.LEAD_TIME_ZERO:
        return _("%s is said to deliver on the day of the order: check the lead time.") % offer.supplier
    if doubt == Doubt.MOQ_ABOVE_YEAR:
        daily = need.daily_demand or Decimal(1)
        years = amount(Decimal(smallest) / (daily * DAYS_PER_YEAR))
        text = _("The smallest order, %(pieces)s, lasts %(years)s years: ask for less or choose another supplier.")
        return text % {"pieces": quantity(smallest), "years": years}
    return _("Even the smallest order does not sell in its shelf life of %s days.") % quantity(offer.shelf_life_days)


def change_text(change: Change) -> str:
    """What would have to be different for another quantity."""
    words = {
        "amount": unit_cost(change.amount) if isinstance(change.amount, Decimal) else quantity(change.amount),
        "quantity": quantity(change.quantity),
        "supplier": change.supplier,
    }
    if change.what == "sold":
        return _("If %(amount)s more were sold: %(quantity)s.") % words
    if change.what == "received" and not change.quantity:
        return _("If %(amount)s more were there: nothing, it would not be time yet.") % words
    if change.what == "received":
        return _("If %(amount)s more were there: %(quantity)s.") % words
    if change.what == "no_lot_rules":
        return _("Without minimum and packs: %(quantity)s.") % words
    return _("If %(supplier)s asked %(amount)s a piece or less: %(quantity)s from there.") % words


def trace_texts(trace: Mapping[str, Any]) -> list[tuple[bool, str]]:
    """What a rule found, condition by condition: whether it holds, and a sentence."""
    return [(check["holds"], _check_text(check)) for check in trace.get("checks", [])]


def _check_text(check: Mapping[str, Any]) -> str:
    words = {"found": check["found"], "asked": check["asked"]}
    if check["name"] == "doubts":
        return _("The data leave no doubt.") if check["holds"] else _("The data are in doubt: see above.")
    if check["name"] == "confidence":
        return _("Confidence %(found)s %%, the rule asks %(asked)s %%.") % words
    words = {name: amount(value) for name, value in words.items()}
    if check["name"] == "value":
        return _("The order comes to %(found)s, the rule allows %(asked)s.") % words
    return _("The order comes to %(found)s, the supplier's minimum is %(asked)s.") % words
