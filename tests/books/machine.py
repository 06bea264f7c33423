"""Random steps through every service that changes stock, each compared with the clerk's books to the piece and cent."""

import copy
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.errors import Duplicate, IllegalTransition, InsufficientStock
from inventory.models import StockLevel
from inventory.places import Receipt
from inventory.selectors import availability, waiting_by_place
from inventory.services import adjust_stock, open_balance
from orders.models import LostDemand, Order, OrderLine, ShipmentLine
from orders.services import (
    cancel_order,
    change_order,
    create_orders,
    fill_backorders,
    return_goods,
    ship_orders,
)
from orders.values import NewLine, NewOrder, NewQuantity, NewReturn, NewShipment, OrderChange, ShortClose
from purchasing.models import PurchaseOrder, PurchaseOrderLine, ReorderSuggestion
from purchasing.services import (
    approve_suggestions,
    cancel_purchase_order,
    create_purchase_orders,
    drain_marks,
    place_purchase_order,
    receive_goods,
    set_policies,
)
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt, PolicyInput
from tests.books.model import Books, Bought, Line, Place, Purchase, Sale, Sold, cents
from tests.factories import ChannelFactory, CustomerFactory, SupplierFactory, SupplierItemFactory, WarehouseFactory

PIECES = st.integers(1, 9)
COST = st.decimals("0", "9.9999", places=4)
PRICE = st.decimals("0", "99.99", places=2)
ANY = st.integers(0, 10**6)
"""Picks one of what there is, by its remainder."""
LINES = st.lists(st.tuples(st.integers(0, 1), PIECES, PRICE), min_size=1, max_size=3)
REORDER_POINT, ORDER_UP_TO, PACK = 3, 12, 6


