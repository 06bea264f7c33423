"""The home of a sales person: what is at risk first, then what waits, expires and is due."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import Mail
from orders.models import Complaint, LinePromise
from orders.services import create_order
from tests.factories import SupplierItemFactory, UserFactory, stock

pytestmark = pytest.mark.django_db
URL = "/day/"


@pytest.fixture
def sales(client):
    client.user = UserFactory(role="Sales")
    client.force_login(client.user)
    return client


def risks(client, query="") -> list[tuple[str, list[str]]]:
    return [(risk.order.number, [why for _row, why in risk.lines]) for risk in client.get(URL + query).context["risks"]]


def test_orders_without_a_day_past_their_day_or_with_poor_odds(sales, desk):
    safe, unknown, late, unsure = (desk.product(sku=sku) for sku in ("SAFE", "UNKNOWN", "LATE", "UNSURE"))
    for product in (late, unsure, safe):
        SupplierItemFactory(product=product)
    stock(safe, desk.warehouse, 5)
    today = timezone.localdate()
    create_order(desk.order((safe, 5)))
    orders = {p.sku: create_order(desk.order((p, 1))) for p in (unsure, late, unknown)}
    of = LinePromise.objects.filter(replaced_at=None)
    yesterday, later = today - timedelta(days=1), today + timedelta(days=9)
    of.filter(product=late).update(date=yesterday, chance=0.99)
    of.filter(product=unsure).update(date=later, chance=0.69)
    of.filter(product=unknown).update(date=None)
    assert risks(sales) == [
        (orders["UNKNOWN"].number, ["nobody supplies it: no day is promised"]),
        (orders["LATE"].number, [f"promised for {yesterday}, which is over"]),
        (orders["UNSURE"].number, [f"promised for {later}, odds 69 %"]),
    ]
    of.filter(product=unsure).update(chance=0.7)
    assert len(risks(sales)) == 2
    orders["LATE"].is_priority = True
    orders["LATE"].save(update_fields=["is_priority"])
    assert risks(sales)[0][0] == orders["LATE"].number, "priority comes first"
    assert risks(sales, "?of=me") == []
    orders["LATE"].created_by = sales.user
    orders["LATE"].save(update_fields=["created_by"])
    assert [number for number, _why in risks(sales, "?of=me")] == [orders["LATE"].number]


def test_more_orders_at_risk_than_fit_are_one_click_away(sales, desk, monkeypatch):
    monkeypatch.setattr("orders.views.home.SHOWN", 1)
    for _number in range(3):
        create_order(desk.order((desk.product(), 1)))
    page = sales.get(URL)
    assert len(page.context["risks"]) == 1
    assert '<a href="?risks=all">and 2 more orders</a>' in page.content.decode()
    assert len(sales.get(f"{URL}?risks=all").context["risks"]) == 3


def test_what_waits_for_an_answer(sales, desk):
    order = create_order(desk.order((desk.product(), 1)))
    Complaint.objects.create(order=order, customer=desk.customer, cause="late", text="Where is it?")
    Complaint.objects.create(order=order, customer=desk.customer, cause="late", text="Old", settled_at=timezone.now())
    common = {"subject_type": "order", "subject_id": order.pk, "document": "confirmation", "to": "a@b.example"}
    for status in Mail.Status.values:
        Mail.objects.create(key=status, number=status, status=status, file=b"", **common)
    page = sales.get(URL).context
    assert [row.text for row in page["complaints"]] == ["Where is it?"]
    assert [row.number for row in page["mails"]] == ["failed", "unclear"]


def test_it_is_where_sales_people_start(sales):
    assert sales.get("/").url == URL
    page = sales.get(URL).content.decode()
    assert "Every promise looks safe" in page


def test_only_the_permissions_open_it(client):
    client.force_login(UserFactory(permissions=["orders.view_order"]))
    assert client.get(URL).status_code == 403
    client.force_login(UserFactory(permissions=["orders.view_order", "orders.view_customer"]))
    assert client.get(URL).status_code == 200
