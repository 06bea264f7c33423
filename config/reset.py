"""`make demo-reset`: delete the embedded servers' data, after asking. Run: ``python -m config.reset``."""

import os
import shutil
import sys

from config.local_servers import data_dir, servers_in_use


def main() -> int:
    """Delete the demo's data; returns 0 when it may be set up afresh."""
    if "DATABASE_URL" in os.environ:
        print("DATABASE_URL names a server of your own: empty its database yourself, then run make demo.")
        return 1
    if servers_in_use():
        print("The demo (or a command) is running: stop it first with Ctrl-C.")
        return 1
    if sys.stdin.isatty():
        answer = input("Delete all data of the demo company, your own entries included? Type yes: ")
        if answer.strip().lower() != "yes":
            print("Nothing was deleted.")
            return 1
    for name in ("postgres", "valkey", "celerybeat-schedule"):
        path = data_dir() / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
