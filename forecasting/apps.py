from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ForecastingConfig(AppConfig):
    name = "forecasting"
    verbose_name = _("Forecasting")

    def ready(self) -> None:
        from core.navigation import NavItem, register
        from forecasting.cover import days_of_cover
        from inventory import pipeline

        pipeline.register_cover(days_of_cover)

        register(NavItem(_("Forecasts"), "forecasting:list", "chart-line", "forecasting.view_demandforecast", order=60))
