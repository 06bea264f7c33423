from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PurchasingConfig(AppConfig):
    """Connects the receivers and tells inventory what supply is on the way."""

    name = "purchasing"
    verbose_name = _("Purchasing")

    def ready(self) -> None:
        from core.navigation import NavItem, register
        from inventory import documents, pipeline
        from purchasing import receivers  # noqa: F401
        from purchasing.performance import place_lead_times
        from purchasing.selectors import incoming_supply, preferred_suppliers, receipt_addresses, receipt_delays

        pipeline.register_supply(incoming_supply)
        pipeline.register_lead_time(place_lead_times)
        pipeline.register_sources(preferred_suppliers)
        pipeline.register_delays(receipt_delays)
        documents.register_page("receipt", "purchasing.view_purchaseorder", receipt_addresses)
        items = [
            (_("Receive goods"), "receiving", "package-import", "receive_purchaseorder", 25),
            (_("Replenishment"), "desk", "shopping-cart-plus", "view_reordersuggestion", 40),
            (_("Shortages"), "shortages", "urgent", "view_reordersuggestion", 40),
            (_("Purchase orders"), "orders", "file-invoice", "view_purchaseorder", 41),
            (_("Blanket orders"), "blankets", "file-certificate", "view_blanketorder", 41),
            (_("Standing orders"), "standings", "repeat", "view_standingorder", 41),
            (_("Suppliers"), "suppliers", "building-factory-2", "view_supplier", 42),
            (_("Stock policies"), "policies", "adjustments", "view_stockpolicy", 43),
            (_("Buying rules"), "rules", "gavel", "view_approvallimit", 44),
        ]
        for label, name, icon, permission, order in items:
            register(NavItem(label, f"purchasing:{name}", icon, f"purchasing.{permission}", order))
