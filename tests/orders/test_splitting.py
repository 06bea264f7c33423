"""Ship now or wait: priced by hand, against every plan there is, and on mixes of orders against always and never."""

import itertools
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from orders.advice import advise
from orders.promised import order_promises
from orders.selectors import order_lines
from orders.services import ship_order
from orders.splitting import (
    Group,
    Terms,
    always_split,
    cheapest,
    delivery_cost,
    in_turn,
    last_ready,
    never_split,
    plan_cost,
)
from orders.values import NewShipment
from tests.factories import UserFactory, stock
from tests.orders.test_promises import Trade

TERMS = Terms(delivery=15, late_share=0.002, cancel_odds=0.01, due=0)


def test_what_waiting_costs_is_worked_out_by_hand():
    group = Group({0: 0.5, 10: 0.5}, value=1000, margin=400)
    cost = delivery_cost([group], TERMS)
    # Half the time ten late days: 1000 * 0.002 * 10 / 2, and 400 * (1 - 0.99^10) / 2.
    assert cost.freight == 15
    assert cost.lateness == pytest.approx(10)
    assert cost.cancelling == pytest.approx(400 * (1 - 0.99**10) / 2)
    assert delivery_cost([Group({3: 1.0}, 1000, 400)], Terms(15, 0.002, 0.01, due=3)).total == 15


def test_the_last_of_two_is_ready_when_both_are():
    both = last_ready([Group({1: 0.5, 3: 0.5}, 0, 0), Group({2: 0.8, 4: 0.2}, 0, 0)])
    assert both == pytest.approx({1: 0, 2: 0.4, 3: 0.4, 4: 0.2})


def test_a_small_rest_waits_for_nothing_and_a_large_part_does_not_wait_for_it():
    small, large = Group({0: 1.0}, 20, 5), Group({5: 1.0}, 1000, 300)
    # The small part five days late costs 0.20 and 0.25: less than a delivery. The large one costs 10 and 14.70.
    assert cheapest([small, large], TERMS) == [[0, 1]]
    assert cheapest([Group({0: 1.0}, 1000, 300), Group({5: 1.0}, 20, 5)], TERMS) == [[0], [1]]


def random_groups(rng, most, *, certain):
    groups = [Group({0: 1.0}, *(float(rng.uniform(5, 600)) * share for share in (1, 0.3)))]
    for _n in range(int(rng.integers(1, most))):
        value = float(rng.uniform(5, 600))
        days = rng.choice(np.arange(1, 15), size=1 if certain else 3, replace=False)
        odds = rng.dirichlet(np.ones(len(days)))
        ready = dict(zip(map(int, days), map(float, odds), strict=True))
        groups.append(Group(ready, value, value * float(rng.uniform(-0.1, 0.6))))
    return groups


def partitions(items):
    """Every way to put items into deliveries."""
    if not items:
        yield []
        return
    first, *rest = items
    for plan in partitions(rest):
        yield [[first], *plan]
        for index in range(len(plan)):
            yield [*plan[:index], [first, *plan[index]], *plan[index + 1 :]]


def consecutive(items):
    for cuts in itertools.product((False, True), repeat=len(items) - 1):
        plan = [[items[0]]]
        for item, cut in zip(items[1:], cuts, strict=True):
            if cut:
                plan.append([item])
            else:
                plan[-1].append(item)
        yield plan


def test_on_certain_days_it_equals_every_partition():
    rng = np.random.default_rng(1)
    for _n in range(60):
        groups = random_groups(rng, 6, certain=True)
        best = min(plan_cost(groups, plan, TERMS).total for plan in partitions(list(range(len(groups)))))
        assert plan_cost(groups, cheapest(groups, TERMS), TERMS).total == pytest.approx(best)


def test_on_uncertain_days_it_equals_every_plan_of_consecutive_deliveries():
    rng = np.random.default_rng(2)
    for _n in range(60):
        groups = random_groups(rng, 7, certain=False)
        best = min(plan_cost(groups, plan, TERMS).total for plan in consecutive(in_turn(groups)))
        assert plan_cost(groups, cheapest(groups, TERMS), TERMS).total == pytest.approx(best)


def realised(groups, plan, terms, days):
    """What a plan costs when the groups are ready on these days."""
    total = 0.0
    for delivery in plan:
        late = max(max(days[index] for index in delivery) - terms.due, 0)
        value = sum(groups[index].value for index in delivery)
        margin = sum(max(groups[index].margin, 0) for index in delivery)
        total += terms.delivery + value * terms.late_share * late + margin * (1 - (1 - terms.cancel_odds) ** late)
    return total


def simulated(groups, plan, terms):
    """The average over everything that can happen, each as often as it does."""
    total = 0.0
    for outcome in itertools.product(*(group.ready.items() for group in groups)):
        odds = np.prod([chance for _day, chance in outcome])
        total += odds * realised(groups, plan, terms, [day for day, _chance in outcome])
    return total


MIXES = list(itertools.product((2.0, 15.0, 60.0), (0.0005, 0.01), (0.0, 0.02), (0, 4)))


@pytest.mark.parametrize(("delivery", "late", "cancel", "due"), MIXES)
def test_on_every_mix_it_costs_no_more_than_always_or_never_splitting(delivery, late, cancel, due):
    rng = np.random.default_rng(3)
    terms = Terms(delivery, late, cancel, due)
    orders = [random_groups(rng, 4, certain=False) for _n in range(30)]
    costs = {
        rule: sum(simulated(groups, plan, terms) for groups, plan in zip(orders, plans, strict=True))
        for rule, plans in {
            "advice": [cheapest(groups, terms) for groups in orders],
            "always": [always_split(groups) for groups in orders],
            "never": [never_split(groups) for groups in orders],
        }.items()
    }
    assert costs["advice"] <= min(costs["always"], costs["never"]) + 1e-6


@pytest.mark.django_db
def test_the_orders_page_prices_both_choices(client):
    trade = Trade()
    stock(trade.product, trade.desk.warehouse, 40)
    trade.buy(60, 10)
    order = trade.sell(90)
    trade.check()
    advice = advise(order, order_lines(order), order_promises(order, with_stock=False).waiting)
    # Forty now and fifty in ten days, at 10.00 sold and 4.00 earned: waiting makes forty late by ten days, which is
    # 400 * 0.002 * 10 = 8.00 and 160 * (1 - 0.99^10) = 15.30, for a delivery of 15.00 saved.
    assert [(choice.kind, choice.freight, choice.total) for choice in advice.choices] == [
        ("now", Decimal("30.00"), Decimal("59.12")),
        ("wait", Decimal("15.00"), Decimal("67.42")),
    ]
    assert advice.saves == Decimal("8.30")
    client.force_login(UserFactory(role="Sales"))
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "Ship what is reserved now, the rest as it comes" in page
    assert "59.12" in page
    assert "67.42" in page
    assert f"{trade.today + timedelta(days=10)}" in page
    ship_order(NewShipment(order.pk))
    order.refresh_from_db()
    assert advise(order, order_lines(order), order_promises(order, with_stock=False).waiting) is None
