"""An order's history in sentences."""

from collections import Counter
from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.history import Data, Event, Words, events
from core.templatetags.tandem import amount, in_words, quantity
from orders.mailing import KINDS
from orders.models import Complaint
from orders.models.promises import LinePromise
from orders.scarcity import RULES


def _confirmed(data: Data) -> str:
    if not data["waiting"]:
        return _("Confirmed: all of it reserved (%(reserved)s).") % in_words(data)
    return _("Confirmed: %(reserved)s reserved, %(waiting)s waiting for stock.") % in_words(data)


def _backorder_filled(data: Data) -> str:
    return _("Stock came in: %(pieces)s more reserved.") % in_words(data)


def _reservation_cut(data: Data) -> str:
    sentence = _("Missing in stock: %(pieces)s that were reserved wait again.") % in_words(data)
    return _with_reason(sentence, data)


def _pick_list_printed(data: Data) -> str:
    return _("Pick list printed: %(pieces)s to fetch.") % in_words(data)


def _picked(data: Data) -> str:
    if data["counted"]:
        return _("Picked and counted with the scanner: %(pieces)s.") % in_words(data)
    return _("Picked: %(pieces)s.") % in_words(data)


def _shipped(data: Data) -> str:
    if not data["left"]:
        return _("Shipment %(shipment)s: %(pieces)s left the warehouse; the order is complete.") % in_words(data)
    return _("Shipment %(shipment)s: %(pieces)s left the warehouse, %(left)s still to ship.") % in_words(data)


def _returned(data: Data) -> str:
    return _with_reason(_("Return %(number)s: %(pieces)s came back.") % in_words(data), data)


def _cancelled(data: Data) -> str:
    sentence = _("Cancelled: %(pieces)s; %(released)s of them were reserved and are free again.") % in_words(data)
    return _with_reason(sentence, data)


DETAILS = {
    "requested_date": lambda old, new: _("Requested date: %(old)s → %(new)s.") % {"old": old, "new": new},
    "note": lambda old, new: _("Note: %(old)s → %(new)s.") % {"old": old or "–", "new": new or "–"},
    "discount": lambda old, new: _("Discount: %(old)s %% → %(new)s %%.") % {"old": old, "new": new},
    "freight": lambda old, new: _("Freight: %(old)s → %(new)s.") % {"old": old, "new": new},
    "delivery_address": lambda old, new: _("Deliver to: %(old)s → %(new)s.") % {"old": old or "–", "new": new or "–"},
    "contact_name": lambda old, new: _("Contact: %(old)s → %(new)s.") % {"old": old or "–", "new": new or "–"},
    "contact_phone": lambda old, new: _("Phone: %(old)s → %(new)s.") % {"old": old or "–", "new": new or "–"},
    "contact_email": lambda old, new: _("E-mail: %(old)s → %(new)s.") % {"old": old or "–", "new": new or "–"},
    "is_priority": lambda old, new: _("Has priority.") if new else _("Has no priority any more."),
    "ship_complete": lambda old, new: _("Ships only complete.") if new else _("Ships what is there; the rest follows."),
}


def _changed(data: Data) -> str:
    details = data.get("details", {})
    parts = [words(*details[name]) for name, words in DETAILS.items() if name in details]
    parts += [
        _("Line %(line)s, %(sku)s: %(old)s → %(new)s pieces.")
        % dict(zip(("line", "sku", "old", "new"), line, strict=True))
        for line in data["lines"]
    ]
    parts += [
        _("Line %(line)s added: %(pieces)s pieces of %(sku)s.")
        % dict(zip(("line", "sku", "pieces"), line, strict=True))
        for line in data["added"]
    ]
    parts += [
        _("Line %(line)s, %(sku)s, closed: %(pieces)s pieces will not be delivered. Reason: %(reason)s")
        % dict(zip(("line", "sku", "pieces", "reason"), line, strict=True))
        for line in data["closed"]
    ]
    if data["reserved"] or data["waiting"]:
        parts.append(_("%(reserved)s pieces more are reserved, %(waiting)s wait for stock.") % data)
    if data["released"]:
        parts.append(_("%(released)s reserved pieces are free again.") % data)
    return " ".join(parts)


def _re_promised(data: Data) -> str:
    reason = LinePromise.Reason(data["reason"]).label
    parts = [f"{reason} ({data['cause']})." if data["cause"] else f"{reason}."]
    for position, sku, old, new, document in data["lines"]:
        words = {"line": position, "sku": sku, "old": old or "–", "new": new, "document": document}
        if new is None:
            parts.append(_("Line %(line)s, %(sku)s: promised for %(old)s, now without a date.") % words)
        elif document:
            parts.append(_("Line %(line)s, %(sku)s: promised for %(old)s → %(new)s, with %(document)s.") % words)
        else:
            parts.append(_("Line %(line)s, %(sku)s: promised for %(old)s → %(new)s.") % words)
    return " ".join(parts)


