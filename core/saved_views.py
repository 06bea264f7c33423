"""Saved views: the filters of a list under a name, for oneself or for everybody, one of them the list's start.

A list page takes part by ``@saves_views(its filter form)``; the frame (templates/base.html) then shows the views.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.checks import refuse_text
from core.errors import DomainError, Duplicate, InvalidInput
from core.locks import lock_saved_view
from core.models import DefaultView, SavedView, User

SHARE = "core.share_savedview"
MAX_NAME = 60
MAX_QUERY = 2000
MAX_VIEWS = 50
# The address of a list that is to show everything, whatever the default is.
ALL = "all"

Page = Callable[..., HttpResponseBase]
Filters = type[forms.BaseForm] | Sequence[str]


class NameTaken(Duplicate):
    """The user already has a view of this name on the list."""


def visible_views(user: User, page: str) -> QuerySet[SavedView]:
    """One's own and the shared views of a list by name, each with ``is_default``."""
    own_default = DefaultView.objects.filter(user=user, page=page, view=OuterRef("pk"))
    found = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), page=page)
    return found.annotate(is_default=Exists(own_default)).select_related("owner").order_by("name", "pk")


def known_filters(filters: Filters, typed: str) -> tuple[str, list[str]]:
    """What the page understands of a query string, and the names of what it does not (any more)."""
    query = QueryDict(typed)
    names = _names(filters)
    wrong = filters(query).errors if isinstance(filters, type) else {}
    lost = [name for name in query if name not in names or name in wrong]
    return _chosen(query, [name for name in names if name not in lost]), [n for n in lost if any(query.getlist(n))]


def _names(filters: Filters) -> list[str]:
    return list(filters.base_fields) if isinstance(filters, type) else list(filters)  # type: ignore[attr-defined]


def _label(filters: Filters, name: str) -> str:
    field = filters.base_fields.get(name) if isinstance(filters, type) else None  # type: ignore[attr-defined]
    return str(field.label) if field and field.label else name


def _chosen(query: QueryDict, names: Sequence[str]) -> str:
    """The parameters of these names that have a value, as a query string."""
    kept = QueryDict(mutable=True)
    for name in names:
        if values := [value for value in query.getlist(name) if value and "\x00" not in value]:
            kept.setlist(name, values)
    return kept.urlencode()


class ListViews:
    """The views of the list that a request asks for, as the frame shows them."""

    def __init__(self, request: HttpRequest, page: str, filters: Filters) -> None:
        self.request, self.page, self.filters = request, page, filters

    @cached_property
    def found(self) -> list[SavedView]:
        """Those that the user may open; one query, made when the page needs it."""
        return list(visible_views(self.request.user, self.page))  # type: ignore[arg-type]  # login is required

    @cached_property
    def query(self) -> str:
        """The filters of the address; whether they are valid is looked at when a view keeps them."""
        return _chosen(self.request.GET, _names(self.filters))

    @property
    def may_share(self) -> bool:
        """Whether the user's views may be everybody's."""
        return self.request.user.has_perm(SHARE)

    @property
    def may_alter(self) -> bool:
        """Whether the user may rename and delete the view that is shown."""
        return bool(self.active and may_alter(self.request.user, self.active))  # type: ignore[arg-type]

    @cached_property
    def active(self) -> SavedView | None:
        """The view that the address names, or the default where it names nothing."""
        asked = self.request.GET.get("view")
        if asked:
            return next((view for view in self.found if str(view.pk) == asked), None)
        return None if self.request.GET else next((v for v in self.found if v.is_default), None)  # type: ignore[attr-defined]

    def address(self) -> str | None:
        """Where a view's filters stand in full, when the address names the view only or nothing at all."""
        if set(self.request.GET) - {"view"} or not (view := self.active):
            return None
        query, lost = known_filters(self.filters, view.query)
        if lost:
            text = _("Part of the view “%(name)s” no longer exists and is left out: %(filters)s.")
            names = ", ".join(_label(self.filters, name) for name in lost)
            messages.warning(self.request, text % {"name": view.name, "filters": names})
        return f"{self.request.path}?{query}&view={view.pk}" if query else None


