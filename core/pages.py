"""Pages of a list by the last row shown: page 1,000 costs what page 1 does, and nobody counts the rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet


@dataclass(frozen=True, slots=True)
class FollowingPage:
    """Some rows of a list; ``next`` is the primary key of the last one when more follow."""

    object_list: Sequence[Any]
    next: int | None
    is_first: bool

    def __iter__(self) -> Iterator[Any]:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)


def following_page(rows: QuerySet[Any], after: str | None, size: int) -> FollowingPage:
    """``size`` rows of an ordered list: the first ones, or those that follow the row ``after`` (its key, as typed).

    The order must tell any two rows apart and have no nulls; the page after a row that has left the list is the first.
    """
    fields = [str(field) for field in rows.query.order_by]
    names = [field.lstrip("-") for field in fields]
    last = None
    if after and after.isdecimal() and len(after) < 19:
        last = rows.filter(pk=int(after)).values(*names).first()
    if last:
        # An index can begin at the first field's value; the rest of the condition alone would read all before it.
        bound = Q(**{f"{names[0]}__{'lte' if fields[0].startswith('-') else 'gte'}": last[names[0]]})
        rows = rows.filter(bound & _follows(fields, last))
    found = list(rows[: size + 1])
    return FollowingPage(found[:size], found[size - 1].pk if len(found) > size else None, is_first=last is None)


MOST_COUNTED = 1000


def count_for_notice(rows: QuerySet[Any]) -> int:
    """How many rows there are, as far as a notice needs to know: MOST_COUNTED at most."""
    return len(rows.values_list("pk")[:MOST_COUNTED])


def _follows(fields: Sequence[str], last: Mapping[str, Any]) -> Q:
    """What stands behind ``last``: larger in one field (smaller where it descends), equal in those before it."""
    behind, equal = Q(), Q()
    for field in fields:
        name = field.lstrip("-")
        behind |= equal & Q(**{f"{name}__{'lt' if field.startswith('-') else 'gt'}": last[name]})
        equal &= Q(**{name: last[name]})
    return behind
