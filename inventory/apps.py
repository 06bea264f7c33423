from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        from core.navigation import NavItem, register
        from inventory import documents, pipeline
        from inventory.selectors import transfer_addresses
        from inventory.transit import transfer_delays

        pipeline.register_delays(transfer_delays)
        documents.register_page("transfer", "inventory.view_transfer", transfer_addresses)
        register(NavItem(_("Stock"), "inventory:stock", "packages", "inventory.view_stocklevel", order=20))
        register(NavItem(_("Products"), "inventory:products", "tag", "inventory.view_product", order=21))
        expiry = pgettext_lazy("goods", "Expiry")
        register(NavItem(expiry, "inventory:expired", "calendar-x", "inventory.view_stockmove", order=27))
        register(NavItem(_("Transfers"), "inventory:transfers", "transfer", "inventory.view_transfer", order=26))
