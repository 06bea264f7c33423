"""Promises kept true: written with the order, checked when supply moves, replaced with a reason when they change."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from core import audit
from core.bulk import append_columns
from core.live import publish_after_commit
from core.queue import kick
from core.transactions import retry_on_conflict
from inventory import pipeline
from inventory.locks import lock_stock_levels
from inventory.models import Warehouse
from inventory.places import Place, Supply
from orders.atp import Timeline, timelines
from orders.learning import Asked, Delays, Kind, Odds, newest
from orders.locks import take_promise_marks
from orders.models import OrderLine
from orders.models.promises import UNSUPPLIED, LinePromise, PromiseMark
from orders.promise import OPEN_ORDERS, Promise, promise_from

Basis, Reason = LinePromise.Basis, LinePromise.Reason
BATCH = 50  # places locked at once: orders of the same products wait meanwhile
ODDS = ["chance", "safe_date", "safe_chance", "evidence", "judged_at"]
RENEW_BELOW = 0.6  # odds of the safe date below which another is given


class Cause(NamedTuple):
    """Why promises of a place are checked, and the document behind it."""

    reason: str
    document: str = ""


class FirstPromise(NamedTuple):
    """What a line is promised when it is confirmed: ``pieces`` of it wait."""

    line_id: int
    place: Place
    pieces: int
    date: date | None
    answer: Promise
    at: datetime


def record_promises(firsts: Sequence[FirstPromise]) -> None:
    """Write what waiting lines of new orders rest on, in one statement; their odds are added after the commit."""
    append_columns(
        LinePromise,
        reason=Reason.CONFIRMED.value,
        cause="",
        made_at=[first.at for first in firsts],
        line_id=[first.line_id for first in firsts],
        product_id=[first.place[0] for first in firsts],
        warehouse_id=[first.place[1] for first in firsts],
        pieces=[first.pieces for first in firsts],
        date=[first.date for first in firsts],
        basis=[first.answer.basis for first in firsts],
        document=[first.answer.document for first in firsts],
        evidence=["{}" for _first in firsts],
    )
    mark_places({first.place for first in firsts}, Cause(Reason.CONFIRMED))


class Moved(NamedTuple):
    """Waiting pieces that went from one line to another of the same place, and the day that one is promised."""

    from_line: int
    to_line: int
    pieces: int
    date: date | None
    cause: str


def move_promises(moves: Sequence[Moved], *, at: datetime) -> None:
    """What moved pieces were promised goes with them, in the caller's transaction: no line waits without a promise.

    Their odds are added after the commit, as those of new orders are. The caller has locked the places.
    """
    by_line = {move.from_line: move for move in moves if move.pieces}
    old = list(LinePromise.objects.filter(line__in=by_line, replaced_at=None))
    LinePromise.objects.filter(pk__in=[row.pk for row in old]).update(replaced_at=at)
    made = []
    for row in old:
        move = by_line[row.line_id]
        if row.pieces > move.pieces:
            made.append(_again(row, row.line_id, row.pieces - move.pieces, row.date, move.cause, at))
        made.append(_again(row, move.to_line, min(move.pieces, row.pieces), move.date, move.cause, at))
    LinePromise.objects.bulk_create(made)


def _again(row: LinePromise, line: int, pieces: int, day: date | None, cause: str, at: datetime) -> LinePromise:
    """The same promise for other pieces: it rests on what it rested on."""
    return LinePromise(
        line_id=line, product_id=row.product_id, warehouse_id=row.warehouse_id, pieces=pieces, date=day,
        basis=row.basis, document=row.document, reason=Reason.CHANGED, cause=cause, made_at=at,
    )  # fmt: skip


def mark_places(places: Collection[Place], cause: Cause) -> None:
    """Have the promises of these places checked soon after the commit."""
    if not places:
        return
    wanted = sorted(places)
    append_columns(
        PromiseMark,
        reason=str(cause.reason),
        cause=cause.document,
        product_id=[product for product, _w in wanted],
        warehouse_id=[warehouse for _p, warehouse in wanted],
    )
    _kick()


# Where lines of some orders wait, or have a promise in force though they wait no longer.
# The promises of lines that wait no longer end at once: what they owe must not keep others waiting.
MARK_ORDERS = """
    WITH ended AS (
        UPDATE orders_linepromise promise SET replaced_at = %(now)s FROM orders_orderline line
         WHERE line.order_id = ANY(%(orders)s) AND promise.line_id = line.id AND promise.replaced_at IS NULL
           AND line.quantity - line.shipped - line.cancelled <= coalesce((
                SELECT sum(held.quantity) FROM orders_allocation allocation
                  JOIN inventory_reservation held ON held.id = allocation.reservation_id
                 WHERE allocation.line_id = line.id), 0)
    )
    INSERT INTO orders_promisemark (product_id, warehouse_id, reason, cause)
    SELECT DISTINCT line.product_id, sale.warehouse_id, %(reason)s, '' FROM orders_orderline line
      JOIN orders_order sale ON sale.id = line.order_id
      JOIN inventory_stocklevel level ON level.product_id = line.product_id AND level.warehouse_id = sale.warehouse_id
     WHERE line.order_id = ANY(%(orders)s) AND (level.waiting > 0 OR EXISTS (
        SELECT FROM orders_linepromise promise WHERE promise.line_id = line.id AND promise.replaced_at IS NULL))