class BooksMachine(RuleBasedStateMachine):
    """Two products in two warehouses. Every example has rows of its own, so nothing is undone between them."""

    operations = 0
    """Steps taken by all examples so far, each checked against the books."""

    @initialize()
    def found(self) -> None:
        self.warehouses = [WarehouseFactory().pk for _n in range(2)]
        self.channel, self.customer, self.supplier = ChannelFactory().pk, CustomerFactory().pk, SupplierFactory()
        items = [SupplierItemFactory(supplier=self.supplier, moq=n, order_multiple=n) for n in (1, PACK)]
        self.products = [item.product_id for item in items]
        self.places = [(product, warehouse) for product in self.products for warehouse in self.warehouses]
        self.books = Books(self.places)
        self.asked: list[tuple[NewOrder, int]] = []
        set_policies([PolicyInput(self.products[0], w, 0, REORDER_POINT, ORDER_UP_TO) for w in self.warehouses])
        self.since_check = 0
        for number in range(len(self.places)):
            self.open_with(number, 5, Decimal(number) / 3)

    # --- helpers ------------------------------------------------------------------------------------------------------

    def place(self, which: int) -> Place:
        return self.places[which % len(self.places)]

    def open_sales(self) -> list[Sale]:
        return [sale for sale in self.books.sales.values() if sale.status in ("open", "partly_shipped")]

    def shippable(self) -> list[Sale]:
        return [sale for sale in self.open_sales() if any(line.held for line in sale.lines)]

    def purchases(self, *statuses: str) -> list[Purchase]:
        return [purchase for purchase in self.books.purchases.values() if purchase.status in statuses]

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
        self.books.enter(Sale(order.pk, order.requested_date, lines), granted)

    def bought(self, order: PurchaseOrder) -> None:
        rows = PurchaseOrderLine.objects.filter(purchase_order=order).order_by("pk")
        lines = [Bought(r.pk, (r.product_id, order.warehouse_id), r.quantity, r.unit_cost) for r in rows]
        self.books.purchases[order.pk] = Purchase(order.pk, lines, order.status)

    # --- stock --------------------------------------------------------------------------------------------------------

    @rule(which=ANY, pieces=PIECES, cost=COST)
    def open_with(self, which, pieces, cost):
        place, value = self.place(which), cents(cost * pieces)
        open_balance([Receipt(place, pieces, value, "OPENING")], at=timezone.now(), reason="opening")
        self.books.receive(place, pieces, value)

    @rule(which=ANY, difference=st.integers(-9, 9).filter(bool), cost=st.none() | COST)
    def count(self, which, difference, cost):
        place, shelf = self.place(which), self.books.shelves[self.place(which)]
        wanted = {"product_id": place[0], "warehouse_id": place[1], "difference": difference, "reason": "count"}
        if difference + shelf.on_hand < 0:
            with pytest.raises(InsufficientStock):
                adjust_stock(**wanted)
            return
        value = cents(difference * (shelf.unit_cost if cost is None else cost))
        adjust_stock(**wanted, unit_cost=cost)
        if difference < 0:
            self.books.lose(place, -difference)
        else:
            self.books.receive(place, difference, value)

    # --- sales --------------------------------------------------------------------------------------------------------

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

    # --- purchases ----------------------------------------------------------------------------------------------------

    @rule(warehouse=st.integers(0, 1), packs=st.integers(1, 3), both=st.booleans(), placed=st.booleans(), cost=COST)
    def buy(self, warehouse, packs, both, placed, cost):
        lines = [NewPurchaseLine(self.products[1], packs * PACK, cost)]
        lines += [NewPurchaseLine(self.products[0], packs)] if both else []
        new = NewPurchaseOrder(self.supplier.pk, self.warehouses[warehouse], lines, place=placed)
        self.bought(create_purchase_orders([new])[0])

    @precondition(lambda self: self.purchases("draft"))
    @rule(which=ANY)
    def place_draft(self, which):
        purchase = self.purchases("draft")[which % len(self.purchases("draft"))]
        with pytest.raises(IllegalTransition):
            receive_goods([NewReceipt(purchase.pk)])
        purchase.status = place_purchase_order(purchase.pk).status

    @precondition(lambda self: self.purchases("draft", "ordered", "partly_received"))
    @rule(which=ANY)
    def cancel_purchase(self, which):
        purchases = self.purchases("draft", "ordered", "partly_received")
        purchase = purchases[which % len(purchases)]
        if purchase.status == "partly_received":
            with pytest.raises(IllegalTransition):
                cancel_purchase_order(purchase.pk, reason="late")
        else:
            purchase.status = cancel_purchase_order(purchase.pk, reason="late").status

    @precondition(lambda self: self.purchases("ordered", "partly_received"))
    @rule(which=ANY, share=st.data())
    def receive(self, which, share):
        purchases = self.purchases("ordered", "partly_received")
        purchase = purchases[which % len(purchases)]
        wanted = {line.pk: share.draw(st.integers(0, line.quantity - line.received)) for line in purchase.lines}
        if not any(wanted.values()):
            with pytest.raises(IllegalTransition):
                receive_goods([NewReceipt(purchase.pk, wanted)])
            return
        receive_goods([NewReceipt(purchase.pk, wanted)])
        for line in purchase.lines:
            if wanted[line.pk]:
                line.received += wanted[line.pk]
                self.books.shelves[line.place].put(wanted[line.pk], cents(line.unit_cost * wanted[line.pk]))
        self.books.fill({line.place for line in purchase.lines if wanted[line.pk]})
        is_complete = all(line.received == line.quantity for line in purchase.lines)
        purchase.status = "received" if is_complete else "partly_received"

    @precondition(lambda self: self.since_check > 3)
    @rule(approve=st.booleans())
    def reorder(self, approve):
        """What the check proposes is what the position asks for, in whole packs; and nothing was left to fill."""
        self.since_check = 0
        assert fill_backorders(self.places, at=timezone.now()) == 0
        while drain_marks():
            pass
        rows = ReorderSuggestion.objects.filter(status="open", product__in=self.products)
        found = {(row.product_id, row.warehouse_id): row.quantity for row in rows}
        assert found == {place: pieces for place in self.places if (pieces := self.need(place))}
        if approve and rows:
            for order in approve_suggestions({row.pk: row.quantity for row in rows}):
                self.bought(order)

    def need(self, place: Place) -> int:
        first = place[0] == self.products[0]
        point, up_to, pack = (REORDER_POINT, ORDER_UP_TO, 1) if first else (0, 0, PACK)
        position = self.books.available(place) + self.books.on_order(place) - self.books.waiting(place)
        is_due = position < 0 or (position <= point and position < up_to)
        return -(-(up_to - position) // pack) * pack if is_due else 0

    # --- after every step ---------------------------------------------------------------------------------------------

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "books"):
            return
        type(self).operations += 1
        self.since_check += 1
        books = self.books
        stock = availability(self.places)
        assert {place: (a.on_hand, a.reserved, a.available) for place, a in stock.items()} == {
            place: (shelf.on_hand, books.reserved(place), books.available(place))
            for place, shelf in books.shelves.items()
        }
        values = StockLevel.objects.filter(product__in=self.products).values_list("product_id", "warehouse_id", "value")
        worth = {(product, warehouse): value for product, warehouse, value in values}
        assert {place: worth.get(place, Decimal(0)) for place in self.places} == {
            place: shelf.value for place, shelf in books.shelves.items()
        }
        waiting = {place: pieces for place in self.places if (pieces := books.waiting(place))}
        assert waiting_by_place(self.places) == waiting
        assert not any(books.available(place) for place in waiting), "somebody waits for what is there"

    @invariant()
    def documents_agree(self) -> None:
        if not hasattr(self, "books"):
            return
        lines = OrderLine.objects.filter(order__channel=self.channel)
        rows = lines.annotate(
            held=Coalesce(Sum("allocations__reservation__quantity"), 0), lost=Sum("lost_demand__quantity")
        )
        found = {
            row[0]: row[1:]
            for row in lines.order_by("pk").values_list("pk", "quantity", "shipped", "cancelled", "returned")
        }
        model = [line for sale in self.books.sales.values() for line in sale.lines]
        assert found == {ln.pk: (ln.quantity, ln.shipped, ln.cancelled, ln.returned) for ln in model}
        assert dict(rows.values_list("pk", "held")) == {line.pk: line.held for line in model}
        assert dict(Order.objects.filter(channel=self.channel).values_list("pk", "status")) == {
            sale.pk: sale.status for sale in self.books.sales.values()
        }
        short = LostDemand.objects.filter(channel=self.channel)
        assert dict(short.filter(kind="backordered").values_list("line_id", "quantity")) == {
            line.pk: line.lost for line in model if line.lost
        }
        refused = short.filter(kind="refused").values_list("product_id", "warehouse_id").annotate(n=Sum("quantity"))
        assert {(product, warehouse): n for product, warehouse, n in refused} == dict(self.books.refused)
        bought = PurchaseOrderLine.objects.filter(purchase_order__supplier=self.supplier)
        assert dict(bought.values_list("pk", "received")) == {
            line.pk: line.received for purchase in self.books.purchases.values() for line in purchase.lines
        }
        assert dict(PurchaseOrder.objects.filter(supplier=self.supplier).values_list("pk", "status")) == {
            purchase.pk: purchase.status for purchase in self.books.purchases.values()
        }

    def teardown(self) -> None:
        """What was shipped keeps the cost it left with, whatever came later."""
        if hasattr(self, "books"):
            costs = ShipmentLine.objects.filter(shipment__order__channel=self.channel).values_list("pk", "cost")
            assert dict(costs) == {sold.pk: sold.cost for sold in self.books.sold}
