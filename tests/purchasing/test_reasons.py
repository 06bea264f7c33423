"""The sentences say the arithmetic that decided, in both languages."""

import re

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from purchasing.decision import Need, Offer, decide
from purchasing.reasons import reasons


def need(**changes):
    base = {"available": 12, "on_order": 3, "waiting": 8, "reorder_point": 10, "order_up_to": 40}
    rules = {name: changes.pop(name) for name in ("moq", "order_multiple") if name in changes}
    return Need(**base | changes, offers=(Offer(item=1, **rules),)).snapshot()


def test_each_step_from_stock_to_order():
    assert reasons(need(moq=50, order_multiple=12)) == [
        "12 available + 3 on order − 8 waiting = 7.",
        "7 ≤ reorder point 10: time to order.",
        "Order-up-to level 40 − 7 = 33 missing.",
        "The minimum order quantity is 50.",
        "In whole packs of 12: 5 packs = 60.",
    ]


def test_rules_that_change_nothing_are_not_told():
    assert reasons(need(moq=33, order_multiple=11))[3:] == []
    assert reasons(need(moq=34))[3:] == ["The minimum order quantity is 34."]
    assert reasons(need(order_multiple=40))[3:] == ["In whole packs of 40: 1 pack = 40."]


def test_a_negative_position_stands_in_brackets():
    assert reasons(need(available=0, on_order=0, waiting=5))[2] == "Order-up-to level 40 − (-5) = 45 missing."


def test_without_levels_only_what_waits_is_ordered():
    said = reasons(need(available=0, on_order=0, waiting=5, reorder_point=0, order_up_to=0))
    assert said[1] == "No levels are set here, so only what customers wait for is ordered."
    assert said[2] == "Order-up-to level 0 − (-5) = 5 missing."


def test_in_chinese():
    with translation.override("zh-hans"):
        assert reasons(need(moq=50, order_multiple=12)) == [
            "可用 12 + 在途 3 − 待货 8 = 7。",
            "7 ≤ 再订货点 10：该订货了。",
            "补货目标水平 40 − 7 = 缺 33。",
            "最小起订量为 50。",
            "按整包 12 件：5 包 = 60。",
        ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@given(
    st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 10**5),
    st.integers(1, 5000), st.integers(1, 500),
)  # fmt: skip
def test_the_last_number_said_is_what_is_ordered(language, available, on_order, waiting, point, above, moq, multiple):
    offer = Offer(item=1, moq=moq, order_multiple=multiple)
    inputs = Need(available, on_order, waiting, point, point + above, (offer,))
    quantity = decide(inputs).quantity
    if not quantity:
        return
    with translation.override(language):
        said = reasons(inputs.snapshot())
    numbers = [int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", said[-1])]
    assert numbers[-1] == quantity
