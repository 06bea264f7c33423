"""Returns step by step: agreed, received, inspected; in parts, refused, closed; pages and API."""

from datetime import timedelta
from decimal import Decimal as D
from functools import partial

import pytest
from django.utils import timezone

from core.errors import IllegalTransition, InvalidInput, Outdated
from core.models import AuditEntry
from inventory.models import StockLevel
from inventory.verification import stock_differences
from orders.models import Return, ReturnAuthorization
from orders.services import (
    authorize_return,
    close_return,
    create_order,
    extend_return,
    inspect_return,
    receive_return,
    return_goods,
    ship_order,
)
from orders.timeline import order_events
from orders.values import Inspection, NewAuthorization, NewReturn, NewShipment
from orders.verification import order_differences
from tests.factories import UserFactory, stock
from tests.races import at_once

pytestmark = pytest.mark.django_db


def day(days: int):
    return timezone.localdate() + timedelta(days=days)


def ship_four(desk):
    """Four pieces at 10.00 with 13 % tax, which cost 6.00 each, have left; none are in stock."""
    tea = desk.product(sku="TEA", name="Tea", price="10.00", tax_rate="13")
    stock(tea, desk.warehouse, 4)
    order = create_order(desk.order((tea, 4)))
    ship_order(NewShipment(order.pk))
    order.part = order.shipments.get().lines.get()
    return order


@pytest.fixture
def shipped(desk):
    return ship_four(desk)


def agree(order, pieces=3, days=10) -> ReturnAuthorization:
    return authorize_return(NewAuthorization(order.pk, {order.part.pk: pieces}, day(days), "Broken cups"))


def figures(authorization) -> tuple:
    authorization.refresh_from_db()
    line = authorization.lines.get()
    return authorization.status, line.quantity, line.received, line.inspected


def on_hand() -> int:
    return StockLevel.objects.get().on_hand


def verbs(authorization) -> list[str]:
    steps = AuditEntry.objects.filter(subject_type="return_authorization", subject_id=authorization.pk)
    return list(steps.order_by("pk").values_list("verb", flat=True))


# ---- the way of the goods


def test_agreed_received_inspected_stock_scrap_and_credit_note(desk, shipped):
    waiting = create_order(desk.order((shipped.part.line.product, 3)))
    authorization = agree(shipped)
    assert (figures(authorization), on_hand(), Return.objects.count()) == (("expected", 3, 0, 0), 0, 0)
    receive_return(authorization.pk, {1: 3})
    assert (figures(authorization), on_hand(), Return.objects.count()) == (("received", 3, 3, 0), 0, 0)
    returned = inspect_return(authorization.pk, {1: Inspection(2, 1)})
    assert (figures(authorization), on_hand()) == (("closed", 3, 3, 3), 2)
    rows = returned.lines.order_by("pk").values_list("quantity", "refund", "cost", "is_scrapped")
    assert list(rows) == [(2, D("20.00"), D("12.00"), False), (1, D("10.00"), D("6.00"), True)]
    assert (returned.authorization, returned.reason) == (authorization, "Broken cups")
    assert waiting.lines.get().allocations.get().reservation.quantity == 2, "who waits gets the fit ones"
    assert verbs(authorization) == ["return_authorised", "return_received", "return_inspected"]
    assert [event.sentence for event in order_events(shipped.pk)][-3:] == [
        f"Return {authorization.number} authorised: 3 may come back until {day(10)}. Reason: Broken cups",
        f"Return {authorization.number}: 3 came and wait to be inspected.",
        f"Return {returned.number}: 3 came back. Reason: Broken cups",
    ]
    assert (stock_differences(), order_differences()) == ([], [])


def test_goods_come_in_parts_and_each_part_has_its_credit_note(shipped):
    authorization = agree(shipped)
    receive_return(authorization.pk, {1: 1})
    receive_return(authorization.pk, {1: 1})
    first = inspect_return(authorization.pk, {1: Inspection(2)})
    assert figures(authorization) == ("expected", 3, 2, 2)
    receive_return(authorization.pk, {1: 1})
    second = inspect_return(authorization.pk, {1: Inspection(0, 1)})
    assert (figures(authorization), on_hand()) == (("closed", 3, 3, 3), 2)
    assert list(authorization.returns.order_by("pk")) == [first, second]
    assert [line.refund for line in second.lines.all()] == [D("10.00")]


