"""Blanket orders: what may be agreed, which price counts, what is left."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import IllegalTransition, InvalidInput
from core.models import AuditEntry
from purchasing.agreements import blanket_order_lines, blanket_orders, lines_in_force
from purchasing.decision import Need, Offer, decide
from purchasing.lots import Agreed, cost_of_piece
from purchasing.models import BlanketOrder, PriceBreak, PurchaseOrder, ReorderMark, ReorderSuggestion
from purchasing.reasons import reasons
from purchasing.selectors import incoming_supply, on_order, open_suggestions
from purchasing.services import (
    add_blanket_order,
    approve_suggestions,
    cancel_purchase_order,
    change_blanket_order,
    change_draft,
    close_blanket_order,
    close_purchase_order,
    cost_at,
    create_purchase_orders,
    drain_marks,
    place_purchase_order,
    receive_goods,
    set_rates,
)
from purchasing.services.currencies import NewRate
from purchasing.values import NewBlanketLine, NewBlanketOrder, NewPurchaseLine, NewPurchaseOrder, NewReceipt
from purchasing.verification import differing_suggestions

pytestmark = pytest.mark.django_db
money = Decimal


def today(days: int = 0) -> date:
    return timezone.localdate() + timedelta(days=days)


def agree(buying, *lines, starts=0, ends=90, **more) -> BlanketOrder:
    """An agreement: ``agree(buying, (buying.tea, "2.00", 100))``."""
    wanted = [NewBlanketLine(product.pk, money(price), quantity) for product, price, quantity in lines]
    return add_blanket_order(NewBlanketOrder(buying.supplier.pk, today(starts), today(ends), wanted, **more))


def left(agreement) -> list[tuple[int, int]]:
    """Pieces drawn and left of each line."""
    return [(line.drawn, line.left) for line in blanket_order_lines(agreement.pk)]


def costs(order) -> list[Decimal]:
    return list(order.lines.order_by("pk").values_list("unit_cost", flat=True))


def place_with(buying, *lines, **more):
    new = NewPurchaseOrder(buying.supplier.pk, buying.warehouse.pk, [NewPurchaseLine(*line) for line in lines], **more)
    return create_purchase_orders([new])[0]


# ---- which price counts


def test_an_order_takes_the_agreed_price_and_draws(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    order = buying.order((buying.tea, 60), (buying.cup, 5))
    assert costs(order) == [money("2.0000"), money("1.2000")]
    assert [line.blanket_line is not None for line in order.lines.order_by("pk")] == [True, False]
    assert left(agreement) == [(60, 40)]
    entry = AuditEntry.objects.get(subject_type="blanket_order", verb="released")
    assert (entry.subject_id, entry.data) == (agreement.pk, {"number": order.number, "pieces": {"TEA": [60, 0]}})


def test_an_order_of_more_than_is_left_has_the_ordinary_price(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    buying.order((buying.tea, 60))
    assert costs(buying.order((buying.tea, 45))) == [money("2.5000")]
    assert costs(buying.order((buying.tea, 40))) == [money("2.0000")]
    assert left(agreement) == [(100, 0)]
    assert costs(buying.order((buying.tea, 10))) == [money("2.5000")]


def test_two_orders_made_at_once_share_what_is_left(buying):
    agree(buying, (buying.tea, "2.00", 50))
    lines = [NewPurchaseLine(buying.tea.pk, 30)]
    orders = create_purchase_orders([NewPurchaseOrder(buying.supplier.pk, buying.warehouse.pk, lines)] * 2)
    assert [costs(order) for order in orders] == [[money("2.0000")], [money("2.5000")]]


def test_a_price_break_below_the_agreement_counts(buying):
    agreement = agree(buying, (buying.tea, "2.00", 500))
    PriceBreak.objects.create(supplier_item=buying.tea_item, quantity=200, unit_cost="1.9000")
    assert costs(buying.order((buying.tea, 200))) == [money("1.9000")]
    assert left(agreement) == [(0, 500)]


@pytest.mark.parametrize(("starts", "ends"), [(1, 20), (-20, -1)])
def test_outside_its_days_the_price_does_not_count(buying, starts, ends):
    agreement = agree(buying, (buying.tea, "2.00", 100), starts=starts, ends=ends)
    assert costs(buying.order((buying.tea, 10))) == [money("2.5000")]
    assert left(agreement) == [(0, 100)]


def test_closed_it_counts_no_more(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    close_blanket_order(agreement.pk, reason="Bought elsewhere")
    assert costs(buying.order((buying.tea, 10))) == [money("2.5000")]
    with pytest.raises(IllegalTransition):
        close_blanket_order(agreement.pk, reason="Again")


def test_a_value_limits_all_its_lines(buying):
    agreement = agree(buying, (buying.tea, "2.00", None), (buying.cup, "1.00", None), value_limit=money("100.00"))
    order = buying.order((buying.tea, 30), (buying.cup, 35))
    assert costs(order) == [money("2.0000"), money("1.0000")]
    # 100 - 60 - 35 = 5 are left: 5 cups, 2 pieces of tea. By SKU.
    assert left(agreement) == [(35, 5), (30, 2)]
    assert costs(buying.order((buying.cup, 6))) == [money("1.2000")]
    assert costs(buying.order((buying.cup, 5))) == [money("1.0000")]


def test_a_price_typed_by_hand_draws_only_if_it_is_the_agreed_one(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    assert costs(place_with(buying, (buying.tea.pk, 10, money("2.20")))) == [money("2.2000")]
    assert left(agreement) == [(0, 100)]
    place_with(buying, (buying.tea.pk, 10, money("2.00")))
    assert left(agreement) == [(10, 90)]


def test_more_than_is_left_at_the_agreed_price_must_be_said(buying):
    agreement = agree(buying, (buying.tea, "2.00", 50))
    with pytest.raises(InvalidInput) as refused:
        place_with(buying, (buying.tea.pk, 80, money("2.00")))
    text = f"TEA: only 50 pieces are left of {agreement.number} at this price; order fewer, or at another price."
    assert refused.value.field_errors == {"lines.0.quantity": text}
    assert not PurchaseOrder.objects.exists()
    place_with(buying, (buying.tea.pk, 80, money("2.00")), may_overdraw=True)
    assert left(agreement) == [(80, -30)]
    entry = AuditEntry.objects.get(subject_type="blanket_order", verb="released")
    assert entry.data["pieces"] == {"TEA": [80, 30]}


def test_in_the_suppliers_currency(buying):
    set_rates([NewRate("USD", date(2020, 1, 1), money("7"))])
    buying.supplier.currency = "USD"
    buying.supplier.save()
    buying.tea_item.price = money("0.5000")
    buying.tea_item.unit_cost = money("3.5000")
    buying.tea_item.save()
    agreement = agree(buying, (buying.tea, "0.40", 100))
    line = agreement.lines.get()
    assert (agreement.currency, line.price, line.unit_cost) == ("USD", money("0.4000"), money("2.8000"))
    bought = buying.order((buying.tea, 10)).lines.get()
    assert (bought.price, bought.unit_cost, bought.blanket_line_id) == (money("0.4000"), money("2.8000"), line.pk)
    set_rates([NewRate("USD", today(), money("8"))])
    line.refresh_from_db()
    assert line.unit_cost == money("3.2000")
    # In another currency its numbers mean something else.
    buying.supplier.currency = ""
    buying.supplier.save()
    assert not lines_in_force(today()).exists()


# ---- what is drawn


def test_drafts_draw_and_cancelled_orders_give_back(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    draft = buying.order((buying.tea, 70), place=False)
    assert left(agreement) == [(70, 30)]
    cancel_purchase_order(draft.pk, reason="Wrong")
    assert left(agreement) == [(0, 100)]


def test_closed_short_it_has_drawn_what_came(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    order = buying.order((buying.tea, 70))
    receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 25})])
    assert left(agreement) == [(70, 30)]
    close_purchase_order(order.pk, reason="No more")
    assert left(agreement) == [(25, 75)]


def test_more_came_than_ordered_overdraws_and_shows(buying):
    buying.supplier.receipt_tolerance = 10
    buying.supplier.save()
    agreement = agree(buying, (buying.tea, "2.00", 100))
    order = buying.order((buying.tea, 100))
    receive_goods([NewReceipt(order.pk, {order.lines.get().pk: 105})])
    assert left(agreement) == [(105, -5)]


def test_a_changed_draft_draws_anew(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    draft = buying.order((buying.tea, 70), place=False)
    change_draft(draft.pk, [NewPurchaseLine(buying.tea.pk, 100, money("2.00"))])
    assert left(agreement) == [(100, 0)]
    with pytest.raises(InvalidInput):
        change_draft(draft.pk, [NewPurchaseLine(buying.tea.pk, 105, money("2.00"))])
    change_draft(draft.pk, [NewPurchaseLine(buying.tea.pk, 105)])
    assert (left(agreement), costs(draft)) == ([(0, 100)], [money("2.5000")])


def test_a_draft_that_was_said_to_overdraw_may_stay_so(buying):
    agreement = agree(buying, (buying.tea, "2.00", 50))
    draft = place_with(buying, (buying.tea.pk, 80, money("2.00")), may_overdraw=True, place=False)
    change_draft(draft.pk, [NewPurchaseLine(buying.tea.pk, 75, money("2.00"))])
    assert left(agreement) == [(75, -25)]


def test_a_draft_is_not_placed_at_a_price_that_has_ended(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    draft = buying.order((buying.tea, 70), place=False)
    with pytest.raises(IllegalTransition, match=agreement.number):
        place_purchase_order(draft.pk, at=timezone.now() + timedelta(days=91))
    assert place_purchase_order(draft.pk).status == "ordered"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["order", "draft", "cancel"]), st.integers(2, 12)), max_size=8))
def test_it_is_never_overdrawn_unsaid(buying, steps):
    """What is drawn is the sum over living orders at the agreed price, and never more than agreed."""
    agreement = agree(buying, (buying.tea, "2.00", 100))
    made = []
    for what, packs in steps:
        if what == "cancel" and made:
            cancel_purchase_order(made.pop().pk, reason="x")
        elif what != "cancel":
            made.append(buying.order((buying.tea, packs * 5), place=what == "order"))
    bought = [order.lines.get() for order in made]
    drawn = sum(line.quantity for line in bought if line.unit_cost == 2)
    assert left(agreement) == [(drawn, 100 - drawn)]
    assert drawn <= 100
    close_blanket_order(agreement.pk, reason="Done")


# ---- suggestions


def test_an_agreement_is_no_supply_until_released(buying):
    buying.suggest(buying.tea, 5, 20)
    agree(buying, (buying.tea, "2.00", 1000))
    place = (buying.tea.pk, buying.warehouse.pk)
    assert (on_order({place}), list(incoming_supply({place}))) == ({}, [])
    drain_marks()
    suggestion = ReorderSuggestion.objects.get(status="open")
    assert (suggestion.quantity, suggestion.inputs["on_order"]) == (20, 0)


def test_a_suggestion_reckons_with_the_agreed_price(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100))
    suggestion = buying.suggest(buying.tea, 5, 20)
    row = open_suggestions().get()
    assert (row.piece_cost, row.cost, cost_at(row.supplier_item, 20)) == (money("2"), money("40.00"), money("2.0000"))
    assert (
        reasons(suggestion.inputs)[-1]
        == f"At 2.00 a piece, as agreed in {agreement.number}; 100 pieces are left of it."
    )
    (order,) = approve_suggestions({suggestion.pk: 20})
    assert costs(order) == [money("2.0000")]
    assert left(agreement) == [(20, 80)]
    assert not differing_suggestions()


def test_what_is_drawn_elsewhere_changes_the_suggestion(buying):
    agreement = agree(buying, (buying.tea, "2.00", 30))
    buying.suggest(buying.tea, 5, 20)
    other = type(buying.warehouse).objects.create(code="NORTH", name="North")
    create_purchase_orders([NewPurchaseOrder(buying.supplier.pk, other.pk, [NewPurchaseLine(buying.tea.pk, 15)])])
    drain_marks()
    row = open_suggestions().get()
    assert (row.piece_cost, row.quantity) == (money("2.5"), 20)
    text = f"{agreement.number} has only 15 pieces left, so its price of 2.00 does not count."
    assert reasons(row.inputs)[-1] == text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        # 15 at 2.00 and 25 at 2.50 are 92.50, 40 at 2.50 are 100.00.
        ({}, "In two orders, 15 drawn from it and 25 beside, it would cost 7.50 less."),
        ({"pallet": 15, "broken_pallet": money("2.00")},
         "In two orders, 15 drawn from it and 25 beside, it would cost 7.50 less."),
        # The 40 break a pallet, and so would the 25 and the 15.
        ({"pallet": 30, "broken_pallet": money("2.00")},
         "In two orders, 15 drawn from it and 25 beside, it would cost 5.50 less."),
        ({"breaks": ((40, money("2.20")),)}, None),  # 88.00 at once
        ({"moq": 20}, None),  # neither 15 alone
        ({"moq": 15, "order_multiple": 10}, None),  # nor 30 of 40 would do
    ],
)  # fmt: skip
def test_two_orders_are_named_where_they_spare_money(changes, sentence):
    offer = Offer(1, "Tea farm", money("2.50"), (), 10, 5, 7, agreed=Agreed(15, money("2.00"), "BO-1"))
    need = Need(0, 0, 0, 5, 40, (replace(offer, **changes),), as_of="2026-01-01")
    text = "BO-1 has only 15 pieces left, so its price of 2.00 does not count."
    said = reasons(need.snapshot())
    assert said[said.index(text) + 1 :] == ([sentence] if sentence else [])


def test_an_agreement_with_another_supplier_can_win(buying):
    """Pure: 100 a year at 2.50, or at 2.00 as agreed with the other one."""
    ours = Offer(1, "Ours", money("2.50"), lead_time_days=7)
    other = Offer(2, "Other", money("2.60"), lead_time_days=7, agreed=Agreed(50, money("2.00"), "BO-1"))
    need = Need(0, 0, 0, 5, 20, offers=(ours, other), daily_demand=money("0.3"), as_of="2026-01-01")
    assert (decide(need).offer.item, decide(need).quantity) == (2, 20)
    assert decide(Need.of(need.snapshot())) == decide(need)


@given(st.integers(1, 200), st.integers(0, 200), st.integers(1, 400))
def test_an_agreement_never_makes_a_piece_dearer(quantity, pieces, cents):
    plain = cost_of_piece(money("2.50"), [(100, money("2.20"))], quantity)
    agreed = cost_of_piece(money("2.50"), [(100, money("2.20"))], quantity, Agreed(pieces, money(cents) / 100))
    assert agreed == (min(plain, money(cents) / 100) if quantity <= pieces else plain)


# ---- what may be agreed


def test_every_wrong_field_is_named(buying):
    stranger = type(buying.tea).objects.create(sku="X", name="X")
    lines = [
        NewBlanketLine(stranger.pk, money("1"), 5),
        NewBlanketLine(buying.tea.pk, money("0"), 5),
        NewBlanketLine(buying.tea.pk, money("1"), None),
        NewBlanketLine(buying.cup.pk, money("1.00001"), 0),
    ]
    with pytest.raises(InvalidInput) as refused:
        add_blanket_order(NewBlanketOrder(buying.supplier.pk, today(5), today(4), lines))
    assert refused.value.field_errors == {
        "ends_on": "It cannot end before it starts.",
        "lines.0.product": "This supplier does not sell this product to us.",
        "lines.1.unit_cost": "Enter the price that was agreed.",
        "lines.2.product": "TEA stands on the agreement twice.",
        "lines.2.quantity": "Enter a quantity, or a value for the whole agreement.",
        "lines.3.quantity": "Enter a whole number from 1 to 1000000000.",
        "lines.3.unit_cost": "A cost has at most four decimal places.",
    }
    assert not BlanketOrder.objects.exists()


def test_one_agreement_at_a_time_has_a_product(buying):
    first = agree(buying, (buying.tea, "2.00", 100), starts=0, ends=30)
    with pytest.raises(InvalidInput) as refused:
        agree(buying, (buying.tea, "1.90", 100), starts=30, ends=60)
    assert refused.value.field_errors["lines.0.product"].startswith(f"TEA stands on {first.number} in these days")
    agree(buying, (buying.tea, "1.90", 100), starts=31, ends=60)
    close_blanket_order(first.pk, reason="x")
    agree(buying, (buying.tea, "2.10", 100), starts=0, ends=30)


def test_what_is_drawn_stays_agreed(buying):
    agreement = agree(buying, (buying.tea, "2.00", 100), (buying.cup, "1.00", 50))
    buying.order((buying.tea, 60))

    def change(*lines, **more):
        wanted = [NewBlanketLine(product.pk, money(price), quantity) for product, price, quantity in lines]
        return change_blanket_order(agreement.pk, NewBlanketOrder(0, today(), today(90), wanted, **more))

    with pytest.raises(InvalidInput) as refused:
        change((buying.cup, "1.00", 50), value_limit=money("119.99"))
    assert refused.value.field_errors == {
        "lines": "Purchase orders draw on TEA: that line must stay.",
        "value_limit": "120.00 is drawn already: agree on at least so much.",
    }
    with pytest.raises(InvalidInput) as refused:
        change((buying.tea, "2.00", 59))
    assert refused.value.field_errors == {"lines.0.quantity": "60 pieces are drawn already: agree on at least so many."}
    ReorderMark.objects.all().delete()
    change((buying.tea, "1.80", 60))
    assert left(agreement) == [(60, 0)]
    assert set(ReorderMark.objects.values_list("product", flat=True)) == {buying.tea.pk, buying.cup.pk}
    changes = AuditEntry.objects.get(subject_type="blanket_order", verb="changed").data["changes"]
    assert changes == {"TEA": ["100 × 2.0000", "60 × 1.8000"], "CUP": ["50 × 1.0000", ""]}


def test_the_list_tells_states_apart(buying):
    agree(buying, (buying.tea, "2.00", 100), starts=-10, ends=29)
    agree(buying, (buying.tea, "2.00", 100), starts=30, ends=60)
    agree(buying, (buying.tea, "2.00", 100), starts=-30, ends=-11)
    closed = agree(buying, (buying.cup, "1.00", 100))
    close_blanket_order(closed.pk, reason="x")
    agree(buying, (buying.cup, "1.00", 100), ends=30)
    found = {state: len(blanket_orders(today(), state=state)) for state in BlanketOrder.State.values}
    assert found == {"upcoming": 1, "valid": 2, "ending": 1, "ended": 1, "closed": 1}
    states = sorted(order.state(today()) for order in blanket_orders(today()))
    assert states == ["closed", "ended", "ending", "upcoming", "valid"]
