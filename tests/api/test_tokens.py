"""``manage.py api_token``: the token works, its predecessor and a revoked one do not."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments) -> str:
    out = StringIO()
    call_command("api_token", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def status(token: str) -> int:
    return APIClient().get("/api/v1/products/", headers={"Authorization": f"Token {token}"}).status_code


def test_only_the_newest_token_works():
    UserFactory(username="shop", role="Integrations")
    first = run("shop")
    assert status(first) == 200
    second = run("shop")
    assert (status(first), status(second)) == (401, 200)
    assert run("shop", "--revoke") == ""
    assert status(second) == 401


def test_unknown_and_inactive_users_get_none():
    UserFactory(username="gone", is_active=False)
    for name in ("nobody", "gone"):
        with pytest.raises(CommandError, match=f"no active user {name}"):
            run(name)
