from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone, translation

from core.errors import InvalidInput
from forecasting import uplift
from forecasting.calendar import holiday_spells, local_name
from forecasting.models import DemandEvent, DemandForecast, HolidayCalendar
from forecasting.services import add_calendar, run_forecast, save_event
from orders.models import Promotion
from tests.factories import ProductFactory, UserFactory, stock
from tests.forecasting.conftest import AS_OF

VIEW, CHANGE = "forecasting.view_demandevent", "forecasting.change_demandevent"


def event(first: date, last: date, products=(), **values):
    return save_event({"name": "Sale", "kind": "event", "starts_on": first, "ends_on": last} | values, list(products))


def sell_daily(shop, product=None, *, days=140, risen=(), factor=3):
    """Ten a day, ``factor`` times as many on the days ``risen`` (counted back from AS_OF)."""
    shop.sell({AS_OF - timedelta(days=n): 10 * (factor if n in risen else 1) for n in range(1, days + 1)}, product)


class TestUplift:
    def test_usual_is_the_same_weekday_around_and_the_event_left_out(self):
        demand = np.array([[float(day % 7) for day in range(140)]])
        demand[0, 70:72] = 50.0
        quiet = np.ones_like(demand, dtype=bool)
        quiet[0, 70:72] = False
        pieces, usual = uplift.measure(demand, np.ones_like(quiet), quiet, np.array([70, 71]))
        assert (pieces.tolist(), usual.tolist()) == ([100.0], [0.0 + 1.0])

    def test_a_products_own_uplift_is_drawn_to_that_of_all(self):
        # (60 + 20 · 2) / (20 + 20), and nothing of its own: that of all.
        assert uplift.drawn(np.array([60.0, 0.0]), np.array([20.0, 0.0]), 2.0).tolist() == [2.5, 2.0]

    def test_a_deeper_cut_is_expected_to_do_more(self):
        slope = uplift.by_depth(np.array([0.5]), np.array([4.0]), np.array([100.0]))
        assert slope == pytest.approx(2.0)
        assert uplift.expected_of_cut(slope, 0.5) == pytest.approx(4.0)
        assert uplift.expected_of_cut(slope, 0.2) == pytest.approx(1.5625)
        assert uplift.by_depth(np.array([0.0]), np.array([4.0]), np.array([100.0])) == 0.0


class TestHistory:
    def test_past_event_days_are_measured_and_kept_out_of_the_base(self, shop):
        sell_daily(shop, risen=range(30, 35))
        sale = event(AS_OF - timedelta(days=34), AS_OF - timedelta(days=30))
        run_forecast(as_of=AS_OF)
        sale.refresh_from_db()
        assert (sale.measured_pieces, sale.measured_usual, sale.measured_uplift) == (150.0, 50.0, 3.0)
        # All: (150 + 20) / (50 + 20); its own drawn to that: (150 + 20 · 2.428571) / (50 + 20) = 2.836735.
        # The 150 pieces count as 52.9; two weeks of the category's usual 70.6 a week (150 / 2.43 for the event's days)
        # count beside the 20 weeks.
        assert DemandForecast.objects.get().horizon["mean"][0] == pytest.approx(70.2, abs=0.01)

    def test_without_the_calendar_the_same_days_would_raise_the_base(self, shop):
        sell_daily(shop, risen=range(3, 8))
        run_forecast(as_of=AS_OF)
        assert DemandForecast.objects.get().horizon["mean"][0] > 80
        event(AS_OF - timedelta(days=7), AS_OF - timedelta(days=3))
        run_forecast(as_of=AS_OF)
        assert DemandForecast.objects.get().horizon["mean"][0] == pytest.approx(70.0, abs=1.5)

    def test_closed_days_say_nothing(self, shop):
        shop.sell({AS_OF - timedelta(days=n): 10 for n in range(1, 141) if not 3 <= n <= 12})
        event(AS_OF - timedelta(days=12), AS_OF - timedelta(days=3), kind="closed")
        run_forecast(as_of=AS_OF)
        # Neither do they lower the category's usual rate: 65 · 1400 / 1300 a week.
        assert DemandForecast.objects.get().horizon["mean"][0] == 70.0


