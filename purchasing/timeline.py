"""The history of purchase orders and of stock policies, in sentences."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.history import Data, Event, Words, events
from core.templatetags.tandem import amount, in_words, quantity


def _stood(data: Data) -> str:
    return _("Made by standing order %(number)s for %(day)s.") % data


def _drafted(data: Data) -> str:
    return _("Saved as a draft.")


def _changed(data: Data) -> str:
    if not data["quantities"]:
        return _("Draft changed.")
    pairs = [f"{sku} {quantity(before)} → {quantity(after)}" for sku, (before, after) in data["quantities"].items()]
    return _("Draft changed: %s.") % ", ".join(pairs)


def _ordered(data: Data) -> str:
    return _("Placed with the supplier.")


def _rescheduled(data: Data) -> str:
    days = {name: date_format(date.fromisoformat(data[name]), "Y-m-d") for name in ("before", "after")}
    return _("Expected on %(after)s instead of %(before)s.") % days


def _approval_asked(data: Data) -> str:
    return _("%(total)s is above the placer's limit: it waits for approval.") % {"total": amount(data["total"])}


def _approved(data: Data) -> str:
    return _("Approved and placed with the supplier.")


def _approved_by_rule(data: Data) -> str:
    return _("Approved by rule %(rule)s, without a hand.") % data


def _sent_back(data: Data) -> str:
    return _("Not approved, a draft again. Reason: %(reason)s") % data


def _confirmed(data: Data) -> str:
    words = {"day": data["after"], "reference": data["reference"]}
    if data["reference"]:
        return _("Confirmed by the supplier for %(day)s, its number %(reference)s.") % words
    return _("Confirmed by the supplier for %(day)s.") % words


def _closed(data: Data) -> str:
    left = ", ".join(f"{sku} {quantity(pieces)}" for sku, pieces in data["left"].items())
    return _("Closed short; no longer expected: %(left)s. Reason: %(reason)s") % {**data, "left": left}


def _received(data: Data) -> str:
    words = in_words(data)
    if data.get("short"):
        return _("%(receipt)s: %(pieces)s pieces came in, %(short)s fewer than ordered: within the tolerance.") % words
    if not data["left"]:
        return _("%(receipt)s: %(pieces)s pieces came in; the order is complete.") % words
    return _("%(receipt)s: %(pieces)s pieces came in, %(left)s are still expected.") % words


def _landed(data: Data) -> str:
    return _(
        "%(receipt)s: %(amount)s of freight or duty came late; %(into_stock)s into stock, %(expensed)s an expense."
    ) % {**data, **{name: amount(data[name]) for name in ("amount", "into_stock", "expensed")}}


def _mailed(data: Data) -> str:
    return _("E-mailed to %(to)s.") % data


def _mail_failed(data: Data) -> str:
    return _("Could not be e-mailed to %(to)s.") % data


def _mail_unclear(data: Data) -> str:
    return _("May or may not have been e-mailed to %(to)s.") % data


def _cancelled(data: Data) -> str:
    return _("Cancelled. Reason: %(reason)s") % data


def _set_by_hand(data: Data) -> str:
    return _(
        "Set by hand: safety stock %(safety_stock)s, reorder point %(reorder_point)s, order-up-to level "
        "%(order_up_to)s. Reason: %(reason)s"
    ) % in_words({**data["after"], "reason": data["reason"]})


def _returned_to_forecast(data: Data) -> str:
    return _("Given back to the forecast.")


def _agreed(data: Data) -> str:
    return ngettext(
        "Agreed over %(lines)s product, until %(until)s.",
        "Agreed over %(lines)s products, until %(until)s.",
        data["lines"],
    ) % in_words(data)


TERMS = {
    "starts_on": gettext_lazy("Valid from"),
    "ends_on": gettext_lazy("Valid until"),
    "value_limit": gettext_lazy("Up to a value of"),
    "reference": gettext_lazy("Supplier's reference"),
}


def _agreement_changed(data: Data) -> str:
    pairs = [
        f"{TERMS.get(name, name)} {before or '–'} → {after or '–'}"
        for name, (before, after) in sorted(data["changes"].items())
    ]
    return _("Changed: %s.") % "; ".join(pairs) if pairs else _("Saved without a change.")


def _released(data: Data) -> str:
    pieces = ", ".join(f"{sku} {quantity(taken)}" for sku, (taken, _over) in data["pieces"].items())
    over = ", ".join(f"{sku} {quantity(more)}" for sku, (_taken, more) in data["pieces"].items() if more)
    words = {"number": data["number"], "pieces": pieces, "over": over}
    if over:
        return _("%(number)s draws %(pieces)s; that is more than was left: %(over)s.") % words
    return _("%(number)s draws %(pieces)s.") % words


def _agreement_closed(data: Data) -> str:
    return _("Closed. Reason: %(reason)s") % data


"""Icon and sentence of each verb."""

PURCHASE_ORDER: Words = {
    "stood": ("repeat", _stood),
    "drafted": ("file-pencil", _drafted),
    "changed": ("pencil", _changed),
    "ordered": ("send", _ordered),
    "rescheduled": ("calendar-event", _rescheduled),
    "approval_asked": ("hourglass", _approval_asked),
    "approved": ("check", _approved),
    "approved_by_rule": ("robot", _approved_by_rule),
    "sent_back": ("arrow-back-up", _sent_back),
    "confirmed": ("circle-check", _confirmed),
    "closed": ("package-off", _closed),
    "received": ("package-import", _received),
    "landed": ("truck-delivery", _landed),
    "cancelled": ("x", _cancelled),
    "mailed": ("mail", _mailed),
    "mail_failed": ("mail-off", _mail_failed),
    "mail_unclear": ("mail-question", _mail_unclear),
}
POLICY: Words = {
    "set_by_hand": ("hand-stop", _set_by_hand),
    "returned_to_forecast": ("chart-line", _returned_to_forecast),
}


BLANKET_ORDER: Words = {
    "agreed": ("file-certificate", _agreed),
    "changed": ("pencil", _agreement_changed),
    "released": ("send", _released),
    "closed": ("file-off", _agreement_closed),
}


def blanket_order_events(blanket_order_id: int) -> list[Event]:
    """Every step of an agreement, oldest first; one query."""
    return events("blanket_order", blanket_order_id, BLANKET_ORDER)


def _rhythm(data: Data) -> str:
    return every_text(data["every"], data["unit"])


def every_text(every: int, unit: str) -> str:
    """How often something repeats, in words."""
    if unit == "week":
        return ngettext("every week", "every %(count)s weeks", every) % {"count": every}
    return ngettext("every month", "every %(count)s months", every) % {"count": every}


def _lines(data: Data) -> str:
    return ", ".join(f"{sku} {quantity(pieces)}" for sku, pieces in data["pieces"].items())


def _set_up(data: Data) -> str:
    words = {"rhythm": _rhythm(data), "lines": _lines(data), "next": data["next"]}
    return _("Set up: %(lines)s %(rhythm)s, first on %(next)s.") % words


def _standing_changed(data: Data) -> str:
    words = {"rhythm": _rhythm(data), "lines": _lines(data), "next": data["next"] or "–"}
    return _("Changed: %(lines)s %(rhythm)s, next on %(next)s.") % words


STANDING_ORDER: Words = {
    "set_up": ("repeat", _set_up),
    "changed": ("pencil", _standing_changed),
    "paused": ("player-pause", lambda _data: _("Paused.")),
    "resumed": ("player-play", lambda data: _("Resumed; next on %(next)s.") % {"next": data["next"] or "–"}),
    "ended": ("player-stop", lambda _data: _("Ended.")),
    "ordered": ("file-invoice", lambda data: _("%(number)s made for %(day)s.") % data),
    "failed": ("alert-triangle", lambda data: _("The order for %(day)s could not be made: %(problem)s") % data),
}


def standing_order_events(standing_order_id: int) -> list[Event]:
    """Every step of a standing order, oldest first; one query."""
    return events("standing_order", standing_order_id, STANDING_ORDER)


def purchase_order_events(purchase_order_id: int) -> list[Event]:
    """Every step of a purchase order, oldest first; one query."""
    return events("purchase_order", purchase_order_id, PURCHASE_ORDER)


def policy_events(policy_id: int) -> list[Event]:
    """Every time somebody set a policy or gave it back, oldest first; one query."""
    return events("stock_policy", policy_id, POLICY)
