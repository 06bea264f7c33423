from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Connects the receivers and tells inventory what demand waits."""

    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from inventory import pipeline
        from orders import receivers  # noqa: F401
        from orders.promise import waiting_by_place

        pipeline.register_waiting(waiting_by_place)
