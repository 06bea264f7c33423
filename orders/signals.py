"""Facts about orders, sent by the services inside their transaction."""

from django.dispatch import Signal

orders_created = Signal()
"""
Sent once per intake call, inside the transaction that inserts the orders, after their stock is reserved.

Arguments: ``orders`` (list[Order]). A receiver that raises undoes them all; one that leaves the database must wait
for the commit.
"""

orders_changed = Signal()
"""
Sent inside the transaction when orders were shipped, cancelled, returned or got waiting pieces.

Arguments: ``order_ids`` (set[int]).
"""