"""


def mark_orders(order_ids: Collection[int]) -> None:
    """As ``mark_places``, for whatever lines of these orders wait for or waited for; one statement."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"orders": sorted(order_ids), "reason": Reason.CHANGED.value, "now": timezone.now()}
        cursor.execute(MARK_ORDERS, values)
        if cursor.rowcount:
            _kick()


def _kick() -> None:
    from orders.tasks import check_promises  # the task calls this module

    kick(check_promises)


@retry_on_conflict
@transaction.atomic(durable=True)
def check_marked_promises(*, now: datetime | None = None) -> int:
    """Renew the promises of the oldest marked places; returns the marks drained (0: nothing left).

    Locks: PromiseMark (skip locked), StockLevel.
    """
    marks = take_promise_marks(BATCH)
    causes: dict[Place, Cause] = {}
    entered: set[Place] = set()
    for _pk, product, warehouse, reason, document in marks:
        if reason == Reason.CONFIRMED:
            entered.add((product, warehouse))
        # What moved supply says more than that an order was changed.
        elif reason != Reason.CHANGED or (product, warehouse) not in causes:
            causes[product, warehouse] = Cause(reason, document)
    if entered:
        judge_promises(entered, now=now)
    if causes:
        renew_promises(causes, now=now)
    return len(marks)


@transaction.atomic(savepoint=False)
def judge_promises(places: Collection[Place], *, now: datetime | None = None) -> int:
    """Give promises of these places that nobody judged yet their odds; returns how many there were.

    An order that is entered moves nobody else's promise, so the others are not looked at, however many wait, and the
    stock is not locked.
    """
    now = now or timezone.now()
    rows = LinePromise.objects.filter(replaced_at=None, judged_at=None, product__in={p for p, _w in places})
    fresh = [row for row in rows.select_related("line__order") if (row.product_id, row.warehouse_id) in places]
    if not fresh:
        return 0
    today, changes = timezone.localdate(now), _Changes()
    judge = _judge(places, today)
    for row in fresh:
        if row.date:
            asked = Asked(row.date, max(row.line.order.requested_date, today))
            _set_odds(row, *judge.odds((row.product_id, row.warehouse_id), row.basis, row.document, asked))
        if row.evidence:
            changes.judged.append(row)
    rows.filter(pk__in=[row.pk for row in fresh if not row.evidence]).update(judged_at=now)
    _write(changes, now)
    return len(fresh)


def mark_overdue(*, today: date | None = None) -> None:
    """Mark every place with a promise in force: dates pass and odds fall without anybody doing anything."""
    places = LinePromise.objects.filter(replaced_at=None).values_list("product_id", "warehouse_id").distinct()
    mark_places(set(places), Cause(Reason.OVERDUE))


class _Waiting(NamedTuple):
    """A line in the order in which stock will serve it, and what it was promised."""

    line: OrderLine
    pieces: int
    promise: LinePromise | None


