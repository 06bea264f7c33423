"""One step for several orders: previewed without a change, done to each by itself, refused by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import Order
from orders.services import cancel_order, change_order, create_order
from orders.values import NewDetails, OrderChange
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db
URL = "/orders/several/"


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales"))
    return client


@pytest.fixture
def three(desk):
    """Two open orders, the first with three reserved and two waiting, and a cancelled one."""
    tea = desk.product()
    stock(tea, desk.warehouse, 3)
    orders = [create_order(desk.order((tea, pieces))) for pieces in (5, 1, 1)]
    cancel_order(orders[2].pk, reason="no")
    return orders


def send(client, action, orders, *, shown=None, **typed):
    seen = {f"seen-{row.order.pk}": row.seen for row in (shown.context["rows"] if shown else ())}
    return client.post(URL, {"action": action, "order": [order.pk for order in orders]} | seen | typed)


def answers(page) -> list[tuple[str, bool]]:
    return [(row.text, row.is_fine) for row in page.context["rows"]]


CLOSED = ("Left as it is: the order is not open any more.", False)


def test_cancelling_is_previewed_and_then_done_to_those_it_can_be(sales, three):
    page = send(sales, "cancel", three)
    assert answers(page) == [
        ("Frees 3 reserved pieces, drops 2 waiting ones.", True),
        ("Frees 0 reserved pieces, drops 1 waiting ones.", True),
        CLOSED,
    ]
    assert Order.objects.filter(status="open").count() == 2, "a preview changes nothing"
    refused = send(sales, "cancel", three, shown=page, confirm="1", reason="")
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert Order.objects.filter(status="open").count() == 2
    done = send(sales, "cancel", three, shown=page, confirm="1", reason="Fair is over")
    assert answers(done) == [("Done.", True), ("Done.", True), CLOSED]
    assert not Order.objects.filter(status="open").exists()


def test_a_line_with_two_reservations_counts_its_pieces_once(sales, desk, three):
    stock(three[0].lines.get().product, desk.warehouse, 1)  # the fourth piece of the first order, held by itself
    assert answers(send(sales, "cancel", three[:1])) == [("Frees 4 reserved pieces, drops 1 waiting ones.", True)]


def test_an_order_changed_since_the_preview_is_refused_and_the_others_are_done(sales, three):
    page = send(sales, "cancel", three[:2])
    change_order(OrderChange(three[0].pk, details=NewDetails(note="Call first")))
    done = send(sales, "cancel", three[:2], shown=page, confirm="1", reason="x")
    (first, second) = answers(done)
    assert first[1] is False
    assert "changed by somebody else" in first[0]
    assert second == ("Done.", True)
    assert [Order.objects.get(pk=order.pk).status for order in three[:2]] == ["open", "cancelled"]


def test_the_requested_date_is_moved(sales, three):
    day = timezone.localdate() + timedelta(days=7)
    page = send(sales, "date", three)
    done = send(sales, "date", three, shown=page, confirm="1", requested_date=day.isoformat())
    assert [fine for _text, fine in answers(done)] == [True, True, False]
    assert set(Order.objects.filter(status="open").values_list("requested_date", flat=True)) == {day}
    again = send(sales, "date", three[:1], confirm="1", requested_date=day.isoformat())
    assert answers(again) == [("Left as it is: nothing would change.", False)]


def test_priority_is_given_and_taken(sales, three):
    send(sales, "priority", three, confirm="1")
    assert [Order.objects.get(pk=order.pk).is_priority for order in three] == [True, True, False]
    send(sales, "no-priority", three[:1], confirm="1")
    assert [Order.objects.get(pk=order.pk).is_priority for order in three] == [False, True, False]


def test_each_step_asks_for_its_permission(client, three):
    client.force_login(UserFactory(permissions=["orders.view_order", "orders.change_order"]))
    assert send(client, "cancel", three, confirm="1", reason="x").status_code == 403
    assert send(client, "priority", three).status_code == 200
    client.force_login(UserFactory(permissions=["orders.change_order"]))
    assert send(client, "priority", three).status_code == 403
    assert Order.objects.filter(status="open").count() == 2


def test_nothing_chosen_and_unknown_steps(sales):
    assert "No order was chosen" in send(sales, "cancel", []).content.decode()
    assert send(sales, "explode", []).status_code == 400
    assert sales.get(URL).status_code == 405


def test_the_list_offers_only_what_one_may_do(client, three):
    client.force_login(UserFactory(permissions=["orders.view_order"]))
    assert client.get("/orders/").context["actions"] == []
    client.force_login(UserFactory(permissions=["orders.view_order", "orders.cancel_order"]))
    assert [name for name, _label in client.get("/orders/").context["actions"]] == ["cancel"]
