"""The workbook's formulas, computed cell by cell as a spreadsheet does, give the levels that were set."""

import math
import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from scipy.special import gammaincinv

from forecasting.models import DemandForecast
from forecasting.sensitivity import levels_if
from forecasting.services import add_rule, run_forecast, save_event
from forecasting.workbook import workbook_of
from tests.factories import UserFactory
from tests.forecasting.conftest import AS_OF

FUNCTIONS = {
    "MAX": max,
    "MIN": min,
    "SQRT": math.sqrt,
    "ROUND": lambda value, _places: math.floor(value + 0.5),
    "CEILING": lambda value, multiple: math.ceil(value / multiple - 1e-12) * multiple,
    "GAMMAINV": lambda level, shape, scale: gammaincinv(shape, level) * scale,
}


def computed(book) -> dict[str, float]:
    """The value of every row of column B by its words."""
    values: dict[str, float] = {}
    by_words = {}
    for row in book.active.iter_rows(min_row=3):
        content = row[1].value
        if isinstance(content, str):
            lazy = re.sub(r"^IF\((\w+)>0,(.*),([^,]+)\)$", r"\2 if \1>0 else \3", content[1:])
            python = re.sub(r"B(\d+)", lambda m: f"cells['B{m[1]}']", lazy.replace("^", "**"))
            content = eval(python, FUNCTIONS | {"cells": values})  # our own formulas
        if content is not None:
            values[row[1].coordinate] = by_words[row[0].value] = float(content)
    return by_words


def levels(forecast) -> list[float]:
    found = computed(workbook_of(forecast))
    return [found[name] for name in ("Safety stock", "Reorder point", "Order-up-to level")]


@pytest.mark.parametrize("quantity", [3, 70])
def test_its_formulas_give_the_levels(shop, quantity):
    shop.sell({AS_OF - timedelta(days=3 * day): quantity + day % 9 for day in range(1, 120)})
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    assert levels(forecast) == [forecast.safety_stock, forecast.reorder_point, forecast.order_up_to]
    assert computed(workbook_of(forecast))["Lead-time demand"] == pytest.approx(forecast.lead_time_demand, rel=1e-5)


def test_what_nobody_wants_divides_by_nothing(shop):
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    assert levels(forecast) == [0, 0, 0]
    assert computed(workbook_of(forecast))["Weeks that a piece too many lies"] == pytest.approx(365.25 / 7)
    assert "Weeks that a piece too many lies, after the event" not in computed(workbook_of(forecast))


def test_an_event_and_a_rule_are_in_it(shop):
    shop.sell({AS_OF - timedelta(days=3 * day): 20 + day % 9 for day in range(1, 120)})
    days = {"starts_on": AS_OF + timedelta(days=2), "ends_on": AS_OF + timedelta(days=4)}
    save_event({"name": "Sale", "kind": "event", "planned_uplift": Decimal(3)} | days, [])
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    assert levels(forecast) == [forecast.safety_stock, forecast.reorder_point, forecast.order_up_to]
    add_rule({"product": shop.product, "service_level": Decimal(99), "reason": "promised"})
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    assert levels(forecast) == [forecast.safety_stock, forecast.reorder_point, forecast.order_up_to]


def test_what_would_change_it_is_the_policy_again(shop):
    shop.sell({AS_OF - timedelta(days=3 * day): 20 + day % 9 for day in range(1, 120)})
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    same = levels_if(forecast)
    assert (same.reorder_point, same.order_up_to) == (forecast.reorder_point, forecast.order_up_to)
    assert same.service_level == pytest.approx(forecast.service_level, abs=1e-4)
    assert levels_if(forecast, demand=1.2).reorder_point > same.reorder_point
    assert levels_if(forecast, lead_time_days=7).reorder_point > same.reorder_point
    assert levels_if(forecast, holding=1.5).reorder_point < same.reorder_point
    assert levels_if(forecast, underage=1.5).reorder_point > same.reorder_point


def test_an_event_and_a_rule_stay_in_what_would_change_it(shop):
    shop.sell({AS_OF - timedelta(days=3 * day): 20 + day % 9 for day in range(1, 120)})
    days = {"starts_on": AS_OF + timedelta(days=2), "ends_on": AS_OF + timedelta(days=4)}
    save_event({"name": "Sale", "kind": "event", "planned_uplift": Decimal(3)} | days, [])
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    same, dear, idle = (levels_if(forecast, **change) for change in ({}, {"underage": 1.5}, {"holding": 1.5}))
    assert (same.safety_stock, same.reorder_point, same.order_up_to) == (
        forecast.safety_stock,
        forecast.reorder_point,
        forecast.order_up_to,
    )
    assert idle.reorder_point < same.reorder_point < dear.reorder_point
    add_rule({"product": shop.product, "service_level": Decimal(90), "reason": "promised"})
    run_forecast(as_of=AS_OF)
    forecast = DemandForecast.objects.get()
    same, dear = levels_if(forecast), levels_if(forecast, underage=1.5)
    assert (same.service_level, same.safety_stock, same.reorder_point, same.order_up_to) == (
        0.9,
        forecast.safety_stock,
        forecast.reorder_point,
        forecast.order_up_to,
    )
    assert dear == same  # whoever wants a level gets it, whatever a short piece costs


def test_it_is_downloaded_by_those_who_may_see_margins(client, shop):
    shop.sell_weekly(70, 30)
    run_forecast(as_of=AS_OF)
    url = reverse("forecasting:workbook", args=[DemandForecast.objects.get().pk])
    client.force_login(UserFactory(permissions=["forecasting.view_demandforecast"]))
    assert client.get(url).status_code == 403
    client.force_login(UserFactory(permissions=["forecasting.view_demandforecast", "inventory.view_margin"]))
    book = load_workbook(BytesIO(b"".join(client.get(url).streaming_content)))
    assert book.active["A1"].value == "CUP · EAST · 2026-06-01"
