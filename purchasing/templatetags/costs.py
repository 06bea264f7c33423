"""Unit costs as pages show them."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def rate(value: Decimal) -> str:
    """An exchange rate with four decimals, or as many more as it has."""
    digits = max(4, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{digits}f}"


@register.filter
def unit_cost(value: Decimal | None) -> str:
    """Money per piece with two places, or as many as it has, four at most; an en dash for nothing."""
    if value is None:
        return "–"
    places = 2 if value == round(value, 2) else 4
    return number_format(round(value, places), places, use_l10n=True, force_grouping=True)
