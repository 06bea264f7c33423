"""Buying with no hand: what rules approve, what they leave, and the trace of both."""

from decimal import Decimal

import pytest

from core.errors import InvalidInput
from core.models import AuditEntry
from purchasing.models import AutoApprovalRule, PurchaseOrder, StockPolicy
from purchasing.reasons import trace_texts
from purchasing.services import add_rule, approve_by_rules, delete_rule
from purchasing.services.rules import confidence
from purchasing.timeline import purchase_order_events
from tests.factories import SupplierFactory, UserFactory

pytestmark = pytest.mark.django_db


def forecast(product, mean, sd):
    StockPolicy.objects.filter(product=product).update(basis={"mean": mean, "sd": sd})


@pytest.fixture
def suggested(buying):
    """Tea for 50.00 with a confidence of 80 %, cups for 24.00 with 40 %."""
    tea, cup = buying.suggest(buying.tea, 10, 20), buying.suggest(buying.cup, 10, 20)
    forecast(buying.tea, 10.0, 2.0)
    forecast(buying.cup, 10.0, 6.0)
    return tea, cup


def test_confidence_is_what_the_deviation_leaves():
    assert confidence({"mean": 10.0, "sd": 2.0}) == Decimal("80.0")
    assert [confidence(basis) for basis in ({}, {"mean": 0, "sd": 1}, {"mean": 2, "sd": 9})] == [0, 0, 0]


def test_what_is_sure_and_small_enough_is_ordered(buying, suggested):
    tea, cup = suggested
    rule = add_rule(supplier_id=None, max_value=Decimal(60), min_confidence=75)
    assert approve_by_rules() == 1
    order = PurchaseOrder.objects.get()
    assert (order.status, order.created_by, order.lines.get().product) == ("ordered", None, buying.tea)
    tea.refresh_from_db()
    cup.refresh_from_db()
    assert (tea.status, cup.status) == ("approved", "open")
    assert trace_texts(tea.trace) == [
        (True, "The data leave no doubt."),
        (True, "Confidence 80.0 %, the rule asks 75 %."),
        (True, "The order comes to 50.00, the rule allows 60.00."),
        (True, "The order comes to 50.00, the supplier's minimum is 0.00."),
    ]
    assert trace_texts(cup.trace)[-1] == (False, "Confidence 40.0 %, the rule asks 75 %.")
    assert f"Approved by rule {rule.pk}, without a hand." in [e.sentence for e in purchase_order_events(order.pk)]
    assert approve_by_rules() == 0


def test_the_order_as_a_whole_must_fit(buying, suggested):
    add_rule(supplier_id=None, max_value=Decimal("73.99"), min_confidence=0)
    assert approve_by_rules() == 0
    tea, _cup = suggested
    tea.refresh_from_db()
    assert trace_texts(tea.trace)[2] == (False, "The order comes to 74.00, the rule allows 73.99.")
    add_rule(supplier_id=buying.supplier.pk, max_value=Decimal(74), min_confidence=0)
    buying.supplier.min_order_value = Decimal(75)
    buying.supplier.save()
    assert approve_by_rules() == 0
    tea.refresh_from_db()
    assert trace_texts(tea.trace)[3] == (False, "The order comes to 74.00, the supplier's minimum is 75.00.")
    buying.supplier.min_order_value = Decimal(74)
    buying.supplier.save()
    assert approve_by_rules() == 1
    assert PurchaseOrder.objects.get().lines.count() == 2


def test_doubtful_data_wait_for_a_buyer(buying):
    buying.supplier.lead_time_days = 0
    buying.supplier.save()
    suggestion = buying.suggest(buying.cup, 10, 20)
    add_rule(supplier_id=None, max_value=Decimal(1000), min_confidence=0)
    assert approve_by_rules() == 0
    suggestion.refresh_from_db()
    assert trace_texts(suggestion.trace)[0] == (False, "The data are in doubt: see above.")


def test_without_rules_nothing_happens(suggested):
    assert approve_by_rules() == 0
    assert not PurchaseOrder.objects.exists()


def test_one_rule_for_each_supplier_and_one_for_the_rest(buying):
    for supplier in (None, buying.supplier.pk):
        rule = add_rule(supplier_id=supplier, max_value=Decimal(1), min_confidence=0)
        with pytest.raises(InvalidInput) as refused:
            add_rule(supplier_id=supplier, max_value=Decimal(2), min_confidence=0)
        assert list(refused.value.field_errors) == ["supplier"]
    delete_rule(rule.pk)
    delete_rule(rule.pk)
    assert list(AuditEntry.objects.filter(subject_type="buying_rule").values_list("verb", flat=True)) == [
        "added", "added", "deleted",
    ]  # fmt: skip


def test_the_page_adds_applies_and_deletes(client, buying, suggested):
    client.force_login(UserFactory(role="Managers"))
    SupplierFactory(code="MILL", name="Paper mill")
    wrong = client.post("/purchasing/rules/add/", {"max_value": "-5", "min_confidence": "101"})
    assert (wrong.status_code, list(wrong.context["rule_form"].errors)) == (422, ["max_value", "min_confidence"])
    body = {"max_value": "60", "min_confidence": "75"}
    assert client.post("/purchasing/rules/add/", body).status_code == 302
    again = client.post("/purchasing/rules/add/", body)
    assert again.status_code == 422
    assert "already exists" in again.content.decode()
    page = client.post("/purchasing/rules/apply/", follow=True).content.decode()
    assert "1 purchase order was placed by the rules." in page
    page = client.post("/purchasing/rules/apply/", follow=True).content.decode()
    assert "The rules allow nothing just now; each suggestion says why." in page
    page = client.get(f"/purchasing/replenishment/{suggested[1].pk}/").content.decode()
    assert "did not approve it" in page
    rule = AutoApprovalRule.objects.get()
    assert client.post(f"/purchasing/rules/{rule.pk}/delete/").status_code == 302
    assert not AutoApprovalRule.objects.exists()