class TestPlan:
    def test_lead_time_demand_has_the_planned_days(self, shop):
        sell_daily(shop)
        event(AS_OF + timedelta(days=2), AS_OF + timedelta(days=4), planned_uplift=Decimal(3))
        run_forecast(as_of=AS_OF)
        forecast = DemandForecast.objects.get()
        # Ten days quoted and one of review: 11 · 10, and 3 days with 20 more.
        assert forecast.lead_time_demand == pytest.approx(170.0, abs=0.5)
        assert forecast.horizon["mean"][:2] == [130.0, 70.0]
        assert forecast.basis["events"][0]["factor"] == 3.0

    def test_two_per_cent_more_on_some_days_is_hardly_a_promotion(self, shop):
        shop.sell({AS_OF - timedelta(days=3 * day): 20 + 5 * (day % 9) for day in range(1, 120)})
        run_forecast(as_of=AS_OF)
        before = DemandForecast.objects.get()
        days = {"starts_on": AS_OF + timedelta(days=2), "ends_on": AS_OF + timedelta(days=6)}
        save_event({"name": "Holiday", "kind": "event", "planned_uplift": Decimal("1.02")} | days, [])
        run_forecast(as_of=AS_OF)
        after = DemandForecast.objects.get()
        assert before.lead_time_demand < after.lead_time_demand < 1.02 * before.lead_time_demand
        assert after.service_level == pytest.approx(before.service_level, abs=0.01)
        assert [event["name"] for event in after.basis["events"]] == ["Holiday"]

    def test_the_next_occurrence_is_expected_to_do_what_the_last_one_did(self, shop):
        sell_daily(shop, risen=range(30, 35))
        event(AS_OF - timedelta(days=34), AS_OF - timedelta(days=30))
        event(AS_OF + timedelta(days=2), AS_OF + timedelta(days=4), name="SALE")
        run_forecast(as_of=AS_OF)
        assert DemandForecast.objects.get().basis["events"][0]["factor"] == pytest.approx(2.8367, abs=1e-4)

    def test_a_product_that_nobody_ever_wanted_is_not_bought_for_an_event(self, shop):
        event(AS_OF + timedelta(days=2), AS_OF + timedelta(days=4), planned_uplift=Decimal(3))
        run = run_forecast(as_of=AS_OF)
        assert (run.status, run.failures) == ("done", [])
        assert DemandForecast.objects.get().order_up_to == 0

    def test_only_the_products_named_are_concerned(self, shop):
        other = ProductFactory(sku="PLATE")
        stock(other, shop.warehouse, 10_000)
        sell_daily(shop)
        sell_daily(shop, other)
        event(AS_OF + timedelta(days=2), AS_OF + timedelta(days=4), [other], planned_uplift=Decimal(2))
        run_forecast(as_of=AS_OF)
        assert DemandForecast.objects.get(product=shop.product).lead_time_demand == pytest.approx(110.0)
        # Nobody supplies it: 14 days are taken, and one of review.
        assert DemandForecast.objects.get(product=other).lead_time_demand == pytest.approx(180.0, abs=0.5)

    def test_a_planned_price_cut_without_a_past_of_its_own_is_judged_by_its_depth(self, shop):
        sell_daily(shop, risen=range(30, 35), factor=4)
        event(AS_OF - timedelta(days=34), AS_OF - timedelta(days=30), price_cut=Decimal(50), kind="promotion")
        event(
            AS_OF + timedelta(days=2), AS_OF + timedelta(days=4), name="Spring", price_cut=Decimal(20), kind="promotion"
        )
        run_forecast(as_of=AS_OF)
        # 0.8 ^ -2 expected of all, and nothing of its own.
        assert DemandForecast.objects.get().basis["events"][0]["factor"] == pytest.approx(1.5625)


