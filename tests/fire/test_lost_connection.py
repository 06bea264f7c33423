"""A database connection that dies in the middle of a request takes that request with it, and no other."""

import pytest
from rest_framework.authtoken.models import Token

from orders.models import Order
from tests.conftest import database_url
from tests.factories import UserFactory
from tests.http import Channel
from tests.processes import Web


@pytest.fixture
def cut(shop, tmp_path):
    """A server with one thread, so that the next request meets the same connection."""
    server = Web(
        {"DATABASE_URL": database_url()}, tmp_path / "cut.log", application="tests.fire.cut", workers=1, threads=1
    )
    server.wait()
    yield Channel(server.port, Token.objects.create(user=UserFactory(role="Integrations")).key)
    server.stop()


@pytest.mark.parametrize("key", ["K1", None])
def test_the_thread_serves_again_after_its_connection_was_cut(cut, shop, key):
    first = cut.post("orders/", shop.order(("TEA", 3)), key)
    assert (first.status, first.json()["code"]) == (503, "unavailable")
    assert not Order.objects.exists()
    again = cut.post("orders/", shop.order(("TEA", 3)), key)
    assert again.status == 201, again.body
    assert Order.objects.count() == 1
