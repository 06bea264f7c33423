"""What must be true when the smoke has cleared. Each check returns a sentence, or fails with what is wrong."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Sum

from config.books import book_differences
from core.models import OutboxEvent
from inventory.models import StockMove
from orders.models import LostDemand, Order, Shipment
from purchasing.models import ReorderMark
from tests.chaos.clients import Channel, Journal, Request, ask
from tests.processes import wait_until


def nothing_lost(journal: Journal) -> str:
    """Every order that was answered "confirmed" is there under its number."""
    known = set(Order.objects.values_list("note", "number"))
    confirmed = journal.of("orders", 201)
    missing = [r.key for r in confirmed if (r.key, r.answer.json()["number"]) not in known]
    assert not missing, f"confirmed, and not there: {missing}"
    return f"{len(confirmed)} orders were confirmed, and each is there under its number"


def nothing_doubled(journal: Journal) -> str:
    """Each request that was done was done once, however often it was sent; nothing else happened."""
    found = {
        "orders": Order.objects.count(),
        "ship": Shipment.objects.count(),
        "cancel": OutboxEvent.objects.filter(topic="order.cancelled").count(),
        "change": OutboxEvent.objects.filter(topic="order.changed").count(),
        "stock-adjustments": StockMove.objects.filter(kind="adjustment").count(),
    }
    wanted = {verb: len(journal.of(verb, 200, 201)) for verb in found}
    # A change to the quantity that the line has already leaves no trace, rightly.
    assert {**found, "change": 0} == {**wanted, "change": 0}, f"found {found}, answered {wanted}"
    assert found["change"] <= wanted["change"]
    notes = Counter(Order.objects.values_list("note", flat=True))
    assert not [note for note, times in notes.items() if times > 1]
    sent = [request.sent for request in journal.answered]
    return f"{len(sent)} requests were sent {sum(sent)} times and done once: {found}"


def refusals_counted_once(journal: Journal) -> str:
    """The pieces of refused orders, and of nothing else, are lost demand of the kind "refused"."""
    refused = journal.of("orders", 409)
    wanted = sum(line["quantity"] for request in refused for line in request.body["lines"])
    found = LostDemand.objects.filter(kind="refused").aggregate(n=Sum("quantity", default=0))["n"]
    assert found == wanted, f"{found} pieces recorded as refused, {wanted} were"
    return f"{len(refused)} refused orders left their {wanted} pieces as lost demand, once"


def same_answers(journal: Journal, channel: Channel) -> str:
    """Sent again under its key, a request gets the answer it got, byte for byte."""
    # Wrong input (400) has no effect and does not use up its key; every other answer stands.
    asked = [request for request in journal.answered if request.answer.status != 400]
    again = [r for r in asked if r.sent > 1] + [r for r in asked if r.sent == 1][-100:]
    for request in again:
        answer = ask(channel, Request(request.key, request.path, request.body))
        assert (answer.status, answer.body) == (request.answer.status, request.answer.body), request
        assert answer.headers.get("Idempotency-Replayed") == "true", request
    repeated = sum(request.sent > 1 for request in asked)
    return f"{len(again)} requests asked again ({repeated} had been repeated before) got the same answer to the byte"


def books_tie_out() -> str:
    """``verify_stock``."""
    wrong = book_differences()
    assert not wrong, [str(line) for line in wrong]
    return f"the books tie out: {StockMove.objects.count()} ledger rows"


def work_is_done() -> str:
    """What the database had marked while nobody could be told has been done since."""
    wait_until(lambda: not ReorderMark.objects.exists(), "the reorder marks are drained")
    wait_until(lambda: not OutboxEvent.objects.filter(published_at=None).exists(), "the outbox is published")
    return f"all reorder marks are drained, all {OutboxEvent.objects.count()} facts published"


def every_check(journal: Journal, channel: Channel) -> Iterator[str]:
    """Run them all; the first that fails ends the drill."""
    yield nothing_lost(journal)
    yield nothing_doubled(journal)
    yield refusals_counted_once(journal)
    yield same_answers(journal, channel)
    yield nothing_doubled(journal)
    yield work_is_done()
    yield books_tie_out()