class TestHolidays:
    def test_the_chinese_new_year_moves_with_the_moon(self):
        found = holiday_spells(HolidayCalendar(country="CN"), date(2026, 1, 1), date(2027, 3, 1))
        feasts = [(s.first, s.last) for s in found if s.key == "holiday:CN:Chinese New Year"]
        assert feasts == [(date(2026, 2, 16), date(2026, 2, 23)), (date(2027, 2, 5), date(2027, 2, 10))]

    def test_thanksgiving_is_the_fourth_thursday(self):
        found = holiday_spells(HolidayCalendar(country="US"), date(2026, 11, 1), date(2026, 11, 30))
        assert date(2026, 11, 26) in [s.first for s in found if s.name == "Thanksgiving Day"]

    def test_what_a_holiday_does_is_measured_and_expected_again(self, shop):
        # AS_OF is 1 June 2026; the Dragon Boat Festival was on 31 May 2025 and will be on 19 June 2026.
        festival = (AS_OF - date(2025, 5, 31)).days
        sell_daily(shop, days=560, risen=range(festival + 1, festival + 15))
        add_calendar("CN", is_closed=False)
        run_forecast(as_of=AS_OF)
        before = HolidayCalendar.objects.get().measured["holiday:CN:Dragon Boat Festival:before"]
        assert before == [pytest.approx(420.0), pytest.approx(140.0)]
        events = {e["key"]: e for e in DemandForecast.objects.get().basis["events"]}
        coming = events["holiday:CN:Dragon Boat Festival:before"]
        assert (coming["first"], coming["last"]) == ("2026-06-05", "2026-06-18")
        assert coming["factor"] == pytest.approx(2.97, abs=0.01)


def test_holidays_are_named_in_the_readers_language():
    found = list(holiday_spells(HolidayCalendar(country="CN"), date(2027, 1, 1), date(2027, 3, 1)))
    feast = next(s for s in found if s.key == "holiday:CN:Chinese New Year")
    before = next(s for s in found if s.key == "holiday:CN:Chinese New Year:before")
    with translation.override("zh-hans"):
        assert (local_name(feast), local_name(before)) == (("春节", "zh"), ("春节", "zh"))
    assert local_name(before) == ("Chinese New Year", "en")


