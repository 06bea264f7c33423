"""The trading post of the order tests, the clients of the API tests and the races of the concurrency tests."""

from tests.api.conftest import client_of, shop
from tests.concurrency.conftest import race
from tests.orders.conftest import desk

__all__ = ["client_of", "desk", "race", "shop"]
