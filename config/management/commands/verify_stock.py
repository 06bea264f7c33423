from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Reservation, StockLevel, StockMove
from inventory.verification import stock_differences
from orders.verification import demand_differences, hidden_orders, owed_differences, stray_reservations


class Command(BaseCommand):
    help = (
        "Prove that stock levels equal the ledger, reserved equals the open reservations, each of those belongs to an "
        "open order line, open demand equals the open order lines, and no order with stock is missing in the pick "
        "queue; exits 1 on a difference."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences, strays, demand = stock_differences(), stray_reservations(), demand_differences()
        hidden, owed = hidden_orders(), owed_differences()
        for problem in (*differences, *strays, *demand, *hidden, *owed):
            self.stderr.write(str(problem))
        if differences:
            raise CommandError(f"{len(differences)} stock level(s) differ from the ledger or the reservations.")
        if strays:
            raise CommandError(f"{len(strays)} reservation(s) do not belong to an open order line.")
        if demand:
            raise CommandError(f"{len(demand)} place(s) have another open demand than their order lines.")
        if hidden:
            raise CommandError(f"{len(hidden)} order(s) hold stock and are missing in the pick queue.")
        if owed:
            raise CommandError(f"{len(owed)} sum(s) of what is owed differ from the promises.")
        self.stdout.write(
            f"Stock ties out: {StockLevel.objects.count()} levels, {StockMove.objects.count()} ledger rows, "
            f"{Reservation.objects.count()} reservations."
        )
