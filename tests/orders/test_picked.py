"""Who printed a pick list and who picked stands in the order's history."""

import pytest

from orders.models import Shipment
from orders.services import create_order, ship_order
from orders.timeline import order_events
from orders.values import NewShipment
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(desk):
    tea = desk.product(sku="TEA")
    stock(tea, desk.warehouse, 3)
    return create_order(desk.order((tea, 5)))


@pytest.fixture
def warehouse(client):
    client.force_login(UserFactory(role="Warehouse", first_name="Wang"))
    return client


def history(order):
    return [(event.verb, event.sentence, event.actor and event.actor.first_name) for event in order_events(order.pk)]


def test_printing_the_list_is_noted_of_each_order_with_something_to_pick(warehouse, order, desk):
    idle = create_order(desk.order((desk.product(), 1)))
    page = warehouse.get(f"/picking/list/?order={order.pk}&order={idle.pk}").content.decode()
    assert f'name="order" value="{order.pk}"' in page
    assert len(order_events(order.pk)) == 1, "to look at it is not to print it"
    answer = warehouse.post("/picking/list/printed/", {"order": [order.pk, idle.pk, 0, "x", "9" * 30]})
    assert answer.status_code == 204
    assert history(order)[-1] == ("pick_list_printed", "Pick list printed: 3 to fetch.", "Wang")
    assert [event.verb for event in order_events(idle.pk)] == ["confirmed"]


def test_printing_is_no_step_that_keeps_others_from_changing_the_order(warehouse, order, client):
    seen = max(event.pk for event in order_events(order.pk))
    warehouse.post("/picking/list/printed/", {"order": [order.pk]})
    client.force_login(UserFactory(role="Sales"))
    assert client.post(f"/orders/{order.pk}/cancel/", {"reason": "x", "seen": seen}).status_code == 302


@pytest.mark.parametrize(
    ("counting", "sentence"), [("", "Picked: 2."), ("1", "Picked and counted with the scanner: 2.")]
)
def test_the_shipment_confirmed_at_the_picking_desk_says_who_picked(warehouse, order, counting, sentence):
    line = order.lines.get()
    warehouse.post(f"/picking/{order.pk}/", {"before": 0, "counting": counting, f"quantity_{line.pk}": 2})
    assert Shipment.objects.get().lines.get().quantity == 2
    assert history(order)[1] == ("picked", sentence, "Wang")
    assert [event.verb for event in order_events(order.pk)] == ["confirmed", "picked", "shipped"]


def test_a_shipment_from_elsewhere_says_nothing_of_picking(order):
    ship_order(NewShipment(order.pk))
    assert [event.verb for event in order_events(order.pk)] == ["confirmed", "shipped"]


def test_who_may_not_ship_notes_nothing(client, order):
    client.force_login(UserFactory(role="Sales"))
    assert client.post("/picking/list/printed/", {"order": [order.pk]}).status_code == 403
    assert client.get("/picking/list/printed/").status_code == 405
    assert len(order_events(order.pk)) == 1
