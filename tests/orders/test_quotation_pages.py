"""The pages of quotations: the list, one with its history, its steps, and beginning anew from it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import AuditEntry
from inventory.models import StockLevel
from orders.models import Order, Quotation
from orders.services import decline_quotation, let_go_of_lapsed, make_quotation, order_quotation
from orders.values import NewQuotation
from tests.factories import CustomerFactory, UserFactory, stock

pytestmark = pytest.mark.django_db


def day(days: int):
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li"))
    return client


@pytest.fixture
def tea(desk):
    tea = desk.product(sku="TEA", price="10.00", tax_rate="13")
    stock(tea, desk.warehouse, 6)
    return tea


@pytest.fixture
def quotation(desk, tea):
    """Four pieces of six, held until the day after tomorrow, valid for a week."""
    return make_quotation(NewQuotation(desk.order((tea, 4), note="Fair"), day(7), day(2)))


def found(response) -> list[str]:
    return [quotation.number for quotation in response.context["quotations"]]


def test_the_list_finds_by_number_customer_note_sku_status_and_days(sales, desk, tea, quotation):
    desk.customer = CustomerFactory(code="WANG", name="Wang")
    cup = desk.product(sku="CUP")
    late = make_quotation(NewQuotation(desk.order((cup, 1)), day(30)))
    shut = make_quotation(NewQuotation(desk.order((cup, 1)), day(30)))
    decline_quotation(shut.pk, "too dear")
    assert found(sales.get("/quotations/")) == [shut.number, late.number, quotation.number]
    for query, numbers in {
        "q=TEA": [quotation.number],
        "q=fair": [quotation.number],
        "q=wang": [shut.number, late.number],
        f"q={late.number[-4:]}": [late.number],
        "status=declined": [shut.number],
        "ending=1": [quotation.number],
        "mine=1": [],
        "q=nothing": [],
    }.items():
        assert found(sales.get(f"/quotations/?{query}")) == numbers, query


def test_the_list_asks_the_database_the_same_whatever_its_length(sales, desk, tea, django_assert_max_num_queries):
    for _n in range(6):
        make_quotation(NewQuotation(desk.order((tea, 1)), day(7), day(1)))
    with django_assert_max_num_queries(8):
        sales.get("/quotations/")


def test_the_page_shows_prices_hold_and_history(sales, quotation):
    page = sales.get(f"/quotations/{quotation.pk}/")
    assert [str(getattr(page.context["totals"], name)) for name in ("net", "tax", "gross")] == [
        "40.00",
        "5.20",
        "45.20",
    ]
    assert (page.context["held"], page.context["missing"]) == (4, 0)
    assert [event.sentence for event in page.context["events"]] == [
        f"Offered until {day(7)}; all of it held until {day(2)} (4)."
    ]
    assert "4 held pieces pass over to it." in page.context["order_question"]
    paper = sales.get(f"/quotations/{quotation.pk}/print/").content.decode()
    assert quotation.number in paper
    assert "45.20" in paper


def test_the_order_is_made_once_however_often_the_button_is_pressed(sales, quotation):
    first = sales.post(f"/quotations/{quotation.pk}/order/")
    again = sales.post(f"/quotations/{quotation.pk}/order/")
    order = Order.objects.get()
    assert first["Location"] == again["Location"] == f"/orders/{order.pk}/?confirmed=1"
    page = sales.get(f"/orders/{order.pk}/")
    assert page.context["quotation"] == quotation
    assert f"From quotation {quotation.number}, at the prices offered." in page.content.decode()
    assert [event.sentence for event in sales.get(f"/quotations/{quotation.pk}/").context["events"]][-1] == (
        f"Became order {order.number}; 4 passed over to it."
    )


def test_over_the_limit_the_page_says_so_and_who_may_releases_it(client, desk, quotation):
    desk.customer.credit_limit = 45
    desk.customer.save()
    client.force_login(UserFactory(role="Sales"))
    refused = client.post(f"/quotations/{quotation.pk}/order/")
    assert (refused.status_code, refused.context["error"].code) == (409, "credit_exceeded")
    assert b"release_credit" not in refused.content
    assert client.post(f"/quotations/{quotation.pk}/order/", {"release_credit": "1"}).status_code == 403
    assert not Order.objects.exists()
    client.force_login(UserFactory(role="Managers"))
    assert b"release_credit" in client.post(f"/quotations/{quotation.pk}/order/").content
    assert client.post(f"/quotations/{quotation.pk}/order/", {"release_credit": "1"}).status_code == 302
    assert Order.objects.get().quotation == quotation


def test_hold_let_go_and_decline(sales, quotation):
    address = f"/quotations/{quotation.pk}/"
    assert sales.post(f"{address}let-go/").status_code == 302
    assert StockLevel.objects.get().reserved == 0
    wrong = sales.post(f"{address}hold/", {"held_until": day(8).isoformat()})
    assert (wrong.status_code, wrong.context["hold_form"].errors["held_until"]) == (
        422,
        [f"Enter a day from {day(0)} to {day(7)}."],
    )
    assert sales.post(f"{address}hold/", {"held_until": day(7).isoformat()}).status_code == 302
    assert StockLevel.objects.get().reserved == 4
    assert sales.post(f"{address}decline/", {"reason": ""}).status_code == 422
    assert sales.post(f"{address}decline/", {"reason": "Too dear"}).status_code == 302
    assert StockLevel.objects.get().reserved == 0
    page = sales.get(address)
    assert [event.sentence for event in page.context["events"]][1:] == [
        "Let go of the stock: 4 free again.",
        f"All of it held until {day(7)} (4).",
        "Declined; 4 free again. Reason: Too dear",
    ]
    for step in ("order", "hold", "let-go", "decline"):
        again = sales.post(f"{address}{step}/", {"held_until": day(1).isoformat(), "reason": "x"})
        assert again.status_code == 409, step


def test_what_is_over_says_so_and_cannot_be_ordered(sales, quotation):
    let_go_of_lapsed(today=day(3))
    Quotation.objects.update(valid_until=day(-1))
    page = sales.get(f"/quotations/{quotation.pk}/")
    assert page.context["is_over"]
    assert b'id="order-it"' not in page.content
    assert sales.post(f"/quotations/{quotation.pk}/order/").status_code == 409
    assert [event.sentence for event in page.context["events"]][-1] == "The hold ended by itself: 4 free again."


def test_a_new_one_begins_with_its_lines_and_prices_while_they_count(sales, desk, tea, quotation):
    tea.price = "12.00"
    tea.save()

    def start():
        page = sales.get(f"/orders/new/?quotation={quotation.pk}")
        return json.loads(json.dumps(page.context["start"]))

    assert start()["lines"] == [
        {
            "quantity": "4",
            "product": {"id": tea.pk, "code": "TEA", "label": tea.name, "price": "12.00"},
            "price": "10.00",
            "discount": "",
        }
    ]
    assert (start()["customer"]["id"], start()["head"]["note"]) == (desk.customer.pk, "Fair")
    order_quotation(quotation.pk)
    assert start()["lines"][0]["price"] == ""
    assert sales.get("/orders/new/?quotation=0").context["start"] is None
    assert sales.get("/orders/new/?quotation=x").context["start"] is None


@pytest.mark.parametrize(
    ("method", "path", "permission", "status"),
    [
        ("get", "", "orders.view_quotation", 200),
        ("get", "{pk}/", "orders.view_quotation", 200),
        ("get", "{pk}/print/", "orders.view_quotation", 200),
        ("post", "{pk}/order/", "orders.confirm_order", 302),
        ("post", "{pk}/hold/", "orders.change_quotation", 422),
        ("post", "{pk}/let-go/", "orders.change_quotation", 302),
        ("post", "{pk}/decline/", "orders.change_quotation", 422),
    ],
)
def test_only_the_permission_opens_the_door(client, quotation, method, path, permission, status):
    address = "/quotations/" + path.format(pk=quotation.pk)
    steps = AuditEntry.objects.count()
    client.force_login(UserFactory())
    assert getattr(client, method)(address).status_code == 403
    assert AuditEntry.objects.count() == steps
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(address).status_code == status
