"""The addresses of the REST API, version 1."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from forecasting.api import DemandForecastViewSet
from inventory.api import ProductViewSet, StockAdjustmentViewSet, StockMoveViewSet, StockViewSet, WarehouseViewSet
from inventory.transfer_api import TransferViewSet
from orders.api import AvailabilityViewSet, ChannelViewSet, CustomerViewSet, OrderViewSet, ShipmentViewSet
from orders.contact_api import ContactViewSet, DeliveryAddressViewSet
from orders.customer_item_api import CustomerItemViewSet
from orders.invoice_api import InvoiceViewSet
from orders.quotation_api import QuotationViewSet
from orders.return_api import ReturnAuthorizationViewSet
from purchasing.agreement_api import BlanketOrderViewSet
from purchasing.api import ExchangeRateViewSet, PurchaseOrderViewSet, ReorderSuggestionViewSet, SupplierViewSet
from purchasing.standing_api import StandingOrderViewSet
from reports.api import KpiViewSet

app_name = "api"
router = SimpleRouter()
router.register("orders", OrderViewSet, "order")  # asked for most, so it is compared first
router.register("products", ProductViewSet, "product")
router.register("warehouses", WarehouseViewSet, "warehouse")
router.register("stock", StockViewSet, "stock")
router.register("stock-moves", StockMoveViewSet, "stockmove")
router.register("stock-adjustments", StockAdjustmentViewSet, "stockadjustment")
router.register("transfers", TransferViewSet, "transfer")
router.register("availability", AvailabilityViewSet, "availability")
router.register("channels", ChannelViewSet, "channel")
router.register("customers", CustomerViewSet, "customer")
router.register("contacts", ContactViewSet, "contact")
router.register("delivery-addresses", DeliveryAddressViewSet, "deliveryaddress")
router.register("customer-items", CustomerItemViewSet, "customeritem")
router.register("return-authorizations", ReturnAuthorizationViewSet, "returnauthorization")
router.register("quotations", QuotationViewSet, "quotation")
router.register("invoices", InvoiceViewSet, "invoice")
router.register("shipments", ShipmentViewSet, "shipment")
router.register("suppliers", SupplierViewSet, "supplier")
router.register("exchange-rates", ExchangeRateViewSet, "exchangerate")
router.register("purchase-orders", PurchaseOrderViewSet, "purchaseorder")
router.register("blanket-orders", BlanketOrderViewSet, "blanketorder")
router.register("standing-orders", StandingOrderViewSet, "standingorder")
router.register("reorder-suggestions", ReorderSuggestionViewSet, "reordersuggestion")
router.register("forecasts", DemandForecastViewSet, "forecast")

urlpatterns = [*router.urls, path("kpis/", KpiViewSet.as_view({"get": "retrieve"}), name="kpis")]
