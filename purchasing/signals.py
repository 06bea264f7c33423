"""Facts about purchases, sent by the services inside their transaction."""

from django.dispatch import Signal

goods_received = Signal()
"""
Sent inside the transaction of a goods receipt.

Arguments: ``receipts`` (list[GoodsReceipt]).
"""
