"""Random steps through every service that changes stock, each compared with the clerk's books to the piece and cent."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Exists, Max, Model, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import InsufficientStock
from inventory.models import StockLevel
from inventory.places import Receipt
from inventory.selectors import availability, waiting_by_place
from inventory.services import adjust_stock, open_balance
from orders.models import LinePromise, LostDemand, Order, OrderLine, ShipmentLine
from orders.models.promises import UNSUPPLIED
from orders.picking import pick_queue
from orders.values import NewOrder
from purchasing.models import PurchaseOrder, PurchaseOrderLine
from purchasing.services import set_policies
from purchasing.values import PolicyInput
from tests.books.model import Books, Place, cents
from tests.books.purchases import COST, ORDER_UP_TO, PACK, REORDER_POINT, PurchaseRules
from tests.books.sales import ANY, PIECES, SalesRules
from tests.factories import ChannelFactory, CustomerFactory, SupplierFactory, SupplierItemFactory, WarehouseFactory

OWN = [Order, OrderLine, LostDemand, ShipmentLine, PurchaseOrder, PurchaseOrderLine]


class BooksMachine(SalesRules, PurchaseRules, RuleBasedStateMachine):
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
        # What was there before is none of ours: without its keys as a bound, each look would read all of it.
        self.older = {row: row.objects.aggregate(last=Max("pk"))["last"] or 0 for row in OWN}
        self.asked: list[tuple[NewOrder, int]] = []
        set_policies([PolicyInput(self.products[0], w, 0, REORDER_POINT, ORDER_UP_TO) for w in self.warehouses])
        self.since_check = self.reversals = 0
        for number in range(len(self.places)):
            self.open_with(number, 5, Decimal(number) / 3)

    def place(self, which: int) -> Place:
        return self.places[which % len(self.places)]

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

    # --- after every step ---------------------------------------------------------------------------------------------

    def own(self, model: type[Model]) -> QuerySet:
        """Rows that were not there when this example began."""
        return model.objects.filter(pk__gt=self.older[model])

    @invariant()
    def promises_are_told(self) -> None:
        """What was promised before a step decides who gets stock in it."""
        if not hasattr(self, "books"):
            return
        rows = OrderLine.objects.annotate(
            unsupplied=Exists(LinePromise.objects.filter(UNSUPPLIED, line=OuterRef("pk")))
        )
        self.books.promised = {
            pk: (unsupplied, day or date.max)
            for pk, unsupplied, day in rows.filter(order__in=list(self.books.sales)).values_list(
                "pk", "unsupplied", "promised_date"
            )
        }

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
        lines = self.own(OrderLine).filter(order__channel=self.channel)
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
        assert dict(self.own(Order).filter(channel=self.channel).values_list("pk", "status")) == {
            sale.pk: sale.status for sale in self.books.sales.values()
        }
        short = self.own(LostDemand).filter(channel=self.channel)
        assert dict(short.filter(kind="backordered").values_list("line_id", "quantity")) == {
            line.pk: line.lost for line in model if line.lost
        }
        refused = short.filter(kind="refused").values_list("product_id", "warehouse_id").annotate(n=Sum("quantity"))
        assert {(product, warehouse): n for product, warehouse, n in refused} == dict(self.books.refused)
        bought = self.own(PurchaseOrderLine).filter(purchase_order__supplier=self.supplier)
        assert dict(bought.values_list("pk", "received")) == {
            line.pk: line.received for purchase in self.books.purchases.values() for line in purchase.lines
        }
        assert dict(self.own(PurchaseOrder).filter(supplier=self.supplier).values_list("pk", "status")) == {
            purchase.pk: purchase.status for purchase in self.books.purchases.values()
        }

    @invariant()
    def the_pick_queue_has_what_holds_stock(self) -> None:
        if not hasattr(self, "books") or self.operations % 3:
            return
        ready = {pk for pk, sale in self.books.sales.items() if any(line.held for line in sale.lines)}
        assert {pk for place in self.warehouses for pk in pick_queue(place).values_list("pk", flat=True)} == ready

    def teardown(self) -> None:
        """What was shipped keeps the cost it left with, whatever came later."""
        if hasattr(self, "books"):
            costs = self.own(ShipmentLine).filter(shipment__order__channel=self.channel).values_list("pk", "cost")
            assert dict(costs) == {sold.pk: sold.cost for sold in self.books.sold}
