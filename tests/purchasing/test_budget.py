"""Buying with a cash budget: exact on small cases, near the exact solution on random ones."""

import random
from decimal import Decimal
from itertools import product

import pytest

from purchasing.budget import Buy, best_plan, frontier, hull
from purchasing.decision import Need, Offer
from purchasing.models import StockPolicy
from purchasing.worth import Outlook, buys
from tests.factories import CompanyFactory


def buy(quantity, cash, profit):
    return Buy(quantity, Decimal(cash), float(profit))


def brute_force(lines, budget):
    """The best profit by trying everything."""
    choices = [[None, *line] for line in lines.values()]
    return max(
        sum(one.profit for one in taken if one)
        for taken in product(*choices)
        if sum(one.cash for one in taken if one) <= budget
    )


def test_the_hull_leaves_out_what_a_mix_beats():
    # 3 for 30 lies below the line from 2 for 20 to 4 for 40.
    corners = hull([buy(1, 10, 10), buy(2, 20, 18), buy(3, 30, 19), buy(4, 40, 24), buy(5, 50, 23)])
    assert [corner.quantity for corner in corners] == [1, 2, 4]
    assert hull([buy(1, 10, -5)]) == []


def test_by_hand():
    lines = {"a": [buy(1, 60, 60), buy(2, 120, 80)], "b": [buy(1, 50, 40)], "c": [buy(1, 50, 39)]}
    plan = best_plan(lines, Decimal(100))
    # a alone earns 60; b and c together cost 100 and earn 79.
    assert (set(plan.buys), plan.cash, plan.profit) == ({"b", "c"}, Decimal(100), 79)
    # Another unit of cash would buy the next best increment in part: 40 for 50.
    assert plan.shadow_price == pytest.approx(0.8)
    everything = best_plan(lines, Decimal(500))
    assert (everything.cash, everything.profit, everything.shadow_price) == (Decimal(220), 159, 0)
    assert best_plan(lines, Decimal(0)).buys == {}
    assert best_plan({}, Decimal(10)).profit == 0


def cases(count, lines, choices):
    for seed in range(count):
        rng = random.Random(seed)
        yield (
            {
                line: [
                    buy(n, cash := n * rng.randint(5, 90), round(cash * rng.uniform(-0.1, 1.5), 2))
                    for n in range(1, rng.randint(1, choices) + 1)
                ]
                for line in range(lines)
            },
            Decimal(rng.randint(20, 900)),
        )


def test_small_cases_equal_trying_everything():
    for lines, budget in cases(60, lines=6, choices=3):
        plan = best_plan(lines, budget)
        best = brute_force(lines, budget)
        assert plan.cash <= budget
        assert plan.profit >= best * (1 - 0.005) - 1e-9
        assert plan.upper_bound >= best - 1e-9


def test_large_cases_stay_within_half_a_percent_of_the_bound_or_the_exact_solution():
    for lines, budget in cases(15, lines=120, choices=8):
        plan = best_plan(lines, budget * 8)
        assert plan.cash <= budget * 8
        # The bound is above the exact solution: near the bound is nearer still to what is best.
        assert plan.profit >= plan.upper_bound * (1 - 0.005)


def test_the_frontier_is_concave_and_ends_with_everything_worth_buying():
    for lines, _budget in cases(20, lines=15, choices=5):
        points = frontier(lines)
        slopes = [point.per_cash for point in points[1:]]
        assert slopes == sorted(slopes, reverse=True)
        best = sum(max([0.0, *(one.profit for one in line)]) for line in lines.values())
        assert points[-1].profit == pytest.approx(best)


# ---- what pieces are worth


def test_certain_demand_is_worth_its_margin():
    view = Outlook(mean=10, sd=0, days=30, underage=4.0, holding_a_day=0.01)
    # 6 there: 4 of the 5 avert a shortage, one lies 30 days, the others half of that.
    assert view.profit(6, 5) == pytest.approx(4 * 4 - 0.01 * 30 * (1 + 4 / 2))
    assert view.profit(-2, 3) == pytest.approx(3 * 4 - 0.01 * 30 * 3 / 2)


def test_uncertain_demand_falls_short_as_its_distribution_says():
    # A gamma of shape 1 is exponential: E[(D - x)+] = mean × exp(-x / mean).
    view = Outlook(mean=20, sd=20, days=1, underage=1, holding_a_day=0)
    assert view.shortage(30) == pytest.approx(20 * 2.718281828 ** (-1.5), rel=1e-6)
    gains = [view.profit(0, n + 1) - view.profit(0, n) for n in range(60)]
    assert gains == sorted(gains, reverse=True)


def test_offered_quantities_are_the_suppliers():
    offer = Offer(item=1, unit_cost=Decimal(2), breaks=((50, Decimal(1)),), moq=10, order_multiple=5)
    view = Outlook(mean=20, sd=5, days=10, underage=1, holding_a_day=0)
    found = buys(Need(0, 0, 0, 5, 60, (offer,)), offer, 60, view)
    assert [one.quantity for one in found] == [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
    assert [one.cash for one in found][-3:] == [50, 55, 60]


def test_cash_is_whole_cents_as_on_the_purchase_order():
    offer = Offer(item=1, unit_cost=Decimal("44.4373"), breaks=(), moq=186, order_multiple=6)
    view = Outlook(mean=200, sd=5, days=10, underage=1, holding_a_day=0)
    (only,) = buys(Need(0, 0, 0, 5, 186, (offer,)), offer, 186, view)
    # 186 × 44.4373 = 8265.3378
    assert only.cash == Decimal("8265.34")


# ---- the page


@pytest.mark.django_db
def test_the_page_buys_what_earns_most(buyer, buying):
    CompanyFactory(holding_rate=Decimal("0.25"))
    for sold, price in ((buying.tea, "10.00"), (buying.cup, "1.30")):
        sold.price = price
        sold.save()
    tea, cup = buying.suggest(buying.tea, 20, 40), buying.suggest(buying.cup, 20, 40)
    url = "/purchasing/replenishment/cash/"
    everything = buyer.get(url)
    # 40 × 2.50 + 40 × 1.20
    assert everything.context["answer"].cash_wanted == Decimal("148.00")
    assert [row.suggestion.pk for row in everything.context["bought"]] == [tea.pk, cup.pk]
    some = buyer.get(url, {"budget": "60"})
    # Tea earns more for its cost than cups: 20 (in packs of 5) for 50.00, and 5 cups for 6.00 of the rest.
    assert [(row.suggestion.pk, row.bought.quantity) for row in some.context["bought"]] == [(tea.pk, 20), (cup.pk, 5)]
    assert {row.suggestion.pk for row in some.context["left_out"]} == {tea.pk, cup.pk}
    assert some.context["shadow_price"] > 0
    assert f'name="quantity-{tea.pk}" value="20"' in some.content.decode()
    wrong = buyer.get(url, {"budget": "-1"})
    assert wrong.status_code == 422
    assert "Ensure this value is greater than or equal to 0." in wrong.content.decode()


@pytest.mark.django_db
def test_without_suggestions_or_prices_the_page_says_so(buyer, buying):
    url = "/purchasing/replenishment/cash/"
    assert "Nothing to buy" in buyer.get(url).content.decode()
    buying.tea_item.delete()
    StockPolicy.objects.all().delete()
    buying.suggest(buying.tea, 5, 20)
    buying.suggest(buying.cup, 5, 20)
    assert "1 suggestion has no supplier or no price and is not weighed." in buyer.get(url).content.decode()
