"""Whatever happens to quotations, orders and stock, everything ties out."""

from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import IllegalTransition
from inventory.models import StockLevel
from inventory.services import adjust_stock
from orders.models import Quotation
from orders.services import create_order, decline_quotation, hold_quotation, let_go_of_quotation, order_quotation
from tests.factories import stock
from tests.orders.test_quotations import day, offer, tie_out

pytestmark = pytest.mark.django_db


class Deal:
    """Plays steps on one product with a few quotations and orders."""

    def __init__(self, desk):
        self.desk, self.tea = desk, desk.product()
        stock(self.tea, desk.warehouse, 20)
        self.quotations: list[Quotation] = []

    def play(self, step: str, number: int) -> None:
        if step == "offer":
            self.quotations.append(offer(self.desk, (self.tea, number), (self.tea, 1)))
        elif step == "order":
            create_order(self.desk.order((self.tea, number)))
        elif step == "stock":
            stock(self.tea, self.desk.warehouse, number)
        elif step == "missing":
            on_hand = StockLevel.objects.get(product=self.tea).on_hand
            if on_hand >= number:
                place = {"product_id": self.tea.pk, "warehouse_id": self.desk.warehouse.pk}
                adjust_stock(**place, difference=-number, reason="lost")
        elif self.quotations:
            quotation = self.quotations[number % len(self.quotations)]
            act = {
                "accept": order_quotation,
                "decline": lambda pk: decline_quotation(pk, "no"),
                "let_go": let_go_of_quotation,
                "hold": lambda pk: hold_quotation(pk, day(2)),
            }[step]
            with suppress(IllegalTransition):
                act(quotation.pk)


STEPS = ["offer", "order", "stock", "missing", "accept", "decline", "let_go", "hold"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 9)), max_size=12))
def test_stock_orders_and_quotations_tie_out_whatever_happens(desk, steps):
    before = transaction.savepoint()
    deal = Deal(desk)
    for step, number in steps:
        deal.play(step, number)
        assert tie_out()
        level = StockLevel.objects.get(product=deal.tea)
        assert level.waiting >= 0
        assert not (level.waiting and level.available), "free pieces while an order waits"
    transaction.savepoint_rollback(before)
