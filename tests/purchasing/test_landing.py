"""Freight and duty in the cost of pieces: at the receipt, and late without rewriting anything; by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from inventory.models import StockLevel, StockMove
from inventory.verification import stock_differences
from orders.models import ShipmentLine
from orders.services import create_order, ship_order
from orders.values import NewLine, NewOrder, NewShipment
from purchasing.models import LandedCost
from purchasing.services import add_landed_cost, receive_goods
from purchasing.services.landing import spread
from purchasing.timeline import purchase_order_events
from purchasing.values import NewReceipt
from tests.factories import ChannelFactory, CustomerFactory, UserFactory


def money(text):
    return Decimal(text)


def test_by_value_and_to_the_cent():
    assert spread(money("10.00"), [(1, money("20.00")), (9, money("10.00"))]) == [money("6.67"), money("3.33")]
    # What costs nothing is spread by pieces.
    assert spread(money("10.00"), [(1, money("0")), (3, money("0"))]) == [money("2.50"), money("7.50")]


@given(
    st.decimals(money("0.01"), money("99999"), places=2),
    st.lists(st.tuples(st.integers(1, 999), st.decimals(0, 9999, places=2)), min_size=1, max_size=9),
)
def test_shares_add_up(amount, parts):
    shares = spread(amount, parts)
    assert sum(shares) == amount
    assert min(shares) >= 0


@pytest.fixture
def received(buying):
    """20 of tea (50.00) and 50 cups (60.00) came with 11.00 of freight and 5.50 of duty."""
    order = buying.order((buying.tea, 20), (buying.cup, 50))
    landed = {"freight": money("11.00"), "duty": money("5.50")}
    return receive_goods([NewReceipt(order.pk, landed=landed)])[0]


def value_of(product):
    return StockLevel.objects.get(product=product).value


@pytest.mark.django_db
def test_at_the_receipt_it_is_part_of_the_cost(buying, received):
    # 16.50 × 50 / 110 and 16.50 × 60 / 110
    assert (value_of(buying.tea), value_of(buying.cup)) == (money("57.50"), money("69.00"))
    assert [(cost.kind, cost.amount, cost.expensed) for cost in received.landed_costs.order_by("pk")] == [
        ("freight", money("11.00"), 0),
        ("duty", money("5.50"), 0),
    ]
    assert stock_differences() == []


@pytest.mark.django_db
def test_what_comes_late_changes_no_margin_of_before(buying, received):
    lines = [NewLine(buying.tea.pk, 15)]
    sold = create_order(NewOrder(CustomerFactory().pk, ChannelFactory().pk, buying.warehouse.pk, lines))
    ship_order(NewShipment(sold.pk))
    before = list(ShipmentLine.objects.values_list("revenue", "cost"))
    moves = StockMove.objects.count()
    # 22.00: 10.00 for tea, of which 5 of 20 are there, 12.00 for cups, which all are.
    cost = add_landed_cost(received.pk, kind="freight", amount=money("22.00"), document="F-881")
    assert (cost.into_stock, cost.expensed) == (money("14.50"), money("7.50"))
    # 57.50 × 5 / 20 = 14.375 left; 14.37 after 43.13 went.
    assert (value_of(buying.tea), value_of(buying.cup)) == (money("16.87"), money("81.00"))
    assert list(ShipmentLine.objects.values_list("revenue", "cost")) == before
    assert StockMove.objects.count() == moves + 4
    assert [level.on_hand for level in StockLevel.objects.order_by("product")] == [5, 50]
    assert stock_differences() == []
    sentence = [event.sentence for event in purchase_order_events(received.purchase_order_id)][-1]
    assert sentence.endswith("22.00 of freight or duty came late; 14.50 into stock, 7.50 an expense.")


@pytest.mark.django_db
def test_when_everything_has_left_all_of_it_is_an_expense(buying, received):
    lines = [NewLine(buying.tea.pk, 20), NewLine(buying.cup.pk, 50)]
    sold = create_order(NewOrder(CustomerFactory().pk, ChannelFactory().pk, buying.warehouse.pk, lines))
    ship_order(NewShipment(sold.pk))
    cost = add_landed_cost(received.pk, kind="duty", amount=money("3.00"))
    assert (cost.into_stock, cost.expensed) == (0, money("3.00"))


@pytest.mark.django_db
def test_wrong_amounts_are_named(received):
    for fields, name in (
        ({"kind": "freight", "amount": money("0")}, "amount"),
        ({"kind": "freight", "amount": money("1.234")}, "amount"),
        ({"kind": "tip", "amount": money("1")}, "kind"),
        ({"kind": "duty", "amount": money("1"), "document": "x" * 41}, "document"),
    ):
        with pytest.raises(InvalidInput) as refused:
            add_landed_cost(received.pk, **fields)
        assert list(refused.value.field_errors) == [name]
    assert LandedCost.objects.count() == 2


@pytest.mark.django_db
def test_the_receiving_form_takes_freight(storekeeper, buying):
    order = buying.order((buying.cup, 10))
    url, line = f"/purchasing/receiving/{order.pk}/", order.lines.get().pk
    wrong = storekeeper.post(url, {f"line-{line}": "10", "freight": "-3"})
    assert wrong.status_code == 422
    assert "Ensure this value is greater than or equal to 0.01." in wrong.content.decode()
    assert storekeeper.post(url, {f"line-{line}": "10", "freight": "3.00", "key": "k"}).status_code == 302
    assert value_of(buying.cup) == money("15.00")


@pytest.mark.django_db(transaction=True)
def test_a_late_invoice_is_booked_once_on_its_page(client, buying, received):
    client.force_login(UserFactory(role="Buyers"))
    url = f"/purchasing/orders/receipts/{received.pk}/costs/"
    key = client.get(url).context["key"]
    assert client.post(url, {"kind": "freight", "amount": "", "key": key}).status_code == 422
    body = {"kind": "freight", "amount": "22.00", "document": "F-881", "key": key}
    assert [client.post(url, body).status_code for _ in range(2)] == [302, 302]
    page = client.get(url).content.decode()
    assert "F-881" in page
    assert LandedCost.objects.filter(document="F-881").count() == 1
    assert url in client.get(f"/purchasing/orders/{received.purchase_order_id}/").content.decode()
