"""Standing orders: their days, the orders that fall due, and their pages."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from core.errors import IllegalTransition, InvalidInput
from core.models import AuditEntry
from purchasing.models import PurchaseOrder, ReorderSuggestion, StandingOrder
from purchasing.schedule import coming_days, due_days, next_due
from purchasing.selectors import on_order
from purchasing.services import (
    add_rule,
    add_standing_order,
    change_standing_order,
    drain_marks,
    end_standing_order,
    make_due_orders,
    pause_standing_order,
    resume_standing_order,
)
from purchasing.tasks import make_standing_orders
from purchasing.values import NewPurchaseLine, NewStandingOrder
from tests.factories import UserFactory
from tests.purchasing.test_agreements import agree, left

pytestmark = pytest.mark.django_db


def today(days: int = 0) -> date:
    return timezone.localdate() + timedelta(days=days)


def stand(buying, *lines, starts=0, **more) -> StandingOrder:
    """A standing order: ``stand(buying, (buying.tea, 20), every=2)``."""
    wanted = [NewPurchaseLine(product.pk, quantity) for product, quantity in lines or [(buying.tea, 20)]]
    return add_standing_order(NewStandingOrder(buying.supplier.pk, buying.warehouse.pk, wanted, today(starts), **more))


def due(standing) -> list[tuple[date, str]]:
    return list(standing.runs.order_by("due_on").values_list("due_on", "purchase_order__status"))


# ---- days


def test_weeks_and_months_are_counted_from_the_first_day():
    monday = date(2026, 1, 5)
    assert coming_days(monday, 2, "week", None, since=date(2026, 1, 6), limit=2) == [
        date(2026, 1, 19),
        date(2026, 2, 2),
    ]
    end = date(2026, 1, 31)
    assert coming_days(end, 1, "month", None, since=end, limit=4) == [
        end,
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    assert next_due(end, 1, "month", date(2026, 3, 30), after=date(2026, 2, 28)) is None
    assert list(due_days(end, 6, "month", date(2026, 12, 31))) == [end, date(2026, 7, 31)]


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.integers(1, 52),
    st.sampled_from(["week", "month"]),
    st.dates(date(2020, 1, 1), date(2045, 1, 1)),
)
def test_the_next_day_is_later_and_none_lies_between(first, every, unit, after):
    found = next_due(first, every, unit, None, after=after)
    days = coming_days(first, every, unit, None, since=first, limit=1500)
    assert found == next(day for day in days if day > after)


# ---- orders that fall due


def test_each_due_day_makes_one_draft(buying):
    standing = stand(buying, (buying.tea, 20), (buying.cup, 7), every=2)
    assert make_due_orders() == 1
    assert make_due_orders() == 0
    standing.refresh_from_db()
    assert (due(standing), standing.next_on) == ([(today(), "draft")], today(14))
    order = PurchaseOrder.objects.get()
    assert list(order.lines.order_by("pk").values_list("product", "quantity", "unit_cost")) == [
        (buying.tea.pk, 20, Decimal("2.5000")),
        (buying.cup.pk, 7, Decimal("1.2000")),
    ]
    assert order.created_by is None
    verbs = AuditEntry.objects.filter(subject_type="purchase_order").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["drafted", "stood"]


def test_after_days_of_standstill_each_missed_day_has_its_order_once(buying):
    standing = stand(buying)
    assert make_due_orders(today(15)) == 3
    assert make_due_orders(today(15)) == 0
    standing.refresh_from_db()
    assert [day for day, _status in due(standing)] == [today(), today(7), today(14)]
    assert standing.next_on == today(21)


def test_no_order_before_the_first_or_after_the_last_day(buying):
    standing = stand(buying, starts=2, ends_on=today(9))
    assert make_due_orders(today(1)) == 0
    assert make_due_orders(today(30)) == 2
    standing.refresh_from_db()
    assert (standing.next_on, make_due_orders(today(90))) == (None, 0)


def test_it_is_no_supply_until_ordered_and_counts_then(buying):
    stand(buying, (buying.tea, 20), starts=1)
    place = (buying.tea.pk, buying.warehouse.pk)
    suggestion = buying.suggest(buying.tea, 5, 20)
    assert (suggestion.quantity, suggestion.inputs["on_order"], on_order({place})) == (20, 0, {})
    make_due_orders(today(1))
    drain_marks()
    assert on_order({place}) == {place: 20}
    assert not ReorderSuggestion.objects.filter(status="open").exists()


def test_a_rule_places_what_it_allows(buying):
    add_rule(supplier_id=None, max_value=Decimal("49.99"), min_confidence=50)
    standing = stand(buying, approval="rule")
    make_due_orders()
    assert due(standing) == [(today(), "draft")], "50.00 is more than the rule allows"
    add_rule(supplier_id=buying.supplier.pk, max_value=Decimal("50.00"), min_confidence=100)
    make_due_orders(today(7))
    assert due(standing)[-1] == (today(7), "ordered")
    order = PurchaseOrder.objects.latest("pk")
    assert order.expected_on == today(7)
    assert AuditEntry.objects.filter(subject_type="purchase_order", verb="approved_by_rule").count() == 1


@pytest.mark.parametrize(("rule", "minimum"), [(None, 0), ("100.00", 51)])
def test_without_a_rule_or_below_the_minimum_it_stays_a_draft(buying, rule, minimum):
    buying.supplier.min_order_value = minimum
    buying.supplier.save()
    if rule:
        add_rule(supplier_id=None, max_value=Decimal(rule), min_confidence=50)
    standing = stand(buying, approval="rule")
    make_due_orders()
    assert due(standing) == [(today(), "draft")]


def test_it_draws_on_an_agreement(buying):
    agreement = agree(buying, (buying.tea, "2.00", 30))
    stand(buying)
    make_due_orders(today(7))
    # The second order of 20 is more than the 10 that are left.
    assert left(agreement) == [(20, 10)]
    costs = PurchaseOrder.objects.order_by("pk").values_list("lines__unit_cost", flat=True)
    assert list(costs) == [Decimal("2.0000"), Decimal("2.5000")]


def test_what_cannot_be_ordered_says_why_and_is_tried_again(buying):
    standing, other = stand(buying), stand(buying, (buying.cup, 5))
    buying.tea_item.moq = 50
    buying.tea_item.save()
    assert make_due_orders() == 1
    assert make_due_orders() == 0
    standing.refresh_from_db()
    assert (standing.problem, standing.next_on) == ("TEA: at least 50 pieces, in packs of 5.", today())
    assert AuditEntry.objects.filter(subject_type="standing_order", verb="failed").count() == 1
    assert due(other) == [(today(), "draft")]
    wanted = [NewPurchaseLine(buying.tea.pk, 50)]
    change_standing_order(standing.pk, NewStandingOrder(0, 0, wanted, today()))
    assert make_due_orders() == 1
    standing.refresh_from_db()
    assert (standing.problem, due(standing)) == ("", [(today(), "draft")])


# ---- paused, resumed, ended


def test_a_pause_leaves_its_days_out(buying):
    standing = stand(buying, starts=0)
    make_due_orders()
    pause_standing_order(standing.pk)
    assert make_due_orders(today(20)) == 0
    StandingOrder.objects.update(next_on=today(-7), starts_on=today(-7))
    resumed = resume_standing_order(standing.pk)
    assert resumed.next_on == today(7), "today's order is made"
    with pytest.raises(IllegalTransition):
        resume_standing_order(standing.pk)


def test_ended_it_stays_so(buying):
    standing = end_standing_order(stand(buying).pk)
    assert (make_due_orders(), standing.next_on) == (0, None)
    for step in (pause_standing_order, resume_standing_order, end_standing_order):
        with pytest.raises(IllegalTransition):
            step(standing.pk)
    with pytest.raises(IllegalTransition):
        change_standing_order(standing.pk, NewStandingOrder(0, 0, [NewPurchaseLine(buying.tea.pk, 20)], today()))


def test_a_changed_rhythm_goes_on_from_today(buying):
    standing = stand(buying)
    make_due_orders()
    wanted = [NewPurchaseLine(buying.tea.pk, 25)]
    changed = change_standing_order(standing.pk, NewStandingOrder(0, 0, wanted, today(), every=3))
    assert changed.next_on == today(21)
    make_due_orders(today(21))
    assert PurchaseOrder.objects.latest("pk").lines.get().quantity == 25


def test_every_wrong_field_is_named(buying):
    lines = [NewPurchaseLine(buying.tea.pk, 12), NewPurchaseLine(buying.tea.pk, 20), NewPurchaseLine(0, 1)]
    new = NewStandingOrder(
        buying.supplier.pk, 0, lines, today(-1), every=0, unit="day", ends_on=today(-2), approval="x"
    )
    with pytest.raises(InvalidInput) as refused:
        add_standing_order(new)
    assert refused.value.field_errors == {
        "warehouse": "Choose an active warehouse.",
        "every": "Enter a whole number from 1 to 52.",
        "unit": "Choose weeks or months.",
        "approval": "Choose what becomes of each order.",
        "starts_on": "Choose today or a later day.",
        "ends_on": "It cannot end before it starts.",
        "lines.0.quantity": "TEA: at least 10 pieces, in packs of 5.",
        "lines.1.product": "TEA stands on the order twice.",
        "lines.2.product": "This supplier does not sell this product to us.",
    }
    assert not StandingOrder.objects.exists()


# ---- pages and the API


def typed(buying, *lines, **more):
    columns = {
        "product": [str(product.pk) for product, _quantity in lines],
        "label": [product.sku for product, _quantity in lines],
        "quantity": [str(quantity) for _product, quantity in lines],
        "unit_cost": ["1"] * len(lines),
    }
    head = {
        "supplier": buying.supplier.pk,
        "warehouse": buying.warehouse.pk,
        "every": "2",
        "unit": "week",
        "starts_on": f"{today()}",
        "ends_on": "",
        "approval": "draft",
    }
    return head | columns | more


def test_an_empty_list_says_what_to_do(buyer, buying):
    page = buyer.get(reverse("purchasing:standings")).content.decode()
    assert "No standing orders yet" in page
    assert reverse("purchasing:standing-new") in page


@pytest.mark.django_db(transaction=True)
def test_a_standing_order_on_its_pages(buyer, buying):
    url = reverse("purchasing:standing-new")
    key = buyer.get(url).context["key"]
    wrong = buyer.post(url, typed(buying, (buying.tea, 12)))
    assert wrong.status_code == 422
    assert wrong.context["lines"][0]["errors"] == {"quantity": "TEA: at least 10 pieces, in packs of 5."}
    for _time in range(2):
        answer = buyer.post(url, typed(buying, (buying.tea, 20), key=key))
    standing = StandingOrder.objects.get()
    assert make_standing_orders() == 1
    page = buyer.get(answer.url)
    assert page.context["days"][:2] == [today(14), today(28)]
    order = PurchaseOrder.objects.get()
    assert order.number in page.content.decode()
    assert standing.number in buyer.get(reverse("purchasing:order", args=[order.pk])).content.decode()
    edit = reverse("purchasing:standing-edit", args=[standing.pk])
    assert buyer.get(edit).context["lines"][0]["quantity"] == 20
    assert buyer.post(edit, typed(buying, (buying.tea, 25), unit="month")).status_code == 302
    for step, status in (("pause", "paused"), ("resume", "active"), ("end", "ended")):
        assert buyer.post(reverse(f"purchasing:standing-{step}", args=[standing.pk])).status_code == 302
        standing.refresh_from_db()
        assert standing.status == status
    assert buyer.post(reverse("purchasing:standing-end", args=[standing.pk])).status_code == 409
    assert buyer.get(edit).status_code == 302
    assert "Ended" in buyer.get(reverse("purchasing:standings")).content.decode()


def test_over_the_api(buying):
    client = APIClient()
    client.force_authenticate(UserFactory(role="Managers"))
    url = "/api/v1/standing-orders/"
    body = {
        "supplier": "FARM",
        "warehouse": "MAIN",
        "starts_on": f"{today()}",
        "every": 4,
        "lines": [{"product": "TEA", "quantity": 20}],
    }
    refused = client.post(url, body | {"starts_on": f"{today(-1)}"}, format="json")
    assert [error["field"] for error in refused.json()["errors"]] == ["starts_on"]
    made = client.post(url, body, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["next_days"][:2] == [f"{today()}", f"{today(28)}"]
    make_due_orders()
    shown = client.get(f"{url}{made.json()['id']}/").json()
    number = PurchaseOrder.objects.get().number
    assert shown["runs"] == [{"due_on": f"{today()}", "purchase_order": number}]
    assert client.post(f"{url}{made.json()['id']}/pause/").json()["next_days"] == []
    assert client.post(f"{url}{made.json()['id']}/resume/").json()["next_days"][0] == f"{today(28)}"
    assert client.post(f"{url}{made.json()['id']}/end/").json()["status"] == "ended"
    assert client.post(f"{url}{made.json()['id']}/pause/").status_code == 409
    assert len(client.get(url, {"supplier": "FARM", "status": "ended"}).json()["results"]) == 1
