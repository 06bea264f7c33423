"""The admin: master data can be edited, stock and its ledger only read, for the admin skips the services."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnly
from inventory.models import Category, Product, Reservation, StockLevel, StockMove, Warehouse


@admin.display(description=_("Place"))
def place(row: StockMove | Reservation) -> str:
    """Where a row of the ledger or a reservation lies."""
    return f"{row.stock_level.product.sku} @ {row.stock_level.warehouse.code}"


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["sku", "name", "barcode", "category", "unit", "price", "is_active"]
    list_filter = ["is_active", "category"]
    list_select_related = ["category"]
    search_fields = ["sku", "name", "barcode"]
    show_full_result_count = False


@admin.register(Warehouse)
class WarehouseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "name", "address", "is_active"]
    search_fields = ["code", "name"]


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["product", "warehouse", "on_hand", "reserved", "available", "value"]
    list_filter = ["warehouse"]
    list_select_related = ["product", "warehouse"]
    search_fields = ["product__sku", "product__name"]


@admin.register(StockMove)
class StockMoveAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["effective_at", place, "kind", "quantity", "value", "document", "reason", "actor"]
    list_filter = ["kind", "stock_level__warehouse"]
    list_select_related = ["stock_level__product", "stock_level__warehouse", "actor"]
    search_fields = ["document", "stock_level__product__sku"]
    ordering = ["-pk"]


@admin.register(Reservation)
class ReservationAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["pk", place, "quantity", "created_at"]
    list_select_related = ["stock_level__product", "stock_level__warehouse"]
    search_fields = ["stock_level__product__sku"]
    ordering = ["-pk"]
