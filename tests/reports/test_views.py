"""The managers' pages over HTTP."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from reports.drilldown import ROWS
from reports.services import refresh_all, refresh_snapshots
from tests.factories import UserFactory
from tests.reports.conftest import day

DASHBOARD = "/dashboard/"
FIVE_DAYS = {"period": "custom", "first": day(1).isoformat(), "last": day(5).isoformat()}
PERMISSION = "reports.view_dashboard"


@pytest.fixture
def manager(client, trade):
    refresh_snapshots(day(1), day(5))
    client.force_login(UserFactory(permissions=[PERMISSION]))
    return client


@pytest.mark.parametrize("path", [DASHBOARD, "/dashboard/revenue/rows/", "/dashboard/revenue/rows/?format=csv"])
def test_only_the_permission_opens_the_door(client, company, path):
    assert client.get(path).status_code == 302
    client.force_login(UserFactory())
    assert client.get(path).status_code == 403
    client.force_login(UserFactory(permissions=[PERMISSION]))
    assert client.get(path).status_code == 200


def test_tiles_show_the_figures_with_definition_and_link(manager):
    page = manager.get(DASHBOARD, FIVE_DAYS).content.decode()
    for text in ("130.00", "52.00", "21.14", "222.00", "33.18", "11.0", "7.1 %", "45.5 %", "50.0 %"):
        assert text in page, text
    assert reverse("reports:rows", args=["contribution"]) + "?period=custom" in page
    assert "Gross profit less holding cost, ordering cost and late purchase costs" in page


def test_an_empty_company_has_an_empty_page(client, company):
    client.force_login(UserFactory(permissions=[PERMISSION]))
    assert "Nothing to show yet" in client.get(DASHBOARD).content.decode()


def test_slices_and_comparisons(manager, trade):
    response = manager.get(DASHBOARD, FIVE_DAYS | {"warehouse": trade.south.pk, "split": "warehouse"})
    assert [part.name for part in response.context["parts"]] == ["South"]
    assert response.context["total"].revenue == 0
    response = manager.get(DASHBOARD, {"period": "custom", "first": day(3).isoformat(), "last": day(5).isoformat()})
    revenue = response.context["tiles"][0]
    assert revenue.text == "90.00"
    assert (revenue.previous.arrow, revenue.previous.text, revenue.previous.mood) == ("▲", "125.0 %", "good")  # 90 / 40
    assert revenue.last_year is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": "2026-03-05", "last": "2026-03-01"},
        {"first": "nonsense", "last": "2026-03-01"},
        {"first": "2026-03-05", "last": ""},
        {"first": "0001-01-01", "last": "2026-03-01"},
        {"warehouse": "99999"},
        {"step": "century"},
    ],
)
def test_wrong_input_is_named_and_the_default_shown(manager, wrong):
    response = manager.get(DASHBOARD, FIVE_DAYS | wrong)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("preset", ["recent", "this_month", "last_month", "quarter", "12_months"])
@pytest.mark.parametrize("step", ["", "day", "week", "month"])
def test_every_preset_opens(manager, preset, step):
    assert manager.get(DASHBOARD, {"period": preset, "step": step}).status_code == 200


@pytest.mark.parametrize("measure", list(ROWS))
def test_rows_of_every_measure_open_and_export(manager, measure):
    url = f"/dashboard/{measure}/rows/"
    response = manager.get(url, FIVE_DAYS)
    assert response.status_code == 200
    count = response.context["page"].paginator.count
    text = b"".join(manager.get(url, FIVE_DAYS | {"format": "csv"}).streaming_content).decode("utf-8-sig")
    header, *lines = csv.reader(io.StringIO(text))
    assert header == [str(column.label) for column in ROWS[measure].columns]
    assert len(lines) == count
    book = load_workbook(io.BytesIO(b"".join(manager.get(url, FIVE_DAYS | {"format": "xlsx"}).streaming_content)))
    assert book.active.max_row == count + 1


def test_a_product_named_like_a_formula_stays_text(manager):
    content = b"".join(manager.get("/dashboard/revenue/rows/", FIVE_DAYS | {"format": "csv"}).streaming_content)
    assert ",'=Flour," in content.decode("utf-8-sig")


def test_the_series_exports(manager):
    content = b"".join(manager.get(DASHBOARD, FIVE_DAYS | {"format": "csv", "step": "day"}).streaming_content)
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header[:4] == ["From", "To", "Revenue", "Cost of goods sold"]
    assert [float(line[2]) for line in lines] == [0, 40, 60, 0, 30]


def test_unknown_measures_and_pages(manager):
    assert manager.get("/dashboard/happiness/rows/").status_code == 404
    assert manager.get("/dashboard/revenue/rows/", FIVE_DAYS | {"page": "99"}).context["page"].number == 1
    assert manager.get("/dashboard/revenue/rows/", FIVE_DAYS | {"page": "x"}).context["page"].number == 1


def test_query_budget(manager, django_assert_max_num_queries):
    manager.get(DASHBOARD, FIVE_DAYS)
    with django_assert_max_num_queries(22):
        manager.get(DASHBOARD, FIVE_DAYS)
    with django_assert_max_num_queries(18):
        manager.get("/dashboard/revenue/rows/", FIVE_DAYS)


def test_recent_period_of_an_old_file_shows_its_own_days(client, trade):
    refresh_all()
    client.force_login(UserFactory(permissions=[PERMISSION]))
    period = client.get(DASHBOARD).context["period"]
    assert period.last == day(5) < timezone.localdate() - timedelta(days=200)


def test_the_command_and_the_tasks_refresh(trade, capsys):
    from django.core.management import call_command

    from reports.models import KpiSnapshot
    from reports.tasks import refresh_all_snapshots, refresh_snapshots

    call_command("refresh_kpis", first=day(1), last=day(2))
    assert KpiSnapshot.objects.values("day").distinct().count() == 2
    days = (timezone.localdate() - day(1)).days + 1
    assert refresh_snapshots() == days
    assert refresh_all_snapshots() == days
    call_command("refresh_kpis")
    assert KpiSnapshot.objects.values("day").distinct().count() == days
