"""Quotations: prices offered, stock held for a time, and what becomes of both."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import IllegalTransition, InsufficientStock, InvalidInput
from core.models import AuditEntry
from inventory.models import StockLevel
from inventory.selectors import waiting_by_place
from inventory.services import adjust_stock
from inventory.verification import stock_differences
from orders.checks import CustomerBlocked
from orders.credit import CreditExceeded
from orders.models import LostDemand, Order, PriceList, PriceListItem, Promotion, Quotation, QuotationLine
from orders.services import (
    cancel_order,
    create_order,
    decline_quotation,
    hold_quotation,
    let_go_of_lapsed,
    let_go_of_quotation,
    make_quotation,
    order_quotation,
)
from orders.services.rules import NewQuota, QuotaExceeded, set_quota
from orders.values import NewQuotation
from orders.verification import order_differences
from purchasing.needs import Terms, due_needs
from tests.factories import stock

pytestmark = pytest.mark.django_db


def day(days: int):
    return timezone.localdate() + timedelta(days=days)


def offer(desk, *lines, valid=14, hold: int | None = 3, **kwargs) -> Quotation:
    held_until = None if hold is None else day(hold)
    return make_quotation(NewQuotation(desk.order(*lines, **kwargs), day(valid), held_until))


def held(quotation: Quotation) -> list[int]:
    return list(quotation.lines.order_by("position").values_list("held", flat=True))


def figures(product) -> tuple[int, int, int, int]:
    """On hand, reserved, demanded, waiting."""
    level = StockLevel.objects.get(product=product)
    return level.on_hand, level.reserved, level.demanded, level.waiting


def tie_out() -> bool:
    return stock_differences() == [] and order_differences() == []


def verbs(quotation: Quotation) -> list[str]:
    steps = AuditEntry.objects.filter(subject_type="quotation", subject_id=quotation.pk).order_by("pk")
    return list(steps.values_list("verb", flat=True))


# ---- prices


def test_is_priced_as_an_order_of_today_would_be(desk):
    tea, cup = desk.product(price="10.00", tax_rate="13.00"), desk.product(price="8.00", tax_rate="6.00")
    prices = PriceList.objects.create(name="Friends")
    PriceListItem.objects.create(price_list=prices, product=tea, min_quantity=5, unit_price="9.00")
    desk.customer.price_list = prices
    desk.customer.save()
    Promotion.objects.create(name="May", product=cup, discount=25, first_day=day(0), last_day=day(1))
    quotation = offer(desk, (tea, 5), (cup, 2), discount=Decimal(10), freight=Decimal("12.50"), hold=None)
    rows = quotation.lines.order_by("position").values_list("unit_price", "tax_rate", "amount", "held")
    assert [tuple(map(str, row)) for row in rows] == [("9.00", "13.00", "45.00", "0"), ("6.00", "6.00", "12.00", "0")]
    assert (quotation.status, quotation.held_until, verbs(quotation)) == ("open", None, ["quoted"])
    assert not Order.objects.exists()


def test_the_order_has_the_prices_offered_not_those_of_its_day(desk):
    tea = desk.product(price="10.00", tax_rate="13.00")
    stock(tea, desk.warehouse, 9)
    quotation = offer(desk, (tea, 4), discount=Decimal(5), freight=Decimal("3.00"), note="gate 2", is_priority=True)
    tea.price = Decimal("99.00")
    tea.save()
    order = order_quotation(quotation.pk)
    line = order.lines.get()
    assert (line.unit_price, line.discount, line.tax_rate, line.quantity) == (10, 0, 13, 4)
    assert (order.discount, order.freight, order.note, order.is_priority) == (5, 3, "gate 2", True)
    assert order.requested_date == timezone.localdate()
    quotation.refresh_from_db()
    assert (quotation.status, quotation.order, quotation.held_until) == ("ordered", order, None)
    assert verbs(quotation) == ["quoted", "ordered"]


# ---- what a hold does


def test_what_is_held_is_reserved_and_demanded_and_nobody_waits(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 10)
    quotation = offer(desk, (tea, 4), (tea, 3))
    assert held(quotation) == [4, 3]
    assert figures(tea) == (10, 7, 7, 0)
    assert tie_out()
    with pytest.raises(InsufficientStock):
        create_order(desk.order((tea, 4), allow_backorder=False))
    order = create_order(desk.order((tea, 5)))
    assert figures(tea) == (10, 10, 12, 2)
    assert waiting_by_place([(tea.pk, desk.warehouse.pk)]) == {(tea.pk, desk.warehouse.pk): 2}
    assert (order.lines.get().quantity, tie_out()) == (5, True)


def test_holds_what_is_there_and_records_no_lost_demand(desk):
    tea, cup = desk.product(), desk.product()
    stock(tea, desk.warehouse, 3)
    quotation = offer(desk, (tea, 5), (cup, 2))
    assert held(quotation) == [3, 0]
    assert AuditEntry.objects.get(verb="quoted").data["missing"] == 4
    assert (figures(tea), figures(cup)) == ((3, 3, 3, 0), (0, 0, 0, 0))
    assert not LostDemand.objects.exists()
    assert tie_out()


def test_ordering_takes_the_hold_over_before_anybody_who_waits(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5))
    waiting = create_order(desk.order((tea, 4)))
    order = order_quotation(quotation.pk)
    assert figures(tea) == (5, 5, 9, 4)
    assert [a.reservation.quantity for a in order.lines.get().allocations.all()] == [5]
    assert not waiting.lines.get().allocations.exists()
    assert held(quotation) == [0]
    assert tie_out()


def test_control_a_hold_let_go_first_is_taken_by_those_who_wait(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5))
    waiting = create_order(desk.order((tea, 4)))
    let_go_of_quotation(quotation.pk)
    order = order_quotation(quotation.pk)
    assert [a.reservation.quantity for a in waiting.lines.get().allocations.all()] == [4]
    assert [a.reservation.quantity for a in order.lines.get().allocations.all()] == [1]
    assert tie_out()


def test_what_is_not_held_waits_when_ordered_and_is_lost_demand_once(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 3)
    quotation = offer(desk, (tea, 5))
    order = order_quotation(quotation.pk)
    assert figures(tea) == (3, 3, 5, 2)
    assert list(LostDemand.objects.values_list("line", "kind", "quantity")) == [
        (order.lines.get().pk, "backordered", 2)
    ]
    assert tie_out()


@pytest.mark.parametrize("end", ["decline", "let_go", "lapse", "expire"])
def test_what_is_let_go_of_goes_to_those_who_wait(desk, end):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5))
    create_order(desk.order((tea, 2)))
    if end == "decline":
        decline_quotation(quotation.pk, "too dear")
    elif end == "let_go":
        let_go_of_quotation(quotation.pk)
    else:
        assert let_go_of_lapsed(today=day(4 if end == "lapse" else 15)) == 1
    quotation.refresh_from_db()
    status = {"decline": "declined", "let_go": "open", "lapse": "open", "expire": "expired"}[end]
    verb = {"decline": "declined", "let_go": "let_go", "lapse": "lapsed", "expire": "expired"}[end]
    assert (quotation.status, quotation.held_until, verbs(quotation)) == (status, None, ["quoted", verb])
    assert AuditEntry.objects.get(subject_type="quotation", verb=verb).data["released"] == 5
    assert (held(quotation), figures(tea)) == ([0], (5, 2, 2, 0))
    assert let_go_of_lapsed(today=day(4 if end == "lapse" else 0)) == 0
    assert tie_out()


def test_nothing_lapses_on_its_last_day(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5), valid=3, hold=3)
    assert let_go_of_lapsed(today=day(3)) == 0
    assert held(quotation) == [5]


def test_missing_stock_cuts_the_hold_and_the_quotation_says_so(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5))
    adjust_stock(product_id=tea.pk, warehouse_id=desk.warehouse.pk, difference=-2, reason="broken")
    assert (held(quotation), figures(tea), verbs(quotation)) == ([3], (3, 3, 3, 0), ["quoted", "hold_cut"])
    assert tie_out()
    # Held anew, it takes what has come since.
    stock(tea, desk.warehouse, 1)
    hold_quotation(quotation.pk, day(5))
    assert (held(quotation), figures(tea)) == ([4], (4, 4, 4, 0))
    assert Quotation.objects.get().held_until == day(5)
    assert tie_out()


def test_cancelling_the_order_frees_the_pieces_once(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    order = order_quotation(offer(desk, (tea, 5)).pk)
    cancel_order(order.pk, reason="changed mind")
    assert figures(tea) == (5, 0, 0, 0)
    assert tie_out()


def test_the_reorder_check_sees_held_pieces_gone_and_those_who_wait(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 10)
    place = (tea.pk, desk.warehouse.pk)

    def need() -> tuple[int, int]:
        found = due_needs([place], Terms.today(), only_due=False)[place]
        return found.available, found.waiting

    quotation = offer(desk, (tea, 7))
    assert need() == (3, 0)
    create_order(desk.order((tea, 5)))
    assert need() == (0, 2)
    let_go_of_quotation(quotation.pk)
    assert need() == (5, 0)


def test_a_new_offer_takes_the_place_and_the_hold_of_the_old_one(desk):
    tea, cup = desk.product(), desk.product()
    stock(tea, desk.warehouse, 5)
    stock(cup, desk.warehouse, 2)
    old = offer(desk, (tea, 5), (cup, 2))
    waiting = create_order(desk.order((tea, 4)))
    new = make_quotation(NewQuotation(desk.order((tea, 3)), day(9), day(4), replaces=old.pk))
    old.refresh_from_db()
    assert (old.status, old.replaced_by, old.held_until, held(old)) == ("replaced", new, None, [0, 0])
    assert (held(new), figures(tea), figures(cup)) == ([3], (5, 5, 7, 2), (2, 0, 0, 0))
    # What the new one does not want goes to those who wait.
    assert [a.reservation.quantity for a in waiting.lines.get().allocations.all()] == [2]
    assert verbs(old) == ["quoted", "replaced"]
    assert tie_out()
    with pytest.raises(IllegalTransition):
        make_quotation(NewQuotation(desk.order((tea, 1)), day(9), replaces=old.pk))
    assert Quotation.objects.count() == 2


def test_a_new_offer_without_a_hold_lets_go_of_the_old_ones(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    old = offer(desk, (tea, 5))
    waiting = create_order(desk.order((tea, 4)))
    new = make_quotation(NewQuotation(desk.order((tea, 6)), day(9), replaces=old.pk))
    assert (held(new), figures(tea)) == ([0], (5, 4, 4, 0))
    assert waiting.lines.get().allocations.get().reservation.quantity == 4
    assert tie_out()


# ---- refusals


@pytest.mark.parametrize(
    ("valid", "hold", "field"),
    [(-1, None, "valid_until"), (400, None, "valid_until"), (5, 6, "held_until"), (90, 31, "held_until")],
)
def test_days_that_make_no_sense_are_named(desk, valid, hold, field):
    tea = desk.product()
    with pytest.raises(InvalidInput) as refusal:
        offer(desk, (tea, 1), valid=valid, hold=hold)
    assert list(refusal.value.field_errors) == [field]
    assert not Quotation.objects.exists()


def test_every_wrong_field_is_named_at_once(desk):
    with pytest.raises(InvalidInput) as refusal:
        offer(desk, (desk.product(is_active=False), 1), valid=-1)
    assert set(refusal.value.field_errors) == {"lines.0.product", "valid_until", "held_until"}


def test_a_blocked_customer_gets_no_offer(desk):
    desk.customer.is_blocked = True
    desk.customer.save()
    with pytest.raises(CustomerBlocked):
        offer(desk, (desk.product(), 1))


def test_the_past_is_no_offer_even_before_the_sweep_closed_it(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5), valid=0, hold=0)
    Quotation.objects.update(valid_until=day(-1), held_until=day(-1))
    with pytest.raises(IllegalTransition):
        order_quotation(quotation.pk)
    with pytest.raises(IllegalTransition):
        hold_quotation(quotation.pk, day(0))
    assert (held(quotation), Order.objects.count()) == ([5], 0)


@pytest.mark.parametrize("step", [order_quotation, let_go_of_quotation])
def test_a_closed_quotation_stays_as_it_is(desk, step):
    quotation = offer(desk, (desk.product(), 1))
    decline_quotation(quotation.pk, "no money")
    with pytest.raises(IllegalTransition):
        step(quotation.pk)
    with pytest.raises(IllegalTransition):
        decline_quotation(quotation.pk, "again")
    assert Quotation.objects.get().decline_reason == "no money"


def test_a_quotation_is_ordered_once(desk):
    quotation = offer(desk, (desk.product(), 1))
    order_quotation(quotation.pk)
    with pytest.raises(IllegalTransition):
        order_quotation(quotation.pk)
    assert Order.objects.count() == 1


def test_over_the_credit_limit_the_hold_stays_until_somebody_releases_it(desk):
    tea = desk.product(price="10.00")
    stock(tea, desk.warehouse, 5)
    desk.customer.credit_limit = Decimal("49.99")
    desk.customer.save()
    quotation = offer(desk, (tea, 5))
    with pytest.raises(CreditExceeded):
        order_quotation(quotation.pk)
    assert (held(quotation), figures(tea), Order.objects.count()) == ([5], (5, 5, 5, 0), 0)
    assert tie_out()
    order = order_quotation(quotation.pk, release_credit=True)
    assert order.quotation == Quotation.objects.get()


def test_beyond_a_quota_the_hold_stays(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5))
    set_quota(NewQuota(tea, 4, day(0), day(5), customer=desk.customer))
    with pytest.raises(QuotaExceeded):
        order_quotation(quotation.pk)
    assert (held(quotation), figures(tea)) == ([5], (5, 5, 5, 0))


def test_declining_needs_a_reason(desk):
    quotation = offer(desk, (desk.product(), 1))
    with pytest.raises(InvalidInput) as refusal:
        decline_quotation(quotation.pk, " ")
    assert list(refusal.value.field_errors) == ["reason"]
    assert Quotation.objects.get().status == "open"


def test_the_database_refuses_what_the_services_never_do(desk):
    tea = desk.product()
    stock(tea, desk.warehouse, 5)
    quotation = offer(desk, (tea, 5))
    for broken in (
        lambda: QuotationLine.objects.update(held=6),
        lambda: quotation.lines.all()._raw_delete("default"),
        lambda: Quotation.objects.update(status="ordered"),
        lambda: Quotation.objects.update(status="declined"),
        lambda: Quotation.objects.update(status="replaced"),
        lambda: Quotation.objects.update(status="expired"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()
    assert tie_out()
