from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        """Register what the OpenAPI description adds, and the way to the admin."""
        from core import openapi  # noqa: F401
        from core.navigation import NavItem, register

        register(NavItem(_("Administration"), "admin:index", "settings", "core.view_user", order=90))
