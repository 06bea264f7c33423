"""The navigation: each room registers its entries in ``ready()``; a page shows those its user may open."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry: label, named URL, Tabler icon name, the permission that opens it, and its place in the list."""

    label: "StrOrPromise"
    url_name: str
    icon: str
    permission: str
    order: int


_items: list[NavItem] = []


def register(item: NavItem) -> None:
    """Add an entry; called in an app's ``ready()``."""
    if item not in _items:
        _items.append(item)


def items_for(request: HttpRequest) -> Iterator[dict[str, object]]:
    """Entries that the user may open, in order; the one whose address begins this page's is ``active``."""
    visible = [i for i in sorted(_items, key=lambda i: i.order) if request.user.has_perm(i.permission)]
    addresses = {item: reverse(item.url_name) for item in visible}
    here = max((a for a in addresses.values() if request.path.startswith(a)), key=len, default=None)
    for item in visible:
        url = addresses[item]
        yield {"label": item.label, "url": url, "icon": item.icon, "active": url == here}
