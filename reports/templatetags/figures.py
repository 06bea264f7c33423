"""``{{ value|figure:"money" }}``: a figure as people read it."""

from typing import Any

from django import template

from reports.drilldown import KINDS
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
