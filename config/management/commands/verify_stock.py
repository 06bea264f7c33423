from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Reservation, StockLevel, StockMove
from inventory.verification import stock_differences
from orders.verification import stray_reservations


class Command(BaseCommand):
    help = (
        "Prove that stock levels equal the ledger, reserved equals the open reservations, and each of those belongs to "
        "an open order line; exits 1 on a difference."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences, strays = stock_differences(), stray_reservations()
        for problem in (*differences, *strays):
            self.stderr.write(str(problem))
        if differences:
            raise CommandError(f"{len(differences)} stock level(s) differ from the ledger or the reservations.")
        if strays:
            raise CommandError(f"{len(strays)} reservation(s) do not belong to an open order line.")
        self.stdout.write(
            f"Stock ties out: {StockLevel.objects.count()} levels, {StockMove.objects.count()} ledger rows, "
            f"{Reservation.objects.count()} reservations."
        )
