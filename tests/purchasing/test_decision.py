"""The decision on its own: figures worked out by hand, and what must hold for any need."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purchasing.decision import Doubt, Need, Offer, changes, decide

FARM = Offer(item=1, supplier="Tea farm", unit_cost=Decimal("2.50"), moq=10, order_multiple=5, lead_time_days=7)
# 10 pieces a day: 3650 a year; holding a piece for a year costs a quarter of its cost.
NEED = Need(5, 0, 0, 20, 60, (FARM,), daily_demand=Decimal(10), holding_rate=Decimal("0.25"), as_of="2026-11-24")


def test_terms_add_up_to_the_quantity():
    decision = decide(replace(NEED, available=8, on_order=4, waiting=3))
    # 60 - 8 - 4 + 3 = 51, in packs of 5.
    assert decision.quantity == 55
    assert decision.terms == (("order_up_to", 60), ("available", -8), ("on_order", -4), ("waiting", 3), ("packs", 4))
    assert (decision.offer, decision.doubts) == (FARM, ())


def test_a_price_break_is_taken_when_it_saves_more_than_it_costs_to_hold():
    cheaper = replace(FARM, breaks=((100, Decimal("2.40")), (2000, Decimal("2.35"))))
    decision = decide(replace(NEED, offers=(cheaper,)))
    # 55: 3650 × 2.50 + 0.25 × 2.50 × 55 / 2; 100: 3650 × 2.40 + 0.25 × 2.40 × 100 / 2; 2000: … + 587.50.
    assert [(o.quantity, o.money, o.yearly) for o in decision.options] == [
        (55, Decimal("137.50"), Decimal("9142.1875")),
        (100, Decimal("240.00"), Decimal("8790.00")),
        (2000, Decimal("4700.00"), Decimal("9165.00")),
    ]
    assert decision.quantity == 100
    assert dict(decision.terms)["price_break"] == 45


def test_without_known_demand_no_break_tempts():
    cheaper = replace(FARM, breaks=((100, Decimal("0.01")),))
    assert decide(replace(NEED, offers=(cheaper,), daily_demand=None)).quantity == 55


def test_what_would_expire_is_not_bought():
    fresh = replace(FARM, shelf_life_days=4)
    # 10 a day for 4 days, 5 are there: 35 sell, 55 were missing.
    decision = decide(replace(NEED, offers=(fresh,)))
    assert (decision.quantity, dict(decision.terms)["shelf_life"], decision.doubts) == (35, -20, ())
    decision = decide(replace(NEED, offers=(replace(fresh, shelf_life_days=1),)))
    assert (decision.quantity, decision.doubts) == (10, (Doubt.SHELF_LIFE,))


def test_another_supplier_is_taken_when_it_saves_more_and_is_as_quick():
    mill = Offer(item=2, supplier="Mill", unit_cost=Decimal("2.40"), lead_time_days=7)
    assert decide(replace(NEED, offers=(FARM, mill))).offer == mill
    assert decide(replace(NEED, offers=(FARM, replace(mill, lead_time_days=8)))).offer == FARM
    # A saving of less than one percent is not worth it.
    assert decide(replace(NEED, offers=(FARM, replace(mill, unit_cost=Decimal("2.49"))))).offer == FARM
    assert decide(replace(NEED, offers=(FARM, replace(mill, unit_cost=Decimal(0))))).offer == FARM


def test_a_small_change_leaves_the_suggestion_as_it_stands():
    standing = replace(NEED, standing_quantity=55, standing_item=1)
    assert decide(replace(standing, available=1)).quantity == 55  # 60 anew
    assert dict(decide(replace(standing, available=1)).terms)["standing"] == -5
    assert decide(replace(standing, available=0, waiting=10)).quantity == 70  # too far away
    assert decide(replace(standing, available=1, standing_item=2)).quantity == 60  # another supplier's
    assert decide(replace(standing, available=1, daily_demand=None)).quantity == 60  # nobody knows what it is worth


@pytest.mark.parametrize(
    ("offer", "doubts"),
    [
        (Offer(), (Doubt.NO_SUPPLIER,)),
        (replace(FARM, unit_cost=Decimal(0)), (Doubt.PRICE_MISSING,)),
        (replace(FARM, lead_time_days=0), (Doubt.LEAD_TIME_ZERO,)),
        (replace(FARM, moq=3651), (Doubt.MOQ_ABOVE_YEAR,)),
        (replace(FARM, moq=3650), ()),
        (replace(FARM, moq=10**9, order_multiple=10**9, lead_time_days=0, unit_cost=Decimal(0)),
         (Doubt.PRICE_MISSING, Doubt.LEAD_TIME_ZERO, Doubt.MOQ_ABOVE_YEAR)),
    ],
)  # fmt: skip
def test_absurd_data_is_named(offer, doubts):
    assert decide(replace(NEED, offers=(offer,))).doubts == doubts


def test_an_early_order_fills_up_to_the_level():
    early = replace(NEED, available=40, is_early=True)
    assert decide(early).quantity == 20
    assert decide(replace(early, available=60)).quantity == 0
    assert decide(replace(early, is_early=False)).quantity == 0


def test_what_would_change_it():
    mill = Offer(item=2, supplier="Mill", unit_cost=Decimal("2.60"), lead_time_days=7)
    need = replace(NEED, available=7, offers=(FARM, mill))
    # 53 missing: 55. Three more sold make 56, hence 60; three more there make 50; 14 more there are above 20.
    found = {change.what: change for change in changes(need)}
    assert (found["sold"].amount, found["sold"].quantity) == (3, 60)
    assert (found["received"].amount, found["received"].quantity) == (3, 50)
    assert found["no_lot_rules"].quantity == 53
    # The yearly cost must fall below 99 %: 0.99 × 9142.1875 = (3650 + 0.125 × 53) × price.
    assert (found["price"].amount, found["price"].quantity) == (Decimal("2.47"), 53)


offers = st.builds(
    Offer,
    item=st.integers(1, 9),
    unit_cost=st.decimals(0, 1000, places=4),
    breaks=st.lists(st.tuples(st.integers(2, 5000), st.decimals(0, 500, places=4)), max_size=3).map(tuple),
    moq=st.integers(1, 3000),
    order_multiple=st.integers(1, 300),
    lead_time_days=st.integers(0, 90),
    shelf_life_days=st.none() | st.integers(1, 400),
)
pieces = st.integers(0, 20_000)
needs = st.builds(
    Need,
    available=pieces,
    on_order=pieces,
    waiting=pieces,
    reorder_point=pieces,
    order_up_to=st.integers(0, 60_000),
    offers=st.lists(offers, min_size=1, max_size=3, unique_by=lambda offer: offer.item).map(tuple),
    daily_demand=st.none() | st.decimals(0, 500, places=6),
    holding_rate=st.decimals(0, 1, places=4),
    is_early=st.booleans(),
    standing_quantity=pieces,
    standing_item=st.integers(0, 9),
    surplus=st.dictionaries(st.text(min_size=1, max_size=3), pieces, max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(needs)
def test_any_need_computes_to_itself_from_its_snapshot(need):
    decision = decide(need)
    again = decide(Need.of(json.loads(json.dumps(need.snapshot()))))
    assert again == decision
    if decision.quantity:
        assert sum(signed for _name, signed in decision.terms) == decision.quantity
        assert decision.offer.accepts(decision.quantity)
    else:
        assert not need.is_due


@settings(max_examples=60, deadline=None)
@given(needs)
def test_every_stated_change_matches_a_run_with_it(need):
    before = decide(need).quantity
    for change in changes(need):
        if change.what in ("sold", "received"):
            step = -1 if change.what == "sold" else 1
            there = decide(replace(need, available=need.available + step * change.amount))
            nearly = decide(replace(need, available=need.available + step * (change.amount - 1)))
            assert (there.quantity, nearly.quantity) == (change.quantity, before)
            assert there.quantity != before
