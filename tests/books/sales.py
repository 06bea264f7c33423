"""Steps through the services of sales."""

import copy
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.errors import Duplicate, IllegalTransition, InsufficientStock, InvalidInput
from orders.models import Order, OrderLine, ShipmentLine
from orders.services import (
    cancel_order,
    cancel_orders,
    change_order,
    create_orders,
    return_goods,
    reverse_orders,
    ship_orders,
)
from orders.values import (
    NewCancellation,
    NewLine,
    NewOrder,
    NewQuantity,
    NewReturn,
    NewReversal,
    NewShipment,
    OrderChange,
    ShortClose,
)
from tests.books.model import Line, Sale, Sold

ANY = st.integers(0, 10**6)
"""Picks one of what there is, by its remainder."""
PIECES = st.integers(1, 9)
PRICE = st.decimals("0", "99.99", places=2)
LINES = st.lists(st.tuples(st.integers(0, 1), PIECES, PRICE), min_size=1, max_size=3)


class SalesRules:
    """Orders taken, changed, shipped, cancelled, taken back and reversed."""

    def open_sales(self) -> list[Sale]:
        return [sale for sale in self.books.sales.values() if sale.status in ("open", "partly_shipped")]

    def shippable(self) -> list[Sale]:
        return [sale for sale in self.open_sales() if any(line.held for line in sale.lines)]

    def new_order(self, warehouse: int, lines, accepts: bool, day: int, reference: str = "") -> NewOrder:
        return NewOrder(
            self.customer,
            self.channel,
            self.warehouses[warehouse],
            [NewLine(self.products[product], pieces, price) for product, pieces, price in lines],
            allow_backorder=accepts,
            requested_date=timezone.localdate() + timedelta(days=day),
            external_reference=reference,
        )

    def entered(self, new: NewOrder, order: Order, granted: list[int]) -> None:
        rows = OrderLine.objects.filter(order=order).order_by("position")
        lines = [Line(row.pk, (row.product_id, new.warehouse_id), row.unit_price, row.quantity) for row in rows]
        assert [(ln.place[0], ln.quantity, ln.price) for ln in lines] == [
            (ln.product_id, ln.quantity, ln.unit_price) for ln in new.lines
        ]
        self.books.enter(Sale(order.pk, order.requested_date, order.ordered_at, lines), granted)

    @rule(
        wishes=st.lists(st.tuples(st.integers(0, 1), LINES, st.booleans(), st.integers(0, 2)), min_size=1, max_size=3)
    )
    def order(self, wishes):
        news = [self.new_order(*wish) for wish in wishes]
        for new, outcome in zip(news, create_orders(news), strict=True):
            wanted = [((line.product_id, new.warehouse_id), line.quantity) for line in new.lines]
            granted = self.books.grants(wanted, new.allow_backorder)
            if granted is None:
                assert isinstance(outcome.error, InsufficientStock)
                self.books.refuse(wanted)
            else:
                self.entered(new, outcome.order, granted)

    @rule(lines=LINES, which=ANY)
    def order_of_a_channel(self, lines, which):
        """The same reference again: the same order when it is the same, a refusal when it is not."""
        new = self.new_order(which % 2, lines, True, 0, f"R-{self.channel}-{len(self.asked)}")
        granted = self.books.grants([((ln.product_id, new.warehouse_id), ln.quantity) for ln in new.lines], True)
        order = create_orders([new])[0].order
        self.entered(new, order, granted)
        self.asked.append((new, order.pk))

    @precondition(lambda self: self.asked)
    @rule(which=ANY, lines=LINES)
    def order_of_a_channel_again(self, which, lines):
        first, pk = self.asked[which % len(self.asked)]
        other = self.new_order(which % 2, [*lines, *lines, *lines, *lines], True, 0, first.external_reference)
        again, changed = create_orders([first]) + create_orders([other])
        assert (again.repeated, again.order.pk) == (True, pk)
        assert isinstance(changed.error, Duplicate)

    @precondition(lambda self: self.shippable())
    @rule(which=ANY)
    def ship_all(self, which):
        sale = self.shippable()[which % len(self.shippable())]
        self.shipped(sale, NewShipment(sale.pk), {line.pk: line.held for line in sale.lines})

    @precondition(lambda self: self.shippable())
    @rule(which=ANY, share=st.data())
    def ship_part(self, which, share):
        sale = self.shippable()[which % len(self.shippable())]
        wanted = {line.pk: share.draw(st.integers(0, line.held)) for line in sale.lines}
        if any(wanted.values()):
            self.shipped(sale, NewShipment(sale.pk, wanted), wanted)
        else:
            with pytest.raises(IllegalTransition):
                ship_orders([NewShipment(sale.pk, wanted)])

    def shipped(self, sale: Sale, new: NewShipment, wanted: dict[int, int]) -> None:
        (shipment,) = ship_orders([new])
        rows = list(ShipmentLine.objects.filter(shipment=shipment).order_by("pk"))
        parts = self.books.ship(sale, wanted)
        assert [(row.line_id, row.quantity, row.cost, row.revenue) for row in rows] == [
            (line.pk, pieces, cost, pieces * line.price) for line, pieces, cost in parts
        ]
        for row, (line, pieces, cost) in zip(rows, parts, strict=True):
            self.books.sold.append(Sold(row.pk, sale.pk, line, pieces, cost))

    @precondition(lambda self: any(sold.back < sold.pieces for sold in self.books.sold))
    @rule(which=ANY, share=st.data())
    def take_back(self, which, share):
        rows = [sold for sold in self.books.sold if sold.back < sold.pieces]
        sold = rows[which % len(rows)]
        pieces = share.draw(st.integers(1, sold.pieces - sold.back))
        (returned,) = return_goods([NewReturn(sold.sale, {sold.pk: pieces}, reason="broken")])
        line = returned.lines.get()
        assert (line.cost, line.refund) == (self.books.take_back(sold, pieces), pieces * sold.line.price)

    @precondition(lambda self: self.open_sales())
    @rule(which=ANY)
    def cancel(self, which):
        sales = list(self.books.sales.values())
        sale = sales[which % len(sales)]
        if sale not in self.open_sales():
            with pytest.raises(IllegalTransition):
                cancel_order(sale.pk, reason="again")
        else:
            cancel_order(sale.pk, reason="changed their mind")
            self.books.cancel(sale)

    @precondition(lambda self: self.open_sales())
    @rule(which=ANY, share=st.data())
    def cancel_part(self, which, share):
        sale = self.open_sales()[which % len(self.open_sales())]
        wanted = {line.pk: share.draw(st.integers(0, line.open)) for line in sale.lines}
        new = NewCancellation(sale.pk, "too many", wanted)
        if not any(wanted.values()):
            with pytest.raises(InvalidInput):
                cancel_orders([new])
            return
        cancel_orders([new])
        for line in sale.lines:
            self.books.give_up(line, wanted[line.pk], close=True)
        self.books.settle(sale)
        self.books.fill({line.place for line in sale.lines if wanted[line.pk]})

    @rule(product=st.integers(0, 1), pieces=PIECES)
    def reverse(self, product, pieces):
        """A channel cancels pieces without saying of which order; open ones are cancelled, shipped ones come back."""
        self.reversals += 1
        key = f"K{self.reversals}"
        new = NewReversal(self.channel, "VOID", key, self.customer, self.products[product], pieces, at=timezone.now())
        hit = self.books.line_to_reverse(self.products[product], pieces)
        outcomes = [reverse_orders([new])[0] for _twice in range(2)]
        if hit is None:
            assert all(outcome.error for outcome in outcomes)
            return
        assert [outcome.line_id for outcome in outcomes] == [hit[1].pk] * 2
        assert [outcome.repeated for outcome in outcomes] == [False, True]
        self.books.reverse(*hit, pieces)

    @precondition(lambda self: self.open_sales())
    @rule(which=ANY, share=st.data(), added=st.lists(st.tuples(st.integers(0, 1), PIECES, PRICE), max_size=2))
    def change(self, which, share, added):
        sale = self.open_sales()[which % len(self.open_sales())]
        steps = {line: share.draw(st.sampled_from(["keep", "set", "close"])) for line in sale.lines}
        quantities, closed = [], []
        for position, (line, step) in enumerate(steps.items(), 1):
            if step == "set":
                least = max(1, line.shipped + line.cancelled)
                quantities.append(NewQuantity(position, share.draw(st.integers(least, least + 9))))
            elif step == "close" and line.open:
                closed.append(ShortClose(position, "no supplier"))
        new_lines = [NewLine(self.products[product], pieces, price) for product, pieces, price in added]
        if quantities or closed or new_lines:
            accepts = share.draw(st.booleans())
            self.apply_change(sale, OrderChange(sale.pk, quantities, new_lines, closed, allow_backorder=accepts))

    def apply_change(self, sale: Sale, change: OrderChange) -> None:
        before, books = copy.deepcopy(self.books), self.books
        warehouse = sale.lines[0].place[1]
        grown, gone = [], []
        for wanted in change.quantities:
            line = sale.lines[wanted.position - 1]
            delta = wanted.quantity - line.quantity
            if delta < 0:
                books.give_up(line, -delta, close=False)
                gone.append(line)
            elif delta:
                grown.append((line, delta))
        for close in change.closed:
            line = sale.lines[close.position - 1]
            books.give_up(line, line.open, close=True)
            gone.append(line)
        books.fill({line.place for line in gone})
        new = [Line(0, (line.product_id, warehouse), line.unit_price, line.quantity) for line in change.added]
        more = [*grown, *((line, line.quantity) for line in new)]
        wanted = [(line.place, pieces) for line, pieces in more]
        granted = books.grants(wanted, change.allow_backorder)
        if granted is None:
            with pytest.raises(InsufficientStock):
                change_order(change)
            self.books = before
            self.books.refuse(wanted)
            return
        change_order(change)
        pks = OrderLine.objects.filter(order=sale.pk).order_by("position").values_list("pk", flat=True)
        for line, pk in zip(new, list(pks)[len(sale.lines) :], strict=True):
            line.pk, line.quantity = pk, 0
        sale.lines += new
        for (line, pieces), got in zip(more, granted, strict=True):
            line.quantity += pieces
            line.lost += pieces - got
            books.claim(line, got)
        books.settle(sale)