def _reallocated(data: Data) -> str:
    parts = [_("Scarce stock was given out anew (%s).") % RULES[data["rule"]]]
    for position, sku, held, given in data["lines"]:
        words = {"line": position, "sku": sku, "held": held, "given": given}
        parts.append(_("Line %(line)s, %(sku)s: %(held)s → %(given)s reserved.") % in_words(words))
    return " ".join(parts)


def _split(data: Data) -> str:
    lines = ", ".join(f"{sku} × {quantity(pieces)}" for _position, sku, pieces in data["lines"])
    return _("Split: %(lines)s went to order %(number)s.") % {"lines": lines, "number": data["number"]}


def _split_off(data: Data) -> str:
    words = in_words(data)
    if not data["waiting"]:
        return _("Split off from order %(number)s: all of it reserved (%(reserved)s).") % words
    return _("Split off from order %(number)s: %(reserved)s reserved, %(waiting)s waiting for stock.") % words


def _with_reason(sentence: str, data: Data) -> str:
    if not data.get("reason"):
        return sentence
    return _("%(sentence)s Reason: %(reason)s") % {"sentence": sentence, "reason": data["reason"]}


def _credit_released(data: Data) -> str:
    return _("Released although it goes %(over)s over the credit limit.") % {"over": amount(data["over"])}


def _complained(data: Data) -> str:
    words = {"cause": Complaint.Cause(data["cause"]).label, "text": data["text"], "line": data["line"]}
    if data["line"]:
        return _("Complaint about line %(line)s: %(cause)s. %(text)s") % words
    return _("Complaint: %(cause)s. %(text)s") % words


def _complaint_settled(data: Data) -> str:
    return _("Complaint settled: %s.") % Complaint.Cause(data["cause"]).label


def _quoted_before(data: Data) -> str:
    return _("From quotation %s, at the prices offered.") % data["number"]


def _return_authorised(data: Data) -> str:
    sentence = _("Return %(number)s authorised: %(pieces)s may come back until %(until)s.") % in_words(data)
    return _with_reason(sentence, data)


def _return_received(data: Data) -> str:
    if data["left"]:
        return _("Return %(number)s: %(pieces)s came and wait to be inspected, %(left)s still expected.") % in_words(
            data
        )
    return _("Return %(number)s: %(pieces)s came and wait to be inspected.") % in_words(data)


def _return_closed(data: Data) -> str:
    return _with_reason(_("Return %(number)s: nothing more will come.") % data, data)


def _invoiced(data: Data) -> str:
    words = {"number": data["number"], "gross": amount(data["gross"]), "due": data["due"]}
    return _("Invoice %(number)s: %(gross)s, to be paid by %(due)s.") % words


def _mailed(sentence: str) -> Callable[[Data], str]:
    def words(data: Data) -> str:
        label = KINDS[data["document"]].label if data["document"] in KINDS else data["document"]
        return _(sentence) % {"document": label, "number": data["number"], "to": data["to"]}

    return words


MAIL_WORDS: Words = {
    "mailed": ("mail", _mailed(gettext_noop("%(document)s %(number)s was e-mailed to %(to)s."))),
    "mail_failed": ("mail-off", _mailed(gettext_noop("%(document)s %(number)s could not be e-mailed to %(to)s."))),
    "mail_unclear": (
        "mail-question",
        _mailed(gettext_noop("%(document)s %(number)s may or may not have been e-mailed to %(to)s.")),
    ),
}
WORDS: Words = {
    "confirmed": ("check", _confirmed),
    "quoted_before": ("file-text", _quoted_before),
    "credit_released": ("lock-open", _credit_released),
    "changed": ("edit", _changed),
    "split": ("arrows-split", _split),
    "split_off": ("arrows-split", _split_off),
    "backorder_filled": ("package-import", _backorder_filled),
    "re_promised": ("calendar-time", _re_promised),
    "reallocated": ("arrows-exchange", _reallocated),
    "reservation_cut": ("alert-triangle", _reservation_cut),
    "pick_list_printed": ("clipboard-list", _pick_list_printed),
    "picked": ("basket-check", _picked),
    "shipped": ("truck-delivery", _shipped),
    "invoiced": ("receipt-2", _invoiced),
    "return_authorised": ("clipboard-check", _return_authorised),
    "return_received": ("package-import", _return_received),
    "return_closed": ("x", _return_closed),
    "returned": ("arrow-back-up", _returned),
    "cancelled": ("x", _cancelled),
    "complained": ("message-exclamation", _complained),
    **MAIL_WORDS,
    "complaint_settled": ("message-check", _complaint_settled),
}


def order_events(order_id: int) -> list[Event]:
    """Every step of an order, oldest first; one query."""
    return events("order", order_id, WORDS)


def moved_pieces(steps: Iterable[Event]) -> Counter[int]:
    """By number, the pieces of lines that were split off whole: counted as cancelled, but nobody cancelled them."""
    moved: Counter[int] = Counter()
    for step in steps:
        if step.verb == "split":
            whole = step.data.get("whole", ())  # steps before this was kept do not tell
            moved.update({position: pieces for position, _sku, pieces in step.data["lines"] if position in whole})
    return moved