@dataclass(slots=True)
class _Judge:
    """What promises are made from: lead times, who supplies, what was learned of them."""

    today: date
    lead_days: Mapping[Place, int]
    sources: Mapping[Place, str]
    warehouses: Mapping[int, str]
    supplies: Mapping[Place, Sequence[Supply]]
    delays: Delays

    def odds(self, place: Place, basis: str, document: str, asked: Asked) -> tuple[Odds | None, dict[str, object]]:
        """The odds of a promise and what they rest on; none while its supply is not on the way any more."""
        warehouse = self.warehouses[place[1]]
        if basis == Basis.INCOMING:
            supply = next((s for s in self.supplies.get(place, ()) if s.document == document), None)
            if supply is None:
                return None, {}
            kind, source, named = Kind.SLIP, supply.source, supply.expected_on
        else:
            kind, source, named = Kind.LEAD, self.sources.get(place, ""), self.today
        found = self.delays.odds(kind, source, warehouse, named=named, today=self.today, asked=asked)
        rows = [*self.delays.rows(kind, source), *self.delays.rows(Kind.PICKING, warehouse)]
        evidence = {"kind": str(kind), "source": source, "warehouse": warehouse, "named": f"{named}"}
        dates = {"today": f"{self.today}", "promised": f"{asked.promised}", "wish": f"{asked.wish}"}
        return found, {**evidence, **dates, "learned": rows} if found else {}


@dataclass(slots=True)
class _Changes:
    """What a check comes to."""

    replaced: list[int] = field(default_factory=list)
    made: list[LinePromise] = field(default_factory=list)
    judged: list[LinePromise] = field(default_factory=list)
    moved: list[tuple[OrderLine, LinePromise, date | None]] = field(default_factory=list)


@transaction.atomic(savepoint=False)
def renew_promises(causes: Mapping[Place, Cause], *, now: datetime | None = None) -> int:
    """Promise anew what waits at these places, in the order in which stock will serve it; returns the dates moved.

    Orders are not locked: what is open and who holds stock changes only while the stock row is locked, and it is here.
    Locks: StockLevel.
    """
    now = now or timezone.now()
    lock_stock_levels(causes)
    waiting = _waiting_lines(causes)
    if not waiting:
        return 0
    judge = _judge(waiting, timezone.localdate(now))
    lines = timelines(waiting, today=judge.today)
    changes = _Changes()
    for place, queue in waiting.items():
        lines[place].owed.clear()
        for row in queue:
            _renew(row, place, lines[place], judge, causes[place], now, changes)
    _write(changes, now)
    return len(changes.moved)


def _waiting_lines(places: Collection[Place]) -> dict[Place, list[_Waiting]]:
    """Lines that wait, or whose promise is still in force; by place, as ``fill_backorders`` will serve them."""
    held = Coalesce(Sum("allocations__reservation__quantity"), 0)
    in_force = LinePromise.objects.filter(replaced_at=None, product__in={p for p, _w in places})
    promises = {row.line_id: row for row in in_force if (row.product_id, row.warehouse_id) in places}
    rows = (
        OrderLine.objects.filter(product__in={p for p, _w in places}, order__warehouse__in={w for _p, w in places})
        .filter(Q(pk__in=list(promises)) | Q(order__status__in=OPEN_ORDERS, quantity__gt=F("shipped") + F("cancelled")))
        .annotate(held=held)
        .filter(Q(pk__in=list(promises)) | Q(quantity__gt=F("shipped") + F("cancelled") + F("held")))
        .select_related("order", "product")
        .annotate(unsupplied=Exists(LinePromise.objects.filter(UNSUPPLIED, line=OuterRef("pk"))))
        .order_by("unsupplied", F("promised_date").asc(nulls_last=True), "order__requested_date", "pk")
    )
    found: dict[Place, list[_Waiting]] = defaultdict(list)
    for row in rows:
        place = (row.product_id, row.order.warehouse_id)
        if place in places:
            found[place].append(_Waiting(row, row.open_quantity - row.held, promises.get(row.pk)))
    return dict(found)


def _judge(places: Collection[Place], today: date) -> _Judge:
    sources = pipeline.sources(places)
    supplies = pipeline.incoming(places)
    codes = dict(Warehouse.objects.filter(pk__in={w for _p, w in places}).values_list("pk", "code"))
    keys = {"", *sources.values(), *codes.values(), *(s.source for some in supplies.values() for s in some)}
    return _Judge(today, pipeline.lead_times(places), sources, codes, supplies, Delays(newest(keys)))