def test_what_is_agreed_cannot_be_agreed_again(shipped):
    agree(shipped, 3)
    with pytest.raises(InvalidInput) as refusal:
        agree(shipped, 2)
    assert list(refusal.value.field_errors.values()) == ["1 can still come back; enter no more."]
    assert agree(shipped, 1).lines.get().quantity == 1


def test_what_is_called_off_can_be_agreed_again(shipped):
    authorization = agree(shipped, 4)
    close_return(authorization.pk, "Customer keeps it")
    assert figures(authorization) == ("cancelled", 4, 0, 0)
    assert agree(shipped, 4).status == "expected"
    for step in (
        lambda: receive_return(authorization.pk, {1: 1}),
        lambda: extend_return(authorization.pk, day(3)),
        lambda: close_return(authorization.pk, "again"),
        lambda: inspect_return(authorization.pk, {1: Inspection(1)}),
    ):
        with pytest.raises(IllegalTransition):
            step()


def test_the_rest_that_will_not_come_is_closed(shipped):
    authorization = agree(shipped)
    receive_return(authorization.pk, {1: 1})
    with pytest.raises(IllegalTransition):
        close_return(authorization.pk, "Lost")
    inspect_return(authorization.pk, {1: Inspection(1)})
    close_return(authorization.pk, "Lost on the way")
    assert figures(authorization) == ("closed", 3, 1, 1)
    assert agree(shipped, 3).status == "expected"


def test_late_goods_are_received_only_when_allowed_longer(shipped):
    authorization = agree(shipped)
    ReturnAuthorization.objects.update(valid_until=day(-1))
    with pytest.raises(IllegalTransition):
        receive_return(authorization.pk, {1: 1})
    extend_return(authorization.pk, day(2))
    receive_return(authorization.pk, {1: 1})
    assert figures(authorization) == ("received", 3, 1, 0)
    assert verbs(authorization)[1] == "return_extended"


@pytest.mark.parametrize(
    ("pieces", "until", "reason", "field"),
    [(0, 5, "x", "lines"), (5, 5, "x", "lines.{pk}.quantity"), (1, -1, "x", "valid_until"), (1, 5, " ", "reason")],
)
def test_what_cannot_be_agreed_is_named(shipped, pieces, until, reason, field):
    with pytest.raises(InvalidInput) as refusal:
        authorize_return(NewAuthorization(shipped.pk, {shipped.part.pk: pieces}, day(until), reason))
    assert list(refusal.value.field_errors) == [field.format(pk=shipped.part.pk)]
    assert not ReturnAuthorization.objects.exists()


@pytest.mark.parametrize(("came", "field"), [({}, "lines"), ({1: 4}, "lines.1.received"), ({2: 1}, "lines")])
def test_what_cannot_have_come_is_named(shipped, came, field):
    authorization = agree(shipped)
    with pytest.raises(InvalidInput) as refusal:
        receive_return(authorization.pk, came)
    assert list(refusal.value.field_errors) == [field]
    assert figures(authorization) == ("expected", 3, 0, 0)


@pytest.mark.parametrize(
    "found", [{}, {1: Inspection(1)}, {1: Inspection(3)}, {1: Inspection(3, -1)}, {1: Inspection(2), 2: Inspection(1)}]
)
def test_every_piece_that_came_is_looked_at(shipped, found):
    authorization = agree(shipped)
    receive_return(authorization.pk, {1: 2})
    with pytest.raises(InvalidInput):
        inspect_return(authorization.pk, found)
    assert (figures(authorization), Return.objects.count(), on_hand()) == (("received", 3, 2, 0), 0, 0)


