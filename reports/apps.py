from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from core.navigation import NavItem, register

        register(NavItem(_("Dashboard"), "reports:dashboard", "chart-bar", "reports.view_dashboard", 5))
