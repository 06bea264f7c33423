"""Saved views: kept per user and list, shared by permission, the list's start, and never an error when outdated."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from core.models import DefaultView, SavedView
from core.saved_views import MAX_VIEWS
from tests.factories import CustomerFactory, UserFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
ORDERS = "/orders/"
SHARE = "core.share_savedview"
# Every list with filters keeps views of them; a new one joins here.
LISTS = {
    "orders:list",
    "orders:invoices",
    "orders:customers",
    "orders:quotations",
    "orders:returns",
    "orders:templates",
    "orders:pick-queue",
    "inventory:stock",
    "inventory:products",
    "inventory:transfers",
    "orders:to-invoice",
    "purchasing:orders",
    "purchasing:blankets",
    "purchasing:desk",
    "purchasing:policies",
    "purchasing:suppliers",
    "purchasing:receiving",
    "forecasting:list",
}


@pytest.fixture
def sales(client):
    user = UserFactory(role="Sales")
    client.force_login(user)
    return user


def save(client, query="status=open", name="Ready", page=ORDERS, **more):
    return client.post(reverse("view-save"), {"page": page, "query": query, "name": name, **more})


def view(name="Ready"):
    return SavedView.objects.get(name=name)


def asked(response):
    """The parameters of the address that a redirect leads to."""
    assert response.status_code == 302
    return parse_qs(urlsplit(response["Location"]).query)


def marked(body):
    """The chips that are marked as what is shown."""
    nav = body.partition('id="saved-views"')[2].partition("</nav>")[0]
    return [chip.partition("</a>")[0].rpartition(">")[2] for chip in nav.split("<a ")[1:] if "aria-current" in chip]


def patterns(resolver, prefix=""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, f"{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry.callback


def test_every_list_keeps_views():
    assert {name for name, page in patterns(get_resolver()) if hasattr(page, "saved_view_filters")} == LISTS


def test_filters_are_kept_under_a_name_and_found_again(client, sales):
    response = save(client, "q=lamp&status=shipped&status=&before=77&page=3&format=csv", name=" Lamps ")
    assert view("Lamps").query == "q=lamp&status=shipped"
    assert response["Location"] == f"{ORDERS}?view={view('Lamps').pk}"
    opened = client.get(response["Location"])
    assert asked(opened) == {"q": ["lamp"], "status": ["shipped"], "view": [str(view("Lamps").pk)]}
    page = client.get(opened["Location"])
    assert page.status_code == 200
    assert page.context["form"]["q"].value() == "lamp"
    assert marked(page.content.decode()) == ["Lamps"]


def test_the_default_opens_the_list_but_no_filtered_address(client, sales):
    save(client, "status=shipped", is_default="on")
    pk = str(view().pk)
    assert asked(client.get(ORDERS)) == {"status": ["shipped"], "view": [pk]}
    for address in (f"{ORDERS}?view=all", f"{ORDERS}?q=&status=", f"{ORDERS}?format=csv", f"{ORDERS}?waiting=1"):
        assert client.get(address).status_code == 200
    assert client.get(ORDERS, headers={"HX-Request": "true"}).status_code == 200
    # Another list, and another user's same list, open as they are.
    assert client.get("/customers/").status_code == 200
    client.force_login(UserFactory(role="Sales"))
    assert client.get(ORDERS).status_code == 200


def test_a_list_has_one_default_and_it_can_be_given_up(client, sales):
    save(client, "status=shipped", name="A", is_default="on")
    save(client, "status=cancelled", name="B", is_default="on")
    assert [str(default.view) for default in DefaultView.objects.all()] == ["B"]
    client.post(reverse("view-change", args=[view("B").pk]), {"page": ORDERS, "name": "B"})
    assert client.get(ORDERS).status_code == 200


def test_a_default_without_filters_opens_the_list_without_going_round(client, sales):
    save(client, "", name="All", is_default="on")
    assert marked(client.get(ORDERS).content.decode()) == ["All"]


def test_an_outdated_view_leaves_out_what_is_gone_and_says_so(client, sales):
    warehouse = WarehouseFactory()
    save(client, f"q=lamp&warehouse={warehouse.pk}", name="Here")
    SavedView.objects.update(query=f"q=lamp&warehouse={warehouse.pk}&colour=red&first=never&status=dreaming&%00=%ff")
    warehouse.delete()
    opened = client.get(f"{ORDERS}?view={view('Here').pk}")
    assert asked(opened) == {"q": ["lamp"], "view": [str(view("Here").pk)]}
    page = client.get(opened["Location"])
    assert page.status_code == 200
    text = str(list(page.context["messages"])[-1])
    assert text.startswith("Part of the view “Here” no longer exists and is left out: Warehouse, colour, From, Status")


@pytest.mark.parametrize("name", sorted(LISTS))
def test_no_stored_query_breaks_a_page(client, name):
    client.force_login(user := UserFactory(role="Managers"))
    broken = (
        "q=%00x&status=%ff&warehouse=99999999999999999999&category=x&pattern=..&stale=y&supplier=none-&waiting=maybe"
    )
    stored = SavedView.objects.create(owner=user, page=name, name="Old", query=f"{broken}&after=abc&before=-1&view=all")
    DefaultView.objects.create(user=user, page=name, view=stored)
    for address in (reverse(name), f"{reverse(name)}?view={stored.pk}"):
        assert client.get(address, follow=True).status_code == 200


@pytest.mark.parametrize("view_id", ["0", "999999", "-1", "x", "99999999999999999999999"])
def test_a_view_that_is_not_there_shows_everything(client, sales, view_id):
    assert client.get(f"{ORDERS}?view={view_id}").status_code == 200


def test_a_taken_name_asks_before_its_filters_are_replaced(client, sales):
    save(client, "status=shipped")
    again = save(client, "status=cancelled", is_default="on")
    assert again.status_code == 409
    assert "There is already a view “Ready” of this list." in again.content.decode()
    assert view().query == "status=shipped"
    save(client, "status=cancelled", is_default="on", replace="1")
    assert (view().query, DefaultView.objects.get().view) == ("status=cancelled", view())
    # The same name on another list is another view.
    assert save(client, "q=a", page="/customers/").status_code == 302


def test_names_are_needed_and_bounded(client, sales):
    for name in ("", "   ", "x" * 61, "a\x00b"):
        save(client, name=name)
    # What the list itself would refuse is not kept in part, as if it had been understood.
    save(client, "status=open&first=never", name="Wrong")
    assert SavedView.objects.count() == 0
    SavedView.objects.bulk_create(SavedView(owner=sales, page="orders:list", name=str(n)) for n in range(MAX_VIEWS))
    save(client)
    assert SavedView.objects.count() == MAX_VIEWS


def test_only_lists_keep_views(client, sales):
    for page in ("/day/", "/", "//example.org/orders/", "https://example.org/orders/", "/nowhere/", "", "/orders/1/"):
        assert save(client, page=page).status_code == 404
    assert SavedView.objects.count() == 0


def test_a_view_that_is_not_shared_is_nobody_elses(client, sales):
    save(client, "status=shipped", name="Private")
    address = f"{ORDERS}?view={view('Private').pk}"
    for user in (UserFactory(role="Sales"), UserFactory(role="Managers")):
        client.force_login(user)
        page = client.get(address)
        assert page.status_code == 200, "the address opens nothing of it"
        assert page.context["form"]["status"].value() is None
        assert "Private" not in page.content.decode()
        assert client.post(reverse("view-change", args=[view("Private").pk]), {"page": ORDERS}).status_code == 404


def test_sharing_takes_its_permission(client, sales):
    save(client, is_shared="on")
    client.post(reverse("view-change", args=[view().pk]), {"page": ORDERS, "name": "Ready", "is_shared": "on"})
    assert view().is_shared is False
    client.force_login(UserFactory(role="Sales", permissions=[SHARE]))
    save(client, name="Team", is_shared="on")
    client.force_login(sales)
    assert "Team" in client.get(ORDERS).content.decode()


def test_a_shared_view_is_everybodys_to_open_and_its_owners_to_change(client, sales):
    owner = UserFactory(role="Managers")
    team = SavedView.objects.create(
        owner=owner, page="orders:list", name="Team", query="status=shipped", is_shared=True
    )
    change, delete = reverse("view-change", args=[team.pk]), reverse("view-delete", args=[team.pk])
    client.post(change, {"page": ORDERS, "name": "Mine now", "is_default": "on"})
    client.post(delete, {"page": ORDERS})
    team.refresh_from_db()
    assert (team.name, team.is_shared) == ("Team", True)
    assert asked(client.get(ORDERS))["status"] == ["shipped"]
    # Taken back, it is nobody else's start any more, and nobody else sees it.
    client.force_login(owner)
    client.post(change, {"page": ORDERS, "name": "Team"})
    client.force_login(sales)
    assert client.get(ORDERS).status_code == 200
    assert client.post(delete, {"page": ORDERS}).status_code == 404
    client.force_login(owner)
    assert client.post(delete, {"page": ORDERS})["Location"] == f"{ORDERS}?view=all"
    assert SavedView.objects.count() == 0


def test_whoever_may_share_keeps_shared_views_in_order(client, sales):
    save(client, name="Private")
    SavedView.objects.create(owner=sales, page="orders:list", name="Old team view", is_shared=True)
    client.force_login(UserFactory(role="Managers"))
    client.post(reverse("view-delete", args=[view("Old team view").pk]), {"page": ORDERS})
    assert client.post(reverse("view-delete", args=[view("Private").pk]), {"page": ORDERS}).status_code == 404
    assert [str(found) for found in SavedView.objects.all()] == ["Private"]


def test_renaming_to_a_taken_name_is_refused(client, sales):
    save(client, name="A")
    save(client, name="B")
    client.post(reverse("view-change", args=[view("B").pk]), {"page": ORDERS, "name": "A"})
    assert sorted(str(found) for found in SavedView.objects.all()) == ["A", "B"]


def test_a_list_pays_one_query_for_its_views(client, sales):
    CustomerFactory()
    client.get("/customers/?q=a")
    for number in range(3):
        SavedView.objects.create(owner=sales, page="orders:customers", name=str(number), query="q=a")

    with CaptureQueriesContext(connection) as queries:
        client.get("/customers/?q=a")
    assert sum("core_savedview" in query["sql"] for query in queries) == 1


def test_nobody_keeps_views_without_signing_in(client):
    assert save(client).status_code == 302
    assert SavedView.objects.count() == 0
