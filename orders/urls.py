"""The addresses of the order desk."""

from django.urls import path

from orders.views import allocation, customers, entry, orders, picking, promises, rules, sourcing

app_name = "orders"
urlpatterns = [
    path("orders/", orders.order_list, name="list"),
    path("orders/new/", entry.order_new, name="new"),
    path("orders/quote/", entry.order_quote, name="quote"),
    path("orders/products/", entry.product_suggestions, name="product-suggestions"),
    path("orders/customers/", entry.customer_suggestions, name="customer-suggestions"),
    path("orders/<int:pk>/", orders.order_detail, name="detail"),
    path("orders/<int:pk>/cancel/", orders.order_cancel, name="cancel"),
    path("promises/", promises.promise_list, name="promises"),
    path("promises/availability/", promises.availability_page, name="availability"),
    path("promises/scarce/", allocation.scarce_list, name="scarce"),
    path("promises/scarce/<int:product>/<int:warehouse>/", allocation.scarce_place, name="scarce-place"),
    path("promises/costs/", allocation.costs, name="delivery-costs"),
    path("promises/sourcing/", sourcing.sourcing_page, name="sourcing"),
    path("promises/rules/", rules.rule_page, name="rules"),
    path("picking/", picking.pick_queue, name="pick-queue"),
    path("picking/list/", picking.pick_list, name="pick-list"),
    path("picking/<int:pk>/", picking.ship, name="ship"),
    path("shipments/<int:pk>/", picking.delivery_note, name="delivery-note"),
    path("customers/", customers.customer_list, name="customers"),
    path("customers/new/", customers.customer_new, name="customer-new"),
    path("customers/<int:pk>/", customers.customer_detail, name="customer"),
    path("customers/<int:pk>/edit/", customers.customer_edit, name="customer-edit"),
]
