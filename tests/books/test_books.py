"""A short walk of the machine in every test run, and controls that show what it notices. `make soak` walks far."""

from decimal import ROUND_DOWN, Decimal
from unittest.mock import patch

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from inventory.verification import stock_differences
from orders.verification import order_differences
from tests.books.machine import BooksMachine

pytestmark = pytest.mark.django_db
# A bounded walk from a fixed seed: what fails once fails again.
WALK = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_step_agrees_with_the_books():
    BooksMachine.operations = 0
    run_state_machine_as_test(BooksMachine, settings=WALK)
    assert BooksMachine.operations > 200
    assert stock_differences() == []
    assert order_differences() == []


def notices() -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 (an assertion, or the constraint that came first)
        run_state_machine_as_test(BooksMachine, settings=WALK)


def test_control_backorders_that_are_not_filled_are_noticed():
    with patch("orders.receivers.fill_backorders", lambda places, at: 0):
        notices()


def test_control_a_cent_lost_in_rounding_is_noticed():
    with patch("inventory.costing.to_cents", lambda amount: amount.quantize(Decimal("0.01"), ROUND_DOWN)):
        notices()


def test_control_one_piece_too_much_lost_demand_is_noticed():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION one_more() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.quantity := NEW.quantity + 1; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER one_more BEFORE INSERT ON orders_lostdemand FOR EACH ROW EXECUTE FUNCTION one_more()"
        )
    notices()


@pytest.mark.parametrize(
    ("trigger", "table"),
    [("reservation_apply_change", "inventory_reservation"), ("stockmove_apply", "inventory_stockmove")],
)
def test_control_a_missing_trigger_is_noticed(trigger, table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    notices()