def saves_views(filters: Filters) -> Callable[[Page], Page]:
    """Make a list page keep views of its ``filters``: a form whose fields are all optional, or parameters by name.

    Stands below ``permission_required``, so that nobody is led into a list that they may not see.
    """

    def decorate(view: Page) -> Page:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            match = request.resolver_match
            if request.method == "POST" or request.headers.get("HX-Request") or match is None:
                return view(request, *args, **kwargs)
            views = ListViews(request, match.view_name, filters)
            if not set(request.GET) - {"view"} and request.GET.get("view") != ALL and (address := views.address()):
                return redirect(address)
            request.list_views = views  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        page.saved_view_filters = filters  # type: ignore[attr-defined]
        return page

    return decorate


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list page: its name, its address, and what it can filter by."""

    name: str
    path: str
    filters: Filters


def list_page(path: str) -> ListPage:
    """The list page at an address of ours. Raises: Http404."""
    try:
        match: ResolverMatch = resolve(path)
    except Resolver404:
        match = None  # type: ignore[assignment]
    filters = getattr(match.func, "saved_view_filters", None) if match else None
    if filters is None or match.kwargs:
        raise Http404
    return ListPage(match.view_name, path, filters)


def save_view(
    user: User, page: ListPage, name: str, typed: str, *, is_shared: bool, is_default: bool, replace: bool = False
) -> SavedView:
    """Keep the filters of a query string under a name; with ``replace``, in the user's view of this name.

    Raises: InvalidInput, NameTaken.
    """
    name = name.strip()
    refuse_text("name", name, MAX_NAME, is_required=True)
    query, wrong = known_filters(page.filters, _chosen(QueryDict(typed), _names(page.filters)))
    if wrong:
        names = ", ".join(_label(page.filters, field) for field in wrong)
        raise InvalidInput(_("Correct these filters before you keep them: %s.") % names)
    if len(query) > MAX_QUERY:
        raise InvalidInput(_("These filters are too long to be kept: shorten the search."))
    new = SavedView(owner=user, page=page.name, name=name, query=query, is_shared=is_shared and user.has_perm(SHARE))
    try:
        return _save(new, is_default=is_default, replace=replace)
    except IntegrityError as error:
        raise _name_taken(name) from error


@transaction.atomic(durable=True)
def _save(new: SavedView, *, is_default: bool, replace: bool) -> SavedView:
    own = SavedView.objects.filter(owner=new.owner, page=new.page)
    view = own.filter(name=new.name).first()
    if view and not replace:
        raise _name_taken(new.name)
    if view is None and own.count() >= MAX_VIEWS:
        raise InvalidInput(_("You have %s views of this list, which is the most: delete one first.") % MAX_VIEWS)
    if view is None:
        view = new
        view.save(force_insert=True)
    else:
        # A view that others use stays shared: replacing its filters is not taking it away.
        view.query, view.is_shared = new.query, view.is_shared or new.is_shared
        view.save(update_fields=["query", "is_shared"])
    if is_default:
        _make_default(view.owner, view)
    return view


def change_view(user: User, pk: int, *, name: str, is_shared: bool, is_default: bool) -> SavedView:
    """Rename a view, share it or not, and make it one's own default or not.

    Who may only open a view decides about their default; its name and sharing then stay as they are.
    Locks: SavedView. Raises: Http404, InvalidInput, NameTaken.
    """
    try:
        return _change(user, pk, name.strip(), is_shared=is_shared, is_default=is_default)
    except IntegrityError as error:
        raise _name_taken(name.strip()) from error


@transaction.atomic(durable=True)
def _change(user: User, pk: int, name: str, *, is_shared: bool, is_default: bool) -> SavedView:
    view = _visible(user, pk)
    if may_alter(user, view):
        refuse_text("name", name, MAX_NAME, is_required=True)
        view.name = name
        if user.has_perm(SHARE):
            view.is_shared = is_shared
        view.save(update_fields=["name", "is_shared"])
        if not view.is_shared:
            view.defaults.exclude(user=view.owner).delete()
    if not is_default:
        view.defaults.filter(user=user).delete()
    elif view.is_shared or view.owner_id == user.pk:
        _make_default(user, view)
    return view


@transaction.atomic(durable=True)
def delete_view(user: User, pk: int) -> SavedView:
    """Forget a view, for everybody when it is shared. Locks: SavedView. Raises: Http404, DomainError."""
    view = _visible(user, pk)
    if not may_alter(user, view):
        raise DomainError(_("This view belongs to %s.") % view.owner)
    SavedView.objects.filter(pk=view.pk).delete()
    return view


def may_alter(user: User, view: SavedView) -> bool:
    """Whether the user may rename and delete it: one's own, and a shared one by whoever may share."""
    return view.owner_id == user.pk or (view.is_shared and user.has_perm(SHARE))


def _visible(user: User, pk: int) -> SavedView:
    view = lock_saved_view(pk, user.pk)
    if view is None:
        raise Http404
    return view


def _name_taken(name: str) -> NameTaken:
    return NameTaken(_("There is already a view “%s” of this list.") % name)


def _make_default(user: User, view: SavedView) -> None:
    DefaultView.objects.update_or_create(user=user, page=view.page, defaults={"view": view})
