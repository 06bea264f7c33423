"""The pages and the API of transfers: who may what, each step by hand, and what is typed wrong."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from core.idempotency import new_key
from core.models import AuditEntry
from inventory.models import StockLevel, StockMove, Transfer
from tests.factories import UserFactory
from tests.inventory.test_transfers import Route

pytestmark = pytest.mark.django_db
VIEW, REQUEST, MOVE = (f"inventory.{name}_transfer" for name in ("view", "request", "move"))
# Name of the address, method, permission, status with it (404: no such row).
MATRIX = [
    ("transfers", "get", VIEW, 200),
    ("transfer-new", "get", REQUEST, 200),
    ("transfer-new", "post", REQUEST, 422),
    ("transfer-products", "get", REQUEST, 200),
    ("transfer", "get", VIEW, 404),
    ("transfer-print", "get", VIEW, 404),
    ("transfer-send", "post", MOVE, 404),
    ("transfer-receive", "post", MOVE, 404),
    ("transfer-close", "post", MOVE, 404),
    ("transfer-cancel", "post", REQUEST, 404),
    ("transfer-reschedule", "post", REQUEST, 404),
    ("transfer-lanes", "get", VIEW, 200),
]
ROWLESS = {"transfers", "transfer-lanes", "transfer-new", "transfer-products"}


@pytest.mark.parametrize(("name", "method", "permission", "status"), MATRIX)
def test_only_the_permission_opens_the_door(client, name, method, permission, status):
    path = reverse(f"inventory:{name}", args=[] if name in ROWLESS else [0])
    send = getattr(client, method)
    assert send(path).status_code == 302
    client.force_login(UserFactory(permissions=sorted({VIEW, REQUEST, MOVE} - {permission})))
    assert send(path).status_code == 403
    client.force_login(UserFactory(permissions=[permission]))
    assert send(path).status_code == status
    assert not AuditEntry.objects.exists()


@pytest.fixture
def route():
    return Route()


def page_of(transfer, step="") -> str:
    return reverse(f"inventory:transfer{step}", args=[transfer.pk])


def form_of(route, *lines, **changes) -> dict:
    head = {
        "key": "",
        "source": route.south.pk,
        "destination": route.north.pk,
        "expected_on": route.day.isoformat(),
        "reason": "",
    }
    columns = {name: [str(line.get(name, "")) for line in lines] for name in ("product", "label", "quantity")}
    return head | columns | changes


@pytest.mark.django_db(transaction=True)
def test_a_morning_by_hand(keeper, route):
    asked = form_of(
        route, {"label": "tea", "quantity": 4}, {"product": route.cup.pk, "label": "x", "quantity": 5}, key=new_key()
    )
    assert "No transfers yet" in keeper.get(reverse("inventory:transfers")).content.decode()
    answer = keeper.post(reverse("inventory:transfer-new"), asked)
    assert answer.status_code == 302, answer.content.decode()
    # Sent twice, the form asks once.
    keeper.post(reverse("inventory:transfer-new"), asked)
    transfer = Transfer.objects.get()
    assert sorted(transfer.lines.values_list("product__sku", "requested")) == [("CUP", 5), ("TEA", 4)]
    assert "Value sent" not in keeper.get(page_of(transfer)).content.decode()  # whoever moves it does not see costs
    assert "Transfer slip" in keeper.get(page_of(transfer, "-print")).content.decode()
    tea, cup = transfer.lines.get(product=route.tea), transfer.lines.get(product=route.cup)
    wrong = keeper.post(page_of(transfer, "-send"), {"key": new_key(), f"line-{tea.pk}": "4", f"line-{cup.pk}": "-1"})
    assert wrong.status_code == 422
    wrong = keeper.post(page_of(transfer, "-send"), {"key": new_key(), f"line-{tea.pk}": "4", f"line-{cup.pk}": "6"})
    assert wrong.status_code == 409
    assert "CUP: 5 free at the source, 5 requested; enter 0 to 5." in wrong.content.decode()
    assert not StockMove.objects.filter(kind="transfer").exists()
    once = new_key()
    for _again in range(2):
        keeper.post(page_of(transfer, "-send"), {"key": once, f"line-{tea.pk}": "4", f"line-{cup.pk}": "5"})
    keeper.post(page_of(transfer, "-receive"), {"key": new_key(), f"line-{tea.pk}": "4", f"line-{cup.pk}": "3"})
    listed = keeper.get(reverse("inventory:transfers"), {"status": "transit", "q": "cup"}).content.decode()
    assert transfer.number in listed
    refused = keeper.post(page_of(transfer, "-close"), {"reason": ""})
    assert refused.status_code == 422
    keeper.post(page_of(transfer, "-close"), {"reason": "Broken"})
    page = keeper.get(page_of(transfer)).content.decode()
    assert "Closed; missing and written off: CUP 2. Reason: Broken" in page
    levels = StockLevel.objects.filter(warehouse=route.north).order_by("product__sku")
    assert list(levels.values_list("on_hand", flat=True)) == [3, 4]
    card = keeper.get(reverse("inventory:card", args=[route.tea.pk, route.north.pk])).content.decode()
    assert page_of(transfer) in card


def test_what_is_typed_wrong_stays_and_is_named(keeper, route):
    answer = keeper.post(
        reverse("inventory:transfer-new"),
        form_of(route, {"label": "nonsense", "quantity": "x"}, destination=route.south.pk),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose a product from the list." in page
    assert "nonsense" in page
    answer = keeper.post(
        reverse("inventory:transfer-new"),
        form_of(route, {"product": route.tea.pk, "label": "TEA", "quantity": 3}, destination=route.south.pk),
    )
    assert "Choose another warehouse than the one the pieces come from." in answer.content.decode()
    assert not Transfer.objects.exists()


def test_a_request_is_moved_and_cancelled(keeper, route):
    transfer = route.ask((route.tea, 20))
    assert "Only 10 are free at the source." in keeper.get(page_of(transfer)).content.decode()
    assert keeper.post(page_of(transfer, "-reschedule"), {"expected_on": "2020-01-01"}).status_code == 422
    day = timezone.localdate() + timedelta(days=9)
    keeper.post(page_of(transfer, "-reschedule"), {"expected_on": day.isoformat()})
    assert f"Expected on {day} instead of {route.day}." in keeper.get(page_of(transfer)).content.decode()
    keeper.post(page_of(transfer, "-cancel"), {"reason": "Sold here"})
    transfer.refresh_from_db()
    assert (transfer.status, transfer.expected_on) == ("cancelled", day)
    assert keeper.post(page_of(transfer, "-cancel"), {"reason": "again"}).status_code == 409
    assert keeper.get(page_of(transfer, "-send")).status_code == 302


def test_products_show_what_is_free_at_the_source(keeper, route):
    answer = keeper.get(reverse("inventory:transfer-products"), {"q": "TEA", "source": route.south.pk}).json()
    assert [(row["code"], row["hint"], row["exact"]) for row in answer["results"]] == [("TEA", "10 free", True)]


def test_the_list_costs_the_same_for_many(keeper, route, django_assert_max_num_queries):
    for _n in range(12):
        route.ask((route.tea, 1))
    with django_assert_max_num_queries(12):
        keeper.get(reverse("inventory:transfers"))


# ---- over the API


@pytest.fixture
def api():
    client = APIClient()
    client.force_login(UserFactory(role="Managers"))
    return client


URL = "/api/v1/transfers/"


def test_the_whole_way_over_the_api(api, route):
    new = {
        "source": "SOUTH",
        "destination": "NORTH",
        "expected_on": route.day.isoformat(),
        "lines": [{"product": "TEA", "quantity": 4}],
    }
    made = api.post(URL, new, format="json")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    too_many = api.post(f"{URL}{pk}/send/", {"lines": [{"product": "TEA", "quantity": 5}]}, format="json")
    assert too_many.status_code == 400
    assert [error["field"] for error in too_many.json()["errors"]] == ["lines.0.quantity"]
    assert api.post(f"{URL}{pk}/send/").json()["lines"][0] == {
        "product": {"id": route.tea.pk, "sku": "TEA", "name": route.tea.name},
        "requested": 4,
        "sent": 4,
        "received": 0,
        "lost": 0,
        "in_transit": 4,
        "cost": "26.00",
    }
    part = api.post(f"{URL}{pk}/receive/", {"lines": [{"product": "TEA", "quantity": 3}]}, format="json")
    assert (part.status_code, part.json()["status"]) == (200, "partly_received")
    closed = api.post(f"{URL}{pk}/close/", {"reason": "One is torn"}, format="json").json()
    assert (closed["status"], closed["lines"][0]["lost"], closed["lines"][0]["in_transit"]) == ("closed", 1, 0)
    refused = api.post(f"{URL}{pk}/cancel/", {"reason": "x"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    listed = api.get(URL, {"status": "closed", "destination": "NORTH", "product": "TEA"}).json()
    assert [row["number"] for row in listed["results"]] == [closed["number"]]


def test_costs_are_null_for_who_may_not_see_them(route):
    route.ask((route.tea, 1))
    client = APIClient()
    client.force_login(UserFactory(permissions=[VIEW]))
    assert client.get(URL).json()["results"][0]["lines"][0]["cost"] is None


@pytest.mark.django_db(transaction=True)
def test_a_repeated_step_has_one_effect(api, route):
    transfer = route.ask((route.tea, 4))
    first, again = (api.post(f"{URL}{transfer.pk}/send/", headers={"Idempotency-Key": "send-1"}) for _n in range(2))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert StockMove.objects.filter(kind="transfer").count() == 1
