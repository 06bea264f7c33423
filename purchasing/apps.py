from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PurchasingConfig(AppConfig):
    """Connects the receivers and tells inventory what supply is on the way."""

    name = "purchasing"
    verbose_name = _("Purchasing")

    def ready(self) -> None:
        from inventory import pipeline
        from purchasing import receivers  # noqa: F401
        from purchasing.selectors import incoming_supply, supplier_lead_times

        pipeline.register_supply(incoming_supply)
        pipeline.register_lead_time(supplier_lead_times)
