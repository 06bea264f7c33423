"""What gunicorn finds by itself: settings of the web processes that no command line can say."""

import gc
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Leave what was loaded at the start out of every later garbage collection: none of it will ever be free."""
    gc.collect()
    gc.freeze()
