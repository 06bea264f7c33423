"""Numbers, money and query strings as pages show them."""

from decimal import Decimal
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.models import Company
from core.money import to_cents

register = template.Library()
SYMBOLS = {"CNY": "¥", "EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}


@register.filter
def quantity(value: Any) -> str:
    """Whole pieces with thousands separators; an en dash for nothing."""
    return "–" if value is None else number_format(value, decimal_pos=0, use_l10n=True, force_grouping=True)


def in_words(values: dict[str, Any]) -> dict[str, Any]:
    """Values for a sentence: whole numbers as ``quantity`` writes them, everything else as it is."""
    return {name: quantity(value) if isinstance(value, int) else value for name, value in values.items()}


@register.filter
def amount(value: Any) -> str:
    """Money with two places, rounded half-up as the books do, and thousands separators; an en dash for nothing."""
    if value is None:
        return "–"
    return number_format(to_cents(Decimal(str(value))), 2, use_l10n=True, force_grouping=True)


@register.filter
def percent(value: Any, places: int = 1) -> str:
    """A share as a percentage; an en dash for nothing."""
    return "–" if value is None else f"{number_format(round(float(value) * 100, places), places, use_l10n=True)} %"


@register.simple_tag(takes_context=True)
def money(context: template.Context, value: Any) -> SafeString:
    """Money in the company's currency: ¥1,234.50."""
    if value is None:
        return format_html("–")
    return format_html('<span class="text-nowrap">{}</span>', money_text(context.get("company"), value))


def money_text(company: Company | None, value: Any) -> str:
    """Money in the company's currency, for sentences and documents."""
    code = company.currency if company else "CNY"
    sign, digits = ("-" if Decimal(str(value)) < 0 else ""), amount(abs(Decimal(str(value))))
    return f"{sign}{SYMBOLS.get(code, f'{code} ')}{digits}"


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """This page's query string with some parameters changed; None or "" removes one."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
