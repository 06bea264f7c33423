from datetime import date, timedelta

import numpy as np
import pytest
from django.urls import reverse

from core.errors import InvalidInput
from forecasting.classes import class_by_variation
from forecasting.models import DemandForecast, PolicyRule
from forecasting.services import add_rule, end_rule, run_forecast
from forecasting.worth import Stakes, expected_short, is_worth_it, yearly_cost
from purchasing.models import StockPolicy, Supplier
from tests.factories import ProductFactory, SupplierItemFactory, UserFactory, stock
from tests.forecasting.conftest import AS_OF

VIEW, CHANGE, MARGIN = "forecasting.view_policyrule", "forecasting.change_policyrule", "inventory.view_margin"


def stakes(**values) -> Stakes:
    known = {
        "mean": 10,
        "sd": 10,
        "yearly_demand": 200,
        "underage": 3,
        "holding": 2,
        "order_cost": 5,
        "undershoot": 10,
    } | values
    return Stakes(**{name: np.array([float(value)]) for name, value in (known | values).items()})


def rule(**values) -> PolicyRule:
    return add_rule({"service_level": 99, "reason": "promised"} | values)


class TestWorth:
    def test_a_shortage_of_exponential_demand_is_known_by_hand(self):
        # A gamma whose deviation is its mean is an exponential: E[(X - s)+] = mean · e^(-s / mean).
        assert expected_short(stakes(), np.array([20.0]))[0] == pytest.approx(10 * np.exp(-2))

    def test_a_year_costs_ordering_shortages_and_holding(self):
        short = 10 * np.exp(-2)
        by_hand = 200 / (40 + 10) * (5 + 3 * short) + 2 * (40 / 2 + 20 - 10 + short)
        assert yearly_cost(stakes(), np.array([20.0]), np.array([60.0]))[0] == pytest.approx(by_hand)

    def test_certain_demand_is_never_short(self):
        assert expected_short(stakes(sd=0), np.array([10.0]))[0] == pytest.approx(0.0, abs=1e-3)

    def test_a_change_must_save_two_per_cent(self):
        assert is_worth_it(np.array([2.1, 2.0, -1.0]), np.array([100.0])).tolist() == [True, False, False]


class TestStability:
    def test_a_change_that_saves_too_little_is_not_made_and_says_so(self, shop):
        shop.sell_weekly(70, 104)
        run_forecast(as_of=AS_OF)
        policy = StockPolicy.objects.get()
        StockPolicy.objects.update(reorder_point=policy.reorder_point + 1, order_up_to=policy.order_up_to + 1)
        run_forecast(as_of=AS_OF + timedelta(days=1))
        now, forecast = StockPolicy.objects.get(), DemandForecast.objects.get()
        assert (now.reorder_point, now.order_up_to) == (policy.reorder_point + 1, policy.order_up_to + 1)
        assert now.basis["last"]["kept"] is True
        assert 0 < forecast.basis["last"]["gain"] < 0.02 * forecast.basis["yearly_cost"]

    def test_a_change_worth_making_is_made_and_says_what_it_saves(self, shop):
        shop.sell_weekly(70, 104)
        run_forecast(as_of=AS_OF)
        policy = StockPolicy.objects.get()
        StockPolicy.objects.update(reorder_point=400, order_up_to=2000)
        run_forecast(as_of=AS_OF + timedelta(days=1))
        now, last = StockPolicy.objects.get(), DemandForecast.objects.get().basis["last"]
        assert abs(now.reorder_point - policy.reorder_point) <= 20
        assert (last["reorder_point"], last["order_up_to"], last["kept"]) == (400, 2000, False)
        assert last["gain"] > 500

    def test_computed_again_on_the_same_day_it_says_the_same(self, shop):
        shop.sell_weekly(70, 104)
        run_forecast(as_of=AS_OF)
        StockPolicy.objects.update(reorder_point=400, order_up_to=2000)
        run_forecast(as_of=AS_OF)
        first = DemandForecast.objects.get().basis
        run_forecast(as_of=AS_OF)
        assert DemandForecast.objects.get().basis == first


