"""The field that finds a product while somebody types or scans (static/purchasing/product_field.js)."""

from collections.abc import Mapping

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from inventory.models import Product
from inventory.selectors import search_products
from purchasing.typed import sought, whole

MAX_SUGGESTIONS = 8


@require_safe
@permission_required("inventory.view_product", raise_exception=True)
def product_suggestions(request: HttpRequest) -> JsonResponse:
    """Products for the type-ahead."""
    text = sought(request.GET.get("q", ""))
    found = search_products(text)[:MAX_SUGGESTIONS] if text else []
    rows = [
        {"id": p.pk, "label": p.name, "code": p.sku, "hint": "", "exact": p.is_exact}  # type: ignore[attr-defined]
        for p in found
    ]
    return JsonResponse({"results": rows})


def chosen_product(fields: Mapping[str, str]) -> Product | None:
    """The product of the field: the one chosen, else the one whose SKU or barcode was typed in full."""
    pk, label = whole(fields.get("product", "")), sought(fields.get("label", ""))
    if pk:
        return Product.objects.filter(pk=pk).first()
    return next((p for p in search_products(label)[:1] if label and p.is_exact), None)  # type: ignore[attr-defined]