def _renew(
    row: _Waiting, place: Place, timeline: Timeline, judge: _Judge, cause: Cause, now: datetime, changes: _Changes
) -> None:
    """Check one line's promise and note what is to be written."""
    line, pieces, old = row
    if pieces <= 0:
        if old:
            changes.replaced.append(old.pk)
        return
    wish = max(line.order.requested_date, judge.today)
    answer = promise_from(timeline, pieces, judge.lead_days.get(place), line.order.requested_date)
    day = max(answer.date, wish) if answer.date else None
    if old and old.basis == answer.basis == Basis.LEAD_TIME and old.date and old.date >= judge.today:
        day = old.date  # nothing is ordered yet: that another day has passed is no news
    new = LinePromise(
        line=line, product_id=place[0], warehouse_id=place[1], pieces=pieces, date=day, basis=answer.basis,
        document=answer.document, reason=cause.reason, cause=cause.document, made_at=now,
    )  # fmt: skip
    if day:
        _set_odds(new, *judge.odds(place, new.basis, new.document, Asked(day, wish)))
    if old and _says(old) == _says(new):
        if old.chance is None and new.chance is not None:
            # The same promise, of which the odds were not known yet.
            old.chance, old.safe_date, old.safe_chance = new.chance, new.safe_date, new.safe_chance
            old.evidence = new.evidence
            changes.judged.append(old)
            return
        if not _has_fallen(old, place, judge):
            return
    if old:
        changes.replaced.append(old.pk)
    changes.made.append(new)
    if old is None or old.date != new.date or old.safe_date != new.safe_date:
        changes.moved.append((line, new, old.date if old else line.promised_date))


def _says(row: LinePromise) -> tuple[object, ...]:
    return row.pieces, row.date, row.basis, row.document


def _set_odds(row: LinePromise, odds: Odds | None, evidence: dict[str, object]) -> None:
    row.evidence = evidence
    if odds:
        row.chance, row.safe_date, row.safe_chance = odds.chance, odds.safe_date, odds.safe_chance


def _has_fallen(old: LinePromise, place: Place, judge: _Judge) -> bool:
    """Whether the safe date of a promise has become unlikely, or passed."""
    if old.safe_date is None:
        return False
    if old.safe_date <= judge.today:
        return True
    asked = Asked(old.safe_date, old.safe_date)
    odds, _evidence = judge.odds(place, old.basis, old.document, asked)
    return odds is not None and odds.chance < RENEW_BELOW


def _write(changes: _Changes, now: datetime) -> None:
    for row in (*changes.made, *changes.judged):
        row.judged_at = now
    LinePromise.objects.filter(pk__in=changes.replaced).update(replaced_at=now)
    LinePromise.objects.bulk_create(changes.made, batch_size=2000)
    LinePromise.objects.bulk_update(changes.judged, ODDS, batch_size=2000)
    dated = [(line, new) for line, new, _old in changes.moved if line.promised_date != new.date]
    for line, new in dated:
        line.promised_date = new.date
    OrderLine.objects.bulk_update([line for line, _new in dated], ["promised_date"], batch_size=2000)
    _tell(changes, now)


def _tell(changes: _Changes, now: datetime) -> None:
    """The order's timeline and open screens; its sales person sees it under "My promises that moved"."""
    steps: dict[int, list[list[object]]] = defaultdict(list)
    causes: dict[int, LinePromise] = {}
    told: set[int] = {row.line.order_id for row in changes.judged}
    for line, new, old in changes.moved:
        told.add(line.order_id)
        if old == new.date:
            continue
        causes[line.order_id] = new
        dates = [day.isoformat() if day else None for day in (old, new.date)]
        steps[line.order_id].append([line.position, line.product.sku, *dates, new.document])
    audit.record_many(
        audit.entry(
            "order", order, "re_promised", at=now, lines=lines, reason=causes[order].reason, cause=causes[order].cause
        )
        for order, lines in steps.items()
    )
    if told:
        publish_after_commit("orders-changed", {"orders": sorted(told)[:100]})
