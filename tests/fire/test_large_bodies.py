"""A refusal reaches the client over a real socket, however large the body is that it is still sending."""

from http import HTTPStatus

import pytest

from orders.models import Order
from tests.http import Channel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("headers", "address", "status", "code"),
    [
        ({}, "orders/", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "content_too_large"),
        ({"Content-Encoding": "gzip"}, "orders/bulk/", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "content_too_large"),
        ({"Authorization": "Token nonsense"}, "orders/", HTTPStatus.UNAUTHORIZED, "authentication_failed"),
        ({"Content-Type": "text/plain"}, "orders/", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
        ({}, "nothing/", HTTPStatus.NOT_FOUND, "not_found"),
    ],
)
def test_it_is_read_by_a_client_that_sends_first(channel: Channel, headers, address, status, code):
    answer = channel.request("POST", f"/api/v1/{address}", b" " * 30_000_000, channel.headers() | headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert not Order.objects.exists()
