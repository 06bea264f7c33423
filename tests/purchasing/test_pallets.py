"""Whole pallets beside packs: an order that breaks one is weighed against those that break none."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import AuditEntry
from purchasing.decision import Need, Offer, changes, decide
from purchasing.models import ReorderSuggestion, SupplierItem
from purchasing.reasons import explain
from purchasing.services import drain_marks
from purchasing.verification import recompute
from purchasing.worth import Outlook, buys
from tests.factories import CompanyFactory
from tests.purchasing.test_decision import NEED, needs
from tests.purchasing.test_suggestion_pages import demand

# 80 pieces on a pallet, 20.00 once for an order that breaks one. 3650 pieces a year at 2.50 cost 9125.00; a piece that
# lies for a year costs 0.625; half of an order lies on average. 105 - 5 there = 100 missing.
FARM = replace(NEED.offers[0], pallet=80, broken_pallet=Decimal(20))
HUNDRED = replace(NEED, order_up_to=105, offers=(FARM,))


def weighed(need: Need) -> list[tuple[int, Decimal | None, int]]:
    return [(option.quantity, option.yearly, option.to_pallets) for option in decide(need).options]


def said(need: Need) -> list[str]:
    """What is said after the sentence of what is missing."""
    return explain(need, decide(need))[3:]


def test_a_few_pieces_fewer_spare_a_broken_pallet():
    # 80: 9125 + 0.625 × 80 / 2 + 0.625 × 20 too few; 100: 9125 + 31.25 + 36.5 orders × 20; 160: 9125 + 50.
    assert weighed(HUNDRED) == [
        (80, Decimal("9162.50"), -20),
        (100, Decimal("9886.25"), 0),
        (160, Decimal("9175.00"), 60),
    ]
    decision = decide(HUNDRED)
    assert (decision.quantity, decision.terms[4:]) == (80, (("pallets", -20),))
    assert said(HUNDRED) == ["20 fewer for whole pallets of 80, because breaking one costs 20.00: 80."]


def test_a_few_pieces_more_do_when_they_are_nearer():
    need = replace(HUNDRED, order_up_to=130)
    # 80 is 45 too few: 9125 + 25 + 28.125; 160: 9125 + 50.
    assert [row[:2] for row in weighed(need)][::2] == [(80, Decimal("9178.125")), (160, Decimal("9175.00"))]
    assert dict(decide(need).terms)["pallets"] == 35
    assert said(need) == ["35 more for whole pallets of 80, because breaking one costs 20.00: 160."]


def test_what_is_dear_and_slow_breaks_a_pallet():
    need = replace(HUNDRED, offers=(replace(FARM, unit_cost=Decimal(100)),), daily_demand=Decimal("0.5"))
    # 182.5 a year for 18250. 80: + 1000 + 500; 100: + 1250 + 1.825 orders × 20; 160: + 2000.
    assert weighed(need) == [
        (80, Decimal("19750.00"), -20),
        (100, Decimal("19536.50"), 0),
        (160, Decimal("20250.00"), 60),
    ]
    assert decide(need).quantity == 100
    assert said(need) == ["Breaking a pallet of 80 costs 20.00; whole pallets would cost more: 100."]


def test_a_price_break_is_weighed_in_whole_pallets_too():
    need = replace(NEED, offers=(replace(FARM, breaks=((100, Decimal("2.40")),)),))
    # 55: 9142.1875 + 3650 / 55 × 20; 80: 9125 + 25; 100: 8790 + 36.5 × 20; 160: 8760 + 0.6 × 80.
    assert [(pieces, yearly and round(yearly, 4), more) for pieces, yearly, more in weighed(need)] == [
        (55, Decimal("10469.4602"), 0),
        (80, Decimal("9150.0000"), 25),
        (100, Decimal("9520.0000"), 0),
        (160, Decimal("8808.0000"), 60),
    ]
    assert decide(need).terms[4:] == (("price_break", 45), ("pallets", 60))
    assert said(need) == [
        "45 more, because a piece costs 2.40 from there on: 100.",
        "60 more for whole pallets of 80, because breaking one costs 20.00: 160.",
    ]


@pytest.mark.parametrize(
    ("need", "offer", "quantity"),
    [
        ({}, {"moq": 85}, 160),  # 80 is below the minimum
        ({"reorder_point": 85}, {}, 160),  # with 80 it would be due again at once
        ({"reorder_point": 84}, {}, 80),
        ({}, {"broken_pallet": Decimal(0)}, 100),
        ({"holding_rate": Decimal(0)}, {"broken_pallet": Decimal(0)}, 100),
        ({}, {"pallet": None}, 100),
        ({"daily_demand": None}, {}, 100),  # nobody knows what it is worth
        ({}, {"unit_cost": Decimal(0)}, 100),
        ({"order_up_to": 85}, {}, 80),  # whole pallets anyway
        ({"standing_quantity": 100, "standing_item": 1}, {}, 80),  # a broken pallet is no small difference
        # Where holding costs nothing, a pallet that lasts longer than a year is not bought all the same.
        ({"holding_rate": Decimal(0)}, {"pallet": 3650}, 3650),
        ({"holding_rate": Decimal(0)}, {"pallet": 3655}, 100),
        ({"holding_rate": Decimal(0)}, {"pallet": 2_147_483_645}, 100),
    ],
)
def test_within_the_rules(need, offer, quantity):
    assert decide(replace(HUNDRED, offers=(replace(FARM, **offer),), **need)).quantity == quantity


def test_no_pallet_is_bought_that_would_expire():
    need = replace(HUNDRED, offers=(replace(FARM, shelf_life_days=10),))
    # 10 a day for 10 days, 5 are there: 95 sell.
    assert decide(need).terms[4:] == (("shelf_life", -5), ("pallets", -15))
    assert said(need)[-1] == "15 fewer for whole pallets of 80, because breaking one costs 20.00: 80."
    need = replace(need, reorder_point=85)
    assert decide(need).quantity == 95
    assert said(need)[-1] == "Whole pallets, 160, would not sell in 10 days: 95."
    need = replace(HUNDRED, offers=(replace(FARM, pallet=4000),))
    assert said(need) == ["Whole pallets, 4,000, would not sell in 365 days: 100."]


def test_the_sentences_in_chinese():
    with translation.override("zh-hans"):
        assert said(HUNDRED) == ["为按整托（每托 80 件）少订 20 件，因为拆托要花 20.00：80。"]


def test_what_would_change_it_knows_of_pallets():
    # Of 120 in packs, 40 from both, the smaller; 121 missing are 125, nearer to 160.
    found = {change.what: (change.amount, change.quantity) for change in changes(HUNDRED)}
    assert found["sold"] == (21, 160)


def test_short_of_cash_a_broken_pallet_counts_as_well():
    offer = Offer(item=1, unit_cost=Decimal(2), order_multiple=8, pallet=208, broken_pallet=Decimal(7))
    view = Outlook(mean=400, sd=50, days=10, underage=1, holding_a_day=0)
    found = {one.quantity: one.profit for one in buys(Need(0, 0, 0, 5, 600, (offer,)), offer, 264, view)}
    # 8, 32, 56 … in steps of 24, the whole pallet 208, and what is suggested.
    assert list(found) == [*range(8, 208, 24), 208, *range(224, 264, 24), 264]
    assert found[208] == view.profit(0, 208)
    assert found[264] == view.profit(0, 264) - 7


# ---- for any need

pallets = st.tuples(st.integers(1, 200), st.decimals(0, 500, places=2))


def on_pallets(need: Need, drawn: list[tuple[int, Decimal]]) -> Need:
    pairs = zip(need.offers, drawn, strict=False)
    return replace(need, offers=tuple(replace(o, pallet=n * o.order_multiple, broken_pallet=c) for o, (n, c) in pairs))


@settings(max_examples=200, deadline=None)
@given(needs, st.lists(pallets, min_size=3, max_size=3))
def test_any_need_with_pallets_computes_to_itself_and_costs_no_more_than_its_lot(need, drawn):
    need = on_pallets(need, drawn)
    decision = decide(need)
    assert decide(Need.of(json.loads(json.dumps(need.snapshot())))) == decision
    if not decision.quantity:
        return
    assert sum(signed for _name, signed in decision.terms) == decision.quantity
    assert decision.offer.accepts(decision.quantity)
    mine = [option for option in decision.options if option.offer is decision.offer]
    before = decision.quantity - dict(decision.terms).get("standing", 0)
    (chosen,) = [option for option in mine if option.quantity == before]
    if chosen.to_pallets:
        assert not decision.offer.breaking(before)
        assert need.position + before > need.reorder_point or chosen.to_pallets > 0
        assert all(chosen.yearly <= option.yearly for option in mine)


@settings(max_examples=200, deadline=None)
@given(needs, st.lists(pallets, min_size=3, max_size=3))
def test_pallets_that_may_be_broken_for_nothing_change_nothing(need, drawn):
    free = on_pallets(need, [(packs, Decimal(0)) for packs, _cost in drawn])
    assert (decide(free).quantity, decide(free).terms) == (decide(need).quantity, decide(need).terms)


@settings(max_examples=100, deadline=None)
@given(needs)
def test_snapshots_from_before_pallets_compute_to_the_same(need):
    old = json.loads(json.dumps(need.snapshot()))
    for offer in old["offers"]:
        del offer["pallet"], offer["broken_pallet"]
    assert decide(Need.of(old)) == decide(need)


# ---- the data, the pages


@pytest.mark.django_db
def test_pallets_hold_whole_packs(buying):
    item = buying.tea_item
    for pallet, cost, sentence in [
        (0, None, "Ensure this value is greater than or equal to 1."),
        (12, None, "A pallet holds whole packs of 5: enter 10 or 15."),
        (4, None, "A pallet holds whole packs of 5: enter 5 or more."),
        (None, 3, "Say how many pieces are on a pallet."),
    ]:
        item.pallet_quantity, item.broken_pallet_cost = pallet, cost
        with pytest.raises(ValidationError) as refused:
            item.full_clean()
        assert refused.value.message_dict == {"pallet_quantity": [sentence]}
        with pytest.raises(IntegrityError), transaction.atomic():
            item.save()
    item.pallet_quantity, item.broken_pallet_cost = 10, Decimal("-0.01")
    with pytest.raises(ValidationError) as refused:
        item.full_clean()
    assert list(refused.value.message_dict) == ["broken_pallet_cost"]
    with pytest.raises(IntegrityError), transaction.atomic():
        item.save()
    item.broken_pallet_cost = Decimal("0.00")
    item.full_clean()
    item.save()


@pytest.mark.django_db
def test_a_pallet_is_typed_explained_and_shown(buyer, buying):
    CompanyFactory(holding_rate=Decimal("0.25"))
    suggestion = buying.suggest(buying.tea, 20, 100)
    demand(buying, buying.tea, 70)
    url = f"/purchasing/suppliers/items/{buying.tea_item.pk}/"
    same = {"supplier_sku": "F-1", "unit_cost": "2.5", "moq": "10", "order_multiple": "5", "is_preferred": "on"}
    wrong = buyer.post(url, same | {"pallet_quantity": "82", "broken_pallet_cost": "20"})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors == {
        "pallet_quantity": ["A pallet holds whole packs of 5: enter 80 or 85."],
    }
    wrong = buyer.post(url, same | {"pallet_quantity": "0", "broken_pallet_cost": "-1"})
    assert list(wrong.context["form"].errors) == ["pallet_quantity", "broken_pallet_cost"]
    assert buyer.post(url, same | {"pallet_quantity": "80", "broken_pallet_cost": "20"}).status_code == 302
    assert AuditEntry.objects.filter(subject_type="supplier_item").latest("pk").data == {
        "changes": {"pallet_quantity": [None, 80], "broken_pallet_cost": [None, "20"]}
    }
    drain_marks()
    suggestion.refresh_from_db()
    assert suggestion.quantity == 80
    assert recompute(suggestion).is_identical
    offer = suggestion.inputs["offers"][0]
    assert (offer["pallet"], offer["broken_pallet"]) == (80, "20.00")
    sentence = "20 fewer for whole pallets of 80, because breaking one costs 20.00: 80."
    desk = buyer.get("/purchasing/replenishment/").content.decode()
    assert sentence in desk
    assert 'data-pallet="80"' in desk
    page = buyer.get(f"/purchasing/replenishment/{suggestion.pk}/")
    # As above: 9162.50, 9175.00, 9886.25.
    assert [(row["option"].quantity, row["more"]) for row in page.context["options"]] == [
        (80, Decimal("0.00")),
        (160, Decimal("12.50")),
        (100, Decimal("723.75")),
    ]
    assert sentence in page.content.decode()
    assert "pallets of 80" in buyer.get(f"/purchasing/suppliers/{buying.supplier.pk}/").content.decode()
    hints = buyer.get("/purchasing/orders/items/", {"q": "TEA", "supplier": buying.supplier.pk}).json()["results"]
    assert hints[0]["hint"] == "from 10, packs of 5 · pallets of 80"
    # Emptied, it is as before.
    buyer.post(url, same)
    drain_marks()
    assert ReorderSuggestion.objects.get().quantity == 100
    assert SupplierItem.objects.filter(pallet_quantity=None, broken_pallet_cost=None).count() == 2
