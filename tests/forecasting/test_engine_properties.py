"""Whatever the series, the plan is finite and its levels are in order."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.engine.distribution import LeadTime
from forecasting.engine.plan import HORIZON_WEEKS, History, Item, Plan, make_plans
from forecasting.engine.policy import HIGHEST_SERVICE, LOWEST_SERVICE, Economics
from forecasting.engine.spread import Curve

money = st.floats(0.01, 1e5)
days = st.lists(
    st.one_of(st.just(0.0), st.integers(0, 50).map(float), st.floats(-1e7, 1e7), st.just(float("nan"))),
    max_size=400,
)


def check(plan: Plan) -> None:
    policy = plan.policy
    assert np.isfinite(list(policy.values())).all()
    assert 0 <= policy["safety_stock"] <= policy["reorder_point"] <= policy["order_up_to"]
    assert policy["order_up_to"] == policy["reorder_point"] + policy["lot"]
    assert LOWEST_SERVICE <= policy["service_level"] <= HIGHEST_SERVICE
    mean, low, high = plan.forecast.mean, plan.forecast.low, plan.forecast.high
    assert mean.shape == low.shape == high.shape == (HORIZON_WEEKS,)
    assert np.isfinite([mean, low, high]).all()
    assert (low >= 0).all()
    assert (low <= mean).all()
    assert (mean <= high).all()
    assert np.isfinite(list(plan.demand.values())).all()


def plan_for(demand: np.ndarray, economics: Economics | None = None, lead_time: LeadTime | None = None) -> Plan:
    item = Item(
        history=History(date(2020, 1, 1), demand, np.zeros(len(demand))),
        lead_time=lead_time or LeadTime(14.0, 3.0),
        review_days=1.0,
        economics=economics or Economics(20, 12, 30, 0.25, 0.5, 1.0, 6, 6),
    )
    return make_plans([item], Curve())[0]


@settings(max_examples=60, deadline=None)
@given(
    days,
    st.builds(
        Economics,
        price=money,
        unit_cost=money,
        order_cost=st.floats(0, 1e4),
        holding_rate=st.floats(0, 5),
        lost_share=st.floats(0, 1),
        goodwill=st.floats(0, 100),
        moq=st.integers(1, 5000),
        order_multiple=st.integers(1, 500),
    ),
    st.builds(LeadTime, mean=st.floats(0, 180), sd=st.floats(0, 90)),
)
def test_any_series_gives_levels_in_order(demand, economics, lead_time):
    check(plan_for(np.array(demand, dtype=float), economics, lead_time))


@pytest.mark.parametrize(
    "demand",
    [
        np.zeros(0),
        np.zeros(104),
        np.array([5.0]),
        np.array([3.0, 0.0, 5.0]),
        np.concatenate([np.zeros(50), [10_000.0], np.zeros(50)]),
        -np.arange(60.0),
        np.random.default_rng(0).poisson(3, 3285).astype(float),
        np.full(104, 1e9),
        np.geomspace(1e-6, 1e9, 104),
        np.full(30, np.inf),
    ],
    ids=[
        "empty",
        "zeros",
        "one-day",
        "three-points",
        "one-spike",
        "negative",
        "nine-years",
        "huge",
        "exploding",
        "infinite",
    ],
)
def test_absurd_series(demand):
    check(plan_for(demand))
