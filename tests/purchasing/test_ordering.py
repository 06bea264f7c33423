"""Approving, drafting, changing and rescheduling purchase orders through the services."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import IllegalTransition, InvalidInput
from core.models import AuditEntry
from purchasing.models import PurchaseOrder, ReorderMark, ReorderSuggestion
from purchasing.services import (
    approve_suggestions,
    change_draft,
    change_expected_date,
    dismiss_suggestion,
    drain_marks,
    place_purchase_order,
)
from purchasing.timeline import PURCHASE_ORDER, purchase_order_events
from purchasing.values import NewPurchaseLine
from tests.factories import SupplierItemFactory, WarehouseFactory

pytestmark = pytest.mark.django_db


def test_suggestions_become_drafts_by_supplier_and_warehouse(buying):
    north = WarehouseFactory()
    other = SupplierItemFactory()
    chosen = [
        buying.suggest(buying.tea, 5, 20),
        buying.suggest(buying.cup, 1, 7),
        buying.suggest(buying.tea, 5, 10, north),
        buying.suggest(other.product, 1, 3),
    ]
    orders = approve_suggestions({s.pk: s.quantity for s in chosen}, place=False)
    made = {
        (order.supplier_id, order.warehouse_id): list(order.lines.values_list("product", "quantity"))
        for order in orders
    }
    assert made == {
        (buying.supplier.pk, buying.warehouse.pk): [(buying.tea.pk, 20), (buying.cup.pk, 7)],
        (buying.supplier.pk, north.pk): [(buying.tea.pk, 10)],
        (other.supplier_id, buying.warehouse.pk): [(other.product_id, 3)],
    }
    assert {(order.status, order.ordered_at) for order in orders} == {("draft", None)}
    assert {event.sentence for event in purchase_order_events(orders[0].pk)} == {"Saved as a draft."}
    drain_marks()
    assert not ReorderSuggestion.objects.filter(status="open").exists(), "drafts count as on order"


def test_every_wrong_suggestion_is_named_and_nothing_ordered(buying):
    nobody = SupplierItemFactory(is_preferred=False).product
    tea, cup, orphan = buying.suggest(buying.tea, 5, 20), buying.suggest(buying.cup, 1, 7), buying.suggest(nobody, 1, 3)
    with pytest.raises(InvalidInput) as refused:
        approve_suggestions({tea.pk: 12, cup.pk: 0, orphan.pk: 3})
    assert refused.value.field_errors == {
        f"suggestions.{tea.pk}.quantity": "TEA: at least 10 pieces, in packs of 5.",
        f"suggestions.{cup.pk}.quantity": "Enter a whole number from 1 to 1000000000.",
        f"suggestions.{orphan.pk}.supplier": f"{nobody.sku} has no supplier: add one before ordering.",
    }
    assert not PurchaseOrder.objects.exists()
    assert ReorderSuggestion.objects.filter(status="open").count() == 3


def test_the_reason_of_a_dismissal_is_kept(buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    dismiss_suggestion(suggestion.pk, reason="Season is over")
    entry = AuditEntry.objects.get(subject_type="reorder_suggestion")
    assert (entry.verb, entry.data) == ("dismissed", {"quantity": 20, "reason": "Season is over"})


def test_an_inactive_supplier_gets_no_orders_and_no_suggestions(buying):
    buying.supplier.is_active = False
    buying.supplier.save()
    with pytest.raises(InvalidInput) as refused:
        buying.order((buying.tea, 10))
    assert refused.value.field_errors == {"supplier": "Tea farm is not active: choose another supplier."}
    assert buying.suggest(buying.tea, 5, 20).supplier_item is None


def test_a_draft_is_changed_line_by_line(buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    (draft,) = approve_suggestions({suggestion.pk: 20}, place=False)
    line = draft.lines.get()
    ReorderMark.objects.all().delete()
    soon = timezone.localdate() + timedelta(days=3)
    lines = [NewPurchaseLine(buying.tea.pk, 25, Decimal("2.4000")), NewPurchaseLine(buying.cup.pk, 3)]
    change_draft(draft.pk, lines, expected_on=soon)
    rows = list(draft.lines.order_by("pk").values_list("pk", "product", "quantity", "unit_cost"))
    assert rows == [
        (line.pk, buying.tea.pk, 25, Decimal("2.4000")),
        (rows[1][0], buying.cup.pk, 3, Decimal("1.2000")),
    ]
    suggestion.refresh_from_db()
    assert suggestion.purchase_order_line_id == line.pk
    assert set(ReorderMark.objects.values_list("product", flat=True)) == {buying.tea.pk, buying.cup.pk}
    change_draft(draft.pk, [NewPurchaseLine(buying.cup.pk, 3)])
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.purchase_order_line) == ("approved", None)
    assert [event.sentence for event in purchase_order_events(draft.pk)] == [
        "Saved as a draft.",
        "Draft changed: CUP 0 → 3, TEA 20 → 25.",
        "Draft changed: TEA 25 → 0.",
    ]
    drain_marks()
    assert ReorderSuggestion.objects.get(status="open").quantity == 20, "what was taken off is suggested again"


def test_a_draft_keeps_to_the_suppliers_rules_and_a_placed_order_is_fixed(buying):
    draft = buying.order((buying.tea, 10), place=False)
    for lines, wrong in (
        ([], "lines"),
        ([NewPurchaseLine(buying.tea.pk, 11)], "lines.0.quantity"),
        ([NewPurchaseLine(SupplierItemFactory().product_id, 1)], "lines.0.product"),
    ):
        with pytest.raises(InvalidInput) as refused:
            change_draft(draft.pk, lines)
        assert list(refused.value.field_errors) == [wrong]
    place_purchase_order(draft.pk)
    with pytest.raises(IllegalTransition):
        change_draft(draft.pk, [NewPurchaseLine(buying.tea.pk, 15)])
    assert draft.lines.get().quantity == 10


def test_the_supplier_names_another_day(buying):
    order = buying.order((buying.tea, 10))
    was, later = order.expected_on, order.expected_on + timedelta(days=4)
    change_expected_date(order.pk, later)
    change_expected_date(order.pk, later)
    order.refresh_from_db()
    assert order.expected_on == later
    assert [event.sentence for event in purchase_order_events(order.pk)] == [
        "Placed with the supplier.",
        f"Expected on {later} instead of {was}.",
    ]
    draft = buying.order((buying.tea, 10), place=False)
    with pytest.raises(IllegalTransition):
        change_expected_date(draft.pk, later)


def test_every_step_that_services_write_has_its_sentence():
    import re
    from pathlib import Path

    from purchasing import services

    call = re.compile(r'"purchase_order",\s*[\w.]+,\s*"(\w+)"(?: if [\w.]+ else "(\w+)")?')
    texts = [path.read_text("utf-8") for path in Path(services.__file__).parent.glob("*.py")]
    verbs = {verb for text in texts for found in call.findall(text) for verb in found if verb}
    assert verbs | {"mailed", "mail_failed", "mail_unclear"} == set(PURCHASE_ORDER)  # the latter by core.mail
