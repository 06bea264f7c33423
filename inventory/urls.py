"""The addresses of stock and products."""

from django.urls import path

from inventory.views import products, stock

app_name = "inventory"
urlpatterns = [
    path("stock/", stock.stock_list, name="stock"),
    path("stock/<int:product>/<int:warehouse>/", stock.stock_card, name="card"),
    path("stock/<int:product>/<int:warehouse>/adjust/", stock.stock_adjust, name="adjust"),
    path("products/", products.product_list, name="products"),
    path("products/new/", products.product_new, name="product-new"),
    path("products/<int:pk>/", products.product_detail, name="product"),
    path("products/<int:pk>/edit/", products.product_edit, name="product-edit"),
]
