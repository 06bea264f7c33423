"""Purchasing in the admin site: to look at only, because the admin skips the services and their rules."""

from django.contrib import admin

from core.admin import ReadOnly
from purchasing.models import (
    BlanketOrder,
    BlanketOrderLine,
    GoodsReceipt,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderSuggestion,
    StandingOrder,
    StandingOrderLine,
    StockPolicy,
    Supplier,
    SupplierItem,
)


class PurchaseOrderLineInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = PurchaseOrderLine


@admin.register(Supplier)
class SupplierAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "name", "lead_time_days", "is_active"]
    search_fields = ["code", "name"]


@admin.register(SupplierItem)
class SupplierItemAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["supplier", "product", "unit_cost", "moq", "order_multiple", "pallet_quantity", "is_preferred"]
    list_select_related = ["supplier", "product"]
    search_fields = ["supplier__name", "product__sku"]


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "supplier", "warehouse", "status", "ordered_at", "expected_on"]
    list_select_related = ["supplier", "warehouse"]
    list_filter = ["status"]
    search_fields = ["number"]
    inlines = [PurchaseOrderLineInline]


class BlanketOrderLineInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = BlanketOrderLine


@admin.register(BlanketOrder)
class BlanketOrderAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "supplier", "starts_on", "ends_on", "status"]
    list_select_related = ["supplier"]
    list_filter = ["status"]
    search_fields = ["number", "reference"]
    inlines = [BlanketOrderLineInline]


class StandingOrderLineInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = StandingOrderLine


@admin.register(StandingOrder)
class StandingOrderAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "supplier", "warehouse", "every", "unit", "status", "next_on"]
    list_select_related = ["supplier", "warehouse"]
    list_filter = ["status"]
    search_fields = ["number"]
    inlines = [StandingOrderLineInline]


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "purchase_order", "received_at", "created_by"]
    list_select_related = ["purchase_order", "created_by"]
    search_fields = ["number", "purchase_order__number"]


@admin.register(ReorderSuggestion)
class ReorderSuggestionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["product", "warehouse", "quantity", "status", "updated_at"]
    list_select_related = ["product", "warehouse"]
    list_filter = ["status"]
    search_fields = ["product__sku"]


@admin.register(StockPolicy)
class StockPolicyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["product", "warehouse", "safety_stock", "reorder_point", "order_up_to", "source", "updated_at"]
    list_select_related = ["product", "warehouse"]
    list_filter = ["source"]
    search_fields = ["product__sku"]
