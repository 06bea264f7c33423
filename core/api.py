"""What every API list shares."""

from rest_framework.pagination import CursorPagination


class CreationCursorPagination(CursorPagination):
    """Newest first by primary key: stable while rows arrive and as fast on page 10,000 as on page 1."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
