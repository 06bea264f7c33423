"""Whoever types the arithmetic into a spreadsheet gets what the page shows."""

import math
import re
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import translation

from forecasting.explanation.steps import _model, assumptions, explain
from forecasting.models import DemandForecast
from forecasting.services import run_forecast, save_event
from tests.factories import ProductFactory, stock
from tests.forecasting.conftest import AS_OF

CALCULATOR = {"√": "sqrt", "²": "**2", "×": "*", "−": "-", " %": "/100", ",": "", ";": ",", "^": "**"}


def compute(text: str) -> float:
    for shown, meant in CALCULATOR.items():
        text = text.replace(shown, meant)
    return float(eval(text, {"sqrt": math.sqrt, "max": max}))


def sell_somehow(shop, seed: int) -> DemandForecast:
    draws = np.random.default_rng(seed).negative_binomial(1, 0.02 + 0.1 * seed, 120)
    product = shop.product
    shop.sell({AS_OF - timedelta(days=4 * n + 1): int(q) for n, q in enumerate(draws) if q}, product)
    run_forecast(as_of=AS_OF)
    return DemandForecast.objects.get(product=product)


@pytest.mark.parametrize("seed", range(6))
def test_every_line_of_arithmetic_is_right_as_shown(shop, seed):
    steps = [step for step in explain(sell_somehow(shop, seed), with_money=True) if step.arithmetic]
    assert len(steps) == 12
    for step in steps:
        left, _equals, right = step.arithmetic.rpartition(" = ")
        decimals = len(re.sub(r"[^0-9.]", "", right).partition(".")[2])
        unit = 10.0**-decimals / (100 if "%" in right else 1)
        assert compute(left) == pytest.approx(compute(right), abs=0.51 * unit), step.arithmetic


def test_how_long_a_piece_too_many_lies_is_said_as_it_is(shop):
    """Until the next order, unless nothing sells at all or an event is to be cleared."""

    def said(forecast: DemandForecast) -> str:
        (sentence,) = [s.sentence for s in explain(forecast, with_money=True) if s.name == "A piece too many"]
        return sentence

    stock(idle := ProductFactory(), shop.warehouse, 5)
    shop.sell_weekly(70, 30)
    run_forecast(as_of=AS_OF)
    assert said(DemandForecast.objects.get(product=idle)).startswith("Nothing is expected to sell: it lies for a year,")
    sold = DemandForecast.objects.filter(product=shop.product)
    assert said(sold.get()).startswith("It lies for the")
    days = {"starts_on": AS_OF + timedelta(days=2), "ends_on": AS_OF + timedelta(days=4)}
    save_event({"name": "Sale", "kind": "event", "planned_uplift": Decimal(3)} | days, [])
    run_forecast(as_of=AS_OF)
    assert said(sold.get()).startswith("What the event leaves over lies for")


def test_without_permission_for_margins_no_money_is_shown(shop):
    forecast = sell_somehow(shop, 1)
    names = [step.name for step in explain(forecast, with_money=False)]
    assert "A piece too few" not in names
    assert names[-1] == "What would change it"


def test_it_speaks_chinese(shop):
    forecast = sell_somehow(shop, 1)
    with translation.override("zh-hans"):
        steps = explain(forecast, with_money=True)
        assert [step.name for step in steps][-3:] == ["经济订货批量", "补货目标水平", "什么会改变它"]
        assert not any(re.search("[a-z]{4}", step.sentence) for step in steps)


def test_what_was_assumed_is_said(shop):
    bare = ProductFactory()
    forecast = DemandForecast(product=bare, economics={"assumptions": ["cost_from_price", "no_supplier"]})
    assert assumptions(forecast)[:2] == [
        "There is no cost: it is taken as 60.0 % of the price.",
        "There is no preferred supplier: a lead time of 14 days and free ordering are taken.",
    ]


def test_a_naive_forecast_says_so(shop):
    forecast = DemandForecast(
        model="naive",
        pattern="dying",
        history={"demand": [1.0], "lost": [0.0]},
        accuracy={"origins": 25, "weeks": 2, "wape": 0.5, "naive_wape": 0.5, "bias": 0.1},
        basis={},
    )
    assert _model(forecast).sentence == (
        "Tested from 25 dates in the past, no model forecast the next 2 weeks better than repeating the last ones, "
        "which is off by 50.0 % of demand."
    )
