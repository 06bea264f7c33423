"""A step of the explanation, and numbers as it writes them."""

import math
from dataclasses import dataclass

from django.utils.formats import get_format, number_format


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, the sentence, and the arithmetic where there is any."""

    name: str
    sentence: str
    arithmetic: str = ""


def n(value: float, places: int | None = None, *, digits: int = 3) -> str:
    """A number in the reader's format, with ``digits`` significant digits or the decimals asked for."""
    if places is None:
        places = max(digits - 1 - math.floor(math.log10(abs(value))), 0) if value else 0
    return number_format(round(value, places), places, use_l10n=True, force_grouping=True)


def x(value: float) -> str:
    """A number of the arithmetic: precise enough that a reader who types it in gets the result shown."""
    text = n(value, digits=6)
    separator = get_format("DECIMAL_SEPARATOR")
    return text.rstrip("0").rstrip(separator) if separator in text else text


def r(value: float) -> str:
    """A result of the arithmetic."""
    return n(value, digits=4)


def whole(value: float) -> str:
    return n(value, 0)


def percent(share: float, places: int = 1) -> str:
    return f"{n(100 * share, places)} %"
