#!/usr/bin/env python
"""Tandem's command line. Without DATABASE_URL it starts the embedded servers for itself."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.local_servers import ensure_servers_for_command

    ensure_servers_for_command(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
