"""The admin of orders: channels and customers can be edited; documents are only read, for the admin skips services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core import audit
from core.admin import ReadOnly
from orders.models import (
    Channel,
    Customer,
    Invoice,
    InvoiceLine,
    LostDemand,
    Order,
    OrderLine,
    Quotation,
    QuotationLine,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)
from orders.services.customers import plain


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "name"]


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Changes go on the customer's record, as they do at the order desk."""

    list_display = ["code", "name", "phone", "email", "is_blocked"]
    list_filter = ["is_blocked"]
    search_fields = ["code", "name", "phone"]
    readonly_fields = ["created_at"]
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            audit.record("customer", obj.pk, "added", code=obj.code, name=obj.name)
        elif form.changed_data:
            changes = {name: [form.initial[name], form.cleaned_data[name]] for name in form.changed_data}
            audit.record("customer", obj.pk, "changed", changes=plain(changes))


class Lines(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """The lines of a document."""

    extra = 0


class OrderLines(Lines):
    model = OrderLine
    fields = [
        "position",
        "product",
        "quantity",
        "unit_price",
        "discount",
        "tax_rate",
        "shipped",
        "cancelled",
        "returned",
        "promised_date",
    ]


class ShipmentLines(Lines):
    model = ShipmentLine
    fields = ["line", "quantity", "revenue", "cost"]


class ReturnLines(Lines):
    model = ReturnLine
    fields = ["shipment_line", "quantity", "refund", "cost"]


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "customer", "status", "ordered_at", "requested_date", "channel", "warehouse"]
    list_filter = ["status", "channel", "warehouse"]
    list_select_related = ["customer", "channel", "warehouse"]
    search_fields = ["number", "external_reference", "customer__code"]
    ordering = ["-pk"]
    inlines = [OrderLines]


class QuotationLines(Lines):
    model = QuotationLine
    fields = ["position", "product", "quantity", "unit_price", "discount", "held"]


@admin.register(Quotation)
class QuotationAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "customer", "status", "quoted_at", "valid_until", "held_until"]
    list_filter = ["status", "warehouse"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__code"]
    ordering = ["-pk"]
    inlines = [QuotationLines]


@admin.register(Shipment)
class ShipmentAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "order", "warehouse", "shipped_at", "tracking"]
    list_filter = ["warehouse"]
    list_select_related = ["order", "warehouse"]
    search_fields = ["number", "order__number", "tracking"]
    ordering = ["-pk"]
    inlines = [ShipmentLines]


class InvoiceLines(Lines):
    model = InvoiceLine
    fields = ["position", "sku", "quantity", "unit_price", "discount", "tax_rate", "net", "tax"]


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "order", "customer_name", "issued_on", "due_on", "gross"]
    list_select_related = ["order"]
    search_fields = ["number", "order__number"]
    ordering = ["-pk"]
    inlines = [InvoiceLines]


@admin.register(Return)
class ReturnAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "order", "returned_at", "reason"]
    list_select_related = ["order"]
    search_fields = ["number", "order__number", "external_reference"]
    ordering = ["-pk"]
    inlines = [ReturnLines]


@admin.register(LostDemand)
class LostDemandAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["at", "product", "warehouse", "kind", "quantity", "customer", "channel"]
    list_filter = ["kind", "warehouse"]
    list_select_related = ["product", "warehouse", "customer", "channel"]
    search_fields = ["product__sku", "customer__code"]
    ordering = ["-pk"]
