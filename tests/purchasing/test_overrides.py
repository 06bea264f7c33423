"""Another quantity than suggested: its reason, and its money against the suggestion once the demand is known."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from forecasting.services.overrides import measure_overrides
from orders.services import create_orders
from orders.values import NewLine, NewOrder
from purchasing.models import BuyingOverride
from purchasing.overrides import Stakes, gain, outcome
from purchasing.services import approve_suggestions, cancel_purchase_order
from tests.factories import ChannelFactory, CompanyFactory, CustomerFactory

PAGE = "/purchasing/replenishment/overrides/"


def money(text) -> Decimal:
    return Decimal(text)


def test_by_hand():
    # 100 wanted in 10 days, 20 were there. Missing costs 5.00, a piece a day 0.01.
    stakes = Stakes(20, 100, 10, money("5"), money("0.01"))
    # 80 of 120 were wanted: 80 × 5 - 0.01 × 10 × (40 + 40) = 392; of 60 all: 60 × 5 - 0.1 × 30 = 297.
    assert outcome(120, money("2"), money("2"), stakes) == (80, 40, money("392.00"))
    assert outcome(60, money("2"), money("2"), stakes) == (60, 0, money("297.00"))
    assert gain((120, money("2")), (60, money("2")), stakes) == money("95.00")
    # A price break: 120 pieces for 1.90 each spare 12.00 more.
    assert gain((120, money("1.90")), (60, money("2")), stakes) == money("107.00")


@given(st.integers(1, 999), st.integers(1, 999), st.integers(-99, 999), st.integers(0, 999), st.integers(1, 99))
def test_what_one_gains_the_other_loses(bought, suggested, position, demand, days):
    stakes = Stakes(position, demand, days, money("3"), money("0.02"))
    one, other = (bought, money("2")), (suggested, money("2"))
    assert gain(one, other, stakes) == -gain(other, one, stakes)
    assert gain(one, one, stakes) == 0


@pytest.fixture
def suggestion(buying):
    """60 of tea for 2.50 from 20 pieces of position 0, sold for 10.00; a lot lasts until 8 days from today."""
    CompanyFactory()
    return buying.suggest(buying.tea, 20, 60)


pytestmark = pytest.mark.django_db


def test_all_it_needs_is_kept_when_it_is_decided(buying, suggestion, buyer):
    body = {"chosen": [suggestion.pk], f"quantity-{suggestion.pk}": "75", "place": "yes"}
    page = buyer.post("/purchasing/replenishment/review/", body).content.decode()
    assert "A promotion or an event" in page
    buyer.post("/purchasing/replenishment/approve/", body | {"reason": "fair in May", "cause": "promotion"})
    row = BuyingOverride.objects.get()
    today = timezone.localdate()
    assert (row.suggested, row.bought, row.position, row.cause, row.reason) == (60, 75, 0, "promotion", "fair in May")
    assert str(row.created_by) == "Jing Chen"
    # Half of the margin of 7.50 and 5 % of the price; a year's 25 % of 2.50, a day of it.
    assert (row.underage, row.holding_a_day) == (money("4.2500"), money("0.001712"))
    # 7 days of lead time and one of review; nobody knows how fast it sells.
    assert (row.starts_on, row.ends_on, row.days) == (today, today + timedelta(days=7), 8)
    assert "not yet" in buyer.get(PAGE).content.decode()


def test_followed_it_leaves_no_override_and_a_wrong_cause_is_named(suggestion):
    with pytest.raises(InvalidInput) as refused:
        approve_suggestions({suggestion.pk: 75}, reason="x", cause="whim")
    assert refused.value.field_errors == {"cause": "Choose a cause."}
    approve_suggestions({suggestion.pk: 60})
    assert not BuyingOverride.objects.exists()


def sell(buying, quantity, day):
    at = timezone.make_aware(timezone.datetime.combine(day, timezone.datetime.min.time()))
    (result,) = create_orders(
        [
            NewOrder(
                CustomerFactory().pk,
                ChannelFactory().pk,
                buying.warehouse.pk,
                [NewLine(buying.tea.pk, quantity)],
                ordered_at=at + timedelta(hours=12),
            )
        ]
    )
    assert result.error is None


def test_measured_when_its_days_have_passed(buying, suggestion, buyer):
    approve_suggestions({suggestion.pk: 75}, reason="fair in May", cause="promotion")
    today = timezone.localdate()
    BuyingOverride.objects.update(starts_on=today - timedelta(days=10), ends_on=today - timedelta(days=3))
    for days, pieces in ((11, 50), (10, 30), (3, 40), (2, 9)):  # the first and the last are not of its days
        sell(buying, pieces, today - timedelta(days=days))
    assert measure_overrides(today - timedelta(days=3)) == 0
    assert measure_overrides(today) == 1
    assert measure_overrides(today) == 0
    row = BuyingOverride.objects.get()
    # 70 wanted. Of 75: 70 × 4.25 - 0.001712 × 8 × (5 + 35) = 296.95…; of 60: 60 × 4.25 - 0.001712 × 8 × 30 = 254.58…
    assert (row.demand, row.gain) == (70, money("42.36"))
    page = buyer.get(PAGE).content.decode()
    assert "+42.36" in page
    assert "A promotion or an event" in page


def test_what_was_cancelled_has_no_gain(buying, suggestion, buyer):
    (order,) = approve_suggestions({suggestion.pk: 75}, reason="fair in May")
    cancel_purchase_order(order.pk, reason="no fair")
    today = timezone.localdate()
    BuyingOverride.objects.update(starts_on=today - timedelta(days=10), ends_on=today - timedelta(days=3))
    assert measure_overrides(today) == 1
    row = BuyingOverride.objects.get()
    assert (row.demand, row.gain) == (0, None)
    assert "not ordered" in buyer.get(PAGE).content.decode()
