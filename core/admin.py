"""The admin of users and the company, and what the rooms' admins share. Groups are Django's own admin's."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.models import Company, User
from core.pages import count_for_notice

admin.site.site_header = admin.site.site_title = "Tandem 协同"


class NewestRows(Paginator):  # type: ignore[type-arg]
    """The first ``MOST_COUNTED`` rows of a list; a search finds the others. Nobody counts a million."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return count_for_notice(rows)


class ReadOnly:
    """For rows that only services write: the admin would skip their rules. Nobody adds, changes or deletes here."""

    show_full_result_count = False
    paginator: Any = NewestRows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Who signs in; groups give the role. Whoever wrote a document cannot be deleted, only made inactive."""

    list_display = ["username", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    fieldsets = (*(DjangoUserAdmin.fieldsets or ()), (_("Language"), {"fields": ["language"]}))


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The one company: added once, never deleted."""

    list_display = ["name", "currency", "holding_rate"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Company.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)
