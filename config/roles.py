"""Roles: groups and their permissions, synced after every migrate."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions

SALES = {
    "inventory.view_product",
    "inventory.view_warehouse",
    "inventory.view_category",
    "inventory.view_stocklevel",
    "orders.view_order",
    "orders.view_customer",
    "orders.add_customer",
    "orders.change_customer",
    "orders.view_channel",
    "orders.view_shipment",
    "orders.confirm_order",
    "orders.change_order",
    "orders.cancel_order",
    "orders.send_document",
    "orders.view_ordertemplate",
    "orders.add_ordertemplate",
    "orders.delete_ordertemplate",
    "orders.view_quotation",
    "orders.add_quotation",
    "orders.change_quotation",
    # Sales people hear from customers what no history says.
    "forecasting.view_demandforecast",
    "forecasting.view_forecastadjustment",
    "forecasting.change_forecastadjustment",
    "orders.view_return",
    "orders.add_return",
    "orders.view_returnauthorization",
    "orders.add_returnauthorization",
    "orders.change_returnauthorization",
    "orders.view_invoice",
    "orders.add_invoice",
    "orders.view_complaint",
    "orders.add_complaint",
    "orders.view_pricelist",
    "orders.view_promotion",
}
WAREHOUSE = {
    "inventory.view_product",
    "inventory.view_warehouse",
    "inventory.view_category",
    "inventory.view_stocklevel",
    "inventory.view_stockmove",
    "inventory.adjust_stock",
    "inventory.view_transfer",
    "inventory.request_transfer",
    "inventory.move_transfer",
    "orders.view_order",
    "orders.view_shipment",
    "orders.ship_order",
    "orders.view_return",
    "orders.add_return",
    "orders.view_returnauthorization",
    "orders.receive_return",
    "orders.inspect_return",
    "purchasing.view_purchaseorder",
    "purchasing.view_supplier",
    "purchasing.receive_purchaseorder",
}
BUYERS = {
    "inventory.view_product",
    "inventory.view_warehouse",
    "inventory.view_category",
    "inventory.view_stocklevel",
    "inventory.view_stockmove",
    "inventory.view_margin",
    "inventory.view_transfer",
    "inventory.request_transfer",
    "purchasing.view_supplier",
    "purchasing.view_supplieritem",
    "purchasing.view_exchangerate",
    "purchasing.change_exchangerate",
    "purchasing.view_purchaseorder",
    "purchasing.view_reordersuggestion",
    "purchasing.view_stockpolicy",
    "purchasing.view_approvallimit",
    "purchasing.place_purchaseorder",
    "purchasing.run_replenishment",
    # What a supplier sells and at which levels to buy is the buyer's to keep; new suppliers are a manager's.
    "purchasing.add_supplieritem",
    "purchasing.change_supplieritem",
    "purchasing.change_stockpolicy",
    "purchasing.view_blanketorder",
    "purchasing.add_blanketorder",
    "purchasing.change_blanketorder",
    "purchasing.view_standingorder",
    "purchasing.add_standingorder",
    "purchasing.change_standingorder",
    "forecasting.view_demandforecast",
    "forecasting.view_forecastrun",
    "forecasting.view_demandevent",
    "forecasting.change_demandevent",
    "forecasting.view_forecastadjustment",
    "forecasting.change_forecastadjustment",
    "forecasting.view_policyrule",
    "forecasting.change_policyrule",
    "forecasting.view_backtest",
    "forecasting.add_backtest",
}
MANAGERS = (
    SALES
    | WAREHOUSE
    | BUYERS
    | {
        "orders.reallocate_stock",
        "orders.change_deliverycosts",
        "orders.change_quota",
        "orders.change_substitute",
        "orders.change_shippinglane",
        "inventory.add_product",
        "inventory.change_product",
        "orders.release_credit",
        "orders.change_pricelist",
        "orders.change_promotion",
        "purchasing.add_supplier",
        "purchasing.change_supplier",
        "purchasing.change_approvallimit",
        "forecasting.run_forecast",
        "reports.view_dashboard",
        "core.change_company",
        "core.share_savedview",
    }
)
# A machine does not look at an order before it releases it.
INTEGRATIONS = MANAGERS - {"core.change_company", "core.share_savedview", "orders.release_credit"}

ROLES: dict[str, set[str]] = {
    "Sales": SALES,
    "Warehouse": WAREHOUSE,
    "Buyers": BUYERS,
    "Managers": MANAGERS,
    "Integrations": INTEGRATIONS,
}


def sync_roles(sender: Any, **kwargs: Any) -> None:
    """Make the groups have exactly the permissions above; called on ``post_migrate``."""
    from django.contrib.auth.models import Group, Permission

    for app_config in installed.get_app_configs():
        create_permissions(app_config, verbosity=0)
    known = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    for name, codes in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set([known[code] for code in codes])
