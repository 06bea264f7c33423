"""Buying over the API: suggestions, purchase orders, receipts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from core.models import AuditEntry
from orders.models import Order
from purchasing import services
from purchasing.models import PurchaseOrder, ReorderSuggestion
from tests.api.conftest import Shop

pytestmark = pytest.mark.django_db
URL = "/api/v1/purchase-orders/"


@pytest.fixture
def manager(client_of):
    return client_of(role="Managers")


def buy(*lines, **kwargs):
    wanted = [{"product": product, "quantity": quantity} for product, quantity in lines]
    return {"supplier": "S1", "warehouse": "MAIN", "lines": wanted} | kwargs


def errors_of(response) -> dict[str, str]:
    assert response.status_code == 400, response.content
    return {error["field"]: error["detail"] for error in response.json()["errors"]}


def test_order_from_a_supplier(manager, shop: Shop):
    response = manager.post(URL, buy(("TEA", 12), ("CUP", 6)), format="json")
    assert response.status_code == 201, response.content
    order = PurchaseOrder.objects.get()
    answer = response.json()
    assert answer == {
        "id": order.pk,
        "number": order.number,
        "status": "ordered",
        "supplier": {"id": shop.supplier.pk, "code": "S1", "name": "Tea farm"},
        "warehouse": {"id": shop.warehouse.pk, "code": "MAIN", "name": "Main warehouse"},
        "ordered_at": answer["ordered_at"],
        "expected_on": (timezone.localdate() + timedelta(days=10)).isoformat(),
        "confirmed_at": None,
        "supplier_reference": "",
        "currency": "",
        "rate": "1.00000000",
        "order_cost": "30.00",
        "created_at": answer["created_at"],
        "total": "108.00",
        "lines": [
            {
                "product": {"id": product.pk, "sku": product.sku, "name": product.name},
                "quantity": quantity,
                "received": 0,
                "unit_cost": "6.0000",
                "price": None,
                "expected_on": None,
                "blanket_order": None,
            }
            for product, quantity in ((shop.tea, 12), (shop.cup, 6))
        ],
    }


def test_draft_is_placed_later_and_cancelled_with_a_reason(manager, shop: Shop):
    draft = manager.post(URL, buy(("TEA", 12), place=False), format="json").json()
    assert (draft["status"], draft["ordered_at"]) == ("draft", None)
    assert manager.post(f"{URL}{draft['id']}/place/").json()["status"] == "ordered"
    again = manager.post(f"{URL}{draft['id']}/place/")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    cancelled = manager.post(f"{URL}{draft['id']}/cancel/", {"reason": "Too late"}, format="json")
    assert cancelled.json()["status"] == "cancelled"


def test_wrong_lines_are_named(manager, shop: Shop):
    assert errors_of(manager.post(URL, buy(("TEA", 7), ("NOPE", 6)), format="json")) == {
        "lines.1.product": "There is no such product: NOPE."
    }
    assert errors_of(manager.post(URL, buy(("TEA", 7), ("CUP", 6), ("CUP", 6)), format="json")) == {
        "lines.0.quantity": "TEA: at least 6 pieces, in packs of 6.",
        "lines.2.product": "CUP stands on the order twice.",
    }
    assert not PurchaseOrder.objects.exists()


def test_receipt_in_parts_fills_the_waiting_order(manager, shop: Shop):
    waiting = manager.post("/api/v1/orders/", shop.order(("CUP", 4)), format="json").json()
    assert waiting["lines"][0]["waiting"] == 4
    order = manager.post(URL, buy(("CUP", 6), ("TEA", 12)), format="json").json()
    receive = f"{URL}{order['id']}/receive/"
    part = manager.post(receive, {"lines": [{"product": "CUP", "quantity": 5}]}, format="json")
    assert part.status_code == 201, part.content
    assert part.json()["purchase_order"]["status"] == "partly_received"
    assert [line["received"] for line in part.json()["purchase_order"]["lines"]] == [5, 0]
    filled = manager.get(f"/api/v1/orders/{waiting['id']}/").json()["lines"][0]
    assert (filled["reserved"], filled["waiting"]) == (4, 0)
    rest = manager.post(receive, {}, format="json").json()["purchase_order"]
    assert (rest["status"], [line["received"] for line in rest["lines"]]) == ("received", [6, 12])
    shop.level.refresh_from_db()
    assert (shop.level.on_hand, str(shop.level.value)) == (22, "132.00")


def test_receipt_names_wrong_lines_as_the_request_does(manager, shop: Shop):
    order = manager.post(URL, buy(("TEA", 12)), format="json").json()
    receive = f"{URL}{order['id']}/receive/"
    assert errors_of(manager.post(receive, {"lines": [{"product": "CUP", "quantity": 1}]}, format="json")) == {
        "lines.0.product": "The document has no such line."
    }
    too_many = [{"product": "TEA", "quantity": 13}]
    assert errors_of(manager.post(receive, {"lines": too_many}, format="json")) == {
        "lines.0.quantity": "12 of TEA are still expected; enter 0 to 12."
    }
    assert PurchaseOrder.objects.get().status == "ordered"


INPUTS = {
    "available": 0,
    "on_order": 0,
    "waiting": 0,
    "reorder_point": 3,
    "order_up_to": 12,
    "moq": 6,
    "order_multiple": 6,
}


def suggest(shop: Shop, product, quantity) -> ReorderSuggestion:
    return ReorderSuggestion.objects.create(
        product=product,
        warehouse=shop.warehouse,
        supplier_item=product.supplier_items.get(),
        quantity=quantity,
        inputs=INPUTS,
        updated_at=timezone.now(),
    )


def test_suggestions_become_one_purchase_order_per_supplier(manager, shop: Shop):
    tea, cup = suggest(shop, shop.tea, 12), suggest(shop, shop.cup, 6)
    listed = manager.get("/api/v1/reorder-suggestions/?status=open&supplier=S1&product=TEA").json()["results"]
    assert [(row["id"], row["quantity"], row["unit_cost"], row["inputs"]) for row in listed] == [
        (tea.pk, 12, "6.0000", INPUTS)
    ]
    body = {"lines": [{"id": tea.pk}, {"id": cup.pk, "quantity": 18}]}
    assert errors_of(manager.post("/api/v1/reorder-suggestions/approve/", body, format="json")) == {
        "reason": "Say why you buy another quantity than suggested; it is compared later."
    }
    body |= {"reason": "A fair", "cause": "promotion"}
    response = manager.post("/api/v1/reorder-suggestions/approve/", body, format="json")
    assert response.status_code == 201, response.content
    (order,) = response.json()["purchase_orders"]
    assert [(line["product"]["sku"], line["quantity"]) for line in order["lines"]] == [("TEA", 12), ("CUP", 18)]
    approved = manager.get(f"/api/v1/reorder-suggestions/{cup.pk}/").json()
    assert (approved["status"], approved["purchase_order"]) == ("approved", order["number"])
    again = manager.post("/api/v1/reorder-suggestions/approve/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert PurchaseOrder.objects.count() == 1


def test_suggestions_become_drafts_and_wrong_quantities_are_named(manager, shop: Shop):
    tea, cup = suggest(shop, shop.tea, 12), suggest(shop, shop.cup, 6)
    approve = "/api/v1/reorder-suggestions/approve/"
    body = {"lines": [{"id": tea.pk}, {"id": cup.pk, "quantity": 7}], "place": False, "reason": "A fair"}
    assert errors_of(manager.post(approve, body, format="json")) == {
        "lines.1.quantity": "CUP: at least 6 pieces, in packs of 6."
    }
    (order,) = manager.post(approve, body | {"lines": [{"id": tea.pk}]}, format="json").json()["purchase_orders"]
    assert order["status"] == "draft"


def test_unknown_or_doubled_suggestions_are_named(manager, shop: Shop):
    tea = suggest(shop, shop.tea, 12)
    body = {"lines": [{"id": tea.pk}, {"id": tea.pk}, {"id": tea.pk + 1}]}
    assert errors_of(manager.post("/api/v1/reorder-suggestions/approve/", body, format="json")) == {
        "lines.1.id": "This line stands here twice.",
        "lines.2.id": "The document has no such line.",
    }


def test_dismissed_suggestion_leaves_the_list(manager, shop: Shop):
    tea = suggest(shop, shop.tea, 12)
    url = f"/api/v1/reorder-suggestions/{tea.pk}/dismiss/"
    assert manager.post(url, {"reason": "Delisted"}, format="json").json()["status"] == "dismissed"
    assert AuditEntry.objects.get(subject_type="reorder_suggestion").data["reason"] == "Delisted"
    assert manager.get("/api/v1/reorder-suggestions/?status=open").json()["results"] == []
    assert manager.post(f"/api/v1/reorder-suggestions/{tea.pk}/dismiss/").status_code == 409


def test_adjustment_names_what_is_wrong(manager, shop: Shop):
    url = "/api/v1/stock-adjustments/"
    assert errors_of(manager.post(url, {"product": "X", "warehouse": "MAIN", "difference": 1.5}, format="json")) == {
        "product": "There is no such entry: X.",
        "difference": "A valid integer is required.",
        "reason": "This field is required.",
    }
    body = {"product": "TEA", "warehouse": "MAIN", "difference": 0, "reason": "Count"}
    assert list(errors_of(manager.post(url, body, format="json"))) == ["difference"]
    gone = manager.post(url, body | {"difference": -11}, format="json")
    assert (gone.status_code, gone.json()["meta"]) == (409, {"on_hand": 10})
    found = manager.post(url, body | {"difference": 5, "unit_cost": "7.0000"}, format="json")
    assert (found.status_code, found.json()["quantity"], found.json()["value"]) == (201, 5, "35.00")
    assert not Order.objects.exists()


# ---- the steps of a purchase order


def test_an_order_above_the_limit_is_sent_back_and_approved(client_of, shop: Shop):
    group = Group.objects.get(name="Buyers")
    services.set_approval_limit(group.pk, Decimal("100.00"))
    buyer, manager = client_of(role="Buyers"), client_of(role="Managers")
    order = buyer.post(URL, buy(("TEA", 18)), format="json").json()  # 108.00
    assert order["status"] == "waiting"
    refused = buyer.post(f"{URL}{order['id']}/approve/")
    assert (refused.status_code, refused.json()["code"]) == (409, "above_limit")
    assert errors_of(manager.post(f"{URL}{order['id']}/send-back/", {}, format="json")) == {
        "reason": "This field is required."
    }
    sent_back = manager.post(f"{URL}{order['id']}/send-back/", {"reason": "Too much tea"}, format="json")
    assert sent_back.json()["status"] == "draft"
    assert buyer.post(f"{URL}{order['id']}/place/").json()["status"] == "waiting"
    assert manager.post(f"{URL}{order['id']}/approve/").json()["status"] == "ordered"
    assert manager.post(f"{URL}{order['id']}/approve/").status_code == 409


def test_the_supplier_confirms_by_line_and_gives_another_day(manager, shop: Shop):
    order = manager.post(URL, buy(("TEA", 12), ("CUP", 6)), format="json").json()
    today = timezone.localdate()
    confirm = f"{URL}{order['id']}/confirm/"
    early = {"lines": [{"product": "CUP", "date": (today - timedelta(days=1)).isoformat()}]}
    assert errors_of(manager.post(confirm, early, format="json")) == {
        "lines.0.date": "The supplier cannot deliver before the order was placed."
    }
    assert PurchaseOrder.objects.get().confirmed_at is None
    day = (today + timedelta(days=4)).isoformat()
    answer = manager.post(
        confirm, {"lines": [{"product": "CUP", "date": day}], "reference": "F-77"}, format="json"
    ).json()
    assert (answer["supplier_reference"], answer["confirmed_at"] is None) == ("F-77", False)
    assert [line["expected_on"] for line in answer["lines"]] == [None, day]
    later = (today + timedelta(days=30)).isoformat()
    moved = manager.post(f"{URL}{order['id']}/reschedule/", {"expected_on": later}, format="json").json()
    assert (moved["expected_on"], [line["expected_on"] for line in moved["lines"]]) == (later, [None, None])


def test_the_rest_of_an_order_is_closed_short(manager, shop: Shop):
    order = manager.post(URL, buy(("TEA", 12)), format="json").json()
    close = f"{URL}{order['id']}/close/"
    early = manager.post(close, {"reason": "x"}, format="json")
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    manager.post(f"{URL}{order['id']}/receive/", {"lines": [{"product": "TEA", "quantity": 5}]}, format="json")
    assert manager.post(close, {"reason": "Sold out there"}, format="json").json()["status"] == "closed"
    entry = AuditEntry.objects.get(verb="closed")
    assert entry.data == {"reason": "Sold out there", "left": {"TEA": 7}}


@pytest.mark.django_db(transaction=True)
def test_a_repeated_step_has_one_effect(manager, shop: Shop):
    order = manager.post(URL, buy(("TEA", 12)), format="json").json()
    day = (timezone.localdate() + timedelta(days=4)).isoformat()
    body = {"lines": [{"product": "TEA", "date": day}]}
    first, again = (
        manager.post(f"{URL}{order['id']}/confirm/", body, format="json", headers={"Idempotency-Key": "c-1"})
        for _n in range(2)
    )
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert AuditEntry.objects.filter(verb="confirmed").count() == 1


def test_the_total_is_rounded_by_line_as_on_the_page(client_of, shop):
    """6 x 0.1675 = 1.005 is 1.01 and 6 x 0.0025 = 0.015 is 0.02, half-up each: 1.03, not 1.02."""
    lines = [
        {"product": "TEA", "quantity": 6, "unit_cost": "0.1675"},
        {"product": "CUP", "quantity": 6, "unit_cost": "0.0025"},
    ]
    body = {"supplier": "S1", "warehouse": "MAIN", "lines": lines}
    made = client_of(role="Managers").post("/api/v1/purchase-orders/", body, format="json")
    assert made.json()["total"] == "1.03", made.content
