"""The browser: Debian's Chromium, signed in by a session made here."""

import os
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from config.browser import chromium
from tests.factories import UserFactory

# Playwright runs an event loop in this thread; the tests use the ORM beside it, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    return {"executable_path": chromium(), "args": [*QUIET, "--disable-sync"]}


@pytest.fixture
def sign_in(page: Page, live_server) -> Callable[..., Page]:
    """``sign_in(role="Warehouse")`` gives a page of that user; addresses are relative to the server."""

    def enter(**kwargs: object) -> Page:
        client = Client()
        client.force_login(UserFactory(**kwargs))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return page

    return enter
