from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Connects the receivers and tells inventory where its documents are shown."""

    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from core.navigation import NavItem, register
        from inventory import documents, pipeline
        from orders import receivers  # noqa: F401
        from orders.picking import return_addresses, shipment_addresses
        from orders.waiting import waiting_lines

        pipeline.register_waiting(waiting_lines)
        documents.register_page("shipment", "orders.view_order", shipment_addresses)
        documents.register_page("return", "orders.view_order", return_addresses)
        register(NavItem(_("Picking"), "orders:pick-queue", "clipboard-list", "orders.ship_order", order=8))
        register(NavItem(_("My day"), "orders:home", "sun", "orders.view_customer", order=9))
        register(NavItem(_("New order"), "orders:new", "square-plus", "orders.confirm_order", order=10))
        register(NavItem(_("Orders"), "orders:list", "shopping-cart", "orders.view_order", order=11))
        register(NavItem(_("Quotations"), "orders:quotations", "file-text", "orders.view_quotation", order=12))
        register(NavItem(_("Promises"), "orders:promises", "calendar-check", "orders.view_order", order=12))
        register(NavItem(_("Invoices"), "orders:invoices", "receipt-2", "orders.view_invoice", order=12))
        register(NavItem(_("Returns"), "orders:returns", "arrow-back-up", "orders.view_returnauthorization", order=12))
        register(NavItem(_("Customers"), "orders:customers", "users", "orders.view_customer", order=13))
        register(NavItem(_("Prices"), "orders:prices", "tags", "orders.view_pricelist", order=14))