def test_goods_that_were_booked_in_one_step_meanwhile_are_not_booked_twice(shipped):
    authorization = agree(shipped, 4)
    receive_return(authorization.pk, {1: 4})
    return_goods([NewReturn(shipped.pk, {shipped.part.pk: 2})])
    with pytest.raises(InvalidInput):
        inspect_return(authorization.pk, {1: Inspection(4)})
    assert (figures(authorization), Return.objects.count(), on_hand()) == (("received", 4, 4, 0), 1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_who_receive_and_inspect_at_once_do_it_once(desk):
    shipped = ship_four(desk)
    authorization = agree(shipped)
    receive = partial(receive_return, authorization.pk, {1: 1}, received_before=0)
    results = at_once([receive] * 4)
    assert sorted(type(result).__name__ for result in results) == ["Outdated"] * 3 + ["ReturnAuthorization"]
    assert any(isinstance(result, Outdated) for result in results)
    results = at_once([partial(inspect_return, authorization.pk, {1: Inspection(1)})] * 4)
    assert sorted(type(result).__name__ for result in results) == ["IllegalTransition"] * 3 + ["Return"]
    assert (figures(authorization), on_hand()) == (("expected", 3, 1, 1), 1)
    assert stock_differences() == []


@pytest.mark.django_db(transaction=True)
def test_the_last_piece_is_agreed_once(desk):
    shipped = ship_four(desk)
    results = at_once([partial(agree, shipped, 3)] * 4)
    assert sorted(type(result).__name__ for result in results) == ["InvalidInput"] * 3 + ["ReturnAuthorization"]


# ---- pages


@pytest.fixture
def people(client):
    """``people("Sales")`` is the client, signed in as somebody of this role."""

    def sign_in(role):
        client.force_login(UserFactory(role=role, first_name="Li"))
        return client

    return sign_in


def test_sales_agrees_the_warehouse_receives_and_inspects(people, shipped):
    sales, pk = people("Sales"), shipped.part.pk
    assert b"Authorise a return" in sales.get(f"/orders/{shipped.pk}/").content
    wrong = sales.post(f"/orders/{shipped.pk}/authorise-return/", {f"pieces-{pk}": "5", "valid_until": day(9)})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {f"pieces-{pk}", "reason"})
    typed = {f"pieces-{pk}": "3", "valid_until": day(9), "reason": "Broken"}
    answer = sales.post(f"/orders/{shipped.pk}/authorise-return/", typed)
    authorization = ReturnAuthorization.objects.get()
    page = f"/returns/authorised/{authorization.pk}/"
    assert answer["Location"] == page
    assert b'id="receive"' not in sales.get(page).content
    slip = sales.get(f"{page}slip/").content.decode()
    assert f"write {authorization.number} on it, and send it by {day(9)}" in slip
    assert sales.post(f"{page}receive/", {"came-1": "1"}).status_code == 403

    warehouse = people("Warehouse")
    assert warehouse.get("/returns/", {"q": authorization.number.lower()})["Location"] == page
    assert warehouse.get(page).context["receive_form"]["came-1"].value() == 3
    assert warehouse.post(f"{page}receive/", {"came-1": "9"}).status_code == 422
    assert warehouse.post(f"{page}receive/", {"came-1": "2", "received_before": "0"}).status_code == 302
    late = warehouse.post(f"{page}receive/", {"came-1": "1", "received_before": "0"})
    assert (late.status_code, late.context["error"].code) == (409, "outdated")
    wrong = warehouse.post(f"{page}inspect/", {"fit-1": "1", "scrap-1": "0"})
    assert wrong.context["inspect_form"].errors == {"fit-1": ["2 came: say of each piece whether it is fit."]}
    answer = warehouse.post(f"{page}inspect/", {"fit-1": "1", "scrap-1": "1"})
    assert answer["Location"] == f"/returns/{Return.objects.get().pk}/"
    assert figures(authorization) == ("expected", 3, 2, 2)

    sales = people("Sales")
    assert sales.post(f"{page}extend/", {"valid_until": day(-1)}).status_code == 422
    assert sales.post(f"{page}extend/", {"valid_until": day(20)}).status_code == 302
    assert sales.post(f"{page}close/", {"reason": ""}).status_code == 422
    assert sales.post(f"{page}close/", {"reason": "Lost"}).status_code == 302
    assert sales.post(f"{page}close/", {"reason": "Lost"}).status_code == 409
    assert figures(authorization) == ("closed", 3, 2, 2)
    assert [event.sentence for event in sales.get(page).context["events"]][2:] == [
        f"Inspected: 1 into stock, 1 scrapped; credit note {Return.objects.get().number}.",
        f"May come back until {day(20)}.",
        f"Return {authorization.number}: nothing more will come. Reason: Lost",
    ]
    assert authorization.number in sales.get(f"/orders/{shipped.pk}/").content.decode()


