"""Amounts on pages: rounded half-up, as the books round them; a bare quantize would round halves to the even cent."""

import pytest
from django.utils import translation

from core.templatetags.tandem import amount


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2.125", "2.13"), ("2.135", "2.14"), ("-2.125", "-2.13"), ("1234567.8", "1,234,567.80"), ("0", "0.00")],
)
def test_amounts_round_half_up(value, shown):
    with translation.override("en"):
        assert amount(value) == shown


def test_nothing_is_a_dash():
    assert amount(None) == "–"
