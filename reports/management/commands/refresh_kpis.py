"""Recompute the KPI rows: all of them, or those of some days."""

from argparse import ArgumentParser
from datetime import date
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports.periods import Period
from reports.selectors import known_days
from reports.services import refresh_all, refresh_snapshots


class Command(BaseCommand):
    help = "Recompute the KPI rows behind the dashboards, all or those --from and --to some day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day, YYYY-MM-DD (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        started = monotonic()
        period = self._some(options["first"], options["last"]) if options["first"] or options["last"] else refresh_all()
        if period is None:
            self.stdout.write("There is nothing to compute yet.")
            return
        self.stdout.write(f"KPI rows of {period.days} days recomputed in {monotonic() - started:.1f} s.")

    def _some(self, first: date | None, last: date | None) -> Period | None:
        known, last = known_days(), last or timezone.localdate()
        first = first or (known.first if known else None)
        if first is None:
            return None
        if last < first:
            raise CommandError("--to lies before --from.")
        refresh_snapshots(first, last)
        return Period(first, last)