class TestPages:
    def sign_in(self, client, *permissions):
        client.force_login(UserFactory(permissions=list(permissions)))

    def fields(self, **changes):
        return {"name": "Double 11", "kind": "promotion", "starts_on": "2026-11-01", "ends_on": "2026-11-11"} | changes

    def test_an_event_is_added_changed_and_deleted(self, client, shop):
        self.sign_in(client, VIEW, CHANGE)
        answer = client.post(reverse("forecasting:event-new"), self.fields(products="cup", planned_uplift="2.5"))
        assert answer.status_code == 302
        kept = DemandEvent.objects.get()
        assert (kept.name, list(kept.products.all())) == ("Double 11", [shop.product])
        page = client.get(reverse("forecasting:event-edit", args=[kept.pk])).content.decode()
        assert "CUP" in page
        client.post(reverse("forecasting:event-edit", args=[kept.pk]), self.fields(ends_on="2026-11-12"))
        kept.refresh_from_db()
        assert (kept.ends_on, kept.products.count()) == (date(2026, 11, 12), 0)
        client.post(reverse("forecasting:event-delete", args=[kept.pk]))
        assert not DemandEvent.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"ends_on": "2026-10-01"}, "The last day cannot be before the first."),
            ({"ends_on": "2027-11-01"}, "An event lasts at most 92 days"),
            ({"products": "NOPE"}, "There is no product with this SKU or barcode: NOPE."),
            ({"kind": "closed", "planned_uplift": "2"}, "On closed days nothing is sold"),
            ({"planned_uplift": "0"}, "Enter a number from 0.05 to 20."),
            ({"price_cut": "95"}, "Enter a percentage from 0 to 90."),
        ],
    )
    def test_what_is_wrong_is_named_and_changes_nothing(self, client, shop, changes, words):
        self.sign_in(client, VIEW, CHANGE)
        answer = client.post(reverse("forecasting:event-new"), self.fields(**changes))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert 'value="Double 11"' in answer.content.decode()
        assert not DemandEvent.objects.exists()

    def test_a_category_and_products_are_not_both_meant(self, shop):
        with pytest.raises(InvalidInput):
            event(AS_OF, AS_OF, [shop.product], category=shop.product.category)

    def test_the_page_shows_what_was_measured(self, client, shop):
        sell_daily(shop, risen=range(30, 35))
        event(AS_OF - timedelta(days=34), AS_OF - timedelta(days=30))
        add_calendar("CN", is_closed=True)
        run_forecast(as_of=AS_OF)
        self.sign_in(client, VIEW)
        page = client.get(reverse("forecasting:calendar")).content.decode()
        assert "× 3.00" in page
        assert "150 instead of 50" in page
        assert "Dragon Boat Festival" in page or "National Day" in page

    def test_holidays_come_and_go(self, client, shop):
        self.sign_in(client, CHANGE)
        url = reverse("forecasting:holidays-change")
        client.post(url, {"country": "CN", "is_closed": "1"})
        assert HolidayCalendar.objects.get().is_closed
        client.post(url, {"country": "XX"})
        client.post(url, {"country": "CN", "remove": "1"})
        assert not HolidayCalendar.objects.exists()


class TestPromotionsOfThePriceLists:
    def promote(self, first: date, last: date, **values) -> Promotion:
        known = {"name": "Spring sale", "discount": Decimal(20), "first_day": first, "last_day": last} | values
        return Promotion.objects.create(**known)

    def test_past_ones_are_measured_and_planned_ones_expected(self, shop):
        sell_daily(shop, risen=range(30, 35))
        day = timedelta(days=1)
        self.promote(AS_OF - 34 * day, AS_OF - 30 * day, product=shop.product)
        self.promote(AS_OF + 2 * day, AS_OF + 6 * day, product=shop.product)
        run_forecast(as_of=AS_OF)
        forecast = DemandForecast.objects.get()
        (coming,) = forecast.basis["events"]
        # As with an event entered by hand: (150 + 20 · 170 / 70) / (50 + 20)
        assert (coming["name"], coming["factor"], coming["planned"]) == ("Spring sale", 2.8367, False)
        assert forecast.horizon["mean"][1] == pytest.approx(70.4, abs=0.1)  # the past one is kept out of the base

    def test_an_event_of_the_same_name_and_days_counts_instead(self, shop):
        sell_daily(shop)
        first, last = AS_OF + timedelta(days=2), AS_OF + timedelta(days=6)
        self.promote(first, last)
        event(first, last, [shop.product], name="spring SALE", planned_uplift=Decimal("1.5"))
        run_forecast(as_of=AS_OF)
        assert [row["factor"] for row in DemandForecast.objects.get().basis["events"]] == [1.5]

    def test_what_lasts_longer_than_an_event_is_the_new_usual(self, shop):
        sell_daily(shop)
        self.promote(AS_OF - timedelta(days=60), AS_OF + timedelta(days=60))
        run_forecast(as_of=AS_OF)
        assert DemandForecast.objects.get().basis["events"] == []

    def test_the_calendar_lists_them(self, client, shop):
        first = timezone.localdate() + timedelta(days=9)
        self.promote(first, first, category=shop.product.category, discount=Decimal("12.5"))
        client.force_login(UserFactory(permissions=[VIEW]))
        page = client.get(reverse("forecasting:calendar")).content.decode()
        assert "Spring sale" in page
        assert "price −12.5 %" in page
        assert "as measured" in page  # no run has measured anything like it
