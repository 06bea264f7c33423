"""The lock that lets one refresh of the KPI rows run at a time."""

from reports.models import KpiRefresh


def lock_refresh() -> KpiRefresh:
    """Lock the one row that says how far the KPI rows reach; it is made first where it is missing."""
    KpiRefresh.objects.bulk_create([KpiRefresh(pk=1)], ignore_conflicts=True)
    return KpiRefresh.objects.select_for_update().get(pk=1)
