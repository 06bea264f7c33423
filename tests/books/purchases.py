"""Steps through the services of purchasing."""

import pytest
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.errors import IllegalTransition
from orders.services import fill_backorders
from purchasing.models import PurchaseOrder, PurchaseOrderLine, ReorderSuggestion
from purchasing.services import (
    approve_suggestions,
    cancel_purchase_order,
    change_draft,
    create_purchase_orders,
    drain_marks,
    place_purchase_order,
    receive_goods,
)
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.books.model import Bought, Place, Purchase, cents

ANY = st.integers(0, 10**6)
COST = st.decimals("0", "9.9999", places=4)
REORDER_POINT, ORDER_UP_TO, PACK = 3, 12, 6


class PurchaseRules:
    """Purchase orders drafted, changed, placed, received in parts and cancelled; suggestions checked and approved."""

    def purchases(self, *statuses: str) -> list[Purchase]:
        return [purchase for purchase in self.books.purchases.values() if purchase.status in statuses]

    def bought(self, order: PurchaseOrder) -> None:
        rows = PurchaseOrderLine.objects.filter(purchase_order=order).order_by("pk")
        lines = [Bought(r.pk, (r.product_id, order.warehouse_id), r.quantity, r.unit_cost) for r in rows]
        self.books.purchases[order.pk] = Purchase(order.pk, lines, order.status)

    @rule(warehouse=st.integers(0, 1), packs=st.integers(1, 3), both=st.booleans(), placed=st.booleans(), cost=COST)
    def buy(self, warehouse, packs, both, placed, cost):
        lines = [NewPurchaseLine(self.products[1], packs * PACK, cost)]
        lines += [NewPurchaseLine(self.products[0], packs)] if both else []
        new = NewPurchaseOrder(self.supplier.pk, self.warehouses[warehouse], lines, place=placed)
        self.bought(create_purchase_orders([new])[0])

    @precondition(lambda self: self.purchases("draft"))
    @rule(which=ANY, packs=st.integers(1, 3), both=st.booleans(), cost=COST)
    def change_a_draft(self, which, packs, both, cost):
        purchase = self.purchases("draft")[which % len(self.purchases("draft"))]
        lines = [NewPurchaseLine(self.products[1], packs * PACK, cost)]
        lines += [NewPurchaseLine(self.products[0], packs)] if both else []
        self.bought(change_draft(purchase.pk, lines))

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
