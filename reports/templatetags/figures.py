"""``{{ value|figure:"money" }}``: a figure as people read it."""

from typing import Any

from django import template
from django.urls import reverse

from reports.drilldown import KINDS
from reports.periods import Period
from reports.presentation import NO_VALUE, format_figure

register = template.Library()


@register.filter
def figure(value: Any, unit: str) -> str:
    """The value in the form of its unit; – for nothing."""
    if value is None or value == "":
        return NO_VALUE
    return str(KINDS.get(value, value)) if unit == "choice" else format_figure(value, unit)


@register.filter
def attribute(thing: Any, name: str) -> Any:
    """``thing.name`` where the name is in a variable."""
    return getattr(thing, name)


@register.simple_tag(takes_context=True)
def rows_url(context: template.Context, measure: str, *, period: Period | None = None, part: int | None = None) -> str:
    """Where the rows behind a figure are: of this page's slice, or of one period or one part of it."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    if period:
        query["period"], query["first"], query["last"] = "custom", period.first.isoformat(), period.last.isoformat()
    if part:
        query[context["split"]] = str(part)
    return reverse("reports:rows", args=[measure]) + (f"?{query.urlencode()}" if query else "")
