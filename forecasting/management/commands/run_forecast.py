"""``manage.py run_forecast``: what the nightly job does, here and now, with a progress bar."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from forecasting.models import ForecastRun
from forecasting.services import run_forecast
from inventory.models import Product


class Command(BaseCommand):
    help = "Forecast demand and set the stock policies of every product and warehouse."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--product", metavar="SKU", help="only this product")
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            metavar="DATE",
            help="forecast as on this day, from what was known before it, and set the policies so (default: today)",
        )

    def handle(self, *args: Any, product: str | None = None, as_of: date | None = None, **options: Any) -> None:
        wanted = self._product(product)
        began = time.monotonic()
        with tqdm(unit=" series", disable=options["verbosity"] == 0) as bar:

            def show(run: ForecastRun, done: int) -> None:
                bar.total = run.total
                bar.update(done)

            run = run_forecast(as_of=as_of, product=wanted, progress=show)
        self._report(run, time.monotonic() - began)

    @staticmethod
    def _product(sku: str | None) -> Product | None:
        if sku is None:
            return None
        product = Product.objects.filter(sku__iexact=sku).first()
        if product is None:
            raise CommandError(f"There is no product with the SKU {sku}.")
        return product

    def _report(self, run: ForecastRun, elapsed: float) -> None:
        for failure in run.failures:
            self.stderr.write(f"{failure['product']} @ {failure['warehouse']}: {failure['error']}")
        steps = ", ".join(f"{step} {run.timing.get(step, 0):.1f} s" for step in ("prepare", "read", "fit", "write"))
        self.stdout.write(
            f"{run.done - len(run.failures)} of {run.total} series forecast as of {run.as_of} in {elapsed:.1f} s "
            f"(CPU: {steps})."
        )
        if run.status == ForecastRun.Status.FAILED:
            raise CommandError("Every series failed.")
