"""The pages that change and split an order: what is typed is kept, and two people never overwrite each other."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import AuditEntry
from orders.models import Order
from orders.services import change_order, create_order, last_step, split_order
from orders.values import NewSplit, OrderChange, ShortClose
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li", last_name="Na"))
    return client


@pytest.fixture
def tea(desk):
    product = desk.product(sku="TEA-1", barcode="690001")
    stock(product, desk.warehouse, 10)
    return product


@pytest.fixture
def order(desk, tea):
    return create_order(desk.order((tea, 4), (desk.product(sku="RICE-1"), 2)))


def shown(client, order, path="change"):
    """What the browser would send back if nothing were touched."""
    page = client.get(f"/orders/{order.pk}/{path}/")
    form = page.context["form"]
    data = {}
    for field in form:
        value = field.value()
        if value is not None and value is not False:
            data[field.html_name] = str(value)
        if field.field.show_hidden_initial and field.initial is not False:
            data[field.html_initial_name] = str(field.initial)
    if "added" in page.context:
        data |= {"add-TOTAL_FORMS": "1", "add-INITIAL_FORMS": "0"}
    return data


def send(client, order, data, path="change"):
    return client.post(f"/orders/{order.pk}/{path}/", data)


def test_everything_at_once_and_the_page_says_what_changed(sales, order, desk):
    salt = desk.product(sku="SALT-1")
    stock(salt, desk.warehouse, 1)
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    data = shown(sales, order) | {
        "requested_date": day,
        "is_priority": "on",
        "ship_complete": "on",
        "quantity-1": "7",
        "close-2": "on",
        "reason-2": "discontinued",
        "add-0-product": "salt-1",
        "add-0-quantity": "3",
        "add-0-unit_price": "1.50",
    }
    answer = send(sales, order, data)
    assert answer.status_code == 302
    page = sales.get(answer["Location"])
    assert page.context["step"].sentence == (
        f"Requested date: {order.requested_date} → {day}. Has priority. Ships only complete. "
        "Line 1, TEA-1: 4 → 7 pieces. Line 3 added: 3 pieces of SALT-1. "
        "Line 2, RICE-1, closed: 2 pieces will not be delivered. Reason: discontinued "
        "4 pieces more are reserved, 2 wait for stock."
    )
    assert "Saved. This is what changed:" in page.content.decode()
    order.refresh_from_db()
    assert (order.is_priority, order.ship_complete, order.requested_date.isoformat()) == (True, True, day)
    rows = order.lines.order_by("position").values_list("quantity", "cancelled", "unit_price")
    assert [(q, c, str(p)) for q, c, p in rows] == [(7, 0, "10.00"), (2, 2, "10.00"), (3, 0, "1.50")]
    assert [str(d) for d in order.lines.filter(position=1).values_list("promised_date", flat=True)] == [day]


def test_the_second_of_two_people_sees_the_firsts_change_and_overwrites_nothing(client, order):
    ann, bob = UserFactory(role="Sales", first_name="Ann"), UserFactory(role="Sales", first_name="Bob")
    client.force_login(bob)
    bobs = shown(client, order)
    client.force_login(ann)
    assert send(client, order, shown(client, order) | {"quantity-1": "6"}).status_code == 302
    client.force_login(bob)
    answer = send(client, order, bobs | {"quantity-2": "5", "note": "call first"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Nothing of yours was saved: see what changed." in text
    assert [(e.sentence, str(e.actor)) for e in answer.context["since"]] == [
        ("Line 1, TEA-1: 4 → 6 pieces. 2 pieces more are reserved, 0 wait for stock.", "Ann")
    ]
    assert list(order.lines.order_by("position").values_list("quantity", flat=True)) == [6, 2]
    # What Bob typed stands there on the order as it is now: Ann's 6 is not his to undo.
    form = answer.context["form"]
    assert [form[name].value() for name in ("quantity-1", "quantity-2", "note")] == ["6", "5", "call first"]
    again = bobs | {"quantity-2": "5", "note": "call first"}
    again |= {"quantity-1": "6", "initial-quantity-1": "6", "seen": form["seen"].value()}
    assert send(client, order, again).status_code == 302
    order.refresh_from_db()
    assert (list(order.lines.order_by("position").values_list("quantity", flat=True)), order.note) == (
        [6, 5],
        "call first",
    )


def test_an_open_page_hears_of_a_step_that_it_does_not_know(sales, order):
    seen = last_step(order.pk)
    ask = {"HX-Request": "true"}
    assert sales.get(f"/orders/{order.pk}/change/?seen={seen}", headers=ask).status_code == 204
    send(sales, order, shown(sales, order) | {"quantity-1": "5"})
    page = sales.get(f"/orders/{order.pk}/change/?seen={seen}", headers=ask)
    assert "Line 1, TEA-1: 4 → 5 pieces." in page.content.decode()
    assert sales.get(f"/orders/{order.pk}/change/?seen=x", headers=ask).status_code == 204


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"quantity-1": "0"}, {"quantity-1": "Ensure this value is greater than or equal to 1."}),
        ({"quantity-1": "x"}, {"quantity-1": "Enter a whole number."}),
        ({"close-2": "on"}, {"reason-2": "Please fill in this field."}),
        ({}, {"__all__": "Nothing was changed: change a field, then save."}),
        ({"requested_date": "never"}, {"requested_date": "Enter a valid date."}),
    ],
)
def test_wrong_input_is_named_at_its_field_and_kept(sales, order, typed, errors):
    answer = send(sales, order, shown(sales, order) | typed)
    assert (answer.status_code, {k: v[0] for k, v in answer.context["form"].errors.items()}) == (422, errors)
    assert all(answer.context["form"][name].value() in (value, True) for name, value in typed.items())
    assert [e.verb for e in AuditEntry.objects.filter(subject_type="order")] == ["confirmed"]


def test_a_wrong_added_line_is_named_and_kept(sales, order):
    typed = {"add-0-product": "no such thing", "add-0-quantity": "2"}
    answer = send(sales, order, shown(sales, order) | typed)
    assert answer.status_code == 422
    assert answer.context["added"][0].errors == {"product": ["Choose a product from the list."]}
    assert answer.context["added"][0]["quantity"].value() == "2"
    short = send(sales, order, shown(sales, order) | {"allow_backorder": "", "quantity-2": "3"})
    assert (short.status_code, order.lines.get(position=2).quantity) == (409, 2)
    assert "Line 2: only 0 of 1 more RICE-1 available." in short.content.decode()


def test_an_order_is_split(sales, order):
    answer = send(sales, order, shown(sales, order, "split") | {"quantity-2": "2"}, "split")
    part = Order.objects.get(split_from=order)
    assert answer["Location"] == f"/orders/{part.pk}/"
    assert f"its pieces were moved from {order.number}" in sales.get(answer["Location"]).content.decode()
    wrong = send(sales, order, shown(sales, order, "split") | {"quantity-1": "5"}, "split")
    assert wrong.context["form"].errors == {"quantity-1": ["4 of TEA-1 are open; enter 0 to 4."]}
    nothing = send(sales, order, shown(sales, order, "split"), "split")
    assert nothing.context["form"].errors == {"__all__": ["Enter how many pieces of a line go to the new order."]}
    outdated = send(sales, order, {"quantity-1": "1", "seen": "0"}, "split")
    assert (outdated.status_code, outdated.context["form"]["quantity-1"].value()) == (409, "1")


def test_cancelling_what_somebody_else_changed_asks_again(sales, order):
    seen = last_step(order.pk)
    send(sales, order, shown(sales, order) | {"quantity-1": "5"})
    answer = sales.post(f"/orders/{order.pk}/cancel/", {"reason": "x", "seen": seen})
    assert answer.status_code == 409
    assert "Line 1, TEA-1: 4 → 5 pieces." in answer.content.decode()
    assert sales.post(f"/orders/{order.pk}/cancel/", {"reason": "x", "seen": last_step(order.pk)}).status_code == 302


def test_a_closed_order_cannot_be_changed(sales, order):
    sales.post(f"/orders/{order.pk}/cancel/", {"reason": "x"})
    for path in ("change", "split"):
        assert sales.get(f"/orders/{order.pk}/{path}/")["Location"] == f"/orders/{order.pk}/"
    assert 'id="change-order"' not in sales.get(f"/orders/{order.pk}/").content.decode()


@pytest.mark.parametrize("path", ["change", "split"])
def test_denied_means_nothing_changed(client, order, path):
    client.force_login(UserFactory(permissions=["orders.view_order", "orders.confirm_order", "orders.cancel_order"]))
    assert client.get(f"/orders/{order.pk}/{path}/").status_code == 403
    assert client.post(f"/orders/{order.pk}/{path}/", {"quantity-1": "1"}).status_code == 403
    assert list(order.lines.values_list("quantity", flat=True)) == [4, 2]


def test_the_day_stands_in_the_browsers_own_form_in_every_language(sales, order):
    for language in ("en", "zh-hans"):
        page = sales.get(f"/orders/{order.pk}/change/", headers={"Accept-Language": language}).content.decode()
        assert f'name="requested_date" value="{order.requested_date.isoformat()}"' in page


def test_a_line_that_was_split_off_whole_is_not_called_cancelled(sales, order):
    split_order(NewSplit(order.pk, {1: 3}))
    split_order(NewSplit(order.pk, {1: 1}))
    page = sales.get(f"/orders/{order.pk}/")
    tea, _rice = page.context["rows"]
    # Three of four went first: the line came to one. Then all of it went.
    assert (tea[0].line.quantity, tea[0].moved, tea[0].cancelled) == (1, 1, 0)
    assert tea[1] == "1 moved to another order"
    assert not page.context["has_cancelled"]
    change_order(OrderChange(order.pk, closed=[ShortClose(2, "No more made")]))
    page = sales.get(f"/orders/{order.pk}/")
    assert [(row.moved, row.cancelled) for row, _state in page.context["rows"]] == [(1, 0), (0, 2)]
    assert page.context["has_cancelled"]
