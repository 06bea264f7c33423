"""How long transfers take, by figures worked out by hand: typed days, arrivals, and who reckons with them."""

from datetime import datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from core.errors import InvalidInput
from inventory import pipeline, transfers
from inventory.lead_times import Bucket
from inventory.models import Transfer
from inventory.places import Delay, lane_source
from inventory.transit import USUAL_DAYS, Transit, lane_rows, transfer_delays, transit_of, transit_times
from orders.learning import Kind, learn_delays, newest
from purchasing.selectors import incoming_supply
from tests.factories import UserFactory, WarehouseFactory
from tests.inventory.test_transfers import Route

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def route():
    return Route()


@pytest.fixture
def lane(route):
    return route.south.pk, route.north.pk


def noon(days_ago: int) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate() - days_ago * DAY, time(12)))


def send(route, days_ago: int, *, named: int | None = None, pieces: int = 1) -> Transfer:
    """One that left so many days ago, at noon, with a day named so many days later or none."""
    transfer = route.ask((route.tea, pieces), expected_on=None)
    day = None if named is None else timezone.localdate() + (named - days_ago) * DAY
    return transfers.send_transfer(transfer.pk, expected_on=day, at=noon(days_ago))


def play(route, days_ago: int, days: int, *, named: int | None = None) -> Transfer:
    """One that arrived after so many days."""
    transfer = send(route, days_ago, named=named)
    return transfers.receive_transfer(transfer.pk, at=noon(days_ago - days))


def test_before_anything_arrived_the_days_named_count(route, lane):
    assert (transit_of(*lane), transit_of(*lane).whole_days) == (Transit(), USUAL_DAYS)
    send(route, 9, named=3)
    send(route, 8, named=6)
    # (3 + 6) / 2 = 4.5 days, reckoned with as 5.
    assert transit_of(*lane) == Transit(4.5)
    assert transit_of(*lane).whole_days == 5
    assert transit_times().keys() == {lane}


def test_arrivals_are_drawn_towards_the_days_named(route, lane):
    play(route, 40, 5, named=3)
    play(route, 30, 8, named=3)
    transit = transit_of(*lane)
    # One of two came late by 2 days, the other by 5: none on time. (5 + 8 + 4 × 3) / 6 = 25 / 6.
    assert (transit.days, transit.named, transit.on_time_share) == ((5.0, 8.0), 3.0, 0.0)
    assert transit.learned.mean == pytest.approx(25 / 6)
    # ((5 - 25/6)² + (8 - 25/6)² + 4 × (0.75² + (3 - 25/6)²)) / 6, 0.75 being a quarter of 3.
    assert transit.learned.sd**2 == pytest.approx((25 / 36 + 529 / 36 + 4 * (9 / 16 + 49 / 36)) / 6)
    assert transit.whole_days == 5
    assert transit.buckets == [Bucket(5, 5, 1, 100), Bucket(6, 6, 0, 0), Bucket(7, 7, 0, 0), Bucket(8, 8, 1, 100)]
    assert transit_of(lane[1], lane[0]) == Transit()


def test_a_way_is_done_when_the_last_pieces_came(route, lane):
    transfer = send(route, 10, named=2, pieces=4)
    line = transfer.lines.get()
    transfers.receive_transfer(transfer.pk, {line.pk: 3}, at=noon(8))
    assert transit_of(*lane).days == ()
    transfers.close_transfer(transfer.pk, reason="fell off", at=noon(1))
    assert (transit_of(*lane).days, transit_of(*lane).on_time) == ((2.0,), 1)
    lost = send(route, 6, named=2)
    transfers.close_transfer(lost.pk, reason="stolen", at=noon(1))
    assert transit_of(*lane).days == (2.0,)


def test_what_was_learned_does_not_teach_itself(route, lane):
    for number in range(8):
        transfer = play(route, 80 - 7 * number, 6)
    # 8 × 6 and four times the usual 2: 56 / 12.
    transit = transit_of(*lane)
    assert (transit.named, transit.learned.mean, transit.whole_days) == (USUAL_DAYS, pytest.approx(56 / 12), 5)
    assert (transfer.is_estimated, transit_of(*lane, now=noon(80)).whole_days) == (True, 2)


