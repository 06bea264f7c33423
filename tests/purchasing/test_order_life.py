"""A purchase order from approval to its close, by figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.actor import acting_as
from core.errors import IllegalTransition, InvalidInput
from inventory import pipeline
from inventory.models import StockLevel
from purchasing.models import PriceBreak, PurchaseOrder, PurchaseOrderLine, ReorderSuggestion
from purchasing.selectors import on_order
from purchasing.services import (
    approve_purchase_order,
    change_expected_date,
    close_purchase_order,
    confirm_purchase_order,
    drain_marks,
    limit_of,
    place_purchase_order,
    receive_goods,
    send_back_purchase_order,
    set_approval_limit,
)
from purchasing.services.approval import AboveLimit
from purchasing.timeline import purchase_order_events
from purchasing.values import NewReceipt
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def limit(role, amount):
    set_approval_limit(Group.objects.get(name=role).pk, Decimal(amount))


def said(order):
    return [event.sentence for event in purchase_order_events(order.pk)]


@pytest.fixture
def jing():
    return UserFactory(role="Buyers")


@pytest.fixture
def boss():
    return UserFactory(role="Managers")


# ---- approval


def test_the_most_generous_role_counts_and_one_without_a_limit_has_none(jing, boss):
    assert limit_of(jing.pk) is None
    limit("Buyers", "100.00")
    assert (limit_of(jing.pk), limit_of(boss.pk), limit_of(None)) == (Decimal("100.00"), None, None)
    jing.groups.add(Group.objects.get(name="Warehouse"))
    assert limit_of(jing.pk) is None
    limit("Warehouse", "30.00")
    assert limit_of(jing.pk) == Decimal("100.00")
    set_approval_limit(Group.objects.get(name="Buyers").pk, None)
    assert limit_of(jing.pk) is None


def test_an_order_above_the_limit_waits_and_is_on_order_already(buying, jing, boss):
    limit("Buyers", "25.00")
    with acting_as(jing.pk):
        at_limit, above = buying.order((buying.tea, 10)), buying.order((buying.tea, 15))
    # 10 × 2.50 = 25.00 is within, 15 × 2.50 = 37.50 above.
    assert (at_limit.status, above.status, above.ordered_at) == ("ordered", "waiting", None)
    place = (buying.tea.pk, buying.warehouse.pk)
    assert on_order([place]) == {place: 25}
    assert [supply.quantity for supply in pipeline.incoming([place])[place]] == [10]
    with acting_as(jing.pk), pytest.raises(AboveLimit):
        approve_purchase_order(above.pk)
    with acting_as(boss.pk):
        placed = approve_purchase_order(above.pk)
    assert (placed.status, placed.order_cost) == ("ordered", Decimal("30.00"))
    assert placed.expected_on == timezone.localdate() + timedelta(days=7)
    assert said(above) == [
        "37.50 is above the placer's limit: it waits for approval.",
        "Approved and placed with the supplier.",
    ]
    with pytest.raises(IllegalTransition):
        approve_purchase_order(above.pk)


def test_a_draft_placed_above_the_limit_waits_and_can_be_sent_back(buying, jing):
    limit("Buyers", "20.00")
    draft = buying.order((buying.tea, 10), place=False)
    with acting_as(jing.pk):
        assert place_purchase_order(draft.pk).status == "waiting"
    with pytest.raises(InvalidInput) as refused:
        send_back_purchase_order(draft.pk, reason="  ")
    assert list(refused.value.field_errors) == ["reason"]
    assert send_back_purchase_order(draft.pk, reason="too dear").status == "draft"
    assert said(draft)[-1] == "Not approved, a draft again. Reason: too dear"
    with pytest.raises(IllegalTransition):
        receive_goods([NewReceipt(draft.pk)])


# ---- the supplier's answer


def test_confirmed_lines_have_their_own_days(buying):
    order = buying.order((buying.tea, 10), (buying.cup, 4))
    tea, cup = order.lines.order_by("pk")
    today = timezone.localdate()
    confirmed = confirm_purchase_order(
        order.pk, {tea.pk: today + timedelta(days=3), cup.pk: today + timedelta(days=12)}, reference="F-77"
    )
    assert confirmed.expected_on == today + timedelta(days=12)
    assert (confirmed.supplier_reference, confirmed.confirmed_at is not None) == ("F-77", True)
    places = [(buying.tea.pk, buying.warehouse.pk), (buying.cup.pk, buying.warehouse.pk)]
    supply = pipeline.incoming(places)
    assert [supply[place][0].expected_on for place in places] == [today + timedelta(days=3), today + timedelta(days=12)]
    assert said(order)[-1] == f"Confirmed by the supplier for {today + timedelta(days=12)}, its number F-77."
    change_expected_date(order.pk, today + timedelta(days=9))
    assert {s[0].expected_on for s in pipeline.incoming(places).values()} == {today + timedelta(days=9)}


def test_a_day_before_the_order_is_refused(buying):
    order = buying.order((buying.tea, 10))
    line = order.lines.get()
    with pytest.raises(InvalidInput) as refused:
        confirm_purchase_order(order.pk, {line.pk: timezone.localdate() - timedelta(days=1)})
    assert list(refused.value.field_errors) == [f"lines.{line.pk}.date"]
    with pytest.raises(InvalidInput):
        confirm_purchase_order(order.pk, {line.pk + 1: timezone.localdate()})
    assert PurchaseOrder.objects.get(pk=order.pk).confirmed_at is None


def test_a_draft_cannot_be_confirmed(buying):
    with pytest.raises(IllegalTransition):
        confirm_purchase_order(buying.order((buying.tea, 10), place=False).pk, {})


# ---- more and fewer than ordered


@pytest.fixture
def tolerant(buying):
    """An order of 100 cups from a supplier that may be off by 5 %."""
    buying.supplier.receipt_tolerance = 5
    buying.supplier.save()
    return buying.order((buying.cup, 100))


def test_more_than_the_tolerance_is_refused_with_the_most_that_may_come(tolerant):
    line = tolerant.lines.get()
    with pytest.raises(InvalidInput) as refused:
        receive_goods([NewReceipt(tolerant.pk, {line.pk: 106})])
    assert refused.value.field_errors == {
        f"lines.{line.pk}.quantity": ("100 of CUP are still expected, 105 with the tolerance; enter 0 to 105.")
    }
    assert not StockLevel.objects.exists()


def test_a_little_more_comes_in_and_completes_the_order(tolerant, buying):
    receive_goods([NewReceipt(tolerant.pk, {tolerant.lines.get().pk: 104})])
    tolerant.refresh_from_db()
    level = StockLevel.objects.get()
    assert (tolerant.status, level.on_hand, level.value) == ("received", 104, Decimal("124.80"))
    assert on_order([(buying.cup.pk, buying.warehouse.pk)]) == {}


def test_a_little_less_completes_the_order_and_says_so(tolerant, buying):
    line = tolerant.lines.get()
    receive_goods([NewReceipt(tolerant.pk, {line.pk: 60})])
    tolerant.refresh_from_db()
    assert tolerant.status == "partly_received"
    receive_goods([NewReceipt(tolerant.pk, {line.pk: 35})])
    tolerant.refresh_from_db()
    assert tolerant.status == "received"
    assert said(tolerant)[-1].endswith(": 35 pieces came in, 5 fewer than ordered: within the tolerance.")
    assert on_order([(buying.cup.pk, buying.warehouse.pk)]) == {}


def test_the_database_bounds_what_a_line_receives(buying):
    order = buying.order((buying.cup, 10))
    with pytest.raises(IntegrityError), transaction.atomic(savepoint=True):
        PurchaseOrderLine.objects.filter(purchase_order=order).update(received=11)


def test_closing_short_frees_the_need_for_a_new_suggestion(buying):
    suggestion = buying.suggest(buying.tea, 5, 20)
    order = buying.order((buying.tea, 20))
    with pytest.raises(IllegalTransition):
        close_purchase_order(order.pk, reason="nothing came")
    receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 4})])
    drain_marks()
    suggestion.refresh_from_db()
    assert suggestion.status == "obsolete"
    assert close_purchase_order(order.pk, reason="sold out").status == "closed"
    drain_marks()
    # 4 there, up to 20: 16 missing, in packs of 5.
    assert ReorderSuggestion.objects.get(status="open").quantity == 20
    assert said(order)[-1] == "Closed short; no longer expected: TEA 16. Reason: sold out"
    with pytest.raises(IllegalTransition):
        receive_goods([NewReceipt(order.pk)])


# ---- price breaks


def test_the_price_break_reached_counts(buying):
    for quantity, cost in ((20, "2.3000"), (50, "2.0000")):
        PriceBreak.objects.create(supplier_item=buying.tea_item, quantity=quantity, unit_cost=cost)
    costs = [buying.order((buying.tea, pieces)).lines.get().unit_cost for pieces in (15, 20, 45, 50)]
    assert costs == [Decimal("2.5"), Decimal("2.3"), Decimal("2.3"), Decimal("2.0")]


# ---- pages


def test_the_pages_of_approval(client, buying, jing, boss):
    client.force_login(boss)
    buyers = Group.objects.get(name="Buyers")
    assert client.post("/purchasing/rules/limits/", {f"role-{buyers.pk}-amount": "-1"}).status_code == 422
    assert client.post("/purchasing/rules/limits/", {f"role-{buyers.pk}-amount": "20"}).status_code == 302
    draft = buying.order((buying.tea, 10), place=False)
    client.force_login(jing)
    page = client.post(f"/purchasing/orders/{draft.pk}/place/", follow=True).content.decode()
    assert f"{draft.number} is above your limit and waits for approval." in page
    assert "approve/" not in page
    assert client.post(f"/purchasing/orders/{draft.pk}/approve/").status_code == 409
    client.force_login(boss)
    assert "1 purchase order waits for your approval" in client.get("/purchasing/orders/").content.decode()
    page = client.get(f"/purchasing/orders/{draft.pk}/").content.decode()
    assert f"/purchasing/orders/{draft.pk}/approve/" in page
    assert client.post(f"/purchasing/orders/{draft.pk}/send-back/", {"reason": ""}).status_code == 422
    assert client.post(f"/purchasing/orders/{draft.pk}/approve/").status_code == 302
    draft.refresh_from_db()
    assert draft.status == "ordered"


def test_the_confirmation_form_keeps_what_was_typed(buyer, buying):
    order = buying.order((buying.tea, 10))
    line, url = order.lines.get(), f"/purchasing/orders/{order.pk}/confirm/"
    refused = buyer.post(url, {"reference": "F-9", f"line-{line.pk}": "2026-02-31"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="F-9"' in page
    assert "Enter a day as 2026-01-31." in page
    early = buyer.post(url, {f"line-{line.pk}": "2020-01-01"})
    assert early.status_code == 409
    assert "The supplier cannot deliver before the order was placed." in early.content.decode()
    day = timezone.localdate() + timedelta(days=4)
    assert buyer.post(url, {"reference": "F-9", f"line-{line.pk}": f"{day}"}).status_code == 302
    order.refresh_from_db()
    assert (order.expected_on, order.supplier_reference) == (day, "F-9")
    assert [o.pk for o in buyer.get("/purchasing/orders/", {"status": "unconfirmed"}).context["orders"]] == []


def test_the_rest_is_closed_with_a_reason(buyer, buying):
    order = buying.order((buying.cup, 10))
    receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 4})])
    assert "CUP: 6 pieces will no longer come to MAIN." in buyer.get(f"/purchasing/orders/{order.pk}/").content.decode()
    assert buyer.post(f"/purchasing/orders/{order.pk}/close/", {}).status_code == 422
    assert buyer.post(f"/purchasing/orders/{order.pk}/close/", {"reason": "sold out"}).status_code == 302
    order.refresh_from_db()
    assert order.status == "closed"


def test_the_lines_as_a_file_for_the_supplier(buyer, buying):
    order = buying.order((buying.tea, 10))
    text = b"".join(buyer.get(f"/purchasing/orders/{order.pk}/?format=csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1] == (
        f"{order.number},F-1,TEA,690001,Green tea,10,pcs,2.5000,25.00,,{order.expected_on},Main warehouse"
    )


def test_price_breaks_are_typed_one_a_line(buyer, buying):
    url = f"/purchasing/suppliers/items/{buying.tea_item.pk}/"
    fields = {"unit_cost": "2.50", "moq": "10", "order_multiple": "5", "is_preferred": "on"}
    for wrong, why in (("20 for 2", "write it like"), ("20: 2.60", "must be below"), ("20: 2\n20: 1", "twice")):
        page = buyer.post(url, fields | {"price_breaks": wrong})
        assert page.status_code == 422
        assert why in page.content.decode()
    assert buyer.post(url, fields | {"price_breaks": "20: 2.30\n\n50：2.1"}).status_code == 302
    assert list(buying.tea_item.price_breaks.values_list("quantity", "unit_cost")) == [
        (20, Decimal("2.3")),
        (50, Decimal("2.1")),
    ]
    assert "20: 2.3000\n50: 2.1000" in buyer.get(url).content.decode()
