"""Who gets scarce stock: the plan that earns most, against first come, every plan there is, and the hard rules."""

import itertools
import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest

from orders import allocation
from orders.allocation import Claim, by_rank, most_profit, profit


def cases(seed, count, *, lines, pieces):
    """Random claims with bounds that stock can meet, and the stock."""
    rng = np.random.default_rng(seed)
    for _n in range(count):
        claims, guaranteed = [], 0
        for key in range(int(rng.integers(1, lines + 1))):
            wanted = int(rng.integers(1, pieces + 1))
            least = int(rng.integers(0, wanted + 1)) if rng.random() < 0.3 else 0
            most = int(rng.integers(least, wanted + 1)) if rng.random() < 0.2 else None
            bonus = int(rng.integers(0, 3000)) if rng.random() < 0.5 else 0
            held = int(rng.integers(0, wanted + 1))
            claims.append(Claim(key, wanted, held, int(rng.integers(-50, 900)), bonus, least, most))
            guaranteed += least
        yield claims, guaranteed + int(rng.integers(0, lines * pieces // 2))


def every_plan(claims, stock):
    for given in itertools.product(*(range(claim.least, claim.limit + 1) for claim in claims)):
        if sum(given) <= stock:
            yield {claim.key: pieces for claim, pieces in zip(claims, given, strict=True)}


def assert_rules(claims, stock, plan):
    assert sum(plan.values()) <= stock
    assert all(claim.least <= plan[claim.key] <= claim.limit for claim in claims)


def test_never_less_than_first_come_in_ten_thousand_cases_and_no_rule_is_broken():
    gained = 0
    for claims, stock in cases(1, 10_000, lines=8, pieces=12):
        plan, first_come = most_profit(claims, stock), by_rank(claims, stock)
        assert_rules(claims, stock, plan)
        assert profit(claims, plan) >= profit(claims, first_come)
        gained += profit(claims, plan) > profit(claims, first_come)
    assert gained > 4000


def test_equal_to_every_plan_tried_for_up_to_eight_lines():
    for claims, stock in cases(2, 60, lines=8, pieces=3):
        best = max(profit(claims, plan) for plan in every_plan(claims, stock))
        assert profit(claims, most_profit(claims, stock)) == best


def test_millions_of_pieces_wanted_take_no_more_memory_than_the_stock():
    """Somebody types a billion, and the page of that place took eight bytes for each piece and line."""
    claims = [Claim(1, 10**7, 0, gain=3, bonus=500), Claim(2, 4, 0, gain=3, bonus=50), Claim(3, 10**7, 2, gain=2)]
    tracemalloc.start()
    plan = most_profit(claims, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan == {1: 6, 2: 4, 3: 0}
    assert peak < 1_000_000


def test_the_program_for_large_places_finds_the_same():
    for claims, stock in cases(3, 40, lines=8, pieces=12):
        with patch.object(allocation, "LARGEST_TABLE", 0):
            plan = most_profit(claims, stock)
        assert_rules(claims, stock, plan)
        assert profit(claims, plan) == profit(claims, most_profit(claims, stock))


def test_completing_a_line_may_earn_more_than_the_dearer_pieces():
    # Ten pieces: nine at 1.10 and one at 1.00 earn 10.90; six at 1.00 that complete a line, and four at 1.10, 12.40.
    claims = [Claim(1, 9, 0, 110), Claim(2, 6, 0, 100, bonus=200)]
    plan = most_profit(claims, 10)
    assert plan == {1: 4, 2: 6}
    assert profit(claims, plan) == 1240
    assert by_rank(claims, 10) == {1: 9, 2: 1}


def test_of_equal_plans_the_one_that_moves_least_is_taken():
    assert most_profit([Claim(1, 5, 2, 100), Claim(2, 5, 3, 100)], 5) == {1: 2, 2: 3}


def test_pieces_that_would_lose_money_stay():
    assert most_profit([Claim(1, 5, 0, -10)], 5) == {1: 0}
    assert most_profit([Claim(1, 5, 0, -10, least=2)], 5) == {1: 2}


@pytest.mark.parametrize("rank", [None, lambda claim: -claim.gain])
def test_a_rank_serves_guarantees_first(rank):
    claims = [Claim(1, 5, 0, 10), Claim(2, 5, 0, 90, least=2)]
    assert by_rank(claims, 6, rank) == ({1: 4, 2: 2} if rank is None else {1: 1, 2: 5})