def test_the_list_finds_by_number_order_customer_status_and_delay(people, desk, shipped):
    late, fresh = agree(shipped, 1), agree(shipped, 1)
    ReturnAuthorization.objects.filter(pk=late.pk).update(valid_until=day(-1))
    done = agree(shipped, 1)
    close_return(done.pk, "x")
    sales = people("Sales")

    def found(**query):
        return [row.pk for row in sales.get("/returns/", query).context["found"]]

    assert found() == [done.pk, fresh.pk, late.pk]
    assert found(status="open") == [fresh.pk, late.pk]
    assert found(status="cancelled") == [done.pk]
    assert found(overdue="1") == [late.pk]
    assert found(q=shipped.number) == [done.pk, fresh.pk, late.pk]
    assert found(q=desk.customer.code) == [done.pk, fresh.pk, late.pk]
    assert found(q="nobody") == []


@pytest.mark.parametrize(
    ("method", "path", "permission", "status"),
    [
        ("get", "/returns/", "orders.view_returnauthorization", 200),
        ("get", "/returns/authorised/{pk}/", "orders.view_returnauthorization", 200),
        ("get", "/returns/authorised/{pk}/slip/", "orders.view_returnauthorization", 200),
        ("post", "/orders/{order}/authorise-return/", "orders.add_returnauthorization", 422),
        ("post", "/returns/authorised/{pk}/receive/", "orders.receive_return", 422),
        ("post", "/returns/authorised/{pk}/inspect/", "orders.inspect_return", 409),
        ("post", "/returns/authorised/{pk}/extend/", "orders.change_returnauthorization", 422),
        ("post", "/returns/authorised/{pk}/close/", "orders.change_returnauthorization", 422),
    ],
)
def test_only_the_permission_opens_the_door(client, shipped, method, path, permission, status):
    path = path.format(pk=agree(shipped).pk, order=shipped.pk)
    client.force_login(UserFactory())
    assert getattr(client, method)(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(path).status_code == status


# ---- API


def test_the_whole_way_over_the_api(client, shipped):
    client.force_login(UserFactory(role="Managers"))
    url = "/api/v1/return-authorizations/"

    def post(address, **body):
        answer = client.post(url + address, body, content_type="application/json")
        return answer.status_code, answer.json()

    wanted = {"order": shipped.pk, "valid_until": day(5).isoformat(), "reason": "Broken"}
    status, problem = post("", **wanted, lines=[{"line": 1, "quantity": 5}])
    assert (status, [e["field"] for e in problem["errors"]]) == (400, ["lines.0.quantity"])
    status, answer = post("", **wanted, lines=[{"line": 1, "quantity": 3}])
    key = f"{answer['id']}/"
    assert (status, answer["status"], answer["lines"]) == (
        201,
        "expected",
        [
            {
                "line": 1,
                "order_line": 1,
                "shipment": shipped.shipments.get().number,
                "product": {"id": shipped.part.line.product_id, "sku": "TEA", "name": "Tea"},
                "quantity": 3,
                "received": 0,
                "inspected": 0,
            }
        ],
    )
    assert post(key + "receive/", lines=[{"line": 2, "quantity": 1}])[0] == 400
    status, problem = post(key + "receive/", lines=[{"line": 1, "quantity": 4}])
    assert (status, [e["field"] for e in problem["errors"]]) == (400, ["lines.0.quantity"])
    assert post(key + "receive/", lines=[{"line": 1, "quantity": 2}])[1]["status"] == "received"
    assert post(key + "inspect/", lines=[{"line": 1, "fit": 1}])[0] == 400
    status, answer = post(key + "inspect/", lines=[{"line": 1, "fit": 1, "scrap": 1}])
    assert (answer["status"], answer["credit_notes"]) == ("expected", [Return.objects.get().number])
    assert post(key + "close/", reason="Lost")[1]["status"] == "closed"
    assert post(key + "close/", reason="Lost")[0] == 409
    rows = client.get(url, {"status": "closed", "order_id": shipped.pk}).json()["results"]
    assert [row["id"] for row in rows] == [answer["id"]]
