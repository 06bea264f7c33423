"""A real browser against real servers: web and events in threads of this process, PostgreSQL and Valkey.

The tests of a file share one small demo company, so a test makes itself what it changes and counts only that. None
may take ``transactional_db`` or ``live_server``: those empty the database after each test.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Func, JSONField, Model, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.test.utils import override_settings
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from config.browser import chromium
from core.models import Company, User
from inventory.models import Category, Product, Warehouse
from orders.models import Channel, Contact, Customer, DeliveryAddress, Invoice, InvoiceLine
from purchasing.models import ReorderSuggestion, Supplier
from tests import emptying
from tests.conftest import wait_for

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = 1366, 390
PASSWORD = "tandem-demo"
QUICK_HASHER = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# This machine may be busy with other tests; a page that is ready does not wait.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def chrome() -> Iterator[Browser]:
    """One Chromium for all browser tests of this pytest worker."""
    path = chromium()
    assert path, "Chromium is missing: `make test` installs it, or says how (python -m config.browser)."
    with sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, and Django would take the tests for coroutines.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Locator, "click", _click_and_arrive)
            yield playwright.chromium.launch(executable_path=path, args=FLAGS)
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


_click = Locator.click


def _click_and_arrive(locator: Locator, **options: Any) -> None:
    """Click; where that leads to another page, wait until its scripts have run, as somebody does who looks first.

    Playwright itself waits only for the first bytes, and fills fields whose script is still to come.
    """
    _click(locator, **options)
    if not locator.page.is_closed():
        locator.page.wait_for_load_state("domcontentloaded")


@pytest.fixture(scope="session")
def demo_is_kept() -> list[bool]:
    """Not empty as soon as a file has loaded the demo company: the next ones get the same rows."""
    return []


@pytest.fixture(scope="module")
def db(chrome, django_db_setup, django_db_blocker, demo_is_kept) -> Iterator[None]:
    """The test database with the demo company in it, for all tests of a file; empty again afterwards.

    Takes the place of pytest-django's fixture of this name, which would undo everything after each test. While
    Playwright's loop runs, this thread has a database connection of its own, which is closed at the end.
    """
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK_HASHER):
        if demo_is_kept:
            emptying.leave_only("demo")
            emptying.number_on()
        else:
            call_command("load_demo", size="small", verbosity=0)
            _speak_only_chinese()
            emptying.keep("demo", emptying.all_tables())
            demo_is_kept.append(True)
        yield
        wait_for(_nothing_runs)
        call_command("flush", interactive=False, verbosity=0)
        connection.close()


@pytest.fixture(scope="module")
def server(db) -> Iterator[LiveServer]:
    """The web server, with the events server beside it."""
    with ExitStack() as stack:
        web = LiveServer("localhost")
        stack.callback(web.stop)
        events = socket.create_server(("127.0.0.1", 0))
        stack.enter_context(override_settings(WEB_PORT=web.thread.port, EVENTS_PORT=events.getsockname()[1]))
        stack.callback(_serve_events(events))
        yield web


def _nothing_runs() -> bool:
    """Whether the server has finished what closed pages had asked for: emptying the tables waits for nobody then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) = 0 FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return cursor.fetchone()[0]


def _speak_only_chinese() -> None:
    """Take the English half off the demo's bilingual names: a Latin word on a Chinese page then lacks a translation."""

    def chinese(text: Combinable) -> Func:
        return Func(text, Value(r" · [A-Za-z][\w &',]*"), Value(""), Value("g"), function="regexp_replace")

    models: list[type[Model]] = [Company, Category, Product, Warehouse, Channel, Customer, Supplier]
    for model in models:
        model._default_manager.update(name=chinese(F("name")))
    Warehouse.objects.update(address=chinese(F("address")))
    Contact.objects.update(role=chinese(F("role")))
    DeliveryAddress.objects.update(label=chinese(F("label")))
    # An invoice keeps the names of its customer and its products, and the database lets nobody else change it.
    with connection.cursor() as cursor:
        for model, name in ((Invoice, "customer_name"), (InvoiceLine, "name")):
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER append_only")
            model._default_manager.update(**{name: chinese(F(name))})
            cursor.execute(f"ALTER TABLE {model._meta.db_table} ENABLE TRIGGER append_only")
    # A suggestion keeps the names of the suppliers it weighed.
    ReorderSuggestion.objects.update(inputs=Cast(chinese(Cast("inputs", TextField())), JSONField()))
    Product.objects.update(unit="件")
    User.objects.update(first_name="李雯")


def _serve_events(listener: socket.socket) -> Callable[[], None]:
    """Run the events server on ``listener``; returns what stops it."""
    from config.events import app

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_for(lambda: server.started)

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=10)

    return stop


@pytest.fixture
def open_page(chrome, server) -> Iterator[OpenPage]:
    """``open_page("sales", language="zh-hans", width=PHONE)`` is a page of a new visitor, signed in without typing."""
    contexts = []

    def enter(username: str | None = None, *, language: str = "en", width: int = DESKTOP) -> Page:
        context = chrome.new_context(base_url=server.url, viewport={"width": width, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        cookies = {settings.LANGUAGE_COOKIE_NAME: language}
        if username:
            cookies[settings.SESSION_COOKIE_NAME] = _session_of(User.objects.get(username=username))
        context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
        return context.new_page()

    yield enter
    for context in contexts:
        context.close()


def _session_of(user: User) -> str:
    """The key of a new session in which ``user`` is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def watch(page: Page) -> list[str]:
    """What goes wrong in a page from now on: errors of its scripts, of its console, and answers that are errors."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on("console", lambda message: message.type == "error" and problems.append(f"{page.url}: {message.text}"))
    page.on("response", lambda answer: answer.status >= 400 and problems.append(f"{answer.status} {answer.url}"))
    return problems
