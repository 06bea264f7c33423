"""Goods that come back over HTTP: restocked or scrapped, refunded with tax; complaints with cause and cost."""

from decimal import Decimal as D

import pytest

from core.errors import InvalidInput
from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import Complaint, Return, ReturnAuthorization
from orders.services import create_order, return_goods, ship_order
from orders.timeline import order_events
from orders.values import NewReturn, NewShipment
from orders.verification import demand_differences, stray_reservations
from tests.factories import UserFactory, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li"))
    return client


@pytest.fixture
def shipped(desk):
    """Four pieces at 10.00 with 13 % tax, which cost 6.00 each, have left; none are in stock."""
    tea = desk.product(sku="TEA", price="10.00", tax_rate="13")
    stock(tea, desk.warehouse, 4)
    order = create_order(desk.order((tea, 4)))
    ship_order(NewShipment(order.pk))
    order.part = order.shipments.get().lines.get()
    return order


def test_fit_pieces_go_into_stock_and_the_others_are_scrapped(sales, desk, shipped):
    waiting = create_order(desk.order((shipped.part.line.product, 3)))
    pk = shipped.part.pk
    typed = {"reason": "Broken cups", f"back-{pk}": "3", f"scrap-{pk}": "1"}
    answer = sales.post(f"/orders/{shipped.pk}/return/", typed)
    returned = Return.objects.get()
    assert answer["Location"] == f"/returns/{returned.pk}/"
    rows = returned.lines.order_by("pk").values_list("quantity", "refund", "cost", "is_scrapped")
    assert list(rows) == [(2, D("20.00"), D("12.00"), False), (1, D("10.00"), D("6.00"), True)]
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.value) == (2, 2, D("12.00")), "the scrapped piece serves nobody"
    assert waiting.lines.get().allocations.get().reservation.quantity == 2
    moves = level.moves.order_by("pk").values_list("kind", "quantity", "value", "reason")
    assert list(moves)[-2:] == [
        ("return", 1, D("6.00"), "Broken cups"),
        ("adjustment", -1, D("-6.00"), "Broken cups"),
    ]
    assert (stock_differences(), demand_differences(), stray_reservations()) == ([], [], [])
    note = sales.get(answer["Location"])
    assert [str(note.context[name]) for name in ("net", "tax", "gross")] == ["30.00", "3.90", "33.90"]
    assert returned.number in sales.get(f"/orders/{shipped.pk}/").content.decode()


@pytest.mark.parametrize(
    ("back", "scrap", "wrong"),
    [("5", "", "back"), ("1", "2", "scrap"), ("", "", "__all__"), ("-1", "", "back"), ("x", "", "back")],
)
def test_what_cannot_come_back_is_named_and_books_nothing(sales, shipped, back, scrap, wrong):
    pk = shipped.part.pk
    typed = {"reason": "x", f"back-{pk}": back, f"scrap-{pk}": scrap}
    answer = sales.post(f"/orders/{shipped.pk}/return/", typed)
    assert answer.status_code == 422
    assert wrong in {name.partition("-")[0] for name in answer.context["form"].errors}
    assert not Return.objects.exists()


def fields_of(page, **typed):
    """What the page's form sends when this is typed."""
    hidden = {name: page.context[name] for name in ("key", "before") if name in page.context}
    return hidden | typed


@pytest.mark.django_db(transaction=True)
def test_a_return_sent_twice_is_booked_once(sales, shipped):
    """A second click, or the form again after a lost answer: also where nothing more could come back."""
    url, field = f"/orders/{shipped.pk}/return/", f"back-{shipped.part.pk}"
    for back in ("1", "3"):
        typed = fields_of(sales.get(url), reason="Broken", **{field: back})
        first, second = sales.post(url, typed), sales.post(url, typed)
        assert (first.status_code, first["Location"]) == (302, f"/returns/{Return.objects.latest('pk').pk}/")
        assert (second.status_code, second["Location"]) == (302, first["Location"])
    assert [line.quantity for returned in Return.objects.order_by("pk") for line in returned.lines.all()] == [1, 3]
    assert StockLevel.objects.get().on_hand == 4


