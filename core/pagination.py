"""Paging of every API list. A module of its own: DRF imports it while its generic views are still loading."""

import re

from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class CreationCursorPagination(CursorPagination):
    """Newest first by primary key: stable while rows arrive and as fast on page 10,000 as on page 1."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Cursor | None:
        """As DRF, but a forged position is a 404 and never reaches the database."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position and not re.fullmatch("[0-9]{1,18}", str(cursor.position)):
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor
