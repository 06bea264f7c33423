"""The addresses of stock and products."""

from django.urls import path

from inventory.views import lots, products, stock, transfers

app_name = "inventory"
urlpatterns = [
    path("stock/", stock.stock_list, name="stock"),
    path("stock/<int:product>/<int:warehouse>/", stock.stock_card, name="card"),
    path("stock/<int:product>/<int:warehouse>/adjust/", stock.stock_adjust, name="adjust"),
    path("stock/expired/", lots.expired, name="expired"),
    path("stock/expired/write-off/", lots.write_off, name="write-off"),
    path("products/", products.product_list, name="products"),
    path("products/new/", products.product_new, name="product-new"),
    path("products/<int:pk>/", products.product_detail, name="product"),
    path("products/<int:pk>/edit/", products.product_edit, name="product-edit"),
    path("transfers/", transfers.transfer_list, name="transfers"),
    path("transfers/new/", transfers.transfer_new, name="transfer-new"),
    path("transfers/lanes/", transfers.transfer_lanes, name="transfer-lanes"),
    path("transfers/products/", transfers.product_suggestions, name="transfer-products"),
    path("transfers/<int:pk>/", transfers.transfer_detail, name="transfer"),
    path("transfers/<int:pk>/send/", transfers.transfer_send, name="transfer-send"),
    path("transfers/<int:pk>/receive/", transfers.transfer_receive, name="transfer-receive"),
    path("transfers/<int:pk>/print/", transfers.transfer_print, name="transfer-print"),
    path("transfers/<int:pk>/cancel/", transfers.transfer_cancel, name="transfer-cancel"),
    path("transfers/<int:pk>/close/", transfers.transfer_close, name="transfer-close"),
    path("transfers/<int:pk>/reschedule/", transfers.transfer_reschedule, name="transfer-reschedule"),
]