@pytest.mark.django_db(transaction=True)
def test_a_return_changed_after_it_was_sent_is_not_taken_for_the_first(sales, shipped):
    url, field = f"/orders/{shipped.pk}/return/", f"back-{shipped.part.pk}"
    typed = fields_of(sales.get(url), reason="Broken", **{field: "1"})
    sales.post(url, typed)
    again = sales.post(url, typed | {field: "2"})
    assert (again.status_code, again.context["error"].code) == (409, "duplicate")
    assert "This form was sent before, with other content" in again.content.decode()
    assert StockLevel.objects.get().on_hand == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_book_the_same_pieces_one_after_the_other(sales, shipped):
    url, field = f"/orders/{shipped.pk}/return/", f"back-{shipped.part.pk}"
    pages = [fields_of(sales.get(url), reason="Broken", **{field: "1"}) for _each in range(2)]
    assert [sales.post(url, typed).status_code for typed in pages] == [302, 409]
    assert StockLevel.objects.get().on_hand == 1
    assert sales.post(url, fields_of(sales.get(url), reason="Broken", **{field: "1"})).status_code == 302
    assert StockLevel.objects.get().on_hand == 2


@pytest.mark.django_db(transaction=True)
def test_an_authorisation_and_a_complaint_sent_twice_are_made_once(sales, shipped):
    url = f"/orders/{shipped.pk}/authorise-return/"
    page = sales.get(url)
    typed = fields_of(page, reason="Too small", valid_until=page.context["form"]["valid_until"].initial)
    typed |= {name: "4" for name in page.context["form"].fields if name.endswith(f"-{shipped.part.pk}")}
    first, second = sales.post(url, typed), sales.post(url, typed)
    authorization = ReturnAuthorization.objects.get()
    assert [answer["Location"] for answer in (first, second)] == [f"/returns/authorised/{authorization.pk}/"] * 2
    url = f"/orders/{shipped.pk}/complaint/"
    typed = fields_of(sales.get(url), cause=Complaint.Cause.values[0], text="Scratched", cost="")
    assert [sales.post(url, typed).status_code for _twice in range(2)] == [302, 302]
    assert Complaint.objects.count() == 1


def test_the_service_scraps_no_more_than_came_back(shipped):
    with pytest.raises(InvalidInput, match="At most the pieces that came back"):
        return_goods([NewReturn(shipped.pk, {shipped.part.pk: 1}, scrapped={shipped.part.pk: 2})])
    assert not Return.objects.exists()


def test_an_order_with_nothing_to_take_back_says_so(sales, desk):
    order = create_order(desk.order((desk.product(), 1)))
    assert "Nothing can come back" in sales.get(f"/orders/{order.pk}/return/").content.decode()


def test_a_complaint_is_noted_with_its_line_and_settled_once(sales, shipped):
    typed = {"line": shipped.part.line_id, "cause": "damaged", "text": "Two cups broken", "cost": "12.50"}
    assert sales.post(f"/orders/{shipped.pk}/complaint/", typed).status_code == 302
    complaint = Complaint.objects.get()
    assert (complaint.customer, complaint.line_id, str(complaint.cost)) == (
        shipped.customer,
        shipped.part.line_id,
        "12.50",
    )
    assert complaint.created_by.first_name == "Li"
    for page in (f"/orders/{shipped.pk}/", f"/customers/{shipped.customer_id}/"):
        assert "Two cups broken" in sales.get(page).content.decode()
    for _attempt in range(2):
        assert sales.post(f"/complaints/{complaint.pk}/settle/").status_code == 302
    assert [event.sentence for event in order_events(shipped.pk)][-2:] == [
        "Complaint about line 1: Damaged on the way. Two cups broken",
        "Complaint settled: Damaged on the way.",
    ]


def test_a_wrong_complaint_is_named_and_kept(sales, desk, shipped):
    other = create_order(desk.order((desk.product(), 1))).lines.get()
    typed = {"line": other.pk, "cause": "x", "text": "", "cost": "-1"}
    answer = sales.post(f"/orders/{shipped.pk}/complaint/", typed)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"line", "cause", "text", "cost"})
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "permission", "status"),
    [
        ("post", "/orders/{order}/return/", "orders.add_return", 422),
        ("get", "/returns/0/", "orders.view_return", 404),
        ("post", "/orders/{order}/complaint/", "orders.add_complaint", 422),
        ("post", "/complaints/0/settle/", "orders.add_complaint", 404),
    ],
)
def test_only_the_permission_opens_the_door(client, shipped, method, path, permission, status):
    path = path.format(order=shipped.pk)
    client.force_login(UserFactory())
    assert getattr(client, method)(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(path).status_code == status
