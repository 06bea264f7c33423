from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Reservation, StockLevel, StockMove
from inventory.verification import stock_differences


class Command(BaseCommand):
    help = (
        "Prove that stock levels equal the ledger and reserved equals the open reservations; exits 1 on a difference."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences = stock_differences()
        for difference in differences:
            self.stderr.write(str(difference))
        if differences:
            raise CommandError(f"{len(differences)} stock level(s) differ from the ledger or the reservations.")
        self.stdout.write(
            f"Stock ties out: {StockLevel.objects.count()} levels, {StockMove.objects.count()} ledger rows, "
            f"{Reservation.objects.count()} reservations."
        )