class TestClasses:
    def test_the_weeks_decide_between_x_y_and_z(self):
        assert class_by_variation(np.full(20, 5.0)) == "X"
        assert class_by_variation(np.array([0.0, 10.0] * 10)) == "Y"
        assert class_by_variation(np.array([0.0, 0.0, 0.0, 10.0] * 5)) == "Z"
        assert class_by_variation(np.ones(7)) == ""

    def test_value_decides_between_a_b_and_c(self, shop):
        # 100, 10 and 1 a week: 90 %, 9 % and 1 % of sales.
        products = [shop.product, *(ProductFactory() for _ in range(2))]
        for product, pieces in zip(products, (100, 10, 1), strict=True):
            stock(product, shop.warehouse, 20_000)
            shop.sell_weekly(pieces, 30, product)
        run_forecast(as_of=AS_OF)
        classes = dict(DemandForecast.objects.values_list("product_id", "abc"))
        assert [classes[product.pk] for product in products] == ["A", "B", "C"]
        assert set(DemandForecast.objects.values_list("xyz", flat=True)) == {"X"}


class TestRules:
    def test_a_rule_sets_the_service_level_and_shows_its_cost(self, shop):
        shop.sell_weekly(70, 104)
        run_forecast(as_of=AS_OF)
        before = DemandForecast.objects.get()
        rule(product=shop.product, service_level=99)
        run_forecast(as_of=AS_OF)
        forecast, policy = DemandForecast.objects.get(), StockPolicy.objects.get()
        assert (forecast.service_level, policy.service_level) == (0.99, 0.99)
        assert policy.reorder_point == forecast.reorder_point > before.reorder_point
        assert forecast.basis["rule"]["chosen_level"] == before.economics["critical_ratio"]
        assert forecast.basis["rule"]["cost"] > 0
        assert forecast.order_up_to - forecast.reorder_point == before.order_up_to - before.reorder_point

    def test_the_most_specific_rule_counts(self, shop):
        shop.sell_weekly(70, 30)
        run_forecast(as_of=AS_OF)
        supplier = Supplier.objects.get()
        levels = []
        for scope, level in (({"abc": "A"}, 90), ({"supplier": supplier}, 92), ({"product": shop.product}, 94)):
            rule(**scope, service_level=level)
            run_forecast(as_of=AS_OF)
            levels.append(DemandForecast.objects.get().service_level)
        assert levels == [0.9, 0.92, 0.94]

    def test_rules_of_others_and_ended_ones_do_not_count(self, shop):
        shop.sell_weekly(70, 30)
        rule(product=SupplierItemFactory().product)
        end_rule(rule(product=shop.product).pk)
        run_forecast(as_of=date.today())
        assert "rule" not in DemandForecast.objects.get(product=shop.product).basis

    @pytest.mark.parametrize("scope", [{}, {"abc": "A", "product": True}])
    def test_a_rule_is_for_exactly_one_thing(self, shop, scope):
        with pytest.raises(InvalidInput):
            rule(**{name: shop.product if value is True else value for name, value in scope.items()})

    def test_it_is_added_shown_and_ended_on_its_page(self, client, shop):
        shop.sell_weekly(70, 30)
        client.force_login(UserFactory(permissions=[VIEW, CHANGE, MARGIN]))
        answer = client.post(
            reverse("forecasting:rule-new"), {"product": "cup", "service_level": "99", "reason": "A promise"}
        )
        assert answer.status_code == 302
        run_forecast(as_of=AS_OF)
        page = client.get(reverse("forecasting:classes")).content.decode()
        assert "A promise" in page
        assert "1 place follows it" in page
        kept = PolicyRule.objects.get()
        client.post(reverse("forecasting:rule-end", args=[kept.pk]))
        assert "(ended)" in client.get(reverse("forecasting:classes")).content.decode()

    def test_what_is_wrong_is_named_and_what_was_typed_stays(self, client, shop):
        client.force_login(UserFactory(permissions=[CHANGE]))
        answer = client.post(reverse("forecasting:rule-new"), {"service_level": "20", "reason": "A promise"})
        assert answer.status_code == 422
        assert "Enter a percentage from 50 to 99.9." in answer.content.decode()
        assert 'value="A promise"' in answer.content.decode()
        assert not PolicyRule.objects.exists()
