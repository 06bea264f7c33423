"""The addresses of purchasing."""

from django.urls import path

from purchasing.views import desk, entry, orders, policies, products, receiving, rules, steps, suggestions, suppliers

app_name = "purchasing"
urlpatterns = [
    path("replenishment/", desk.desk, name="desk"),
    path("replenishment/review/", desk.review, name="review"),
    path("replenishment/approve/", desk.approve, name="approve"),
    path("replenishment/<int:pk>/", suggestions.suggestion_detail, name="suggestion"),
    path("replenishment/<int:pk>/recompute/", suggestions.suggestion_recompute, name="suggestion-recompute"),
    path("replenishment/<int:pk>/dismiss/", desk.dismiss, name="dismiss"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/new/", entry.order_new, name="order-new"),
    path("orders/items/", entry.item_suggestions, name="item-suggestions"),
    path("orders/<int:pk>/", orders.order_detail, name="order"),
    path("orders/<int:pk>/edit/", entry.order_edit, name="order-edit"),
    path("orders/<int:pk>/print/", orders.order_print, name="order-print"),
    path("orders/<int:pk>/place/", steps.order_place, name="order-place"),
    path("orders/<int:pk>/approve/", steps.order_approve, name="order-approve"),
    path("orders/<int:pk>/send-back/", steps.order_send_back, name="order-send-back"),
    path("orders/<int:pk>/confirm/", steps.order_confirm, name="order-confirm"),
    path("orders/<int:pk>/close/", steps.order_close, name="order-close"),
    path("orders/<int:pk>/reschedule/", steps.order_reschedule, name="order-reschedule"),
    path("orders/<int:pk>/cancel/", steps.order_cancel, name="order-cancel"),
    path("receiving/", receiving.expected, name="receiving"),
    path("receiving/<int:pk>/", receiving.receive, name="receive"),
    path("receiving/<int:pk>/receipts/", receiving.receipts_so_far, name="receipts-so-far"),
    path("receiving/receipts/<int:pk>/", receiving.receipt_detail, name="receipt"),
    path("suppliers/", suppliers.supplier_list, name="suppliers"),
    path("suppliers/new/", suppliers.supplier_new, name="supplier-new"),
    path("products/", products.product_suggestions, name="product-suggestions"),
    path("suppliers/items/new/", suppliers.item_new, name="item-new"),
    path("suppliers/items/<int:pk>/", suppliers.item_edit, name="item-edit"),
    path("suppliers/<int:pk>/", suppliers.supplier_detail, name="supplier"),
    path("suppliers/<int:pk>/edit/", suppliers.supplier_edit, name="supplier-edit"),
    path("rules/", rules.rules, name="rules"),
    path("rules/limits/", rules.limits, name="limits"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/<int:product_id>/<int:warehouse_id>/", policies.policy_edit, name="policy"),
    path("policies/<int:product_id>/<int:warehouse_id>/return/", policies.policy_return, name="policy-return"),
]
