"""Container health check: ``python -m config.probe URL`` exits 0 when the address answers 200."""

import os
import sys
import urllib.error
import urllib.request


def answers(url: str) -> bool:
    """Whether ``url`` answers 200 to a host name that the application accepts."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip("*.") or "localhost"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
