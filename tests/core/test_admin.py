"""The admin of users, groups and the company."""

from decimal import Decimal

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.admin import ReadOnly
from core.models import Company, User
from tests.factories import CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def test_a_user_is_added_and_given_a_role_and_a_language(admin):
    admin.post(
        "/admin/core/user/add/",
        {"username": "li", "usable_password": "true", "password1": "quiet-Harbour-7", "password2": "quiet-Harbour-7"},
    )
    user = User.objects.get(username="li")
    sales = Group.objects.get(name="Sales")
    fields = {"username": "li", "is_active": "on", "groups": [sales.pk], "language": "zh-hans"}
    days = {"date_joined_0": "2026-11-24", "date_joined_1": "10:00:00"}
    assert admin.post(f"/admin/core/user/{user.pk}/change/", fields | days).status_code == 302
    user.refresh_from_db()
    assert (list(user.groups.all()), user.language) == ([sales], "zh-hans")
    assert admin.get(f"/admin/auth/group/{sales.pk}/change/").status_code == 200


def test_there_is_one_company_for_good(admin):
    fields = {"name": "海港日用品", "currency": "CNY", "holding_rate": "0.2"}
    assert admin.post("/admin/core/company/add/", fields).status_code == 302
    assert admin.get("/admin/core/company/add/").status_code == 403
    assert admin.post("/admin/core/company/1/change/", fields | {"holding_rate": "0.3"}).status_code == 302
    assert admin.post("/admin/core/company/1/delete/", {"post": "yes"}).status_code == 403
    company = Company.objects.get()
    assert (company.pk, company.name, company.holding_rate) == (1, "海港日用品", Decimal("0.3"))


READ_ONLY = [model for model, shown in site._registry.items() if isinstance(shown, ReadOnly)]


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.label_lower)
def test_no_list_of_documents_counts_its_rows(admin, model):
    with CaptureQueriesContext(connection) as asked:
        assert admin.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200
    rows = [query["sql"] for query in asked if f'FROM "{model._meta.db_table}"' in query["sql"]]
    assert len(rows) == 2, "some keys, and the page"
    assert "LIMIT 1000" in rows[0]
    assert not any("COUNT(" in sql for sql in rows)


def test_only_who_may_see_users_is_led_to_the_admin(admin):
    CompanyFactory()
    assert 'href="/admin/"' in admin.get("/orders/").content.decode()
    admin.force_login(UserFactory(role="Managers"))
    assert 'href="/admin/"' not in admin.get("/orders/").content.decode()
    assert admin.get("/admin/").status_code == 302
