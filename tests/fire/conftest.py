"""A real gunicorn on the test database, shared by the tests of a pytest worker."""

from collections.abc import Iterator

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token

from tests.api.conftest import Shop
from tests.conftest import database_url
from tests.factories import UserFactory
from tests.http import Browser, Channel
from tests.processes import Web


@pytest.fixture(scope="session")
def web(django_db_setup, tmp_path_factory) -> Iterator[Web]:
    """Two workers of eight threads."""
    log = tmp_path_factory.mktemp("web") / "gunicorn.log"
    server = Web({"DATABASE_URL": database_url()}, log, threads=8)
    server.wait()
    yield server
    server.stop()


@pytest.fixture
def channel(transactional_db, web) -> Channel:
    """A program that may do everything."""
    return Channel(web.port, Token.objects.create(user=UserFactory(role="Integrations")).key)


@pytest.fixture
def desk(transactional_db, web) -> Browser:
    """Somebody at the order desk."""
    client = Client()
    client.force_login(UserFactory(role="Sales"))
    return Browser(web.port, client.cookies["sessionid"].value)


@pytest.fixture
def shop(transactional_db) -> Shop:
    return Shop()
