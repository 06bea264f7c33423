"""Suppliers and what they sell us, over HTTP and through the services."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone

from core.errors import InvalidInput
from core.models import AuditEntry
from purchasing.models import PurchaseOrder, ReorderMark, ReorderSuggestion, Supplier, SupplierItem
from purchasing.performance import scorecard
from purchasing.services import add_supplier_item, change_supplier, drain_marks, receive_goods
from purchasing.values import NewReceipt
from tests.factories import ProductFactory, SupplierFactory, UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
SUPPLIERS = "/purchasing/suppliers/"
MILL = {"code": "MILL", "name": "Paper mill", "lead_time_days": "12", "order_cost": "45.50", "is_active": "on"}
TERMS = {"supplier_sku": "T-9", "unit_cost": "2.3456", "moq": "20", "order_multiple": "10"}


@pytest.fixture
def manager(client):
    client.force_login(UserFactory(role="Managers"))
    return client


def steps(subject) -> list[tuple[str, dict]]:
    return [(entry.verb, entry.data) for entry in AuditEntry.objects.filter(subject_type=subject).order_by("pk")]


def test_the_list_is_searched_and_counts(buyer, buying):
    SupplierFactory(code="MILL", name="Paper mill", is_active=False)
    buying.order((buying.tea, 10))
    buying.order((buying.tea, 10), place=False)
    rows = buyer.get(SUPPLIERS).context["page"].object_list
    assert [(row.code, row.item_count, row.open_orders) for row in rows] == [("FARM", 2, 2), ("MILL", 0, 0)]
    assert [row.code for row in buyer.get(SUPPLIERS, {"q": "paper"}).context["page"]] == ["MILL"]
    assert "No supplier fits" in buyer.get(SUPPLIERS, {"q": "xy"}).content.decode()


def test_a_supplier_is_added_and_changed_on_record(manager):
    for wrong in ({"code": ""}, {"lead_time_days": "-1"}, {"lead_time_days": "9999"}, {"order_cost": "-1"}):
        response = manager.post(f"{SUPPLIERS}new/", MILL | wrong)
        assert (response.status_code, list(response.context["form"].errors)) == (422, list(wrong))
    manager.post(f"{SUPPLIERS}new/", MILL)
    mill = Supplier.objects.get()
    assert (mill.lead_time_days, mill.order_cost) == (12, Decimal("45.50"))
    again = manager.post(f"{SUPPLIERS}new/", MILL | {"name": "Other mill"})
    assert again.context["form"].errors == {"code": ["Supplier with this Code already exists."]}
    assert 'value="Other mill"' in again.content.decode()
    manager.post(f"{SUPPLIERS}{mill.pk}/edit/", MILL | {"order_cost": "50", "lead_time_days": "14"})
    assert steps("supplier") == [
        ("added", {"code": "MILL", "name": "Paper mill"}),
        ("changed", {"changes": {"lead_time_days": [12, 14], "order_cost": ["45.50", "50"]}}),
    ]


def test_the_services_refuse_what_is_taken_by_themselves(buying):
    other = SupplierFactory(code="MILL")
    with pytest.raises(InvalidInput) as refusal:
        change_supplier(other.pk, {"code": "FARM"})
    assert refusal.value.field_errors == {"code": "This code is already used by another supplier."}
    with pytest.raises(InvalidInput) as refusal:
        add_supplier_item(buying.supplier.pk, buying.tea.pk, {"unit_cost": Decimal(1), "is_preferred": False})
    assert list(refusal.value.field_errors) == ["product"]
    with pytest.raises(IntegrityError):
        add_supplier_item(other.pk, buying.tea.pk, {"unit_cost": Decimal(-1), "is_preferred": False})


def test_a_supplier_that_is_no_longer_active_loses_its_suggestions(buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    change_supplier(buying.supplier.pk, {"is_active": False})
    drain_marks()
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.supplier_item, suggestion.quantity) == ("open", None, 20)


def test_the_page_shows_terms_orders_and_how_it_did(buyer, buying):
    start = timezone.now() - timedelta(days=20)
    prompt = buying.order((buying.tea, 10), ordered_at=start)
    late = buying.order((buying.tea, 10), ordered_at=start)
    receive_goods([NewReceipt(prompt.pk, received_at=start + timedelta(days=6))])
    receive_goods([NewReceipt(late.pk, received_at=start + timedelta(days=9))])
    score = scorecard(buying.supplier.pk, 7)
    assert (score.lines, score.on_time, score.in_full, score.lead_time.facts) == (2, 0.5, 1.0, 2)
    response = buyer.get(f"{SUPPLIERS}{buying.supplier.pk}/")
    assert [item.product.sku for item in response.context["page"]] == ["CUP", "TEA"]
    assert [order.pk for order in response.context["orders"]] == [late.pk, prompt.pk]
    page = response.content.decode()
    # (6 + 9 + 4 × 7) / 6 days
    assert "7.2 days ± 1.7" in page
    assert "50.0 %" in page
    assert [i.product.sku for i in buyer.get(f"{SUPPLIERS}{buying.supplier.pk}/", {"q": "f-1"}).context["page"]] == [
        "TEA"
    ]


def test_parts_of_the_page_follow_the_permissions(client, buying):
    client.force_login(UserFactory(permissions=["purchasing.view_supplier"]))
    page = client.get(f"{SUPPLIERS}{buying.supplier.pk}/").content.decode()
    for absent in ("What it sells us", "Last purchase orders", "/edit/", "/orders/new/"):
        assert absent not in page, absent


# ---- what they sell


def test_a_product_is_added_and_becomes_the_preferred_source(buyer, buying):
    mill, north = SupplierFactory(code="MILL"), WarehouseFactory()
    suggestion = buying.suggest(buying.tea, 5, 24)
    assert suggestion.quantity == 25
    form = buyer.get(f"{SUPPLIERS}items/new/", {"supplier": mill.pk, "product": buying.tea.pk})
    assert form.context["form"].initial == {"is_preferred": False}
    body = TERMS | {"supplier": mill.pk, "product": buying.tea.pk, "is_preferred": "on"}
    assert buyer.post(f"{SUPPLIERS}items/new/", body).url == f"{SUPPLIERS}{mill.pk}/"
    item = SupplierItem.objects.get(supplier=mill)
    assert (item.unit_cost, item.moq, item.order_multiple, item.is_preferred) == (Decimal("2.3456"), 20, 10, True)
    buying.tea_item.refresh_from_db()
    assert not buying.tea_item.is_preferred
    assert steps("supplier_item") == [
        ("changed", {"changes": {"is_preferred": [True, False]}}),
        (
            "added",
            {"supplier_sku": "T-9", "unit_cost": "2.3456", "moq": 20, "order_multiple": 10, "is_preferred": True},
        ),
    ]
    marked = set(ReorderMark.objects.values_list("product", "warehouse"))
    assert marked == {(buying.tea.pk, buying.warehouse.pk), (buying.tea.pk, north.pk)}
    drain_marks()
    suggestion.refresh_from_db()
    assert (suggestion.supplier_item_id, suggestion.quantity) == (item.pk, 30)


def test_the_unsupplied_find_a_supplier(buyer, buying):
    orphan = ProductFactory(sku="ALONE")
    suggestion = buying.suggest(orphan, 1, 4)
    form = buyer.get(f"{SUPPLIERS}items/new/", {"product": orphan.pk})
    assert form.context["form"].initial == {"is_preferred": True}
    # Typed in full and never chosen from the list.
    body = TERMS | {"supplier": buying.supplier.pk, "product": "", "label": "alone", "is_preferred": "on"}
    assert buyer.post(f"{SUPPLIERS}items/new/", body).status_code == 302
    drain_marks()
    suggestion.refresh_from_db()
    assert (suggestion.supplier_item.supplier, suggestion.quantity) == (buying.supplier, 20)


def test_wrong_terms_are_named_and_stay_typed(buyer, buying):
    response = buyer.post(f"{SUPPLIERS}items/new/", {"label": "unknown\x00", "unit_cost": "-1", "moq": "0"})
    assert response.status_code == 422
    assert list(response.context["named_errors"]) == ["supplier", "product"]
    assert list(response.context["form"].errors) == ["unit_cost", "moq", "order_multiple"]
    assert 'value="unknown' in response.content.decode()
    body = TERMS | {"supplier": buying.supplier.pk, "product": buying.tea.pk}
    response = buyer.post(f"{SUPPLIERS}items/new/", body)
    assert response.status_code == 422
    assert "This supplier already has this product" in response.content.decode()
    assert SupplierItem.objects.count() == 2


def test_terms_are_changed_and_the_suggestion_follows(buyer, buying):
    suggestion = buying.suggest(buying.tea, 5, 24)
    url = f"{SUPPLIERS}items/{buying.tea_item.pk}/"
    assert "F-1" in buyer.get(url).content.decode()
    same = {"supplier_sku": "F-1", "unit_cost": "2.5", "moq": "10", "order_multiple": "5", "is_preferred": "on"}
    buyer.post(url, same)
    assert steps("supplier_item") == []
    buyer.post(url, same | {"order_multiple": "12", "unit_cost": "2.75"})
    assert steps("supplier_item") == [
        ("changed", {"changes": {"unit_cost": ["2.5000", "2.75"], "order_multiple": [5, 12]}})
    ]
    drain_marks()
    suggestion.refresh_from_db()
    assert suggestion.quantity == 24
    buyer.post(url, same | {"is_preferred": ""})
    drain_marks()
    assert ReorderSuggestion.objects.get(status="open").supplier_item is None


def test_products_are_suggested_to_type(buyer, buying):
    rows = buyer.get("/purchasing/products/", {"q": "690001"}).json()["results"]
    assert rows == [{"id": buying.tea.pk, "label": "Green tea", "code": "TEA", "hint": "", "exact": True}]
    assert not PurchaseOrder.objects.exists()
