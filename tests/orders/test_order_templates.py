"""Lines kept under a name at the desk, and orders begun from them."""

import json
from functools import partial

import pytest

from core.errors import Duplicate
from core.models import AuditEntry
from orders.models import OrderTemplate
from orders.services.templates import NewTemplate, save_template
from orders.values import NewLine
from tests.factories import CustomerFactory, UserFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    client.force_login(UserFactory(role="Sales", first_name="Li"))
    return client


@pytest.fixture
def tea(desk):
    return desk.product(sku="TEA", name="Tea", price="10.00")


def save(client, name, *lines, **more):
    body = {"name": name, "lines": [{"product": p.pk, "quantity": q, "discount": "5.00"} for p, q in lines]} | more
    return client.post("/orders/templates/save/", json.dumps(body), content_type="application/json")


def content(template) -> list[tuple]:
    return list(template.lines.order_by("position").values_list("product__sku", "quantity", "discount"))


def test_lines_are_kept_under_a_name_and_put_in_again(sales, desk, tea):
    cup, old = desk.product(sku="CUP"), desk.product(sku="OLD")
    answer = save(sales, "  Monday   tour ", (tea, 3), (cup, 2), (old, 1))
    assert (answer.status_code, answer.json()["text"]) == (201, "Saved as template Monday tour.")
    template = OrderTemplate.objects.get()
    assert [tuple(map(str, row)) for row in content(template)] == [
        ("TEA", "3", "5.00"),
        ("CUP", "2", "5.00"),
        ("OLD", "1", "5.00"),
    ]
    old.is_active = False
    old.save()
    lines = sales.get(f"/orders/templates/{template.pk}/").json()["lines"]
    assert [(line["product"]["code"], line["quantity"], line["discount"]) for line in lines] == [
        ("TEA", "3", "5.00"),
        ("CUP", "2", "5.00"),
    ]
    start = sales.get(f"/orders/new/?template={template.pk}").context["start"]
    assert (start["customer"], start["lines"]) == (None, lines)
    assert sales.get("/orders/new/?template=x").context["start"] is None


def test_a_name_that_is_taken_is_replaced_only_when_asked(sales, desk, tea):
    save(sales, "Tour", (tea, 3))
    refused = save(sales, "TOUR", (tea, 9))
    assert refused.status_code == 409
    assert refused.json()["question"] == "There is a template named Tour already. Replace it with these lines?"
    assert content(OrderTemplate.objects.get())[0][1] == 3
    assert save(sales, "TOUR", (tea, 9), replace=True).status_code == 201
    template = OrderTemplate.objects.get()
    assert (template.name, content(template)[0][1], template.lines.count()) == ("Tour", 9, 1)


def test_a_customers_own_come_first_and_nobody_elses(sales, desk, tea):
    other = CustomerFactory()
    save(sales, "A tour", (tea, 1))
    save(sales, "B tour", (tea, 1), (tea, 2), customer=desk.customer.pk)
    save(sales, "C tour", (tea, 1), customer=other.pk)

    def names(**query):
        rows = sales.get("/orders/templates/find/", query).json()["results"]
        return [(row["code"], row["hint"], row["exact"]) for row in rows]

    assert names(q="tour", customer=desk.customer.pk) == [("B tour", "2 lines", False), ("A tour", "1 line", False)]
    assert names(q="a TOUR", customer="") == [("A tour", "1 line", True)]
    own = OrderTemplate.objects.get(name="B tour")
    start = sales.get(f"/orders/new/?template={own.pk}").context["start"]
    assert start["customer"]["id"] == desk.customer.pk


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": " ", "lines": []}, {"name", "lines"}),
        ({"name": "x" * 81, "lines": [{"product": 0, "quantity": 0}]}, {"lines.0.product", "lines.0.quantity"}),
        ({"name": "x", "lines": [{"product": 9**9, "quantity": 1}]}, {"lines.0.product"}),
        ({"name": "x", "customer": 9**9, "lines": []}, {"customer", "lines"}),
        ([], {"name", "lines"}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_kept(sales, body, fields):
    answer = sales.post("/orders/templates/save/", json.dumps(body), content_type="application/json")
    assert (answer.status_code, {error["field"] for error in answer.json()["errors"]}) == (422, fields)
    assert not OrderTemplate.objects.exists()


def test_no_json_is_refused_quietly(sales):
    assert sales.post("/orders/templates/save/", "{", content_type="application/json").status_code == 422


def test_the_list_finds_and_forgets(sales, desk, tea):
    save(sales, "Tour", (tea, 3), customer=desk.customer.pk)
    save(sales, "Party", (tea, 3), (tea, 4))
    page = sales.get("/orders/templates/")
    assert [(t.name, t.count) for t in page.context["found"]] == [("Party", 2), ("Tour", 1)]
    assert [t.name for t in sales.get("/orders/templates/?q=tou").context["found"]] == ["Tour"]
    tour = OrderTemplate.objects.get(name="Tour")
    assert sales.post(f"/orders/templates/{tour.pk}/forget/")["Location"] == "/orders/templates/"
    assert [t.name for t in OrderTemplate.objects.all()] == ["Party"]
    assert list(AuditEntry.objects.filter(subject_id=tour.pk, subject_type="order_template").values_list("verb")) == [
        ("saved",),
        ("forgotten",),
    ]


@pytest.mark.parametrize(
    ("method", "path", "permission", "status"),
    [
        ("get", "", "orders.view_ordertemplate", 200),
        ("get", "find/", "orders.view_ordertemplate", 200),
        ("get", "0/", "orders.view_ordertemplate", 404),
        ("post", "save/", "orders.add_ordertemplate", 422),
        ("post", "0/forget/", "orders.delete_ordertemplate", 404),
    ],
)
def test_only_the_permission_opens_the_door(client, method, path, permission, status):
    client.force_login(UserFactory())
    assert getattr(client, method)(f"/orders/templates/{path}").status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert getattr(client, method)(f"/orders/templates/{path}").status_code == status


@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_take_a_name_at_once_gets_it(desk, tea):
    results = at_once([partial(save_template, NewTemplate("Tour", [NewLine(tea.pk, n)])) for n in range(1, 6)])
    assert sorted(type(result).__name__ for result in results) == ["Duplicate"] * 4 + ["OrderTemplate"]
    assert all(isinstance(result, Duplicate | OrderTemplate) for result in results)
    assert OrderTemplate.objects.get().lines.count() == 1
