from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from forecasting import backtesting
from forecasting.models import Backtest
from forecasting.services import compute_backtest, request_backtest, requeue_lost_backtests, run_forecast
from forecasting.tasks import resume_backtests
from inventory.models import Warehouse
from purchasing.services import create_purchase_orders, receive_goods
from purchasing.values import NewPurchaseLine, NewPurchaseOrder, NewReceipt
from tests.factories import UserFactory
from tests.forecasting.conftest import AS_OF, at

VIEW, ADD = "forecasting.view_backtest", "forecasting.add_backtest"
FIRST, LAST = AS_OF - timedelta(weeks=8), AS_OF - timedelta(days=1)


@pytest.fixture
def backtest(shop) -> Backtest:
    shop.sell_weekly(70, 60)
    run_forecast(as_of=AS_OF)
    return request_backtest(FIRST, LAST, {})


def test_every_policy_is_counted_and_nobody_beats_the_bound(backtest):
    assert compute_backtest(backtest.pk)
    backtest.refresh_from_db()
    assert (backtest.status, backtest.done, backtest.total) == ("done", 8, 8)
    verdicts = {row["policy"]: row for row in backtest.result["groups"]["all:"]}
    assert list(verdicts) == ["tandem", "fixed", "z_score", "actual", "bound"]
    assert all(row["profit"]["value"] <= verdicts["bound"]["profit"]["value"] for row in verdicts.values())
    # The opening stock of 10,000 serves everything: 8 · 70 pieces at a margin of 10 - 5.
    assert verdicts["actual"]["margin"] == pytest.approx(560 * 5)
    assert verdicts["actual"]["fill_rate"]["value"] == 100.0
    assert [row["sku"] for row in backtest.result["products"]] == ["CUP"]
    assert "abc:A" in backtest.result["groups"]


def test_it_is_computed_once_and_the_same_every_time(backtest):
    assert compute_backtest(backtest.pk)
    assert not compute_backtest(backtest.pk)
    again = request_backtest(FIRST, LAST, {})
    compute_backtest(again.pk)
    first, second = Backtest.objects.order_by("pk").values_list("result", flat=True)
    assert first == second


def test_what_comes_after_changes_nothing(backtest, shop):
    compute_backtest(backtest.pk)
    shop.sell({AS_OF + timedelta(days=n): 900 for n in range(5)})
    again = request_backtest(FIRST, LAST, {})
    compute_backtest(again.pk)
    first, second = Backtest.objects.order_by("pk").values_list("result", flat=True)
    assert first == second


def test_the_world_is_the_companys_own(shop):
    shop.sell_weekly(70, 60)
    place = (shop.product.pk, shop.warehouse.pk)
    for ordered, arrived, pieces in ((-10, 3, 48), (4, 15, 24)):
        order = create_purchase_orders(
            [
                NewPurchaseOrder(
                    supplier_id=shop.product.supplier_items.get().supplier_id,
                    warehouse_id=Warehouse.objects.get().pk,
                    lines=[NewPurchaseLine(shop.product.pk, pieces)],
                    ordered_at=at(FIRST + timedelta(days=ordered)),
                )
            ]
        )[0]
        receive_goods([NewReceipt(order.pk, received_at=at(FIRST + timedelta(days=arrived)))])
    world = backtesting.load_world([place], FIRST, LAST)
    # What was on the way before the first day counts as there; what was ordered later arrives when it did.
    assert world.opening.tolist() == [10_048.0]
    assert world.window.shape == (1, 56)
    assert world.window.sum() == 560.0
    assert {day: n for day, n in enumerate(world.receipts[0]) if n} == {15: 24.0}
    assert world.keys == ["CUP@EAST"]


def test_nothing_to_replay_is_done_at_once(db):
    backtest = request_backtest(FIRST, LAST, {})
    assert compute_backtest(backtest.pk)
    assert Backtest.objects.get().result == {}


def test_what_a_killed_worker_left_is_queued_again(backtest):
    Backtest.objects.update(status="running", done=3)
    assert requeue_lost_backtests() == []
    Backtest.objects.update(touched_at=timezone.now() - timedelta(minutes=6))
    assert resume_backtests() == 1
    backtest.refresh_from_db()
    assert (backtest.status, backtest.done) == ("queued", 0)


class TestPages:
    def test_one_is_asked_for_followed_and_read(self, client, shop):
        shop.sell_weekly(70, 60)
        client.force_login(UserFactory(permissions=[VIEW, ADD]))
        fields = {"first_day": FIRST, "last_day": LAST, "products": "CUP", "service_level": "98", "lead_time": "150"}
        assert client.post(reverse("forecasting:backtest-new"), fields).status_code == 302
        backtest = Backtest.objects.get()
        assert backtest.question == {"service": 0.98, "lead_time": 1.5, "products": [shop.product.pk]}
        url = reverse("forecasting:backtest", args=[backtest.pk])
        assert 'hx-trigger="every 2s"' in client.get(url).content.decode()
        compute_backtest(backtest.pk)
        assert client.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
        page = client.get(url, {"by": "warehouse"}).content.decode()
        for words in ("Clairvoyant (upper bound)", "What would less stock cost?", "service level 98 %", "EAST"):
            assert words in page

    @pytest.mark.parametrize(
        ("first", "last", "words"),
        [
            (0, 5, "Replay at least four weeks."),
            (-900, 5, "Replay at most two years."),
            (0, 9000, "only the past can be replayed"),
        ],
    )
    def test_days_that_cannot_be_replayed_are_refused(self, client, shop, first, last, words):
        client.force_login(UserFactory(permissions=[ADD]))
        fields = {"first_day": FIRST + timedelta(days=first), "last_day": FIRST + timedelta(days=last)}
        answer = client.post(reverse("forecasting:backtest-new"), fields)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Backtest.objects.exists()

    def test_one_that_failed_says_why(self, client, backtest):
        Backtest.objects.update(status="failed", error="ValueError: no")
        client.force_login(UserFactory(permissions=[VIEW]))
        assert "ValueError: no" in client.get(reverse("forecasting:backtest", args=[backtest.pk])).content.decode()
