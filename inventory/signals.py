"""Facts about stock, sent by the services inside their transaction."""

from django.dispatch import Signal

stock_changed = Signal()
"""
Sent once per service call, inside the transaction, while the stock rows are locked.

Arguments: ``places`` (set[Place]) whose on hand or reserved quantity changed; ``freed`` (set[Place]), those of them
where more may be available than before; ``at`` (datetime), when it happened. A receiver that raises undoes the
change; one that leaves the database must wait for the commit.
"""

reservations_cut = Signal()
"""
Sent inside the transaction when stock that was reserved turned out not to be there (a count, breakage).

Arguments: ``cuts`` (dict[int, int]): pieces taken from each reservation; ``reason`` (str); ``at`` (datetime).
"""

supply_changed = Signal()
"""
Sent inside the transaction when what is on the way to some places changed: ordered, given another date, cancelled.

Arguments: ``places`` (set[Place]); ``reason`` ("ordered", "rescheduled", "cancelled", "closed"); ``document`` (str),
the number of what brings it.
"""

transfer_changed = Signal()
"""
Sent inside the transaction when a transfer was asked for, sent, received, given another date, closed or cancelled.

Arguments: ``transfer`` (Transfer); ``places`` (set[Place]), at both ends, whose supply or use it plans.
"""