def test_a_day_that_nobody_named_is_reckoned_anew_when_it_is_sent(route, lane):
    today = timezone.localdate()
    transfer = route.ask((route.tea, 1), expected_on=None)
    assert (transfer.expected_on, transfer.is_reckoned) == (today + 2 * DAY, True)
    for _ in range(4):
        play(route, 20, 6, named=4)
    # (4 × 6 + 4 × 4) / 8 = 5.
    transfer = transfers.send_transfer(transfer.pk)
    assert (transfer.expected_on, transfer.promised_on, transfer.is_reckoned) == (today + 5 * DAY,) * 2 + (True,)
    (supply,) = pipeline.incoming([(route.tea.pk, route.north.pk)])[route.tea.pk, route.north.pk]
    assert (supply.expected_on, supply.source) == (today + 5 * DAY, lane_source(*lane))
    moved = transfers.reschedule_transfer(transfer.pk, today + 9 * DAY)
    assert (moved.expected_on, moved.promised_on, moved.is_reckoned) == (today + 9 * DAY, today + 5 * DAY, False)
    assert transit_of(*lane).named == 4.0


def test_a_day_that_somebody_named_stays(route):
    asked = route.ask((route.tea, 1), expected_on=None)
    named = transfers.reschedule_transfer(asked.pk, route.day)
    sent = transfers.send_transfer(named.pk)
    assert (sent.expected_on, sent.promised_on, sent.is_estimated) == (route.day, route.day, False)
    late = route.ask((route.tea, 1))
    with pytest.raises(InvalidInput, match="Choose today or a later day"):
        transfers.send_transfer(late.pk, at=timezone.now() + 3 * DAY)


def test_promises_learn_each_lane_and_suppliers_learn_nothing_of_it(route, lane):
    transfer = play(route, 20, 6, named=4)
    play(route, 15, 3, named=4)
    transfers.reschedule_transfer(send(route, 8, named=4).pk, timezone.localdate() + DAY)
    first, last = timezone.localdate() - 30 * DAY, timezone.localdate()
    assert list(transfer_delays(first, last)) == [Delay(lane_source(*lane), 2), Delay(lane_source(*lane), -1)]
    assert list(pipeline.delays(first, timezone.localdate(transfer.sent_at))) == []
    learn_delays()
    found = newest({"", lane_source(*lane)})
    assert {key: learned.sample for key, learned in found.items()} == {
        (Kind.SLIP.value, lane_source(*lane)): {2: 1, -1: 1}
    }


def test_supply_names_its_lane_as_delays_do(route, lane):
    send(route, 0, named=1)
    (supply,) = incoming_supply([(route.tea.pk, route.north.pk)])
    assert supply.source == lane_source(*lane)


def test_what_came_has_a_day(route):
    transfer = send(route, 3, named=4)
    with pytest.raises(IntegrityError, match="transfer_arrived_at"), transaction.atomic():
        Transfer.objects.filter(pk=transfer.pk).update(status="received")


def test_the_page_shows_each_way(client, route, lane, django_assert_max_num_queries):
    play(route, 40, 5, named=3)
    play(route, 30, 8, named=3)
    WarehouseFactory(code="EAST")
    url = reverse("inventory:transfer-lanes")
    client.force_login(UserFactory(permissions=["inventory.view_transfer"]))
    page = client.get(url).content.decode()
    assert [(row.source.code, row.destination.code) for row in lane_rows()] == [("SOUTH", "NORTH")]
    for text in ("3.0", "<strong>5</strong>", "4.2 ± 2.0", "0 %"):
        assert text in page, text
    with django_assert_max_num_queries(12):
        client.get(url)


def test_an_empty_day_is_reckoned_by_form_and_api(client, route, lane):
    for _ in range(4):
        play(route, 20, 6, named=4)
    client.force_login(UserFactory(permissions=["inventory.request_transfer", "inventory.view_transfer"]))
    head = {"key": "", "source": lane[0], "destination": lane[1], "expected_on": "", "reason": ""}
    line = {"product": [str(route.tea.pk)], "label": [""], "quantity": ["1"]}
    answer = client.post(reverse("inventory:transfer-new"), head | line)
    assert answer.status_code == 302
    assert "As long as transfers on this way take" in client.get(answer.url).content.decode()
    body = {"source": "SOUTH", "destination": "NORTH", "lines": [{"product": "TEA", "quantity": 1}]}
    api = APIClient()
    api.force_login(UserFactory(role="Managers"))
    made = api.post("/api/v1/transfers/", body, format="json").json()
    day = timezone.localdate() + 5 * DAY
    assert (made["expected_on"], made["is_estimated"]) == (day.isoformat(), True)
    assert Transfer.objects.filter(status="requested", expected_on=day, is_estimated=True).count() == 2
