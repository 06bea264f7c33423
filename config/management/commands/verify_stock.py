from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Reservation, StockLevel, StockMove
from inventory.verification import stock_differences, transfer_differences
from orders.verification import demand_differences, hidden_orders, owed_differences, stray_reservations


class Command(BaseCommand):
    help = (
        "Prove that stock levels equal the ledger, reserved equals the open reservations, each of those belongs to an "
        "open order line, open demand equals the open order lines, no order with stock is missing in the pick queue, "
        "and every piece that left with a transfer is there, lost or in transit; exits 1 on a difference."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences, strays, demand = stock_differences(), stray_reservations(), demand_differences()
        hidden, owed, transfers = hidden_orders(), owed_differences(), transfer_differences()
        for problem in (*differences, *strays, *demand, *hidden, *owed, *transfers):
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
        if transfers:
            raise CommandError(f"{len(transfers)} line(s) of transfers do not tie out with the ledger.")
        self.stdout.write(
            f"Stock ties out: {StockLevel.objects.count()} levels, {StockMove.objects.count()} ledger rows, "
            f"{Reservation.objects.count()} reservations."
        )
