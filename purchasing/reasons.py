"""Why this quantity: each step from what is there to what is ordered, as a sentence that can be checked on paper."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.templatetags.tandem import quantity
from purchasing.lots import Need


def reasons(inputs: Mapping[str, int]) -> list[str]:
    """The steps from the inputs kept with a suggestion to its quantity, in the reader's language."""
    need = Need(**inputs)
    return [_position(need), _due(need), *_missing(need), *_lot(need)]


def _position(need: Need) -> str:
    return _("%(available)s available + %(on_order)s on order − %(waiting)s waiting = %(position)s.") % {
        "available": quantity(need.available),
        "on_order": quantity(need.on_order),
        "waiting": quantity(need.waiting),
        "position": quantity(need.position),
    }


def _due(need: Need) -> str:
    words = {"position": quantity(need.position), "reorder_point": quantity(need.reorder_point)}
    if not need.order_up_to:
        return _("No levels are set here, so only what customers wait for is ordered.")
    return _("%(position)s ≤ reorder point %(reorder_point)s: time to order.") % words


def _missing(need: Need) -> Iterator[str]:
    yield _("Order-up-to level %(order_up_to)s − %(position)s = %(missing)s missing.") % {
        "order_up_to": quantity(need.order_up_to),
        "position": f"({quantity(need.position)})" if need.position < 0 else quantity(need.position),
        "missing": quantity(need.missing),
    }


def _lot(need: Need) -> Iterator[str]:
    """What the supplier's rules make of it, where they change anything."""
    wanted = max(need.missing, need.moq)
    if need.missing < need.moq:
        yield _("The minimum order quantity is %(moq)s.") % {"moq": quantity(need.moq)}
    if need.quantity != wanted:
        packs = need.quantity // need.order_multiple
        yield ngettext(
            "In whole packs of %(size)s: %(packs)s pack = %(quantity)s.",
            "In whole packs of %(size)s: %(packs)s packs = %(quantity)s.",
            packs,
        ) % {"size": quantity(need.order_multiple), "packs": quantity(packs), "quantity": quantity(need.quantity)}
