from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.books import PROOFS
from inventory.models import Reservation, StockLevel, StockMove


class Command(BaseCommand):
    help = (
        "Prove that stock levels equal the ledger, reserved equals the open reservations, each of those belongs to an "
        "open order line, open demand equals the open order lines, no order with stock is missing in the pick queue, "
        "and every piece that left with a transfer is there, lost or in transit; exits 1 on a difference."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = [(proof(), sentence) for proof, sentence in PROOFS.items()]
        for problems, _sentence in found:
            for problem in problems:
                self.stderr.write(str(problem))
        for problems, sentence in found:
            if problems:
                raise CommandError(f"{len(problems)} {sentence}")
        self.stdout.write(
            f"Stock ties out: {StockLevel.objects.count()} levels, {StockMove.objects.count()} ledger rows, "
            f"{Reservation.objects.count()} reservations."
        )
